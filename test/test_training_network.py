# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The landmark network, its losses, and its way to an ONNX file."""

import numpy as np
import onnxruntime
import pytest
import torch
import yaml

from hand_landmarks_ros.backends.loader import load_backend
from hand_landmarks_ros.core.codec import HeatmapCodec
from hand_landmarks_ros.core.errors import ModelError, ParameterError
from training.config import read_config
from training.export import export_onnx, model_card
from training.landmark_module import LandmarkModule
from training.losses import heatmap_cross_entropy, masked_binary_cross_entropy
from training.networks.backbones import MobileNetV2
from training.networks.landmark_network import LandmarkNetwork, heatmaps_from_logits
from training.weights import load_weights, save_weights

CONFIG = {
    "name": "tiny",
    "version": "1",
    "sigma_px": 1.25,
    "training_data": "drawn hands",
    "licence": "Apache-2.0",
    "stages": [
        {"name": "only", "input_size_px": 64, "n_samples": 8, "learning_rate": [1e-3, 1e-4]}
    ],
}


@pytest.fixture(autouse=True)
def _one_thread():
    """Threads that wait for each other are slow on a busy machine."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


def write_config(path, **changes):
    path.write_text(yaml.safe_dump(CONFIG | changes))
    return path


def network():
    torch.manual_seed(0)
    return LandmarkNetwork(decoder_width=16).eval()


def test_feature_maps_have_the_strides_they_claim():
    maps = MobileNetV2()(torch.zeros(1, 3, 64, 96))
    for feature_map, stride, n_channels in zip(
        maps, MobileNetV2.strides, MobileNetV2.channels, strict=True
    ):
        assert feature_map.shape == (1, n_channels, 64 // stride, 96 // stride)


def test_imagenet_weights_are_taken_by_their_stored_names(tmp_path):
    source, target = MobileNetV2(), MobileNetV2()
    stored = {}
    for name, value in source.state_dict().items():
        parts = name.split(".")
        stored[".".join([*parts[:-2], parts[-1]])] = value
    torch.save(stored, tmp_path / "folded.pt")
    target.load_imagenet(tmp_path / "folded.pt")
    image = torch.rand(1, 3, 32, 32)
    assert torch.equal(source(image)[-1], target(image)[-1])
    del stored["features.5.dw.bias"]
    torch.save(stored, tmp_path / "folded.pt")
    with pytest.raises(ModelError, match=r"1 weights are missing, first \['features.5.dw.bias'\]"):
        target.load_imagenet(tmp_path / "folded.pt")


def test_the_deployed_heatmap_of_perfect_logits_is_the_codecs_gaussian():
    codec = HeatmapCodec(64, 4, 1.25)
    xy_crop_px = np.random.default_rng(0).uniform(20, 44, (2, 21, 2))
    target = torch.from_numpy(codec.encode(xy_crop_px))
    heatmaps = heatmaps_from_logits(target.clamp_min(1e-9).log(), 1.25)
    torch.testing.assert_close(heatmaps, target, atol=2e-3, rtol=0)


def test_the_cross_entropy_is_zero_for_perfect_logits_and_counts_only_weighted_maps():
    target = torch.from_numpy(HeatmapCodec(64, 4, 1.25).encode(np.full((1, 21, 2), 30.0)))
    weight = torch.zeros(1, 21)
    weight[0, 3] = 1.0
    logits = target.clamp_min(1e-9).log()
    assert heatmap_cross_entropy(logits, target, weight) == pytest.approx(0.0, abs=1e-4)
    logits[0, 4] = torch.randn(16, 16)
    assert heatmap_cross_entropy(logits, target, weight) == pytest.approx(0.0, abs=1e-4)
    logits[0, 3] = 0.0
    uniform = np.log(256) - np.log(2 * np.pi * np.e * 1.25**2)
    assert heatmap_cross_entropy(logits, target, weight) == pytest.approx(uniform, abs=0.01)


def test_unknown_targets_do_not_count():
    logit = torch.tensor([3.0, -50.0], requires_grad=True)
    target = torch.tensor([1.0, float("nan")])
    loss = masked_binary_cross_entropy(logit, target)
    assert loss.item() == pytest.approx(np.log1p(np.exp(-3.0)), rel=1e-5)
    nothing = masked_binary_cross_entropy(logit, torch.full((2,), float("nan")))
    assert nothing.item() == 0.0


def test_a_network_overfits_one_batch():
    from labelled_hands import draw_hand_image, hand_xy_px

    codec = HeatmapCodec(64, 4, 1.25)
    xy_px = [hand_xy_px((32, 32), 44, angle_rad=angle) for angle in (-0.8, 0.7)]
    images = np.stack([draw_hand_image(xy, 64, 64, radius_px=2.0) for xy in xy_px])
    target = torch.from_numpy(codec.encode(np.stack(xy_px)))
    learner = network().train()
    optimizer = torch.optim.AdamW(learner.parameters(), lr=5e-3)
    losses = []
    for _ in range(30):
        logits = learner(torch.from_numpy(images)).heatmap_logits
        loss = heatmap_cross_entropy(logits, target, torch.ones(2, 21))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0], losses


def test_an_exported_model_runs_like_the_network_for_any_number_of_hands(tmp_path):
    config = read_config(write_config(tmp_path / "tiny.yaml"))
    own = network()
    path = tmp_path / "tiny.onnx"
    export_onnx(own, config, model_card(config, own.stride_px), path)
    backend = load_backend(path, "onnxruntime")
    assert backend.card.name == "tiny"
    assert backend.card.input_size_px == 64
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    with torch.no_grad():
        raw = own(torch.from_numpy(images))
        heatmaps = heatmaps_from_logits(raw.heatmap_logits, config.sigma_px).numpy()
    for n in (0, 1, 3):
        outputs = backend({"image": images[:n]})
        np.testing.assert_allclose(outputs["heatmaps"], heatmaps[:n], atol=1e-4)
        expected = raw.presence_logit[:n].sigmoid()
        np.testing.assert_allclose(outputs["presence"], expected, atol=1e-5)


def test_training_goes_on_from_an_exported_model(tmp_path):
    config = read_config(write_config(tmp_path / "tiny.yaml"))
    own = network()
    for module in own.modules():  # as after some training
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.running_mean, module.bias.data):
                values.uniform_(-1, 1)
            for values in (module.running_var, module.weight.data):
                values.uniform_(0.5, 2)
    export_onnx(own, config, model_card(config, own.stride_px), tmp_path / "tiny.onnx")
    other = LandmarkNetwork(decoder_width=16)
    load_weights(other, tmp_path / "tiny.onnx")
    for name, value in own.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


def test_an_export_that_disagrees_with_the_network_is_refused(tmp_path, monkeypatch):
    config = read_config(write_config(tmp_path / "tiny.yaml"))
    own = network()
    run = onnxruntime.InferenceSession.run
    monkeypatch.setattr(
        onnxruntime.InferenceSession,
        "run",
        lambda *arguments: [np.flip(values, axis=-1) for values in run(*arguments)],
    )
    with pytest.raises(ModelError, match=r"differ by .* px of the crop"):
        export_onnx(own, config, model_card(config, own.stride_px), tmp_path / "tiny.onnx")
    assert not (tmp_path / "tiny.onnx").exists()


def test_weights_come_back_as_they_were_saved(tmp_path):
    save_weights(network(), tmp_path / "weights.pt")
    other = LandmarkNetwork(decoder_width=16).eval()
    load_weights(other, tmp_path / "weights.pt")
    image = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    assert torch.equal(other(image).heatmap_logits, network()(image).heatmap_logits)
    for name in ("garbage.pt", "garbage.onnx"):
        (tmp_path / name).write_bytes(b"garbage")
    wrong = ((24, "weights.pt"), (16, "garbage.pt"), (16, "garbage.onnx"), (16, "missing.pt"))
    for width, name in wrong:
        with pytest.raises(ModelError, match="holds no weights of this network"):
            load_weights(LandmarkNetwork(decoder_width=width), tmp_path / name)


def test_a_stage_thaws_what_the_one_before_froze(tmp_path):
    stages = [CONFIG["stages"][0] | {"name": f"{n}", "n_frozen_blocks": n} for n in (4, 2)]
    config = read_config(write_config(tmp_path / "tiny.yaml", stages=stages))
    learner = network()
    for stage in config.stages:
        LandmarkModule(learner, config, stage)
        trained = [all(p.requires_grad for p in b.parameters()) for b in learner.backbone.features]
        assert trained == [index >= stage.n_frozen_blocks for index in range(len(trained))]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sgima_px": 2.0}, "sgima_px"),
        ({"sigma_px": "wide"}, "wide"),
        ({"stages": [{"name": "only"}]}, "input_size_px"),
    ],
)
def test_a_config_with_a_wrong_key_or_type_is_refused_by_name(tmp_path, changes, reason):
    with pytest.raises(ParameterError, match=reason):
        read_config(write_config(tmp_path / "tiny.yaml", **changes))

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The landmark network, its losses, and its way to an ONNX file."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import yaml
from scipy.stats import multivariate_t

from hand_landmarks_ros.backends.loader import load_backend
from hand_landmarks_ros.core.codec import HeatmapCodec
from hand_landmarks_ros.core.errors import ModelError, ParameterError
from training.config import read_config
from training.export import export_onnx, model_card
from training.landmark_module import LandmarkModule
from training.losses import (
    COORDINATE_LOSSES,
    HEATMAP_LOSSES,
    LossOptions,
    heatmap_cross_entropy,
    masked_binary_cross_entropy,
)
from training.networks.backbones import BACKBONES, as_backbone, make_backbone
from training.networks.coordinate_head import DEGREES_OF_FREEDOM, Coordinates
from training.networks.landmark_network import (
    HEADS,
    LandmarkNetwork,
    NetworkOptions,
    heatmaps_from_logits,
)
from training.networks.mobilenet_v2 import MobileNetV2
from training.weights import load_average, load_imagenet, load_weights, save_weights

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
    return LandmarkNetwork(NetworkOptions(decoder_width=16)).eval()


@pytest.mark.parametrize("name", BACKBONES)
def test_feature_maps_have_the_strides_they_claim(name):
    backbone = as_backbone(make_backbone(name))
    maps = backbone(torch.zeros(2, 3, 64, 96))
    for feature_map, stride, n_channels in zip(
        maps, backbone.strides, backbone.channels, strict=True
    ):
        assert feature_map.shape == (2, n_channels, 64 // stride, 96 // stride)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(("decoder", "stride_px"), [("top_down", 4), ("deconvolution", 8)])
def test_every_head_and_decoder_gives_the_same_outputs(head, decoder, stride_px):
    options = NetworkOptions("mobilenet_v3_small", head, decoder, 16, stride_px, has_z=True)
    predictions = LandmarkNetwork(options)(torch.zeros(2, 64, 64, 3, dtype=torch.uint8))
    assert predictions.heatmap_logits.shape == (2, 21, 64 // stride_px, 64 // stride_px)
    assert predictions.presence_logit.shape == predictions.handedness_logit.shape == (2,)
    assert predictions.z.shape == (2, 21)
    assert (predictions.coordinates is None) == (head == "heatmaps")


def test_an_unknown_part_is_refused_with_the_ones_there_are():
    for options in ({"backbone": "resnet"}, {"decoder": "up"}, {"heatmap_stride_px": 5}):
        with pytest.raises(ParameterError, match=r"there are|expected one of"):
            LandmarkNetwork(NetworkOptions(**options))
    with pytest.raises(ParameterError, match="'coordinates', 'fused'"):
        NetworkOptions(head="both")


@pytest.mark.parametrize("head", ["coordinates", "fused"])
def test_a_map_drawn_from_coordinates_is_decoded_to_them(head):
    learner = LandmarkNetwork(NetworkOptions("mobilenet_v3_small", head, decoder_width=16)).eval()
    wanted_px = np.random.default_rng(0).uniform(8, 56, (21, 2)).astype(np.float32)
    torch.nn.init.zeros_(learner.coordinate_head.xy.weight)
    torch.nn.init.constant_(learner.coordinate_head.log_scale.bias, np.log(20.0))
    learner.coordinate_head.xy.bias.data = torch.from_numpy((wanted_px + 0.5) * 224 / 64).flatten()
    logits = learner(torch.zeros(1, 64, 64, 3, dtype=torch.uint8)).heatmap_logits
    heatmaps = heatmaps_from_logits(logits.detach(), 1.25).numpy()
    xy_px, _ = HeatmapCodec(64, 4, 1.25).decode(heatmaps)
    np.testing.assert_allclose(xy_px[0], wanted_px, atol=0.12)


def test_the_log_density_is_that_of_students_t():
    generator = torch.Generator().manual_seed(0)
    xy, truth = torch.rand(2, 3, 21, 2, generator=generator)
    coordinates = Coordinates(xy, torch.rand(3, 21, generator=generator) + 0.1)
    ours = coordinates.log_density(truth).numpy()
    peaks = coordinates.log_density(xy).numpy()
    for hand, point in np.ndindex(3, 21):
        shape = np.eye(2) * float(coordinates.scale[hand, point]) ** 2
        oracle = multivariate_t(xy[hand, point].numpy(), shape, df=DEGREES_OF_FREEDOM)
        fall = oracle.logpdf(truth[hand, point].numpy()) - oracle.logpdf(xy[hand, point].numpy())
        assert ours[hand, point] - peaks[hand, point] == pytest.approx(fall, abs=1e-4)


def test_imagenet_weights_are_taken_by_their_stored_names(tmp_path):
    source, target = MobileNetV2(), MobileNetV2()
    stored = {}
    for name, value in source.state_dict().items():
        parts = name.split(".")
        stored[".".join([*parts[:-2], parts[-1]])] = value
    torch.save(stored, tmp_path / "folded.pt")
    load_imagenet(target, tmp_path / "folded.pt")
    image = torch.rand(1, 3, 32, 32)
    assert torch.equal(source(image)[-1], target(image)[-1])
    del stored["features.5.dw.bias"]
    torch.save(stored, tmp_path / "folded.pt")
    with pytest.raises(ModelError, match=r"1 weights are missing, first \['features.5.dw.bias'\]"):
        load_imagenet(target, tmp_path / "folded.pt")
    with pytest.raises(ModelError, match="for MobileNetV2 only, the backbone is a CompactUNet"):
        load_imagenet(make_backbone("compact_unet"), tmp_path / "folded.pt")


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
    assert heatmap_cross_entropy(logits, target, weight, 1.25) == pytest.approx(0.0, abs=1e-4)
    logits[0, 4] = torch.randn(16, 16)
    assert heatmap_cross_entropy(logits, target, weight, 1.25) == pytest.approx(0.0, abs=1e-4)
    logits[0, 3] = 0.0
    uniform = np.log(256) - np.log(2 * np.pi * np.e * 1.25**2)
    assert heatmap_cross_entropy(logits, target, weight, 1.25) == pytest.approx(uniform, abs=0.01)


@pytest.mark.parametrize("name", HEATMAP_LOSSES)
def test_every_heatmap_loss_is_least_for_perfect_maps_and_counts_only_weighted_ones(name):
    loss = HEATMAP_LOSSES[name]
    target = torch.from_numpy(HeatmapCodec(64, 4, 1.25).encode(np.full((1, 21, 2), 30.0)))
    weight = torch.zeros(1, 21)
    weight[0, 3] = 1.0
    perfect = target.clamp_min(1e-9).log()
    best = loss(perfect, target, weight, 1.25).item()
    assert best == pytest.approx(0.0, abs=2e-3)
    for shift in (1, 4):
        moved = perfect.clone()
        moved[0, 3] = torch.roll(perfect[0, 3], shift, dims=1)
        worse = loss(moved, target, weight, 1.25).item()
        assert worse > best + 1e-3
        best = worse
    assert loss(perfect.roll(3, dims=2), target, weight * 0, 1.25).item() == 0.0


@pytest.mark.parametrize("name", COORDINATE_LOSSES)
def test_every_coordinate_loss_grows_with_the_error_and_counts_only_weighted_points(name):
    xy, weight = torch.full((1, 21, 2), 0.5), torch.zeros(1, 21)
    weight[0, 3] = 1.0
    losses = []
    for error in (0.0, 0.01, 0.1):
        guess = Coordinates(xy + error, torch.full((1, 21), 0.02))
        losses.append(COORDINATE_LOSSES[name](guess, xy, weight).item())
    assert losses == sorted(set(losses))


def test_an_unknown_loss_is_refused_with_the_ones_there_are():
    with pytest.raises(ParameterError, match=r"'mean'.*'adaptive_wing', 'cross_entropy'"):
        LossOptions(heatmap="mean")


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
        loss = heatmap_cross_entropy(logits, target, torch.ones(2, 21), 1.25)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0], losses


def test_an_exported_model_runs_like_the_network_for_any_number_of_hands(tmp_path):
    config = read_config(write_config(tmp_path / "tiny.yaml"))
    own = network()
    path = tmp_path / "tiny.onnx"
    export_onnx(own, config, model_card(config), path)
    backend = load_backend(path, "onnxruntime")
    assert backend.card.name == "tiny"
    assert backend.card.input_size_px == 64
    outputs = {
        value.name: [dim.dim_value or dim.dim_param for dim in value.type.tensor_type.shape.dim]
        for value in onnx.load(path).graph.output
    }
    assert outputs["heatmaps"] == ["n_hands", 21, 16, 16]
    assert outputs["presence"] == ["n_hands"]
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
    export_onnx(own, config, model_card(config), tmp_path / "tiny.onnx")
    other = LandmarkNetwork(NetworkOptions(decoder_width=16))
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
    with pytest.raises(ModelError, match=r"differ by .* px of the input"):
        export_onnx(own, config, model_card(config), tmp_path / "tiny.onnx")
    assert not (tmp_path / "tiny.onnx").exists()


def test_weights_come_back_as_they_were_saved(tmp_path):
    save_weights(network(), tmp_path / "weights.pt")
    other = LandmarkNetwork(NetworkOptions(decoder_width=16)).eval()
    load_weights(other, tmp_path / "weights.pt")
    image = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    assert torch.equal(other(image).heatmap_logits, network()(image).heatmap_logits)
    for name in ("garbage.pt", "garbage.onnx"):
        (tmp_path / name).write_bytes(b"garbage")
    wrong = ((24, "weights.pt"), (16, "garbage.pt"), (16, "garbage.onnx"), (16, "missing.pt"))
    for width, name in wrong:
        with pytest.raises(ModelError, match="holds no weights of this network"):
            load_weights(LandmarkNetwork(NetworkOptions(decoder_width=width)), tmp_path / name)


def test_a_stage_thaws_what_the_one_before_froze(tmp_path):
    stages = [CONFIG["stages"][0] | {"name": f"{n}", "n_frozen_blocks": n} for n in (4, 2)]
    config = read_config(write_config(tmp_path / "tiny.yaml", stages=stages))
    learner = network()
    for stage in config.stages:
        LandmarkModule(learner, config, stage)
        blocks = learner.backbone.features
        trained = [all(p.requires_grad for p in block.parameters()) for block in blocks]
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


def test_an_average_is_over_the_files_that_have_a_weight(tmp_path):
    torch.manual_seed(1)
    others = [LandmarkNetwork(NetworkOptions(decoder_width=16)) for _ in range(2)]
    paths = [tmp_path / f"{n}.pt" for n in range(3)]
    for other, path in zip(others, paths, strict=False):
        save_weights(other, path)
    first, second = (other.state_dict() for other in others)
    classifier = {name: v + 1.0 for name, v in first.items() if name.startswith("classifier")}
    torch.save(classifier, paths[2])
    mean = network()
    load_average(mean, paths)
    for name, value in mean.state_dict().items():
        stored = [weights[name] for weights in (first, second, classifier) if name in weights]
        torch.testing.assert_close(value, (sum(stored) / len(stored)).to(value.dtype))
    with pytest.raises(ModelError, match="backbone"):
        load_average(mean, paths[2:])
    torch.save({"unknown": torch.zeros(1)}, paths[2])
    with pytest.raises(ModelError, match="unknown"):
        load_average(mean, paths)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The first look: squares as the runtime cuts them, and landmarks that turn with the picture."""

import dataclasses

import numpy as np
import pytest
import torch
from tiny_model import draw_hand_image, hand_xy_px

from hand_landmarks_ros.core.codec import HeatmapCodec
from hand_landmarks_ros.core.crop import cut_crops
from hand_landmarks_ros.core.errors import ModelError
from hand_landmarks_ros.core.region import boxes_from_landmarks
from training.config import Stage, TrainConfig
from training.export import export_onnx, model_card
from training.losses import LossOptions, landmark_losses
from training.networks.aligner import AlignedSquare
from training.networks.coordinate_head import Coordinates
from training.networks.landmark_network import (
    LandmarkNetwork,
    NetworkOptions,
)
from training.weights import load_aligner, load_average, load_weights, save_weights

SIZE_PX = 64
SMALL = "mobilenet_v3_small"
ALONE = NetworkOptions(SMALL, "fused", decoder_width=8, has_z=True)
ALIGNED = dataclasses.replace(ALONE, aligner=SMALL)


@pytest.fixture(autouse=True)
def _one_thread():
    """Threads that wait for each other are slow on a busy machine."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


def network(options: NetworkOptions = ALIGNED) -> LandmarkNetwork:
    torch.manual_seed(0)
    return LandmarkNetwork(options).eval()


def hands_px(n: int = 6) -> np.ndarray:
    """Hands turned and placed anyhow in a picture of SIZE_PX, (n, 21, 2)."""
    rng = np.random.default_rng(0)
    return np.stack(
        [hand_xy_px(rng.uniform(24, 40, 2), 36.0, rng.uniform(-np.pi, np.pi)) for _ in range(n)]
    )


def shares(xy_px: np.ndarray) -> torch.Tensor:
    return torch.from_numpy((xy_px + 0.5) / SIZE_PX).float()


def looking_at(learner: LandmarkNetwork, xy: torch.Tensor) -> LandmarkNetwork:
    """Make the first look see the landmarks xy (N, 21, 2), shares of the crop."""
    learner.aligner.forward = lambda pixels: Coordinates(xy, torch.full(xy.shape[:2], 0.05))
    return learner


def test_the_square_is_the_runtimes_region_and_shows_what_the_runtime_cuts():
    xy_px = hands_px()
    square, boxes = AlignedSquare.around(shares(xy_px)), boxes_from_landmarks(xy_px)
    np.testing.assert_allclose(square.centre, shares(boxes.centre_px), atol=1e-5)
    np.testing.assert_allclose(square.side * SIZE_PX, boxes.side_px, rtol=1e-5)
    picture = draw_hand_image(hand_xy_px((32, 32), 40.0), SIZE_PX, SIZE_PX, radius_px=6.0)
    pixels = torch.from_numpy(picture).float().permute(2, 0, 1)[None].expand(len(xy_px), -1, -1, -1)
    shown = square.cut(pixels).permute(0, 2, 3, 1).numpy()
    expected, _ = cut_crops(picture, boxes, SIZE_PX)
    assert np.abs(shown - expected).mean() < 1.0


def test_a_map_put_back_peaks_where_it_did():
    xy_px = hands_px()
    square = AlignedSquare.around(shares(xy_px))
    codec = HeatmapCodec(SIZE_PX, 4, 1.25)
    log_maps = torch.from_numpy(codec.encode(xy_px)).clamp_min(1e-9).log()
    returned = square.put_back(square.cut(log_maps)).exp().numpy()
    found_px, _ = codec.decode(returned)
    assert np.abs(found_px - xy_px).max() < 0.25 * codec.stride_px  # after two interpolations


def test_a_wrong_first_look_leads_to_a_square_of_bounded_size():
    for extent in (0.0, 1e-3, 50.0):
        xy = torch.linspace(-extent, extent, 42).reshape(1, 21, 2)
        square = AlignedSquare.around(xy)
        assert 0.3 <= float(square.side) <= 1.5
        assert 0.0 <= float(square.centre.min()) <= float(square.centre.max()) <= 1.0
        assert torch.isfinite(square.cut(torch.zeros(1, 3, SIZE_PX, SIZE_PX))).all()


@pytest.mark.parametrize("head", ["heatmaps", "coordinates", "fused"])
def test_landmarks_turn_with_the_picture(head):
    learner = network(dataclasses.replace(ALIGNED, head=head))
    if head != "coordinates":
        torch.nn.init.normal_(learner.heatmap_head.weight, std=1.0)
    xy = shares(hands_px(1))
    turned_xy = torch.stack([xy[..., 1], 1.0 - xy[..., 0]], dim=-1)
    picture = np.random.default_rng(1).integers(0, 256, (SIZE_PX, SIZE_PX, 3), np.uint8)
    with torch.no_grad():
        straight, turned = (
            looking_at(learner, seen)(torch.from_numpy(image.copy())[None])
            for seen, image in ((xy, picture), (turned_xy, np.rot90(picture)))
        )
    torch.testing.assert_close(
        turned.heatmap_logits, torch.rot90(straight.heatmap_logits, dims=(2, 3)), atol=1e-3, rtol=0
    )
    torch.testing.assert_close(turned.z, straight.z, atol=1e-4, rtol=0)
    if head != "heatmaps":
        x, y = straight.coordinates.xy.unbind(dim=-1)
        expected = torch.stack([y, 1.0 - x], dim=-1)
        torch.testing.assert_close(turned.coordinates.xy, expected, atol=1e-4, rtol=0)


def test_the_first_look_learns_from_its_own_loss_alone():
    learner = network().train()
    picture = torch.randint(0, 256, (2, SIZE_PX, SIZE_PX, 3), dtype=torch.uint8)
    batch = {
        "heatmaps": torch.rand(2, 21, SIZE_PX // 4, SIZE_PX // 4),
        "weight": torch.ones(2, 21),
        "presence": torch.ones(2),
        "handedness": torch.ones(2),
        "xy": torch.rand(2, 21, 2),
        "z": torch.rand(2, 21),
    }
    losses = landmark_losses(learner(picture), batch, 1.25, LossOptions())
    first_look = losses.pop("first_look")
    aligner = list(learner.aligner.parameters())
    others = torch.autograd.grad(
        torch.stack(list(losses.values())).sum(), aligner, allow_unused=True, retain_graph=True
    )
    assert all(gradient is None for gradient in others)
    own = torch.autograd.grad(first_look, aligner)
    assert all(bool(gradient.isfinite().all()) for gradient in own)
    assert sum(float(gradient.abs().sum()) for gradient in own) > 0


def test_an_exported_model_looks_twice_too_and_starts_others(tmp_path):
    stage = Stage("only", SIZE_PX, 8, (1e-3, 1e-4))
    config = TrainConfig("tiny", "1", 1.25, "drawn hands", "Apache-2.0", (stage,), network=ALIGNED)
    own = network()
    path = tmp_path / "aligned.onnx"
    export_onnx(own, config, model_card(config), path)  # with its own gate of parity

    again = LandmarkNetwork(ALIGNED).eval()
    load_weights(again, path)
    picture = torch.randint(0, 256, (1, SIZE_PX, SIZE_PX, 3), dtype=torch.uint8)
    with torch.no_grad():
        assert torch.equal(again(picture).heatmap_logits, own(picture).heatmap_logits)

    without = LandmarkNetwork(ALONE)
    with pytest.raises(ModelError, match="aligner"):
        load_weights(without, path)
    config = dataclasses.replace(config, network=ALONE)
    export_onnx(without.eval(), config, model_card(config), tmp_path / "alone.onnx")
    with pytest.raises(ModelError, match="aligner"):
        load_weights(LandmarkNetwork(ALIGNED), tmp_path / "alone.onnx")
    both = network()
    load_weights(both, tmp_path / "alone.onnx", keeps_aligner=True)
    load_aligner(both.aligner, tmp_path / "alone.onnx")
    for name, value in without.backbone.state_dict().items():
        assert torch.equal(both.backbone.state_dict()[name], value)
        assert torch.equal(both.aligner.backbone.state_dict()[name], value)
    load_aligner(both.aligner, path)
    for name, value in own.aligner.backbone.state_dict().items():
        assert torch.equal(both.aligner.backbone.state_dict()[name], value)
    (tmp_path / "broken.onnx").write_bytes(b"broken")
    with pytest.raises(ModelError, match="no weights of this aligner"):
        load_aligner(both.aligner, tmp_path / "broken.onnx")


def test_an_average_is_over_the_files_that_have_a_weight(tmp_path):
    torch.manual_seed(1)
    others = LandmarkNetwork(ALIGNED), LandmarkNetwork(ALIGNED), LandmarkNetwork(ALONE)
    paths = [tmp_path / f"{n}.pt" for n in range(len(others))]
    for other, path in zip(others, paths, strict=True):
        save_weights(other, path)
    mean = network()
    load_average(mean, paths)
    first, second, third = (other.state_dict() for other in others)
    for name, value in mean.state_dict().items():
        stored = [first[name], second[name], *([third[name]] if name in third else [])]
        torch.testing.assert_close(value, (sum(stored) / len(stored)).to(value.dtype))
    with pytest.raises(ModelError, match="aligner"):
        load_average(mean, paths[2:])
    with pytest.raises(ModelError, match="aligner"):
        load_average(LandmarkNetwork(ALONE), paths)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The detector network, its losses, and its way to an ONNX file that the runtime runs."""

import json
from functools import partial

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper
from small_training import one_thread, run_command, write_config, write_data

from hand_landmarks_ros.backends.loader import load_backend
from hand_landmarks_ros.core.detection import DetectorOptions, HandDetector
from hand_landmarks_ros.core.detection_codec import MAP_CHANNELS, DetectionCodec, HandBoxes
from hand_landmarks_ros.core.errors import ModelError
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL
from hand_landmarks_ros.core.types import RotatedBoxes
from training import evaluate, export, fit
from training.config import TrainConfig
from training.datasets.scene_labels import Scene
from training.datasets.scenes import detection_targets
from training.detector_losses import centre_focal_loss, detector_losses, generalized_iou
from training.detector_module import DeployedDetector, detector_card
from training.export import export_onnx
from training.network_backend import NetworkBackend
from training.networks.backbones import make_backbone
from training.networks.detector_network import DetectorNetwork, DetectorPredictions
from training.weights import load_backbone

CODEC = DetectionCodec(size_px=64, stride_px=8)
CONFIG = TrainConfig("finder", "1", 0.0, "nothing", "Apache-2.0", (), kind=DETECTOR_MODEL)


@pytest.fixture(autouse=True)
def _one_thread():
    with one_thread():
        yield


def network():
    torch.manual_seed(0)
    return DetectorNetwork(decoder_width=16).eval()


def batch_with_hand(bounds_px, right=1.0):
    """Return a batch of one scene: a bright square, where the hand is, on grey."""
    x0, y0, x1, y1 = bounds_px
    image = np.full((64, 64, 3), 60, np.uint8)
    image[y0:y1, x0:x1] = (220, 170, 140)
    region = RotatedBoxes([[(x0 + x1) / 2, (y0 + y1) / 2]], [1.3 * (y1 - y0)], [0.4])
    hands = HandBoxes(np.array([bounds_px], float), region, np.array([right], np.float32))
    scene = Scene(image, hands, np.array([True]), np.zeros((0, 4)))
    targets = detection_targets(scene, CODEC)
    return {name: values[None] for name, values in targets.items()} | {
        "image": torch.from_numpy(image)[None]
    }


def perfect_predictions(batch):
    centre = (batch["centre"] == 1.0).float()
    return DetectorPredictions(
        centre_logit=centre * 40 - 20,
        box=batch["box"],
        region=batch["region"],
        handedness_logit=batch["handedness"] * 40 - 20,
    )


def test_the_maps_have_the_shapes_of_the_codec():
    with torch.no_grad():
        raw = network()(torch.zeros(2, 64, 64, 3, dtype=torch.uint8))
    maps = (raw.centre_logit, raw.box, raw.region, raw.handedness_logit)
    for name, values in zip(MAP_CHANNELS, maps, strict=True):
        assert values.shape == (2, *CODEC.map_shape(name))


def test_the_backbone_takes_the_weights_of_the_full_one():
    full = make_backbone("mobilenet_v2")
    short = network().backbone
    short.load_state_dict({name: full.state_dict()[name] for name in short.state_dict()})
    image = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(short(image)[0], full(image)[1])


def test_perfect_predictions_cost_nothing():
    batch = batch_with_hand((20, 16, 44, 50))
    for name, loss in detector_losses(perfect_predictions(batch), batch).items():
        assert loss.item() == pytest.approx(0.0, abs=1e-3), name


def test_an_unknown_side_costs_nothing():
    batch = batch_with_hand((20, 16, 44, 50), right=float("nan"))
    predictions = perfect_predictions(batch_with_hand((20, 16, 44, 50)))
    assert detector_losses(predictions, batch)["handedness"].item() == 0.0


def test_a_false_centre_costs_unless_it_is_to_be_ignored():
    centre = torch.zeros(1, 4, 4)
    logit = torch.full((1, 4, 4), -20.0)
    logit[0, 1, 2] = 5.0
    background = torch.ones(1, 4, 4)
    assert centre_focal_loss(logit, centre, background).item() > 1.0
    background[0, 1, 2] = 0.0
    assert centre_focal_loss(logit, centre, background).item() == pytest.approx(0.0, abs=1e-6)


def test_the_generalised_overlap_is_that_of_boxes_measured_by_hand():
    def box(x, y, width, height):
        values = torch.tensor([x, y, np.log(width), np.log(height)], dtype=torch.float32)
        return values.reshape(1, 4, 1, 1)

    unit = box(0, 0, 2, 2)
    assert generalized_iou(unit, unit).item() == pytest.approx(1.0)
    assert generalized_iou(box(1, 0, 2, 2), unit).item() == pytest.approx(2 / 6)
    apart = generalized_iou(box(4, 0, 2, 2), unit).item()
    assert apart == pytest.approx(-4 / 12), "a third of the hull lies in neither"


def test_a_network_overfits_one_scene():
    batch = batch_with_hand((20, 16, 44, 50))
    learner = network().train()
    optimizer = torch.optim.AdamW(learner.parameters(), lr=5e-3)
    totals = []
    for _ in range(25):
        total = sum(detector_losses(learner(batch["image"]), batch).values())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(total.item())
    assert totals[-1] < 0.5 * totals[0], totals


def test_an_exported_detector_finds_in_the_runtime_what_the_network_finds(tmp_path):
    own, card, path = network(), detector_card(CONFIG, 64), tmp_path / "finder.onnx"
    export_onnx(own, CONFIG, card, path)
    backend = load_backend(path, "onnxruntime", kind=DETECTOR_MODEL)
    assert backend.card == card
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    options = DetectorOptions(min_score=0.0, max_candidates=4)
    found, expected = (
        HandDetector(b, options)(image)
        for b in (backend, NetworkBackend(DeployedDetector(own), card))
    )
    assert len(found) > 0
    np.testing.assert_allclose(found.score, expected.score, atol=1e-4)
    np.testing.assert_allclose(found.bounds_px, expected.bounds_px, atol=0.05)
    with pytest.raises(ModelError, match="expected 'hand_landmarks'"):
        load_backend(path, "onnxruntime")


def test_a_detector_starts_from_the_backbone_of_an_exported_landmark_model(tmp_path):
    """Whose initializers keep their names, and whose backbone has a block more."""
    full, path = make_backbone("mobilenet_v2"), tmp_path / "landmarks.onnx"
    weights = [
        numpy_helper.from_array(value.numpy(), f"network.backbone.{name}")
        for name, value in full.state_dict().items()
    ]
    onnx.save(helper.make_model(helper.make_graph([], "landmarks", [], [], weights)), path)
    backbone = network().backbone
    load_backbone(backbone, path)
    for name, value in backbone.state_dict().items():
        assert torch.equal(value, full.state_dict()[name]), name
    onnx.save(helper.make_model(helper.make_graph([], "cut", [], [], weights[:-60])), path)
    with pytest.raises(ModelError, match="holds no weights of this backbone"):
        load_backbone(backbone, path)


def test_the_commands_lead_from_labels_to_a_measured_detector(tmp_path, monkeypatch):
    run = partial(run_command, monkeypatch)
    data = ["--data", write_data(tmp_path / "data", n_train=2)]
    config, out, model = tmp_path / "c.yaml", tmp_path / "out", tmp_path / "finder.onnx"
    stage = {"input_size_px": 64, "n_samples": 4, "batch_size": 2}
    write_config(config, stage, name="finder", kind=DETECTOR_MODEL, sigma_px=0.0)
    cpu = ["--random-backbone", "--accelerator", "cpu", "--workers", 0]
    run(fit, "--config", config, *data, "--out", out, *cpu)
    weights = out / "finder" / "weights.pt"
    run(export, "--config", config, "--weights", weights, "--out", model)
    run(evaluate, *data, "--model", model, "--json", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["sets"]["val_set"].keys() >= {"ap", "ap50"}
    assert report["sets"]["val_set"]["n_hands"] == 2

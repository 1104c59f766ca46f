# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""python -m training.calibrate, from labels to a model file whose scores are calibrated."""

import json

import cv2
import numpy as np
import onnx
import pytest
from labelled_hands import write_set
from small_training import run_command, write_config
from tiny_detector import save_tiny_detector
from tiny_model import CARD, save_tiny_model

from hand_landmarks_ros.core.model_card import ModelCard
from hand_landmarks_ros.core.peak_calibration import PeakCalibration
from training import calibrate


@pytest.fixture
def model(tmp_path):
    return save_tiny_model(tmp_path / "disks.onnx")


def test_a_calibration_is_fitted_judged_and_stored(tmp_path, model, monkeypatch, capsys):
    write_set(tmp_path / "data" / "a", n_images=3, split="train")
    write_set(tmp_path / "data" / "b", n_images=1, split="val")
    run_command(monkeypatch, calibrate, "--data", tmp_path / "data", "--model", model, "--record")

    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("| b | 1 |") and len(lines) == 2 + 1 + 1 + 21 + 1
    _, _, _, before, after, _ = lines[-1].split("|")
    assert float(after) < float(before), "all landmarks are right, their peaks are lower than 1"
    stored = {entry.key: entry.value for entry in onnx.load(model).metadata_props}
    calibration = ModelCard.from_metadata(stored).score_calibration
    assert calibration is not None
    assert calibration([[0.8] * 21]).min() > 0.9

    run_command(monkeypatch, calibrate, "--data", tmp_path / "data", "--model", model)
    again = capsys.readouterr().out.splitlines()
    assert again == lines, "a model that is calibrated already is fitted as if it were not"


def test_without_a_training_split_nothing_is_fitted_and_the_file_stays(
    tmp_path, model, monkeypatch
):
    write_set(tmp_path / "b", n_images=1, split="val")
    with pytest.raises(SystemExit, match="no labelled hand in split 'train'"):
        run_command(monkeypatch, calibrate, "--data", tmp_path / "b", "--model", model, "--record")
    stored = {entry.key: entry.value for entry in onnx.load(model).metadata_props}
    assert ModelCard.from_metadata(stored) == CARD


def test_subjects_that_the_config_excludes_are_left_out(tmp_path, model, monkeypatch):
    write_set(tmp_path / "data" / "a", n_images=1, split="train")
    config = write_config(tmp_path / "config.yaml", {}, excluded_subjects=["drawn"])
    arguments = "--data", tmp_path / "data", "--model", model, "--config", config
    with pytest.raises(SystemExit, match="no labelled hand in split 'train'"):
        run_command(monkeypatch, calibrate, *arguments)


def test_a_detector_is_calibrated_from_its_hands_and_false_alarms(tmp_path, monkeypatch, capsys):
    """White squares in pictures without a hand look to this detector like the disks of palms."""
    model = save_tiny_detector(tmp_path / "disks.onnx", hand_length_px=120, image_side_px=320)
    for split in ("train", "val"):
        write_set(tmp_path / "data" / split, n_images=4, split=split)
        add_false_alarm(tmp_path / "data" / split, split)
    run_command(monkeypatch, calibrate, "--data", tmp_path / "data", "--model", model, "--record")

    table = capsys.readouterr().out
    assert "4 hands" in table and "1 pictures without a hand" in table
    assert len(table.splitlines()) == 2 + len(calibrate.LEAST_SCORES) + 3
    stored = {entry.key: entry.value for entry in onnx.load(model).metadata_props}
    assert isinstance(ModelCard.from_metadata(stored).score_calibration, PeakCalibration)


def test_a_detector_needs_false_alarms_to_be_calibrated(tmp_path, monkeypatch):
    model = save_tiny_detector(tmp_path / "disks.onnx", hand_length_px=120, image_side_px=320)
    write_set(tmp_path / "a", n_images=2, split="train")
    with pytest.raises(SystemExit, match="nothing that it takes for one"):
        run_command(monkeypatch, calibrate, "--data", tmp_path / "a", "--model", model)


def add_false_alarm(folder, split):
    """Add a picture without a hand in which something is white."""
    image = np.zeros((240, 320, 3), np.uint8)
    image[100:110, 200:210] = 255
    cv2.imwrite(str(folder / "images" / "empty.png"), image)
    label = {"file": "empty.png", "width": 320, "height": 240, "hands": [], "split": split}
    with (folder / "labels.jsonl").open("a") as labels:
        labels.write(json.dumps(label | {"complete": True}) + "\n")

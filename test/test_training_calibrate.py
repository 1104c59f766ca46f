# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""python -m training.calibrate, from labels to a model file whose scores are calibrated."""

import onnx
import pytest
from labelled_hands import write_set
from small_training import run_command
from tiny_model import CARD, save_tiny_model

from hand_landmarks_ros.core.model_card import ModelCard
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

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From labels to a measured model by the commands: fit, export, evaluate."""

import json

import onnx
import pytest
from labelled_hands import write_set
from small_training import run_command, write_config, write_data
from tiny_model import save_tiny_model

from hand_landmarks_ros.core.model_card import ModelCard
from training import evaluate, export, fit

STAGES = [
    {"name": name, "input_size_px": size, "n_samples": 8, "n_frozen_blocks": 2}
    for name, size in (("small", 32), ("full", 64))
]
NETWORK = {"decoder_width": 16}


@pytest.fixture
def data(tmp_path):
    return write_data(tmp_path / "data", n_val=3)


def test_the_commands_lead_from_labels_to_a_measured_model(tmp_path, data, monkeypatch, capsys):
    config, out, model = tmp_path / "tiny.yaml", tmp_path / "out", tmp_path / "tiny.onnx"
    card = tmp_path / "CARD.md"
    write_config(config, *STAGES, network=NETWORK)
    card.write_text("before\n<!-- accuracy -->\nold\n<!-- /accuracy -->\nafter\n")

    options = ["--config", config, "--data", data, "--out", out, "--random-backbone"]
    run_command(monkeypatch, fit, *options, "--workers", 0)
    weights = out / "tiny" / "weights.pt"
    run_command(monkeypatch, export, "--config", config, "--weights", weights, "--out", model)

    report_path = tmp_path / "report.json"
    options = ["--data", data, "--model", model, "--json", report_path, "--record", card]
    run_command(monkeypatch, evaluate, *options)

    report = json.loads(report_path.read_text())
    assert report["sets"].keys() == {"val_set"}, "the training split is not measured"
    metrics = report["sets"]["val_set"]
    assert metrics["n_hands"] == 3
    assert metrics["pck"].keys() == {"1", "3", "5", "7", "10"}
    assert {"pck_0.2", "auc", "epe_px", "handedness"} <= metrics.keys()
    table = capsys.readouterr().out.partition("| set |")[2]
    assert "| val_set | 3 |" in table
    expected = f"before\n<!-- accuracy -->\n| set |{table}<!-- /accuracy -->\nafter\n"
    assert card.read_text() == expected
    stored = {p.key: p.value for p in onnx.load(model).metadata_props}
    assert ModelCard.from_metadata(stored).accuracy["val_set"] == metrics


def test_an_unknown_stage_is_refused_by_name(tmp_path, data, monkeypatch):
    config = write_config(tmp_path / "tiny.yaml", *STAGES, network=NETWORK)
    options = ["--config", config, "--data", data, "--random-backbone", "--stages", "huge"]
    with pytest.raises(SystemExit, match=r"no stage \['huge'\]; it has \['small', 'full'\]"):
        run_command(monkeypatch, fit, *options)


def test_a_folder_without_labelled_hands_is_refused(tmp_path, monkeypatch, capsys):
    write_set(tmp_path / "set", n_images=1, split="train")
    model = save_tiny_model(tmp_path / "disks.onnx")
    with pytest.raises(SystemExit):
        run_command(monkeypatch, evaluate, "--data", tmp_path / "set", "--model", model)
    assert "no labelled hand in split 'val'" in capsys.readouterr().err

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From labels to a measured model by the commands: fit, export, evaluate."""

import json
import sys

import onnx
import pytest
import yaml
from labelled_hands import write_set
from tiny_model import save_tiny_model

from hand_landmarks_ros.core.model_card import ModelCard
from training import evaluate, export, fit

CONFIG = {
    "name": "tiny",
    "version": "1",
    "sigma_px": 1.25,
    "training_data": "drawn hands",
    "licence": "Apache-2.0",
    "network": {"decoder_width": 16},
    "stages": [
        {
            "name": name,
            "input_size_px": size,
            "n_samples": 8,
            "batch_size": 4,
            "learning_rate": [1e-3, 1e-4],
            "n_frozen_blocks": 2,
        }
        for name, size in (("small", 32), ("full", 64))
    ],
}


def run(monkeypatch, module, *arguments):
    monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, arguments)])
    module.main()


@pytest.fixture
def data(tmp_path):
    write_set(tmp_path / "data" / "train_set")
    write_set(tmp_path / "data" / "val_set", n_images=3, split="val")
    return tmp_path / "data"


def test_the_commands_lead_from_labels_to_a_measured_model(tmp_path, data, monkeypatch, capsys):
    config, out, model = tmp_path / "tiny.yaml", tmp_path / "out", tmp_path / "tiny.onnx"
    card = tmp_path / "CARD.md"
    config.write_text(yaml.safe_dump(CONFIG))
    card.write_text("before\n<!-- accuracy -->\nold\n<!-- /accuracy -->\nafter\n")

    run(
        monkeypatch,
        fit,
        "--config",
        config,
        "--data",
        data,
        "--out",
        out,
        "--random-backbone",
        "--workers",
        0,
    )
    weights = out / "tiny" / "weights.pt"
    run(monkeypatch, export, "--config", config, "--weights", weights, "--out", model)

    report_path = tmp_path / "report.json"
    options = ["--data", data, "--model", model, "--json", report_path, "--record", card]
    run(monkeypatch, evaluate, *options)

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
    config = tmp_path / "tiny.yaml"
    config.write_text(yaml.safe_dump(CONFIG))
    with pytest.raises(SystemExit, match=r"no stage \['huge'\]; it has \['small', 'full'\]"):
        run(
            monkeypatch,
            fit,
            "--config",
            config,
            "--data",
            data,
            "--random-backbone",
            "--stages",
            "huge",
        )


def test_a_folder_without_labelled_hands_is_refused(tmp_path, monkeypatch, capsys):
    write_set(tmp_path / "set", n_images=1, split="train")
    model = save_tiny_model(tmp_path / "disks.onnx")
    with pytest.raises(SystemExit):
        run(monkeypatch, evaluate, "--data", tmp_path / "set", "--model", model)
    assert "no labelled hand in split 'val'" in capsys.readouterr().err

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""python -m training.evaluate on a model that needs no training: several models, plots, videos."""

import json

import cv2
import numpy as np
import pytest
from labelled_hands import write_set
from small_training import run_command
from tiny_model import draw_disks, hand_xy_px, save_tiny_model

from training import evaluate


@pytest.fixture
def model(tmp_path):
    return save_tiny_model(tmp_path / "disks.onnx")


def test_models_are_compared_in_one_table_with_plots(tmp_path, model, monkeypatch, capsys):
    write_set(tmp_path / "drawn", n_images=2, split="val")
    plots, report_path = tmp_path / "plots", tmp_path / "report.json"
    options = ["--data", tmp_path / "drawn", "--plots", plots, "--json", report_path]
    run_command(monkeypatch, evaluate, *options, "--model", model, "--model", model)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| set | model | hands | PCK@1 |")
    assert [line.split(" | ")[:3] for line in lines[2:4]] == [
        ["| drawn", "coloured_disks", "2"],
        ["| drawn", "coloured_disks #2", "2"],
    ]
    first, second = json.loads(report_path.read_text())["models"]
    assert first["sets"] == second["sets"]
    assert first["sets"]["drawn"]["pck"]["3"] == 1.0
    assert "recall" not in first["sets"]["drawn"], "in the true crop no hand can be missed"
    assert {path.name for path in plots.iterdir()} == {
        "pck_curves.png",
        "error_by_joint.png",
        "error_by_pose.png",
        "error_by_hand_size.png",
        "reliability.png",
        "reliability_by_joint.png",
        "worst_hands_coloured_disks.jpg",
        "worst_hands_coloured_disks__2.jpg",
    }
    assert all(cv2.imread(str(path)) is not None for path in plots.iterdir())


def test_the_pipeline_is_measured_on_whole_pictures(tmp_path, model, monkeypatch):
    write_set(tmp_path / "drawn", n_images=2, split="val")
    report_path = tmp_path / "report.json"
    options = ["--data", tmp_path / "drawn", "--json", report_path, "--model", model]
    run_command(monkeypatch, evaluate, *options, "--crop", "detector", "--detector", "none")

    figures = json.loads(report_path.read_text())["sets"]["drawn"]
    assert figures["recall"] == 1.0
    assert figures["pck"] == figures["pck_all"]
    assert figures["pck"]["5"] > 0.95
    assert figures["false_per_100_images"] == 0.0


def write_film(folder, n_frames):
    """Write a sequence of one hand that moves to the right."""
    (folder / "frames").mkdir(parents=True)
    lines = []
    for n in range(n_frames):
        xy_px = hand_xy_px((120.0 + 3 * n, 120.0), 130.0)
        image = np.zeros((240, 320, 3), np.uint8)
        draw_disks(image, xy_px)
        cv2.imwrite(str(folder / "frames" / f"{n}.png"), image[..., ::-1])
        hand = {
            "keypoints": [[x, y, 2] for x, y in xy_px.tolist()],
            "bbox": [*xy_px.min(axis=0).tolist(), *xy_px.max(axis=0).tolist()],
            "handedness": "right",
            "identity": 4,
            "visibility": 1.0,
            "still": False,
        }
        frame = {"file": f"{n}.png", "width": 320, "height": 240, "split": "val"}
        lines.append(json.dumps(frame | {"stamp_s": n / 30, "hands": [hand]}))
    (folder / "frames.jsonl").write_text("\n".join(lines) + "\n")


def test_tracking_is_measured_on_sequences(tmp_path, model, monkeypatch, capsys):
    write_film(tmp_path / "films" / "a", 20)
    plots, report_path = tmp_path / "plots", tmp_path / "report.json"
    options = ["--video", tmp_path / "films", "--plots", plots, "--json", report_path]
    run_command(
        monkeypatch,
        evaluate,
        *options,
        "--model",
        model,
        "--detector",
        "none",
        "--smoothing",
        "one_euro",
    )

    report = json.loads(report_path.read_text())
    assert (report["idf1"], report["recall"], report["n_switches"]) == (1.0, 1.0, 0)
    assert report["n_frames"] == report["n_hands"] == 20
    assert report["acquire_ms_median"] == 0.0
    assert report["error_of_hand_size"] < 0.05
    assert report["moving_error_px"] > report["raw_moving_error_px"]
    assert {"lag_ms", "raw_lag_ms"} <= report.keys()
    assert "jitter_px" not in report, "the hand never rests"
    assert f"| {model}, one_euro | 1.000 | 0 |" in capsys.readouterr().out
    assert {path.name for path in plots.iterdir()} == {"jitter_and_lag.png", "identities_a.png"}


def test_figures_of_several_models_cannot_be_recorded(tmp_path, model, monkeypatch, capsys):
    options = ["--data", tmp_path, "--model", model, "--model", model]
    with pytest.raises(SystemExit):
        run_command(monkeypatch, evaluate, *options, "--record", tmp_path / "CARD.md")
    assert "--record takes the figures of one --model" in capsys.readouterr().err

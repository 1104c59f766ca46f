# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Smaller files of a model, kept only if they pass their gates; rates of loader and step."""

from functools import partial

import numpy as np
import onnx
import pytest
import torch
from small_training import run_command, write_config, write_data

from hand_landmarks_ros.backends.loader import load_backend
from training import compress, throughput
from training.config import read_config
from training.export import export_onnx, model_card
from training.networks.landmark_network import LandmarkNetwork

NETWORK = {"backbone": "compact_unet", "decoder_width": 16}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a config, a model, and data of both splits."""
    folder = tmp_path_factory.mktemp("compress")
    config = read_config(write_config(folder / "tiny.yaml", {"input_size_px": 64}, network=NETWORK))
    torch.manual_seed(0)
    export_onnx(LandmarkNetwork(config.network), config, model_card(config), folder / "tiny.onnx")
    write_data(folder / "data")
    return folder


@pytest.fixture
def run(folder, tmp_path, monkeypatch):
    """Return what compresses by the command, and the file that it is to write."""

    def run_compress(*arguments):
        out = tmp_path / "out" / "small.onnx"
        options = ["--model", folder / "tiny.onnx", "--out", out, *arguments]
        return partial(run_command, monkeypatch, compress, *options), out

    return run_compress


def heatmaps(path):
    with_card = load_backend(path, "onnxruntime")
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    found = with_card({"image": images})["heatmaps"]
    with_card.close()
    return found


def test_weights_in_float16_halve_the_file_and_give_the_same_maps(run, folder, capsys):
    main, out = run("--to", "float16")
    main()
    assert out.stat().st_size < 0.7 * (folder / "tiny.onnx").stat().st_size
    np.testing.assert_allclose(heatmaps(out), heatmaps(folder / "tiny.onnx"), atol=5e-3)
    assert "landmarks move by at most" in capsys.readouterr().out


def test_weights_that_move_landmarks_too_far_are_refused(run, monkeypatch):
    monkeypatch.setattr(compress, "PARITY_LIMIT_PX", -1.0)
    main, out = run("--to", "float16")
    with pytest.raises(SystemExit, match=r"refused: .* landmarks move by at most"):
        main()
    assert not out.exists()


@pytest.mark.parametrize(("ratio", "largest_loss"), [(0.5, 1.0), (0.5, -1.0), (1.5, 1.0)])
def test_integers_are_kept_only_if_accurate_and_faster(
    run, folder, monkeypatch, ratio, largest_loss
):
    monkeypatch.setattr(compress, "latency_ratio", lambda *_: ratio)
    monkeypatch.setattr(compress, "LARGEST_LOSS", largest_loss)
    main, out = run("--to", "int8", "--data", folder / "data", "--crops", "4")
    if ratio < 1.0 and largest_loss > 0:
        main()
        operators = {node.op_type for node in onnx.load(out).graph.node}
        assert {"QuantizeLinear", "DequantizeLinear"} <= operators
        assert heatmaps(out).shape == (2, 21, 16, 16)
    else:
        with pytest.raises(SystemExit, match=r"refused: PCK@5 .* time per crop"):
            main()
        assert not out.exists()


def test_times_are_medians_of_runs_in_turns(folder, monkeypatch):
    card = load_backend(folder / "tiny.onnx", "onnxruntime").card
    clock, order = [0.0], []

    class Timed:
        def __init__(self, name, time_s):
            self.card, self.name, self.time_s = card, name, time_s

        def __call__(self, inputs):
            order.append(self.name)
            # Now and then somebody else has the processor.
            clock[0] += self.time_s + (5.0 if len(order) % 11 == 0 else 0.0)

    monkeypatch.setattr(compress.time, "perf_counter", lambda: clock[0])
    ratio = compress.latency_ratio(Timed("before", 0.2), Timed("after", 0.1))
    assert ratio == pytest.approx(0.5)
    assert order[:4] == ["before", "after"] * 2


def test_rates_of_loader_and_step_are_measured_for_each_stage(folder, monkeypatch, capsys):
    options = ["--config", folder / "tiny.yaml", "--data", folder / "data", "--workers", 0]
    run_command(monkeypatch, throughput, *options, "--batches", 2)
    row = capsys.readouterr().out.splitlines()[-1].strip("| ").split(" | ")
    assert row[:3] == ["only", "4", "0"]
    assert float(row[3]) > 0 and float(row[4]) > 0

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Decoders of heatmaps, on Gaussians whose places are known, and the command that compares them."""

import json
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_hands import write_set
from tiny_model import save_tiny_model

from hand_landmarks_ros.core.codec import HeatmapCodec
from training import compare_decoders
from training.compare_decoders import DecoderRun, summarise
from training.decoders import DECODERS, RUNTIME

CODEC = HeatmapCodec(size_px=128, stride_px=4, sigma_px=1.5)

LARGEST_ERROR_CELLS = {
    "argmax": 0.5,
    "quarter offset": 0.25,
    RUNTIME: 1e-3,
    "DARK": 1e-3,
    "Gaussian fit": 1e-3,
    "local centre of mass": 0.1,
    "soft-argmax": 1e-3,
}
"""Along each axis, for a Gaussian that is far from the border."""


def landmarks_at(xy_map) -> np.ndarray:
    """Return 21 landmarks, (1, 21, 2) crop px, at one place or 21 of the map."""
    return np.broadcast_to((np.asarray(xy_map) + 0.5) * CODEC.stride_px - 0.5, (1, 21, 2))


def error_cells(decoder: str, heatmaps: np.ndarray, xy_crop_px: np.ndarray) -> float:
    found_px = DECODERS[decoder](heatmaps, CODEC)
    assert found_px.shape == xy_crop_px.shape
    return float(np.abs(found_px - xy_crop_px).max()) / CODEC.stride_px


def test_each_has_its_known_error():
    assert LARGEST_ERROR_CELLS.keys() == DECODERS.keys()


@pytest.mark.parametrize("decoder", DECODERS)
@settings(max_examples=25)
@given(seed=st.integers(0, 1000))
def test_an_exact_gaussian_is_found_as_exactly_as_the_decoder_can(decoder, seed):
    xy_crop_px = landmarks_at(np.random.default_rng(seed).uniform(10, 21, (21, 2)))
    heatmaps = CODEC.encode(xy_crop_px)
    assert error_cells(decoder, heatmaps, xy_crop_px) <= LARGEST_ERROR_CELLS[decoder] + 1e-4


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("height", [1.0, 0.02])
def test_the_middle_of_a_cell_is_found_exactly_whatever_the_height(decoder, height):
    xy_crop_px = landmarks_at((15, 12))
    assert error_cells(decoder, height * CODEC.encode(xy_crop_px), xy_crop_px) < 1e-3


def test_those_without_sub_pixels_err_as_much_as_they_are_said_to():
    xy_crop_px = landmarks_at((15.49, 12.49))
    heatmaps = CODEC.encode(xy_crop_px)
    assert error_cells("argmax", heatmaps, xy_crop_px) == pytest.approx(0.49, abs=1e-3)
    assert error_cells("quarter offset", heatmaps, xy_crop_px) == pytest.approx(0.24, abs=1e-3)
    assert error_cells("local centre of mass", heatmaps, xy_crop_px) > 0.01


def test_a_lower_peak_elsewhere_moves_the_soft_argmax_only():
    xy_crop_px = landmarks_at((10.3, 10.4))
    heatmaps = CODEC.encode(xy_crop_px) + 0.3 * CODEC.encode(landmarks_at((24, 24)))
    for decoder, largest_cells in LARGEST_ERROR_CELLS.items():
        cells = error_cells(decoder, heatmaps, xy_crop_px)
        assert cells > 2 if decoder == "soft-argmax" else cells <= largest_cells + 1e-3


@pytest.mark.parametrize("decoder", ["DARK", "Gaussian fit", "local centre of mass"])
def test_those_that_look_at_more_cells_bear_noise_better_than_the_runtimes(decoder):
    xy_crop_px = landmarks_at(np.random.default_rng(0).uniform(10, 21, (21, 2)))
    noise = np.random.default_rng(1).normal(0.0, 0.03, (1, 21, 32, 32))
    heatmaps = np.clip(CODEC.encode(xy_crop_px) + noise, 0.0, 1.0).astype(np.float32)
    assert error_cells(decoder, heatmaps, xy_crop_px) < error_cells(RUNTIME, heatmaps, xy_crop_px)


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("kind", ["noise", "zeros", "corner", "last corner"])
def test_any_map_gives_a_place_in_the_crop(decoder, kind):
    shape = (2, 21, CODEC.map_size_px, CODEC.map_size_px)
    heatmaps = np.zeros(shape, np.float32)
    if kind == "noise":
        heatmaps = np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)
    elif kind == "corner":
        heatmaps[..., 0, 0] = 1.0
    elif kind == "last corner":
        heatmaps[..., -1, -1] = 1.0
    found_px = DECODERS[decoder](heatmaps, CODEC)
    # The border of the crop, and half a cell.
    half_cell_px = CODEC.stride_px / 2
    assert (found_px >= -0.5 - half_cell_px).all()
    assert (found_px <= CODEC.size_px - 0.5 + half_cell_px).all()


def test_sets_count_once_each_and_times_are_ratios_of_the_same_picture():
    def runs(error_px: float, n_hands: int) -> dict[str, DecoderRun]:
        return {
            name: DecoderRun(
                [np.full((n_hands, 21), error_px)], [0.002 if name == "DARK" else 0.001]
            )
            for name in DECODERS
        }

    figures = summarise({"a": runs(2.0, 1), "b": runs(4.0, 3)})
    assert figures["DARK"]["overall"]["epe_px"] == pytest.approx(3.0)
    assert figures["DARK"]["overall"]["pck"]["3"] == pytest.approx(0.5)
    assert figures["DARK"]["sets"]["b"]["n_hands"] == 3
    assert figures["DARK"]["time_over_runtime"] == pytest.approx(2.0)
    assert figures[RUNTIME]["time_over_runtime"] == 1.0


def run(monkeypatch, *arguments) -> None:
    monkeypatch.setattr(sys, "argv", ["compare_decoders", *map(str, arguments)])
    compare_decoders.main()


def test_the_command_compares_all_of_them_on_labelled_hands(tmp_path, monkeypatch, capsys):
    model = save_tiny_model(tmp_path / "disks.onnx")
    write_set(tmp_path / "data" / "drawn", n_images=3, split="val")
    report = tmp_path / "out" / "decoders.json"
    run(monkeypatch, "--data", tmp_path / "data", "--model", model, "--json", report)
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[0].removeprefix("| ") for row in rows] == list(DECODERS)
    figures = json.loads(report.read_text())
    assert figures[RUNTIME]["sets"]["drawn"]["n_hands"] == 3
    errors_px = {name: figures[name]["overall"]["epe_px"] for name in DECODERS}
    assert errors_px[RUNTIME] < errors_px["quarter offset"] < errors_px["argmax"] < 7.0


def test_without_a_labelled_hand_the_command_says_so(tmp_path, monkeypatch):
    model = save_tiny_model(tmp_path / "disks.onnx")
    write_set(tmp_path / "drawn", n_images=1, split="train")
    with pytest.raises(SystemExit, match="no labelled hand in split 'val'"):
        run(monkeypatch, "--data", tmp_path / "drawn", "--model", model)

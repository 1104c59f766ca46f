# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The trade-off between jitter and lag, on measurements made up with known noise."""

import cv2
import numpy as np
import pytest
from tracked_films import HAND_PX, RATE_HZ

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.smoothing import NoSmoothing, OneEuroFilter
from training import smoothing_tradeoff
from training.motion_metrics import Stretch, jitter_px

NOISE_PX = 1.0


def stretch(n_frames, *, is_still, seed=0):
    stamp_s = np.arange(n_frames) / RATE_HZ
    centre_px = np.stack([200 + 120 * np.sin(4 * stamp_s), 200 + 80 * np.cos(5 * stamp_s)], -1)
    truth_px = HAND_PX + (np.full((n_frames, 1, 2), 200.0) if is_still else centre_px[:, None])
    noise_px = np.random.default_rng(seed).normal(0, NOISE_PX, truth_px.shape)
    return Stretch(
        stamp_s=stamp_s,
        truth_px=truth_px,
        found_px=truth_px + noise_px,
        score=np.full((n_frames, 21), 0.9),
        is_still=np.full(n_frames, is_still),
        seen_share=np.ones(n_frames),
    )


@pytest.fixture(scope="module")
def swept():
    return smoothing_tradeoff.sweep([stretch(50, is_still=True), stretch(50, is_still=False)])


def test_the_raw_landmarks_tremble_as_the_noise_and_do_not_lag(swept):
    raw = swept[0]
    assert raw.curve == "raw"
    assert raw.jitter_px == pytest.approx(NOISE_PX * np.sqrt(2), rel=0.1)
    assert raw.lag_ms == pytest.approx(0.0, abs=4.0)


def test_along_a_curve_stronger_smoothing_costs_lag_and_error(swept):
    for curve in {one.curve for one in swept if one.name != "default"} - {"raw"}:
        strongest, *_, weakest = (one for one in swept if one.curve == curve)
        assert strongest.lag_ms >= weakest.lag_ms, curve
        assert strongest.moving_px > weakest.moving_px, curve
        if curve.startswith("One Euro"):  # The other one measures white noise for itself.
            assert strongest.jitter_px < weakest.jitter_px, curve


def test_the_error_of_the_raw_landmarks_is_their_noise(swept):
    raw = swept[0]
    median, p90 = NOISE_PX * np.sqrt(2 * np.log(2)), NOISE_PX * np.sqrt(2 * np.log(10))
    assert (raw.moving_px, raw.moving_p90_px) == pytest.approx((median, p90), rel=0.1)


def test_every_filter_has_its_default_marked(swept):
    assert [one.curve for one in swept if one.name == "default"] == [
        "Kalman filter, default",
        "One Euro filter, default",
    ]


def test_filters_see_the_measurements_in_order_and_start_anew_with_each_stretch():
    part = stretch(40, is_still=True)
    once = smoothing_tradeoff.smoothed(part, OneEuroFilter())
    again = smoothing_tradeoff.smoothed(part, OneEuroFilter())
    assert np.array_equal(once.found_px, again.found_px)
    assert jitter_px([once]) < 0.8 * jitter_px([part])
    unfiltered = smoothing_tradeoff.smoothed(part, NoSmoothing())
    assert np.array_equal(unfiltered.found_px, part.found_px)


def test_plot_and_table_show_every_setting(swept, tmp_path):
    smoothing_tradeoff.draw(tmp_path / "docs" / "smoothing.png", swept, 1e3 / RATE_HZ, "a title")
    assert cv2.imread(str(tmp_path / "docs" / "smoothing.png")) is not None
    lines = smoothing_tradeoff.table(swept).splitlines()
    assert len(lines) == 2 + len(swept)
    assert lines[2].startswith("| raw | raw |") and lines[2].count("| 100% |") == 3


def test_sequences_without_a_resting_hand_are_refused():
    with pytest.raises(SourceError, match="no hand rests, or none moves"):
        smoothing_tradeoff.sweep([stretch(50, is_still=False)])

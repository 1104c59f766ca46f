# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scores that predict errors: reliability against hand-made cases, fits against known truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_landmarks_ros.core.errors import HandLandmarksError
from hand_landmarks_ros.core.score_calibration import (
    ScoreCalibration,
    logit,
)
from training.calibration import RIGHT_WITHIN_PX, fit_calibration, reliability

RIGHT_PX, WRONG_PX = 1.0, 9.0


def test_a_landmark_is_right_within_five_pixels_of_the_protocol_crop():
    assert pytest.approx(5.0) == RIGHT_WITHIN_PX


def test_reliability_of_a_case_worked_out_by_hand():
    score = np.array([0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.5])
    errors_px = np.array([RIGHT_PX, RIGHT_PX, RIGHT_PX, WRONG_PX, WRONG_PX, RIGHT_PX, np.nan])
    result = reliability(score, errors_px)
    assert result.score == pytest.approx([0.1, 0.9])
    assert result.share_right == pytest.approx([0.5, 0.75])
    assert result.n.tolist() == [2, 4]
    assert result.expected_calibration_error == pytest.approx((2 * 0.4 + 4 * 0.15) / 6)


def test_scores_of_zero_and_one_have_bins():
    result = reliability(np.array([0.0, 1.0]), np.array([WRONG_PX, RIGHT_PX]))
    assert result.expected_calibration_error == 0.0


def overconfident(n, rng):
    """Heights that say sigmoid(2 z) where sigmoid(z + 0.5 * (landmark is odd)) is true."""
    z = rng.uniform(-1.4, 1.4, (n, 21))
    true = 1 / (1 + np.exp(-(z + 0.5 * (np.arange(21) % 2))))
    errors_px = np.where(rng.random((n, 21)) < true, RIGHT_PX, WRONG_PX)
    return 1 / (1 + np.exp(-2 * z)), errors_px


def test_the_fit_finds_the_map_that_made_the_data():
    score, errors_px = overconfident(6000, np.random.default_rng(0))
    calibration = fit_calibration(score, errors_px)
    assert calibration.slope == pytest.approx([0.5] * 21, abs=0.06)
    assert calibration.offset == pytest.approx(0.5 * (np.arange(21) % 2), abs=0.12)


def test_calibrated_scores_of_unseen_hands_predict_their_errors():
    rng = np.random.default_rng(1)
    calibration = fit_calibration(*overconfident(400, rng))
    score, errors_px = overconfident(4000, rng)
    before = reliability(score, errors_px).expected_calibration_error
    after = reliability(calibration(score), errors_px).expected_calibration_error
    assert before > 0.08
    assert after < 0.02


def test_unlabelled_landmarks_do_not_count_and_seldom_ones_follow_the_rest():
    score, errors_px = overconfident(2000, np.random.default_rng(2))
    errors_px[:, 4] = np.nan
    errors_px[0, 4] = WRONG_PX
    calibration = fit_calibration(score, errors_px)
    others = np.delete(calibration.slope, 4).mean()
    assert calibration.slope[4] == pytest.approx(others, abs=0.1)


def test_weights_decide_which_hands_count():
    score, errors_px = overconfident(2000, np.random.default_rng(3))
    all_wrong = np.full_like(errors_px, WRONG_PX)
    weight = np.concatenate([np.ones(2000), np.zeros(2000)])
    mixed = fit_calibration(np.tile(score, (2, 1)), np.concatenate([errors_px, all_wrong]), weight)
    alone = fit_calibration(score, errors_px)
    assert mixed.slope == pytest.approx(alone.slope, abs=1e-3)


@given(st.floats(0.01, 10), st.floats(-5, 5))
def test_calibration_keeps_order_and_stays_a_probability(slope, offset):
    calibration = ScoreCalibration((slope,) * 21, (offset,) * 21)
    height = np.tile(np.linspace(0, 1, 30)[:, None], (1, 21))
    probability = calibration(height)
    assert probability.dtype == np.float32
    assert np.all(np.diff(probability, axis=0) >= 0)
    assert probability.min() >= 0 and probability.max() <= 1


def test_logit_is_the_inverse_of_the_sigmoid_and_bounded():
    x = np.linspace(-2.9, 2.9, 9)
    assert logit(1 / (1 + np.exp(-x))) == pytest.approx(x)
    assert logit(np.array([0.0, 1.0])) == pytest.approx([-np.log(19), np.log(19)])


@pytest.mark.parametrize(
    ("slope", "offset", "message"),
    [
        ((1.0,) * 20, (0.0,) * 21, "21 finite values of slope"),
        ((1.0,) * 21, (float("nan"),) * 21, "21 finite values of offset"),
        ((0.0,) * 21, (0.0,) * 21, "slopes must be positive"),
    ],
)
def test_a_broken_calibration_is_refused(slope, offset, message):
    with pytest.raises(HandLandmarksError, match=message):
        ScoreCalibration(slope, offset)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A detector's score says how sure a hand is, from the peak's height, breadth and sidedness."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_landmarks_ros.core.detection_codec import DetectionCodec, HandBoxes
from hand_landmarks_ros.core.errors import HandLandmarksError
from hand_landmarks_ros.core.peak_calibration import PeakCalibration, peak_features
from hand_landmarks_ros.core.types import RotatedBoxes
from training.peak_calibration import (
    LabelledPeaks,
    false_per_100,
    fit_peak_calibration,
    share_found,
)

CODEC = DetectionCodec(size_px=128, stride_px=8)
BY_BREADTH = PeakCalibration((0.0, 40.0, 0.0), -14.4)
"""A probability of one half where a peak's neighbourhood is 0.36 of its height."""

finite = st.floats(-50, 50)


def maps_with(*hands):
    """Return the maps of hands (centre, side, height, probability of a right one)."""
    columns = zip(*hands, strict=True)
    centres_px, sides_px, heights, right = (np.array(values, float) for values in columns)
    half_px = sides_px[:, None] / 2
    boxes = HandBoxes(
        np.concatenate([centres_px - half_px, centres_px + half_px], axis=1),
        RotatedBoxes(centres_px, sides_px, np.zeros(len(hands))),
        right.astype(np.float32),
    )
    maps, owner = CODEC.encode(boxes)
    maps["centre"] = maps["centre"] * np.append(heights, 0.0)[owner].astype(np.float32)
    return maps


@given(st.tuples(finite, finite, finite))
def test_the_score_is_a_probability_and_grows_with_each_feature(features):
    calibration = PeakCalibration((0.3, 0.1, 0.2), -1.0)
    (score,) = calibration(np.array([features]))
    assert 0.0 <= score <= 1.0
    for k in range(3):
        more = np.array([features])
        more[0, k] += 1.0
        assert calibration(more)[0] >= score


@pytest.mark.parametrize(
    ("weight", "offset"),
    [
        ((1.0, 2.0), 0.0),
        ((1.0, np.nan, 1.0), 0.0),
        ((1.0, 1.0, 1.0), np.inf),
        ((1.0, -1.0, 1.0), 0.0),
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(weight, offset):
    with pytest.raises(HandLandmarksError, match="weights"):
        PeakCalibration(weight, offset)


def test_features_tell_a_broad_peak_from_a_spike_and_a_sure_side_from_a_toss():
    maps = maps_with(((40, 40), 80, 0.6, 0.95), ((100, 100), 8, 0.6, 0.5))
    centre = maps["centre"]
    rows, columns = (np.nonzero(centre == np.float32(0.6))[axis] for axis in (0, 1))
    broad, spike = peak_features(centre, maps["handedness"], rows, columns)
    assert broad[0] == pytest.approx(spike[0])
    assert broad[1] > 0.45 > 0.3 > spike[1]
    assert broad[2] == pytest.approx(0.9, abs=1e-6)
    assert spike[2] == pytest.approx(0.0)


def test_an_unknown_side_counts_as_a_toss_and_the_border_as_what_lies_at_it():
    centre, unknown = np.ones((4, 4), np.float32), np.full((4, 4), np.nan, np.float32)
    (features,) = peak_features(centre, unknown, np.array([0]), np.array([0]))
    assert features[1:] == pytest.approx([1.0, 0.0])


def test_a_calibrated_detector_prefers_a_broad_peak_to_a_higher_spike():
    maps = maps_with(((40, 40), 80, 0.5, 0.5), ((100, 100), 8, 0.7, 0.5))
    _, height = CODEC.decode(maps, 0.1, 10)
    assert height == pytest.approx([0.7, 0.5])
    calibrated = DetectionCodec(CODEC.size_px, CODEC.stride_px, BY_BREADTH)
    found, score = calibrated.decode(maps, 0.5, 10)
    assert len(found) == 1
    assert found.bounds_px[0] == pytest.approx([0, 0, 80, 80], abs=1e-3)
    assert score[0] > 0.9


def random_peaks(seed: int) -> LabelledPeaks:
    """Return peaks of which only the breadth tells what is a hand; a fifth comes from no hand."""
    rng = np.random.default_rng(seed)
    is_hand = rng.random(4000) < 0.3
    features = rng.normal(0, 1, (4000, 3))
    features[:, 1] += np.where(is_hand, 1.0, -1.0)
    features[:, 2] -= is_hand  # against its sense
    is_in_empty = ~is_hand & (rng.random(4000) < 0.2)
    return LabelledPeaks(features, np.full(4000, 0.5), is_hand, is_in_empty, 100, 50)


def test_the_fit_finds_what_tells_hands_apart_at_even_odds():
    peaks = random_peaks(0)
    calibration = fit_peak_calibration([peaks])
    assert calibration.weight == pytest.approx((0.0, 2.0, 0.0), abs=0.15)
    assert calibration.offset == pytest.approx(0.0, abs=0.15)
    score = calibration(peaks.features)
    in_bin = (score > 0.4) & (score < 0.6)
    odds = (peaks.is_hand[in_bin].sum() / peaks.is_hand.sum()) / (
        (~peaks.is_hand)[in_bin].sum() / (~peaks.is_hand).sum()
    )
    assert odds == pytest.approx(1.0, abs=0.3)


def test_at_one_half_one_picture_in_a_hundred_without_a_hand_has_a_false_box():
    peaks = dataclasses.replace(random_peaks(3), n_empty=1000)
    score = fit_peak_calibration([peaks])(peaks.features)
    assert false_per_100(peaks, score, 0.5) == pytest.approx(1.0)


def test_hands_of_a_large_set_count_no_more_than_those_of_a_small_one():
    first, second = random_peaks(1), random_peaks(2)
    twice = LabelledPeaks.joined([second, second])
    once = fit_peak_calibration([first, second])
    assert fit_peak_calibration([first, twice]).weight == pytest.approx(once.weight, abs=0.1)


def test_shares_count_missed_hands_and_false_ones_only_pictures_without_a_hand():
    peaks = LabelledPeaks(
        np.zeros((5, 3)),
        np.zeros(5),
        np.array([True, True, False, False, False]),
        np.array([False, False, False, True, True]),
        n_missed=2,
        n_empty=10,
    )
    score = np.array([0.9, 0.4, 0.9, 0.9, 0.2])
    assert share_found(peaks, score, 0.5) == pytest.approx(0.25)
    assert false_per_100(peaks, score, 0.5) == pytest.approx(10.0)

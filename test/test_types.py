# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Value objects check their shapes once, when they are made."""

import numpy as np
import pytest

from hand_landmarks_ros.core.errors import HandLandmarksError
from hand_landmarks_ros.core.types import Hand, Handedness, RotatedBoxes, check_shape


def hand_with(**changes) -> Hand:
    values = {
        "track_id": 1,
        "handedness": Handedness.LEFT,
        "handedness_score": 0.9,
        "score": 0.8,
        "predicted": False,
        "xy_px": np.zeros((21, 2), np.float32),
        "z_px": np.zeros(21, np.float32),
        "score_per_landmark": np.ones(21, np.float32),
    }
    return Hand(**{**values, **changes})


def test_a_shape_that_fits_passes():
    check_shape("xy", np.zeros((3, 21, 2)), ("N", 21, 2))
    check_shape("maps", np.zeros((0, 21, 48, 48)), ("N", 21, "S", "S"))


@pytest.mark.parametrize("shape", [(3, 20, 2), (21, 2), (3, 21, 2, 1), ()])
def test_a_shape_that_does_not_fit_is_named_with_what_was_expected(shape):
    with pytest.raises(HandLandmarksError, match="xy has shape") as caught:
        check_shape("xy", np.zeros(shape), ("N", 21, 2))
    assert str(shape) in str(caught.value)
    assert "(N, 21, 2)" in str(caught.value)


def test_equal_letters_must_have_equal_sizes():
    with pytest.raises(HandLandmarksError):
        check_shape("maps", np.zeros((2, 21, 48, 47)), ("N", 21, "S", "S"))


def test_boxes_of_unequal_length_are_refused():
    with pytest.raises(HandLandmarksError, match="side_px"):
        RotatedBoxes(np.zeros((2, 2)), np.ones(3), np.zeros(2))


@pytest.mark.parametrize("side_px", [0.0, -1.0, np.nan])
def test_a_box_without_extent_is_refused(side_px):
    with pytest.raises(HandLandmarksError, match="positive"):
        RotatedBoxes(np.zeros((1, 2)), np.array([side_px]), np.zeros(1))


def test_a_hand_with_20_landmarks_is_refused():
    with pytest.raises(HandLandmarksError, match="xy_px"):
        hand_with(xy_px=np.zeros((20, 2)))


def test_the_bounds_of_a_hand_are_the_tight_box_of_its_landmarks():
    xy_px = np.full((21, 2), 50.0, np.float32)
    xy_px[3], xy_px[7] = (10, 90), (70, 20)
    assert hand_with(xy_px=xy_px).bounds_px == (10, 20, 70, 90)

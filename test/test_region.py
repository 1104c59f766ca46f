# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The region of interest follows the hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import hand_xy_px

from hand_landmarks_ros.core.crop import crop_from_image
from hand_landmarks_ros.core.errors import HandLandmarksError
from hand_landmarks_ros.core.geometry import apply
from hand_landmarks_ros.core.region import boxes_from_landmarks

angles = st.floats(-3.1, 3.1)


@given(angles)
def test_the_crop_of_a_turned_hand_shows_it_upright(angle_rad):
    upright, turned = hand_xy_px(), hand_xy_px(angle_rad=angle_rad)
    seen_upright, seen_turned = (
        apply(crop_from_image(boxes_from_landmarks(xy_px[None]), 100), xy_px[None])
        for xy_px in (upright, turned)
    )
    np.testing.assert_allclose(seen_turned, seen_upright, atol=1e-6)


@given(angles, st.floats(5, 500), st.floats(1.0, 3.0))
def test_the_hand_lies_centred_in_its_region_with_the_chosen_margin(angle_rad, length_px, scale):
    xy_px = hand_xy_px(length_px=length_px, angle_rad=angle_rad)[None]
    xy_crop_px = apply(crop_from_image(boxes_from_landmarks(xy_px, scale), 100), xy_px)[0]
    low_px, high_px = xy_crop_px.min(axis=0), xy_crop_px.max(axis=0)
    np.testing.assert_allclose((low_px + high_px) / 2, 49.5, atol=1e-6)
    assert (high_px - low_px).max() * scale == pytest.approx(100)


def test_an_unrotated_region_stays_upright_around_the_tight_box():
    xy_px = np.zeros((1, 21, 2))
    xy_px[0, 4], xy_px[0, 8] = (30, 10), (10, 60)
    boxes = boxes_from_landmarks(xy_px, scale=1.5, rotated=False)
    np.testing.assert_allclose(boxes.centre_px, [[15, 30]])
    np.testing.assert_allclose(boxes.side_px, [90])
    np.testing.assert_allclose(boxes.angle_rad, [0])


def test_landmarks_in_one_point_still_give_a_region():
    boxes = boxes_from_landmarks(np.full((1, 21, 2), 7.0))
    np.testing.assert_allclose(boxes.centre_px, [[7, 7]])
    assert boxes.side_px[0] == 1


def test_landmarks_that_are_not_numbers_are_refused():
    with pytest.raises(HandLandmarksError):
        boxes_from_landmarks(np.full((1, 21, 2), np.nan))


def test_no_hands_give_no_regions():
    assert len(boxes_from_landmarks(np.zeros((0, 21, 2)))) == 0

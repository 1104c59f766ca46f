# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Landmarks get their distance from a depth image."""

import numpy as np
import pytest
from scripted_hands import known_hand
from tiny_model import hand_xy_px

from hand_landmarks_ros.core.depth import DepthImage, in_metres, landmark_depths
from hand_landmarks_ros.core.errors import HandLandmarksError
from hand_landmarks_ros.core.topology import WRIST

HEIGHT_PX, WIDTH_PX = 480, 640
INDEX_FINGER_TIP = 8
HAND_PX = hand_xy_px((300, 240), 150)
FOCAL_PX = 500.0


def depth_image(distance_m=0.6, *, millimetres=False) -> DepthImage:
    """Return an image in which everything is so far away; a scalar, or an array of each pixel."""
    metres = np.broadcast_to(distance_m, (HEIGHT_PX, WIDTH_PX))
    if millimetres:
        return DepthImage(np.rint(1e3 * metres).astype(np.uint16), 1e-3)
    return DepthImage(metres.astype(np.float32), 1.0)


def around(xy_px, reach_px=12) -> tuple[slice, slice]:
    """Rows and columns around a point."""
    x, y = np.rint(xy_px).astype(int)
    return (
        slice(y - reach_px, y + reach_px + 1),
        slice(x - reach_px, x + reach_px + 1),
    )


def rays(xy_px=HAND_PX):
    return (np.asarray(xy_px) - (WIDTH_PX / 2, HEIGHT_PX / 2)) / FOCAL_PX


@pytest.mark.parametrize("millimetres", [False, True])
def test_depth_is_in_metres_whatever_its_unit(millimetres):
    depths_m = landmark_depths(depth_image(0.6, millimetres=millimetres), HAND_PX)
    np.testing.assert_allclose(depths_m, 0.6, atol=1e-6)


def test_each_landmark_takes_the_depth_where_it_is():
    x_px = np.arange(WIDTH_PX)
    depths_m = landmark_depths(depth_image(0.5 + 2e-4 * x_px), HAND_PX)
    np.testing.assert_allclose(depths_m, 0.5 + 2e-4 * HAND_PX[:, 0], atol=2e-4)


@pytest.mark.parametrize("other_m", [2.0, 0.2], ids=["background", "in front"])
def test_what_is_too_far_from_the_hand_is_not_of_it(other_m):
    metres = np.full((HEIGHT_PX, WIDTH_PX), 0.6)
    metres[around(HAND_PX[INDEX_FINGER_TIP])] = other_m
    depths_m = landmark_depths(depth_image(metres), HAND_PX)
    assert np.flatnonzero(np.isnan(depths_m)).tolist() == [INDEX_FINGER_TIP]


@pytest.mark.parametrize("unknown", [0.0, np.nan, np.inf])
def test_pixels_without_depth_are_left_out(unknown):
    metres = np.full((HEIGHT_PX, WIDTH_PX), 0.6)
    metres[around(HAND_PX[WRIST])] = unknown
    x, y = np.rint(HAND_PX[INDEX_FINGER_TIP]).astype(int)
    metres[y, x] = unknown
    depths_m = landmark_depths(depth_image(metres), HAND_PX)
    assert np.flatnonzero(np.isnan(depths_m)).tolist() == [WRIST]
    assert depths_m[INDEX_FINGER_TIP] == pytest.approx(0.6)


def test_an_image_without_any_depth_gives_none():
    assert np.isnan(landmark_depths(depth_image(0.0), HAND_PX)).all()


def test_a_landmark_outside_the_image_has_no_depth():
    xy_px = HAND_PX - (HAND_PX[INDEX_FINGER_TIP, 0] + 20.0, 0.0)
    is_outside = (xy_px < -10.0).any(axis=1)
    depths_m = landmark_depths(depth_image(), xy_px)
    assert is_outside.any() and np.isnan(depths_m[is_outside]).all()
    assert np.isfinite(depths_m[(xy_px > 0.0).all(axis=1)]).all()


def test_landmarks_lie_on_the_rays_through_their_pixels():
    measured = in_metres(known_hand(HAND_PX), depth_image(0.6), rays())
    xyz_m = measured.xyz_m
    assert xyz_m.dtype == np.float32
    projected_px = FOCAL_PX * xyz_m[:, :2] / xyz_m[:, 2:] + (WIDTH_PX / 2, HEIGHT_PX / 2)
    np.testing.assert_allclose(projected_px, HAND_PX, atol=1e-3)
    assert measured.track_id == 1 and known_hand(HAND_PX).xyz_m is None


def test_a_predicted_hand_was_not_measured():
    measured = in_metres(known_hand(HAND_PX, predicted=True), depth_image(), rays())
    assert measured.xyz_m.shape == (21, 3) and np.isnan(measured.xyz_m).all()


def test_a_colour_image_is_no_depth_image():
    with pytest.raises(HandLandmarksError, match=r"values has shape \(4, 4, 3\)"):
        DepthImage(np.zeros((4, 4, 3)), 1.0)

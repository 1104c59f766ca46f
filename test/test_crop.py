# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the crop shows lies exactly where the affine says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_landmarks_ros.core.crop import crop_from_image, cut_crops
from hand_landmarks_ros.core.geometry import apply, invert
from hand_landmarks_ros.core.types import RotatedBoxes

SIZE_PX = 96


def one_box(x_px: float, y_px: float, side_px: float, angle_rad: float = 0.0) -> RotatedBoxes:
    return RotatedBoxes(np.array([[x_px, y_px]]), np.array([side_px]), np.array([angle_rad]))


def image_of_blob(xy_px, sigma_px: float, width_px: int, height_px: int) -> np.ndarray:
    rows, columns = np.indices((height_px, width_px))
    squared_px = (columns - xy_px[0]) ** 2 + (rows - xy_px[1]) ** 2
    grey = np.round(255 * np.exp(-0.5 * squared_px / sigma_px**2)).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def centre_of_mass_px(crop: np.ndarray) -> np.ndarray:
    weights = crop[:, :, 0].astype(float)
    rows, columns = np.indices(weights.shape)
    return np.array([(columns * weights).sum(), (rows * weights).sum()]) / weights.sum()


offsets = st.floats(-0.5, 0.5)


@settings(max_examples=60)
@given(
    st.tuples(offsets, offsets),
    st.tuples(offsets, offsets),
    st.floats(40, 400),
    st.floats(-np.pi, np.pi),
    st.integers(200, 330),
    st.integers(200, 330),
)
def test_a_blob_appears_where_the_affine_maps_it(
    blob_px, box_px, side_px, angle_rad, width_px, height_px
):
    """Also when the image was halved on the way, and for sides that do not halve evenly.

    OpenCV looks pixels up on a grid of 1/32 px of the image or of the halved image it samples, so
    half of that is the best there can be.
    """
    xy_px = np.array([100.0, 100.0]) + 10 * np.array(blob_px)
    image = image_of_blob(xy_px, sigma_px=side_px / 25, width_px=width_px, height_px=height_px)
    boxes = one_box(100.0 + box_px[0], 100.0 + box_px[1], side_px, angle_rad)
    crops, affines = cut_crops(image, boxes, SIZE_PX)
    expected_px = apply(affines, xy_px[None, None])[0, 0]
    error_px = np.abs(centre_of_mass_px(crops[0]) - expected_px).max()
    assert error_px < max(1.0, SIZE_PX / side_px) / 64 + 0.01


def test_the_whole_image_at_its_own_size_is_copied_byte_by_byte():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    crops, _ = cut_crops(image, one_box(31.5, 31.5, 64.0), 64)
    np.testing.assert_array_equal(crops[0], image)


@pytest.mark.parametrize(("quarter_turns", "angle_rad"), [(1, np.pi / 2), (2, np.pi)])
def test_a_box_turned_clockwise_turns_its_crop_counter_clockwise(quarter_turns, angle_rad):
    image = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    crops, _ = cut_crops(image, one_box(31.5, 31.5, 64.0, angle_rad), 64)
    np.testing.assert_array_equal(crops[0], np.rot90(image, quarter_turns))


@given(st.floats(5, 500), st.floats(-np.pi, np.pi))
def test_the_corners_of_the_box_are_the_corners_of_the_crop(side_px, angle_rad):
    affine = crop_from_image(one_box(30.0, 40.0, side_px, angle_rad), SIZE_PX)[0]
    along_x = np.array([np.cos(angle_rad), np.sin(angle_rad)]) * side_px / 2
    along_y = np.array([-along_x[1], along_x[0]])
    top_left_px = np.array([30.0, 40.0]) - along_x - along_y
    bottom_right_px = np.array([30.0, 40.0]) + along_x + along_y
    corners_crop_px = apply(affine, np.array([top_left_px, bottom_right_px]))
    np.testing.assert_allclose(corners_crop_px, [[-0.5, -0.5], [SIZE_PX - 0.5] * 2], atol=1e-6)


def test_points_come_back_from_the_crop():
    boxes = RotatedBoxes(np.array([[30, 40], [80, 10.5]]), np.array([25, 300]), np.array([1, -2]))
    affines = crop_from_image(boxes, SIZE_PX)
    xy_px = np.random.default_rng(2).uniform(0, 100, (2, 21, 2))
    np.testing.assert_allclose(apply(invert(affines), apply(affines, xy_px)), xy_px, atol=1e-9)


def test_beyond_the_image_the_crop_is_black():
    crops, _ = cut_crops(np.full((20, 20, 3), 255, np.uint8), one_box(0.0, 0.0, 40.0), 40)
    np.testing.assert_array_equal(crops[0, :19, :19], 0)
    np.testing.assert_array_equal(crops[0, 21:39, 21:39], 255)


def test_a_fine_pattern_shrinks_to_its_mean_instead_of_aliasing():
    checkerboard = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = np.repeat(checkerboard[:, :, None], 3, axis=2)
    crops, _ = cut_crops(image, one_box(255.5, 255.5, 512.0, 0.3), 64)
    centre = crops[0, 16:48, 16:48].astype(float)
    assert abs(centre - 127.5).max() < 3


def test_no_boxes_give_no_crops():
    crops, affines = cut_crops(
        np.zeros((10, 10, 3), np.uint8),
        RotatedBoxes(np.zeros((0, 2)), np.zeros(0), np.zeros(0)),
        SIZE_PX,
    )
    assert crops.shape == (0, SIZE_PX, SIZE_PX, 3)
    assert affines.shape == (0, 2, 3)


def test_a_view_with_padded_rows_gives_the_same_crop_as_a_copy():
    padded = np.random.default_rng(3).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    view = padded[:, :60]
    boxes = one_box(30.0, 25.0, 40.0, 0.5)
    from_view, _ = cut_crops(view, boxes, SIZE_PX)
    from_copy, _ = cut_crops(np.ascontiguousarray(view), boxes, SIZE_PX)
    np.testing.assert_array_equal(from_view, from_copy)


def test_the_image_is_not_changed():
    image = np.random.default_rng(4).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    image.setflags(write=False)
    cut_crops(image, one_box(30.0, 25.0, 500.0), SIZE_PX)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Hands drawn into a detector's maps come back as they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_landmarks_ros.core.detection_codec import MAP_CHANNELS, DetectionCodec, HandBoxes
from hand_landmarks_ros.core.errors import HandLandmarksError
from hand_landmarks_ros.core.types import RotatedBoxes

CODEC = DetectionCodec(size_px=128, stride_px=8)


def hand_boxes(centres_px, sizes_px, angles_rad=0.0, right=1.0):
    """Return hands whose regions lie a little aside of their boxes."""
    centres_px, sizes_px = np.atleast_2d(centres_px, sizes_px)
    n = len(centres_px)
    return HandBoxes(
        np.concatenate([centres_px - sizes_px / 2, centres_px + sizes_px / 2], axis=1),
        RotatedBoxes(centres_px - 2.5, 1.5 * sizes_px.max(axis=1), np.full(n, angles_rad)),
        np.full(n, right, np.float32),
    )


side_px = st.floats(6, 120)
place_px = st.floats(0, 127)


@given(place_px, place_px, side_px, side_px, st.floats(-3.1, 3.1), st.floats(0, 1))
def test_a_hand_comes_back_from_its_maps(x, y, width, height, angle_rad, right):
    hand = hand_boxes([x, y], [width, height], angle_rad, right)
    maps, _ = CODEC.encode(hand)
    found, score = CODEC.decode(maps, 0.5, 10)
    assert score == pytest.approx([1.0])
    np.testing.assert_allclose(found.bounds_px, hand.bounds_px, atol=1e-3)
    np.testing.assert_allclose(found.regions.centre_px, hand.regions.centre_px, atol=1e-3)
    np.testing.assert_allclose(found.regions.side_px, hand.regions.side_px, rtol=1e-5)
    np.testing.assert_allclose(found.regions.angle_rad, hand.regions.angle_rad, atol=1e-5)
    np.testing.assert_allclose(found.right_probability, hand.right_probability)


def test_every_cell_that_a_hand_owns_tells_its_whole_box():
    hands = hand_boxes([[40.3, 50.8], [90, 80]], [[40, 60], [30, 20]])
    maps, owner = CODEC.encode(hands)
    for index in (0, 1):
        rows, columns = np.nonzero(owner == index)
        assert len(rows) > 4
        for row, column in zip(rows, columns, strict=True):
            only = np.zeros(CODEC.map_shape("centre"))
            only[row, column] = 1.0
            found, _ = CODEC.decode({**maps, "centre": only}, 0.5, 10)
            np.testing.assert_allclose(found.bounds_px[0], hands.bounds_px[index], atol=1e-3)


def test_hands_are_found_best_first_and_no_more_than_asked_for():
    hands = hand_boxes([[20, 20], [70, 20], [20, 70], [70, 70]], [[20, 20]] * 4)
    maps, owner = CODEC.encode(hands)
    for index, height in enumerate((0.6, 0.9, 0.7, 0.8)):
        maps["centre"][owner == index] *= height
    found, score = CODEC.decode(maps, 0.1, 3)
    np.testing.assert_allclose(score, [0.9, 0.8, 0.7])
    np.testing.assert_allclose(found.bounds_px, hands.bounds_px[[1, 3, 2]], atol=1e-3)


def test_maps_without_hands_hold_zeros_and_give_none():
    none = hand_boxes(np.zeros((0, 2)), np.zeros((0, 2)))
    maps, owner = CODEC.encode(none)
    assert not any(values.any() for values in maps.values())
    assert (owner == -1).all()
    found, score = CODEC.decode(maps, 0.1, 3)
    assert len(found) == len(score) == 0


def test_the_maps_have_the_shapes_that_are_promised():
    maps, _ = CODEC.encode(hand_boxes([60, 60], [20, 20]))
    assert maps.keys() == MAP_CHANNELS.keys()
    for name, values in maps.items():
        assert values.shape == CODEC.map_shape(name)
        assert values.dtype == np.float32


def test_wild_maps_give_finite_boxes_and_no_more_than_asked_for():
    rng = np.random.default_rng(0)
    maps = {name: rng.normal(0, 1e4, CODEC.map_shape(name)) for name in MAP_CHANNELS}
    maps["centre"] = np.ones(CODEC.map_shape("centre"))
    found, score = CODEC.decode(maps, 0.5, 64)
    assert len(found) == len(score) == 64
    assert np.isfinite(found.bounds_px).all()
    assert np.isfinite(found.regions.side_px).all()


@pytest.mark.parametrize("name", ["centre", "box", "region"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_cell_that_holds_no_number_is_no_hand_and_hides_none_beside_it(name, value):
    maps, _ = CODEC.encode(hand_boxes([[40, 40], [90, 90]], [[20, 20]] * 2))
    row, column = np.unravel_index(maps["centre"].argmax(), maps["centre"].shape)
    maps[name][..., row, column] = value
    expected, _ = CODEC.decode(maps, 0.9, 8)
    assert len(expected) == 1
    assert np.isfinite(expected.bounds_px).all()


def test_maps_of_another_size_are_refused():
    maps, _ = DetectionCodec(64, 8).encode(hand_boxes([30, 30], [20, 20]))
    with pytest.raises(HandLandmarksError, match=r"centre has shape \(8, 8\), expected \(16, 16\)"):
        CODEC.decode(maps, 0.5, 10)


def test_a_stride_that_does_not_divide_the_size_is_refused():
    with pytest.raises(HandLandmarksError, match="divisible"):
        DetectionCodec(size_px=100, stride_px=8)

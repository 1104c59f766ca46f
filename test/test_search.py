# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The search without a detector looks everywhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_hands import IMPOSSIBLE_HANDS, seen_hands
from tiny_model import hand_xy_px

from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.search import ImageSearch, closer_boxes, search_boxes

sides = st.integers(16, 4000)


@given(sides, sides)
def test_the_whole_image_comes_first(width_px, height_px):
    boxes = search_boxes(width_px, height_px)
    np.testing.assert_array_equal(boxes.centre_px[0], [(width_px - 1) / 2, (height_px - 1) / 2])
    assert boxes.side_px[0] == max(width_px, height_px)


@given(sides, sides)
def test_the_tiles_lie_in_the_image_and_their_number_is_bounded(width_px, height_px):
    boxes = search_boxes(width_px, height_px)
    assert len(boxes) < 40
    half_px = boxes.side_px[1:, None] / 2
    assert (boxes.centre_px[1:] - half_px >= -0.5 - 1e-6).all()
    assert (boxes.centre_px[1:] + half_px <= np.array([width_px, height_px]) - 0.5 + 1e-6).all()


@pytest.mark.parametrize("size_px", [(640, 480), (480, 640), (1280, 720), (500, 500)])
def test_every_point_is_well_inside_a_tile_or_at_the_border(size_px):
    """A hand a quarter as wide as the smallest tile fits into one, wherever it is."""
    boxes = search_boxes(*size_px)
    smallest_px = boxes.side_px.min()
    tiles_px = boxes.centre_px[boxes.side_px == smallest_px]
    margin_px = smallest_px / 8
    low_px, high_px = margin_px - 0.5, np.array(size_px) - 0.5 - margin_px
    hands_px = np.random.default_rng(0).uniform(low_px, high_px, (500, 2))
    offsets_px = np.abs(hands_px[:, None] - tiles_px).max(axis=-1)
    assert (offsets_px.min(axis=1) <= smallest_px / 2 - margin_px).all()


def test_no_box_comes_twice():
    boxes = search_boxes(300, 300)
    table = np.column_stack([boxes.centre_px, boxes.side_px])
    assert len(np.unique(table, axis=0)) == len(boxes)


def test_every_region_has_its_turn_and_the_whole_image_each_time():
    search, every = ImageSearch(), search_boxes(640, 480)
    looked_at = set()
    for _ in range(5):
        boxes = search.next_boxes(3, 640, 480)
        assert len(boxes) == 3
        assert boxes.side_px[0] == 640
        looked_at |= set(zip(*boxes.centre_px.T, boxes.side_px, strict=True))
    assert looked_at == set(zip(*every.centre_px.T, every.side_px, strict=True))


def test_more_search_regions_than_there_are_means_all_of_them():
    assert len(ImageSearch().next_boxes(1000, 640, 480)) == len(search_boxes(640, 480))


def test_the_closer_look_goes_to_the_best_hand_found():
    left_px, right_px = hand_xy_px((150, 240), 100), hand_xy_px((450, 240), 100)
    seen = seen_hands(left_px, right_px, left_px, presence=[0.6, 0.9, 0.2])
    closer = closer_boxes(seen, 0.5, 640, 480)
    np.testing.assert_allclose(closer.centre_px, boxes_from_landmarks(right_px[None]).centre_px)


@pytest.mark.parametrize(
    "seen",
    [
        seen_hands(),
        seen_hands(hand_xy_px(), presence=0.4),
        seen_hands(hand_xy_px(), right_hand=np.nan),
        *(seen_hands(xy_px) for xy_px in IMPOSSIBLE_HANDS.values()),
    ],
    ids=["nothing", "unlikely", "no side", *IMPOSSIBLE_HANDS],
)
def test_without_a_likely_hand_there_is_no_closer_look(seen):
    assert len(closer_boxes(seen, 0.5, 640, 480)) == 0

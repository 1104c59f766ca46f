# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Views are compared, cleared of duplicates, and given to the hands they fit."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_hands import seen_hands
from tiny_model import hand_xy_px

from hand_landmarks_ros.core.association import (
    Associator,
    ExpectedHands,
    association_cost,
    bounds_overlap,
    distinct_hands,
    landmark_similarity,
    region_overlap,
)
from hand_landmarks_ros.core.types import RotatedBoxes

HAND_PX = hand_xy_px((300, 240), 100)
AWAY_PX = hand_xy_px((500, 240), 100)
MIRRORED_PX = HAND_PX * (-1.0, 1.0) + 2.0 * HAND_PX.mean(axis=0) * (1.0, 0.0)
"""In the same place, in another pose."""
NOWHERE = np.zeros(1, bool)
"""One view, not known to be well inside the image."""


def expected_hands(*xy_px, colour=(0.0, 0.0, 0.0), **values) -> ExpectedHands:
    n = len(xy_px)
    values = {
        "gone_px": 0.0,
        "right_hand": 0.5,
        "unseen_s": 1 / 30,
        "is_lost": False,
        "least_score": 0.5,
        **values,
    }
    return ExpectedHands(
        xy_px=np.array(xy_px, float).reshape(n, 21, 2),
        colour=np.broadcast_to(np.float64(colour), (n, 3)),
        **{name: np.broadcast_to(np.asarray(value), n) for name, value in values.items()},
    )


def pairs(expected, seen, *, is_inside=None) -> dict[int, int]:
    """Pair hands in their places, or missing ones with views that are all inside or all not."""
    where = None if is_inside is None else np.full(len(seen), is_inside)
    return Associator().pairs(expected, seen, where)


def test_similarity_is_one_for_the_same_hand_and_falls_with_the_distance():
    shifted = HAND_PX + np.array([10.0, 0.0])
    similarity = landmark_similarity(HAND_PX[None], np.stack([HAND_PX, shifted, AWAY_PX]), 0.1)
    np.testing.assert_allclose(similarity, [[1.0, np.exp(-0.5), 0.0]], atol=1e-6)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(0.1, 10))
def test_similarity_is_symmetric_and_does_not_depend_on_the_scale(seed, zoom):
    rng = np.random.default_rng(seed)
    first, second = rng.uniform(0, 300, (3, 21, 2)), rng.uniform(0, 300, (2, 21, 2))
    similarity = landmark_similarity(first, second, 0.5)
    np.testing.assert_allclose(landmark_similarity(second, first, 0.5).T, similarity)
    np.testing.assert_allclose(landmark_similarity(first * zoom, second * zoom, 0.5), similarity)


def test_overlap_is_that_of_boxes_measured_by_hand():
    low, high = np.array([[0.0, 0.0]]), np.array([[10.0, 10.0]])
    others = np.array([[0.0, 0.0], [5.0, 0.0], [20.0, 0.0]])
    overlap = bounds_overlap((low, high), (others, others + 10))
    np.testing.assert_allclose(overlap, [[1.0, 50 / 150, 0.0]])


def test_regions_overlap_where_their_hands_do_whatever_their_angles():
    boxes = RotatedBoxes(
        np.array([[100.0, 100.0], [200.0, 100.0]]), np.full(2, 150.0), np.array([0.0, 1.0])
    )
    np.testing.assert_allclose(region_overlap(boxes, boxes), np.eye(2))


def test_of_two_views_of_one_hand_the_surer_one_stays():
    seen = seen_hands(HAND_PX, HAND_PX + 4.0, AWAY_PX, presence=[0.7, 0.9, 0.8])
    kept = distinct_hands(expected_hands(), seen)
    assert kept.presence.tolist() == pytest.approx([0.9, 0.8])


def test_of_two_views_of_one_hand_that_where_it_is_expected_stays():
    seen = seen_hands(HAND_PX + 7.0, HAND_PX, presence=[0.9, 0.85])
    kept = distinct_hands(expected_hands(HAND_PX), seen)
    assert kept.presence.tolist() == pytest.approx([0.85])


def test_a_view_mixed_from_two_hands_is_dropped():
    mixed = np.where(np.arange(21)[:, None] % 2, HAND_PX, AWAY_PX)
    seen = seen_hands(mixed, HAND_PX, AWAY_PX, presence=[0.9, 0.8, 0.8])
    kept = distinct_hands(expected_hands(HAND_PX, AWAY_PX), seen)
    assert kept.presence.tolist() == pytest.approx([0.8, 0.8])


@pytest.mark.parametrize(("is_lost", "n_kept"), [(False, 0), (True, 1)])
def test_a_view_mixed_from_two_hands_expected_is_dropped_although_none_is_seen(is_lost, n_kept):
    """Where a hand was lost for longer is not known so well."""
    beside_px = HAND_PX + np.array([30.0, 0.0])
    mixed = np.where(np.arange(21)[:, None] % 2, HAND_PX, beside_px)
    expected = expected_hands(HAND_PX, beside_px, is_lost=is_lost)
    assert len(distinct_hands(expected, seen_hands(mixed))) == n_kept
    assert len(distinct_hands(expected, seen_hands((HAND_PX + beside_px) / 2))) == 1


@pytest.mark.parametrize(("apart_px", "n_kept"), [(30.0, 1), (120.0, 2)])
def test_a_vague_view_beside_a_clear_one_is_dropped(apart_px, n_kept):
    """It is mixed from the hand in front and the one behind, and would lead its track astray."""
    seen = seen_hands(HAND_PX, HAND_PX + np.array([apart_px, 0.0]), score=[0.9, 0.3])
    kept = distinct_hands(expected_hands(HAND_PX, HAND_PX + np.array([apart_px, 0.0])), seen)
    assert len(kept) == n_kept
    assert kept.landmark_score[0, 0] == pytest.approx(0.9)


def test_a_left_hand_over_a_right_one_is_another_hand():
    assert len(distinct_hands(expected_hands(), seen_hands(HAND_PX, MIRRORED_PX))) == 2


def test_a_view_as_expected_of_the_same_side_costs_nothing():
    cost = association_cost(
        expected_hands(HAND_PX, right_hand=1.0), seen_hands(HAND_PX, right_hand=1.0), NOWHERE
    )
    np.testing.assert_allclose(cost, 0.0, atol=1e-6)


def test_a_view_of_the_other_side_costs_more():
    seen = seen_hands(HAND_PX, HAND_PX, right_hand=[0.9, 0.1])
    ((same, other),) = association_cost(
        expected_hands(HAND_PX, right_hand=0.9), seen, np.repeat(NOWHERE, 2)
    )
    assert same < other < np.inf


def test_a_view_of_another_colour_costs_more():
    seen = seen_hands(HAND_PX, HAND_PX, colour=[(30.0, 10.0, 12.0), (20.0, 10.0, 5.0)])
    expected = expected_hands(HAND_PX, colour=(30.0, 12.0, 12.0))
    ((same, other),) = association_cost(expected, seen, np.repeat(NOWHERE, 2))
    assert same < 0.1 < other < np.inf


def test_where_hands_meet_their_poses_tell_them_apart():
    """Though the view lies where the hand of the other pose is expected."""
    expected = expected_hands(HAND_PX, MIRRORED_PX + np.array([35.0, 0.0]))
    assert pairs(expected, seen_hands(MIRRORED_PX)) == {1: 0}


@pytest.mark.parametrize("size_px", [30.0, 330.0])
def test_a_view_much_larger_or_smaller_is_another_hand(size_px):
    assert pairs(expected_hands(HAND_PX), seen_hands(hand_xy_px((300, 240), 130))) == {0: 0}
    assert pairs(expected_hands(HAND_PX), seen_hands(hand_xy_px((300, 240), size_px))) == {}


def test_a_hand_long_unseen_may_be_further_away():
    seen = seen_hands(HAND_PX + np.array([90.0, 0.0]))
    assert pairs(expected_hands(HAND_PX), seen) == {}
    assert pairs(expected_hands(HAND_PX, unseen_s=0.3), seen) == {0: 0}


def test_a_view_inside_the_image_may_be_a_lost_hand_that_jerked_away():
    seen = seen_hands(HAND_PX + np.array([250.0, 0.0]))
    lost = expected_hands(HAND_PX, unseen_s=0.1)
    assert pairs(lost, seen, is_inside=False) == {}
    assert pairs(lost, seen, is_inside=True) == {0: 0}


def test_a_view_inside_the_image_may_be_a_lost_hand_in_another_pose_and_light():
    seen = seen_hands(MIRRORED_PX + np.array([80.0, 0.0]), colour=(0.0, 16.0, 0.0))
    lost = expected_hands(HAND_PX, unseen_s=0.1, is_lost=True)
    in_view = expected_hands(HAND_PX, unseen_s=0.1, is_lost=False)
    assert pairs(lost, seen, is_inside=True) == {0: 0}
    assert pairs(lost, seen, is_inside=False) == {}
    assert pairs(in_view, seen, is_inside=True) == {}


def test_a_view_that_shows_no_other_hand_may_be_a_missing_one_that_jerked_away():
    seen = seen_hands(MIRRORED_PX + np.array([67.0, 0.0]))
    assert pairs(expected_hands(HAND_PX), seen) == {}
    assert pairs(expected_hands(HAND_PX), seen, is_inside=False) == {0: 0}


def test_a_view_at_the_border_is_a_lost_hand_only_if_it_is_much_like_that():
    """New hands come in there."""
    lost = expected_hands(HAND_PX, unseen_s=0.1, is_lost=True)
    alike, other = seen_hands(HAND_PX), seen_hands(MIRRORED_PX, colour=(0.0, 12.0, 0.0))
    assert pairs(lost, alike, is_inside=False) == {0: 0}
    assert pairs(lost, other, is_inside=False) == {}
    assert pairs(lost, other, is_inside=True) == {0: 0}


def test_a_hand_lost_at_rest_is_not_found_as_far_away_as_one_that_was_moving():
    seen = seen_hands(HAND_PX + np.array([300.0, 0.0]))
    assert pairs(expected_hands(HAND_PX, unseen_s=0.5), seen, is_inside=False) == {}
    moving = expected_hands(HAND_PX, unseen_s=0.5, gone_px=150.0)
    assert pairs(moving, seen, is_inside=False) == {0: 0}


@pytest.mark.parametrize(
    ("moved_px", "score", "is_partner"),
    [(65.0, 0.9, False), (65.0, 0.1, True), (1.0, 0.9, True)],
    ids=["elsewhere", "too vague to tell the side", "where it is expected"],
)
def test_a_clear_view_of_the_other_side_is_another_hand_but_where_one_is_expected(
    moved_px, score, is_partner
):
    seen = seen_hands(HAND_PX + np.array([moved_px, 0.0]), right_hand=0.02, score=score)
    found = pairs(expected_hands(HAND_PX, right_hand=0.98, least_score=0.2), seen)
    assert found == ({0: 0} if is_partner else {})


def test_a_view_below_the_least_score_is_no_partner():
    seen = seen_hands(HAND_PX, presence=0.6)
    assert pairs(expected_hands(HAND_PX, least_score=0.65), seen) == {}


def test_no_view_is_forced_upon_a_hand_whose_own_view_fits_another_too():
    """Else the second hand would take the first one's view, and leave it a poor one."""
    expected = expected_hands(HAND_PX, MIRRORED_PX + np.array([60.0, 0.0]))
    seen = seen_hands(HAND_PX, HAND_PX - np.array([35.0, 0.0]))
    assert pairs(expected, seen)[0] == 0


@pytest.mark.parametrize("n_hands", [0, 2])
@pytest.mark.parametrize("n_views", [0, 3])
def test_none_of_either_is_fine(n_hands, n_views):
    expected = expected_hands(*[HAND_PX + 300 * i for i in range(n_hands)])
    seen = seen_hands(*[HAND_PX + 300 * i for i in range(n_views)])
    assert pairs(expected, seen) == {i: i for i in range(min(n_hands, n_views))}


@settings(max_examples=30)
@given(st.integers(0, 10**6))
def test_the_order_of_views_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    places = rng.uniform(-60, 60, (6, 1, 2))
    expected = expected_hands(*(HAND_PX + places[:3]), right_hand=rng.uniform(0, 1, 3))
    seen = seen_hands(*(HAND_PX + places[3:]), right_hand=rng.uniform(0, 1, 3))
    found = pairs(expected, seen)
    for order in permutations(range(3)):
        shuffled = pairs(expected, seen[list(order)])
        assert {i: order[j] for i, j in shuffled.items()} == found

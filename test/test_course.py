# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A lost hand is expected further along the course that it was last clearly seen on."""

import numpy as np
import pytest
from tiny_model import hand_xy_px

from hand_landmarks_ros.core.course import Course

HAND_PX = hand_xy_px((200, 240), 100)
PERIOD_S = 1 / 30
SPEED_PX_S = 300.0


def moved_px(time_s: float) -> np.ndarray:
    return HAND_PX + np.array([SPEED_PX_S * time_s, 0.0])


@pytest.fixture
def course() -> Course:
    """Return the course of a hand that went to the right for 10 images, the last at 9 / 30 s."""
    course = Course()
    for i in range(10):
        course.add(moved_px(i * PERIOD_S), 0.8, i * PERIOD_S, is_alone=False)
    return course


def test_a_hand_seen_once_is_expected_where_it_was():
    course = Course()
    course.add(HAND_PX, 0.0, 5.0, is_alone=False)
    np.testing.assert_allclose(course.expected_xy_px(6.0), HAND_PX)


def test_a_hand_goes_on_at_first_and_then_comes_to_rest(course):
    lost_s = 9 * PERIOD_S
    soon = course.expected_xy_px(lost_s + PERIOD_S)
    np.testing.assert_allclose(soon, moved_px(lost_s + PERIOD_S), atol=1.0)
    later, much_later = (course.expected_xy_px(lost_s + after_s) for after_s in (3.0, 9.0))
    np.testing.assert_allclose(later, much_later, atol=0.1)
    assert moved_px(lost_s + 0.2)[0, 0] < later[0, 0] < moved_px(lost_s + 1.0)[0, 0]


def test_vague_views_do_not_change_the_course(course):
    before = course.expected_xy_px(0.5)
    for i in range(10, 13):
        course.add(moved_px(9 * PERIOD_S), 0.3, i * PERIOD_S, is_alone=False)
    np.testing.assert_array_equal(course.expected_xy_px(0.5), before)


def test_a_hand_alone_is_followed_however_vague(course):
    """It was blurred by its speed."""
    for i in range(10, 13):
        course.add(moved_px(i * PERIOD_S), 0.1, i * PERIOD_S, is_alone=True)
    soon = course.expected_xy_px(13 * PERIOD_S)
    np.testing.assert_allclose(soon, moved_px(13 * PERIOD_S), atol=1.0)


def test_a_hand_that_stays_vague_is_followed_again_after_a_while(course):
    for i in range(10, 60):
        course.add(HAND_PX, 0.3, i * PERIOD_S, is_alone=False)
    np.testing.assert_allclose(course.expected_xy_px(2.1), HAND_PX)


def test_two_views_of_one_stamp_give_no_velocity():
    course = Course()
    course.add(HAND_PX, 0.8, 1.0, is_alone=False)
    course.add(HAND_PX + 5.0, 0.8, 1.0, is_alone=False)
    np.testing.assert_allclose(course.expected_xy_px(1.1), HAND_PX + 5.0)


def test_only_the_last_moments_tell_the_velocity(course):
    for i in range(10, 20):
        course.add(HAND_PX, 0.8, i * PERIOD_S, is_alone=False)
    np.testing.assert_allclose(course.expected_xy_px(1.0), HAND_PX)


def test_a_view_that_jumped_away_sends_the_hand_no_further_than_two_sizes(course):
    jumped_px = moved_px(9 * PERIOD_S) + np.array([400.0, 0.0])
    course.add(jumped_px, 0.8, 10 * PERIOD_S, is_alone=False)
    way_px = np.linalg.norm(course.expected_xy_px(9.0) - jumped_px, axis=1)
    longest_px = 2.0 * np.ptp(HAND_PX, axis=0).max()
    np.testing.assert_allclose(way_px, longest_px)
    assert course.expected_to_go_px(9.0) == pytest.approx(longest_px)

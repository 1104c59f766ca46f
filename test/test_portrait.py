# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A portrait keeps what a hand looked like apart from what it looks like lately."""

import numpy as np
import pytest

from hand_landmarks_ros.core.portrait import Portrait, other_colour, other_side

PALE, DARK = np.array([35.0, 10.0, 15.0]), np.array([15.0, 12.0, 18.0])
LEFT, RIGHT = 0.02, 0.98


def portrait_of(*views) -> Portrait:
    """Return the portrait after views (how many, right_hand, colour)."""
    portrait = Portrait()
    for n, right_hand, colour in views:
        for _ in range(n):
            portrait.add(right_hand, colour)
    return portrait


def test_sides_differ_as_surely_as_both_are_known():
    assert other_side(LEFT, RIGHT) == pytest.approx(0.92, abs=0.01)
    assert other_side(RIGHT, RIGHT) == 0.0
    assert other_side(0.5, RIGHT) == 0.0


def test_colours_differ_by_their_distance_alone():
    distances = other_colour(PALE, np.stack([PALE, PALE + np.array([3.0, 0.0, 0.0]), DARK]))
    assert distances[0] == 0.0
    assert distances[1] < 0.05
    assert distances[2] > 0.7


def test_it_takes_some_views_to_remember_a_hand_and_more_to_know_it_lately():
    portrait = portrait_of((Portrait.N_LATELY - 1, LEFT, PALE))
    assert not portrait.is_known_lately
    portrait.add(LEFT, PALE)
    assert portrait.is_known_lately
    assert not portrait.is_remembered
    for _ in range(Portrait.FEWEST):
        portrait.add(LEFT, PALE)
    assert portrait.is_remembered


@pytest.mark.parametrize(("right_hand", "colour"), [(RIGHT, PALE), (LEFT, DARK)])
def test_a_hand_that_lately_looks_like_another_is_told(right_hand, colour):
    other = portrait_of((20, right_hand, colour))
    same = portrait_of((20, LEFT, PALE))
    changed = portrait_of((20, LEFT, PALE), (Portrait.N_LATELY, right_hand, colour))
    assert same.resembles_rather(other) < -0.7
    assert changed.resembles_rather(other) > 0.7
    assert changed.resembles_rather(same) == pytest.approx(0.0)


def test_what_is_remembered_changes_with_the_light_after_a_while():
    slowly = portrait_of((20, LEFT, PALE), (200, LEFT, DARK))
    assert slowly.resembles_rather(portrait_of((20, LEFT, DARK))) == pytest.approx(0.0, abs=0.05)


def test_memories_are_exchanged_and_the_last_views_kept():
    first = portrait_of((20, LEFT, PALE), (Portrait.N_LATELY, RIGHT, DARK))
    second = portrait_of((20, RIGHT, DARK), (Portrait.N_LATELY, LEFT, PALE))
    assert first.resembles_rather(second) > 1.0
    first.exchange_memory(second)
    assert first.resembles_rather(second) < -1.0
    assert second.resembles_rather(first) < -1.0

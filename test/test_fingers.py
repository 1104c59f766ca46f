# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What landmarks have in common, against the plain mean over all pairs."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_landmarks_ros.core.fingers import FINGER_ROWS, largest_of, shared_product
from hand_landmarks_ros.core.topology import WRIST


@given(st.integers(0, 10**6), st.integers(2, 6))
def test_it_is_the_weighted_mean_over_all_pairs_of_different_landmarks(seed, n):
    rng = np.random.default_rng(seed)
    first, second, weight = rng.normal(size=(n, 2)), rng.normal(size=(n, 2)), rng.uniform(0.1, 1, n)
    pairs = list(itertools.permutations(range(n), 2))
    expected = np.average(
        [first[i] @ second[j] for i, j in pairs], weights=[weight[i] * weight[j] for i, j in pairs]
    )
    assert shared_product(first, second, weight) == pytest.approx(expected, abs=1e-12)


def test_landmarks_that_move_alike_share_their_whole_motion():
    motion = np.tile([3.0, 4.0], (5, 4, 1))
    np.testing.assert_allclose(shared_product(motion, motion, np.ones((5, 4))), 25.0)


def test_independent_landmarks_share_nothing_on_average():
    noise = np.random.default_rng(0).normal(size=(20000, 4, 2))
    shared = shared_product(noise, noise, np.ones((20000, 4)))
    assert shared.mean() == pytest.approx(0.0, abs=0.03)


def test_a_landmark_takes_the_larger_of_its_fingers_and_the_hands_value():
    values = largest_of(np.array(2.0), np.array([1.0, 3.0, 1.0, 1.0, 5.0]))
    assert values[WRIST] == 2.0
    assert (values[FINGER_ROWS[1]] == 3.0).all() and (values[FINGER_ROWS[4]] == 5.0).all()
    assert (values[FINGER_ROWS[[0, 2, 3]]] == 2.0).all()

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Affine maps lead there and back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hand_landmarks_ros.core.geometry import apply, invert

coordinates = st.floats(-1000, 1000)


@st.composite
def affines(draw) -> np.ndarray:
    angle_rad, scale = draw(st.floats(-4, 4)), draw(st.floats(0.05, 20))
    cos, sin = scale * np.cos(angle_rad), scale * np.sin(angle_rad)
    return np.array([[cos, -sin, draw(coordinates)], [sin, cos, draw(coordinates)]])


points = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=5).map(np.array)


@given(affines(), points)
def test_the_inverse_leads_back(b_from_a, xy_a):
    np.testing.assert_allclose(apply(invert(b_from_a), apply(b_from_a, xy_a)), xy_a, atol=1e-6)


def test_many_maps_apply_to_many_sets_of_points_at_once():
    shifts = np.zeros((3, 2, 3))
    shifts[:, [0, 1], [0, 1]] = 1.0
    shifts[:, 0, 2] = (10, 20, 30)
    moved = apply(shifts, np.zeros((3, 21, 2)))
    np.testing.assert_array_equal(moved[:, :, 0], np.repeat([[10], [20], [30]], 21, axis=1))
    np.testing.assert_array_equal(moved[:, :, 1], 0)

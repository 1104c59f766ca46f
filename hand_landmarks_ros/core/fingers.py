# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What landmarks of one hand, or of one finger, do together."""

from __future__ import annotations

import numpy as np

from .geometry import dot
from .topology import FINGERS, N_LANDMARKS
from .types import Array

FINGER_ROWS = np.array(list(FINGERS.values()))
"""Landmarks of each finger, (5, 4). A finger moves as one; a single landmark that jumps errs."""


def largest_of(of_hand: Array, of_finger: Array) -> Array:
    """Return the larger of the hand's value and of the landmark's finger's, (..., 21).

    of_hand: (...). of_finger: (..., 5). The wrist is no finger's.
    """
    values = np.repeat(of_hand[..., None], N_LANDMARKS, axis=-1)
    values[..., FINGER_ROWS] = np.maximum(of_hand[..., None], of_finger)[..., None]
    return values


def shared_product(first: Array, second: Array, weight: Array) -> Array:
    """Return the weighted mean of first_i . second_j over all pairs of different landmarks, (...).

    first, second: (..., n, 2). weight: (..., n), positive. All broadcast. Where first is second
    this is the square of what the landmarks have in common: that of independent noise is 0 on
    average, unlike the square of its mean (an U-statistic; Hoeffding, Annals of Mathematical
    Statistics 19(3), 1948).
    """
    weight = weight / weight.sum(axis=-1, keepdims=True)
    row = weight[..., None, :]
    of_all_pairs = dot((row @ first)[..., 0, :], (row @ second)[..., 0, :])
    squares = weight * weight
    of_same = (squares * dot(first, second)).sum(axis=-1)
    return np.asarray((of_all_pairs - of_same) / (1.0 - squares.sum(axis=-1)))

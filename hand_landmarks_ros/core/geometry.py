# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Affine maps between pixel frames: `b_from_a` maps points of frame a to frame b."""

from __future__ import annotations

import numpy as np

from .types import Array


def apply(b_from_a: Array, xy_a: Array) -> Array:
    """Map points by affine matrices.

    b_from_a: (..., 2, 3). xy_a: (..., K, 2), px of frame a. Returns (..., K, 2), px of frame b.
    """
    linear, offset = b_from_a[..., :2], b_from_a[..., 2]
    return np.asarray(xy_a @ np.swapaxes(linear, -1, -2) + offset[..., None, :])


def invert(b_from_a: Array) -> Array:
    """Return a_from_b, (..., 2, 3); raises numpy.linalg.LinAlgError for a singular matrix."""
    a_from_b = np.linalg.inv(b_from_a[..., :2])
    offset = -(a_from_b @ b_from_a[..., 2:])
    return np.concatenate([a_from_b, offset], axis=-1)


def dot(first: Array, second: Array) -> Array:
    """Return first . second, (...), of vectors (..., 2); quicker than a sum over the axis."""
    return np.asarray(first[..., 0] * second[..., 0] + first[..., 1] * second[..., 1])

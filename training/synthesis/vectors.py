# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Unit vectors and rotations in three dimensions."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def unit(vectors: ArrayLike) -> NDArray[np.float64]:
    """Scale (..., 3) vectors to length 1; a zero vector stays zero."""
    array = np.asarray(vectors, np.float64)
    return np.asarray(array / np.maximum(np.linalg.norm(array, axis=-1, keepdims=True), 1e-9))


def rotation(axis: ArrayLike, angle_rad: float) -> NDArray[np.float64]:
    """Return the (3, 3) rotation about an axis (Rodrigues' formula)."""
    x, y, z = unit(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    result = np.eye(3) + np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * cross @ cross
    return np.asarray(result)


def random_rotation(rng: np.random.Generator) -> NDArray[np.float64]:
    """Sample a (3, 3) rotation uniformly over SO(3) (normalised Gaussian quaternion)."""
    w, x, y, z = rng.normal(size=4)
    angle = 2 * np.arctan2(np.sqrt(x * x + y * y + z * z), w)
    return rotation([x, y, z], float(angle))

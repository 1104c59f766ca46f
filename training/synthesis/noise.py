# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Smooth random functions of a point in space (gradient noise).

Perlin, "Improving noise", SIGGRAPH 2002; the lattice is hashed instead of permuted by a table.
"""

import numpy as np
from numpy.typing import NDArray

from training.synthesis.compiled import compiled

NOISE_GAIN = 3.8
"""Brings gradient noise to a standard deviation of about 1."""


@compiled
def _lattice_gradient(i: int, j: int, k: int, x: float, y: float, z: float) -> float:
    """Return the dot product of (x, y, z) with the pseudo-random gradient of a lattice point."""
    bits = (i * 73856093) ^ (j * 19349663) ^ (k * 83492791)
    bits = ((bits ^ (bits >> 13)) * 1274126177) & 0x7FFFFFFF
    bits = (bits ^ (bits >> 16)) & 15
    first = x if bits < 8 else y
    second = y if bits < 4 else (x if bits == 12 or bits == 14 else z)
    return (first if bits & 1 == 0 else -first) + (second if bits & 2 == 0 else -second)


@compiled
def noise(x: float, y: float, z: float) -> float:
    """Return smooth noise with mean 0, standard deviation about 1 and features about 1 wide."""
    fi, fj, fk = np.floor(x), np.floor(y), np.floor(z)
    i, j, k = int(fi), int(fj), int(fk)
    x, y, z = x - fi, y - fj, z - fk
    u = x * x * x * (x * (x * 6 - 15) + 10)
    v = y * y * y * (y * (y * 6 - 15) + 10)
    w = z * z * z * (z * (z * 6 - 15) + 10)
    total = 0.0
    for corner in range(8):
        di, dj, dk = corner & 1, (corner >> 1) & 1, corner >> 2
        weight = (u if di else 1 - u) * (v if dj else 1 - v) * (w if dk else 1 - w)
        total += weight * _lattice_gradient(i + di, j + dj, k + dk, x - di, y - dj, z - dk)
    return NOISE_GAIN * total


@compiled
def noise_at(
    points_m: NDArray[np.float32], wavelength_m: float, offset: float
) -> NDArray[np.float32]:
    """Return (N,) noise at (N, 3) points; `offset` chooses another random function."""
    values = np.empty(len(points_m), np.float32)
    scale = 1.0 / wavelength_m
    for n in range(len(points_m)):
        values[n] = noise(
            points_m[n, 0] * scale + offset,
            points_m[n, 1] * scale + offset,
            points_m[n, 2] * scale + offset,
        )
    return values

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Lights: where from, how strong, of what colour."""

import numpy as np
from numpy.typing import NDArray

from training.synthesis.reflection import Lighting
from training.synthesis.vectors import unit

Floats = NDArray[np.float64]


def sample_lighting(rng: np.random.Generator) -> Lighting:
    """Sample a key light mostly from above, a fill light, and coloured surroundings."""
    key_direction = unit(rng.normal([0, -0.6, -0.5], [1, 0.7, 1]))
    fill_direction = unit(rng.normal([0, -0.1, 0.2], 1))
    ambient = np.exp(rng.uniform(np.log(0.12), np.log(0.9)))
    key = np.exp(rng.uniform(np.log(0.15), np.log(2.2)))
    harmonics = np.zeros((9, 3))
    harmonics[0] = ambient * light_colour(rng.uniform(3000, 9000))
    for k in range(1, 4):
        tint = np.clip(1 + rng.normal(0, 0.15, 3), 0.4, 1.6)
        harmonics[k] = harmonics[0] * rng.normal(0, 0.35) * tint
    harmonics[1] = -np.abs(harmonics[1])  # the sky is above, where y is negative
    harmonics[4:] = harmonics[0] * rng.normal(0, 0.1, (5, 1))
    key_colour = key * light_colour(rng.uniform(2700, 8500))
    fill_colour = key * rng.uniform(0, 0.7) * light_colour(rng.uniform(3000, 9000))
    return Lighting(
        directions=np.stack([key_direction, fill_direction]),
        colours=np.stack([key_colour, fill_colour]),
        ambient=harmonics,
        bump=rng.uniform(0.5, 1.2),
        subsurface=rng.uniform(0.5, 1.2),
        shadow_strength=rng.uniform(0.6, 1.0),
    )


def light_colour(temperature_k: float) -> Floats:
    """Approximate the (3,) linear colour of a black body, 2700 to 9000 K."""
    t = (temperature_k - 2700) / (9000 - 2700)
    return np.array([1.25 - 0.5 * t, 1.0, 0.62 + 0.75 * t])

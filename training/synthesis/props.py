# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Things: what a hand holds, and what passes in front of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.synthesis.renderer import Material, Mesh
from training.synthesis.solids import ball, circle, prism
from training.synthesis.vectors import unit

Floats = NDArray[np.float64]

PROP_OWNER = 100
N_SIDES = 32
PROBABILITY_OF_EDGES = 0.3
EDGED = 0.9
"""Half the side of a box that stands in for a bar, relative to its radius."""


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """A bar about a unit axis, or a ball where `half_length_m` is 0."""

    centre_m: Floats
    axis: Floats
    radius_m: float
    half_length_m: float

    @property
    def ends_m(self) -> tuple[Floats, Floats]:
        """Return the ends of its axis."""
        reach_m = self.axis * self.half_length_m
        return self.centre_m - reach_m, self.centre_m + reach_m

    def mesh(self, rng: np.random.Generator) -> Mesh:
        """Paint it; some bars get edges."""
        paint = sample_paint(rng)
        if self.half_length_m == 0:
            radii_m = np.full(3, self.radius_m)
            return ball(self.centre_m, radii_m, np.eye(3), paint, PROP_OWNER)
        outline = circle(N_SIDES)
        if rng.random() < PROBABILITY_OF_EDGES:
            outline = EDGED * rectangle(rng.uniform(0.6, 1.0))
        outline_m = outline * self.radius_m
        return prism(outline_m, self.half_length_m, self.centre_m, self.axis, paint, PROP_OWNER)


def sample_board(rng: np.random.Generator) -> Mesh:
    """Sample an upright board or post about the origin, which may pass in front of hands."""
    outline_m = rectangle(rng.uniform(0.1, 1.0)) * rng.uniform(0.015, 0.06)
    axis = unit([rng.normal(0, 0.3), 1.0, rng.normal(0, 0.2)])
    return prism(
        outline_m, rng.uniform(0.08, 0.3), np.zeros(3), axis, sample_paint(rng), PROP_OWNER
    )


def sample_paint(rng: np.random.Generator) -> Material:
    """Sample a plain colour."""
    colour = np.clip(rng.uniform(0.02, 0.8) * (1 + rng.normal(0, 0.5, 3)), 0.01, 0.9)
    return Material(colour, colour)


def rectangle(aspect: float) -> Floats:
    """Return the (N, 2) outline of a rectangle of half width 1 and half height `aspect`."""
    corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [1.0, aspect]
    steps = np.linspace(0, 1, N_SIDES // 4, endpoint=False)[:, None]
    sides = [corners[k] * (1 - steps) + corners[(k + 1) % 4] * steps for k in range(4)]
    return np.concatenate(sides)

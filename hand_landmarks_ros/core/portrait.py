# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How a hand looks, as remembered and lately: whether it still is the one that it was."""

from __future__ import annotations

from collections import deque

import numpy as np

from .types import Array

_COLOUR_SPREAD = 12.0
"""By how much a hand's colour changes with the light and with what is near it."""


def other_side(first: Array | float, second: Array | float) -> Array:
    """Return how surely hands differ in side, 0-1; each is a right one with its probability."""
    agreement = (2.0 * np.asarray(first) - 1.0) * (2.0 * np.asarray(second) - 1.0)
    return np.asarray(np.maximum(0.0, -agreement))


def other_colour(first: Array, second: Array) -> Array:
    """Return how surely hands of these skin_colours, (..., 3), differ, (...) in 0-1."""
    difference = np.linalg.norm(first - second, axis=-1)
    return np.asarray(1.0 - np.exp(-0.5 * (difference / _COLOUR_SPREAD) ** 2))


class Portrait:
    """Side and colour of a hand in its clear views.

    The last few are kept apart from those before: if the tracker went on with another hand, they
    show that one.
    """

    N_LATELY = 6
    """Views of which none can be by chance."""

    MEMORY = 60
    """Views before these that count; older ones fade."""

    FEWEST = 4
    """Views to remember a hand by."""

    def __init__(self) -> None:
        self._lately: deque[Array] = deque()
        self._remembered: Array = np.zeros(4)
        self._n_remembered = 0

    def add(self, right_hand: float, colour: Array) -> None:
        """Take in a clear view: probability of a right hand, and the colour, (3,)."""
        self._lately.append(np.array([right_hand, *colour]))
        if len(self._lately) > self.N_LATELY:
            self._n_remembered = min(self._n_remembered + 1, self.MEMORY)
            news = self._lately.popleft() - self._remembered
            self._remembered = self._remembered + news / self._n_remembered

    @property
    def is_remembered(self) -> bool:
        """Whether there were enough views before the last ones."""
        return self._n_remembered >= self.FEWEST

    @property
    def is_known_lately(self) -> bool:
        """Whether the last views are as many as it takes."""
        return len(self._lately) == self.N_LATELY

    def resembles_rather(self, other: Portrait) -> float:
        """Return by how much this hand, lately, is more like the other than like itself, -2 to 2.

        Both must be remembered, and this one known lately.
        """
        lately = np.mean(self._lately, axis=0)
        remembered = np.stack([self._remembered, other._remembered])
        unlike = other_side(lately[0], remembered[:, 0]) + other_colour(
            lately[1:], remembered[:, 1:]
        )
        return float(unlike[0] - unlike[1])

    def exchange_memory(self, other: Portrait) -> None:
        """Remember what the other did, and the reverse."""
        self._remembered, other._remembered = other._remembered, self._remembered
        self._n_remembered, other._n_remembered = other._n_remembered, self._n_remembered

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Random items, some more often than others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

import numpy as np

Item = TypeVar("Item")


class WeightedDraw(Generic[Item]):
    """Draws one of the items, each as often as its weight says; there must be one then.

    weights: one for each item, at least 0. cumulative: (N,) in 0-1, up to which share an item is
    drawn.
    """

    def __init__(self, items: Sequence[Item], weights: Iterable[float]) -> None:
        self.items = items
        sums = np.cumsum(np.fromiter(weights, np.float64))
        self.cumulative = sums / sums[-1:]

    def __call__(self, rng: np.random.Generator) -> Item:
        """Return an item; one random number is used up."""
        return self.items[int(np.searchsorted(self.cumulative, rng.random(), side="right"))]

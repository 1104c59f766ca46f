# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The contract of filters over time: a filter holds settings, what it knows of a hand is a state.

One call takes in the measurements of all hands in an image: a hand's few numbers take no time, but
each call of NumPy does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from .topology import N_LANDMARKS
from .types import Array, Rows, check_shape

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TimedHands(Rows):
    """Landmarks of N hands, xy_px (N, 21, 2), each hand at its stamp_s (N,)."""

    xy_px: Points
    stamp_s: Array


@dataclass(frozen=True, eq=False)
class Measurements(TimedHands):
    """N hands as they were seen.

    score: (N, 21), 0-1. size_px: (N,), size of each hand in the image; filters state noise and
    speed in hand sizes, so that near and far hands behave alike.
    """

    score: Array
    size_px: Array

    def __post_init__(self) -> None:
        n = len(self.stamp_s)
        object.__setattr__(self, "xy_px", np.array(self.xy_px, np.float64))
        check_shape("xy_px", self.xy_px, (n, N_LANDMARKS, 2))
        check_shape("score", self.score, (n, N_LANDMARKS))
        check_shape("size_px", self.size_px, (n,))


_State = TypeVar("_State", bound=TimedHands)


class Filter(Protocol[_State]):
    """Filters the landmarks of hands, image by image; no hand influences another.

    A state holds the filtered landmarks and what else the filter knows; it is immutable.
    """

    def start(self, measured: Measurements) -> _State:
        """Return the states of hands first seen: where they were measured."""
        ...

    def update(self, before: _State, measured: Measurements) -> _State:
        """Return the states of hands that were seen again.

        No stamp may be older than the hand's last; an equal one is a second look at that instant.
        """
        ...


def filtered(
    filter_: Filter[_State], before: Sequence[_State | None], measured: Measurements
) -> list[_State]:
    """Return the state of each of N hands; before: None for those first seen."""
    known = [state for state in before if state is not None]
    if not known:
        return filter_.start(measured).apart()
    if len(known) == len(before):
        return filter_.update(type(known[0]).joined(*known), measured).apart()
    is_new = np.array([state is None for state in before])
    started = iter(filtered(filter_, [None] * int(is_new.sum()), measured[is_new]))
    updated = iter(filtered(filter_, known, measured[~is_new]))
    return [next(started) if new else next(updated) for new in is_new]

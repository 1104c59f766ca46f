# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Near-duplicates: pictures that show almost the same, with the hands almost as they were.

The hash is the difference hash (N. Krawetz, 2013) of 256 bits. ImageHash (BSD) has it too, but
brings PyWavelets for the hashes that we do not use.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.types import RgbImage

HASH_SIDE = 16
MAX_BITS = 24
"""Pictures whose hashes differ by at most so many of 256 bits look alike."""

MAX_MOTION = 0.1
"""Hands whose landmarks moved by less, on average and in sizes of the hand, are where they were."""

Hash = NDArray[np.uint8]


def difference_hash(image: RgbImage) -> Hash:
    """Return, packed to (32,) uint8, whether each cell of 16 x 16 is brighter than its left one."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    cells = cv2.resize(grey, (HASH_SIDE + 1, HASH_SIDE), interpolation=cv2.INTER_AREA)
    return np.packbits(cells[:, 1:] > cells[:, :-1])


class SeenBefore:
    """Remembers pictures by their hash and hands; says whether another one is a near-duplicate."""

    def __init__(self) -> None:
        self._hashes: NDArray[np.uint8] = np.zeros((0, HASH_SIDE * HASH_SIDE // 8), np.uint8)
        self._hands: list[Sequence[NDArray[np.float64]]] = []

    def add(self, picture: Hash, hands: Sequence[NDArray[np.float64]]) -> None:
        """Remember a picture; hands: the landmarks of each, (21, 2) px."""
        self._hashes = np.concatenate([self._hashes, picture[None]])
        self._hands.append(hands)

    def has(self, picture: Hash, hands: Sequence[NDArray[np.float64]]) -> bool:
        """Whether a picture like this one was added, with the hands in like places."""
        n_bits = np.unpackbits(self._hashes ^ picture, axis=1).sum(axis=1)
        alike = np.flatnonzero(n_bits <= MAX_BITS)
        return any(_at_rest(self._hands[k], hands) for k in alike)


def _at_rest(before: Sequence[NDArray[np.float64]], now: Sequence[NDArray[np.float64]]) -> bool:
    """Whether as many hands are there, each where one was before."""
    return len(before) == len(now) and all(
        any(_motion(old, new) < MAX_MOTION for old in before) for new in now
    )


def _motion(old: NDArray[np.float64], new: NDArray[np.float64]) -> float:
    size_px = max(float(np.ptp(new, axis=0).max()), 1.0)
    return float(np.linalg.norm(new - old, axis=1).mean() / size_px)

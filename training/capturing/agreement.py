# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a teacher says the same of a picture and of its mirror image.

A network knows nothing of mirrors, so its two answers err differently: where they agree, both are
probably right, and their mean is better than either, free of any error to one side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.types import Handedness, RgbImage

from ..datasets.hands import VISIBLE, hand_from_points
from ..datasets.records import LabelledHand

MAX_DISAGREEMENT = 0.05
"""Mean distance of the two answers' landmarks, in sizes of the hand (longer side of its box)."""

LANDMARKS_DISAGREE = "hand: the mirror image's landmarks are elsewhere"
SIDES_DISAGREE = "hand: the mirror image's is of the same side"
SEEN_ONCE = "hand: seen in the picture or its mirror image only"


@dataclass(frozen=True, eq=False)
class TaughtHand:
    """One hand as a teacher sees it: (21, 2) image px, probability that it is a right hand."""

    xy_px: NDArray[np.float64]
    right_probability: float

    @property
    def size_px(self) -> float:
        """Longer side of the landmarks' tight box."""
        return float(np.ptp(self.xy_px, axis=0).max())


@dataclass(frozen=True, eq=False)
class Agreed:
    """The hands that both answers have, how far apart these were, and why others were dropped."""

    hands: tuple[LabelledHand, ...]
    disagreement: tuple[float, ...]
    dropped: Counter[str]


Teacher = Callable[[RgbImage], Sequence[TaughtHand]]
"""Finds the hands in a picture, each picture on its own."""


def agreed_hands(
    image: RgbImage, teacher: Teacher, source: str, max_disagreement: float = MAX_DISAGREEMENT
) -> Agreed:
    """Return the mean of the teacher's two answers for each hand on which they agree."""
    height_px, width_px = image.shape[:2]
    answers = teacher(image)
    mirrored = [mirror(hand, width_px) for hand in teacher(np.ascontiguousarray(image[:, ::-1]))]
    pairs = _pairs(answers, mirrored)
    dropped = Counter({SEEN_ONCE: len(answers) + len(mirrored) - 2 * len(pairs)})
    hands, disagreements = [], []
    for one, other in pairs:
        disagreement = distance(one, other)
        if not disagreement <= max_disagreement:
            dropped[LANDMARKS_DISAGREE] += 1
        elif side(one) is not side(other):
            dropped[SIDES_DISAGREE] += 1
        else:
            xy_px = (one.xy_px + other.xy_px) / 2
            visibility = np.full(len(xy_px), VISIBLE)
            hand = hand_from_points(
                xy_px, visibility, side(one), (width_px, height_px), source=source
            )
            if hand is not None:
                hands.append(hand)
                disagreements.append(disagreement)
    return Agreed(tuple(hands), tuple(disagreements), +dropped)


def mirror(hand: TaughtHand, width_px: int) -> TaughtHand:
    """Return the hand as it is in the mirror image of a picture; its own inverse."""
    xy_px = np.stack([width_px - 1 - hand.xy_px[:, 0], hand.xy_px[:, 1]], axis=-1)
    return replace(hand, xy_px=xy_px, right_probability=1.0 - hand.right_probability)


def side(hand: TaughtHand) -> Handedness:
    """Return the likelier side."""
    return Handedness.RIGHT if hand.right_probability > 0.5 else Handedness.LEFT


def distance(one: TaughtHand, other: TaughtHand) -> float:
    """Return the mean distance of the landmarks, in sizes of the hand."""
    distance_px = np.linalg.norm(one.xy_px - other.xy_px, axis=1).mean()
    return float(distance_px / max((one.size_px + other.size_px) / 2, 1.0))


def _pairs(
    one: Sequence[TaughtHand], other: Sequence[TaughtHand]
) -> list[tuple[TaughtHand, TaughtHand]]:
    """Return each hand with its counterpart, so that the distances sum to the least."""
    # Imported late: scipy takes a while, and a command line's help does without.
    from scipy.optimize import linear_sum_assignment

    if not one or not other:
        return []
    distances = np.array([[distance(a, b) for b in other] for a in one])
    rows, columns = linear_sum_assignment(distances)
    return [(one[row], other[column]) for row, column in zip(rows, columns, strict=True)]

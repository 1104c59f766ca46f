# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the landmark model saw in the regions of one image, and which of it could be hands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .region import HAND_REGION_SCALE, boxes_from_landmarks
from .topology import N_LANDMARKS
from .types import Array, RotatedBoxes, Rows, check_shape

_SMALLEST_HAND_PX = 8.0
"""Landmarks closer together than this cannot be told apart."""

_CLEAR_SCORE = 0.2
"""Mean landmark score from which on a presence counts in full.

What is no hand but draws the model's attention has a presence near 1, yet landmarks of scores
below 0.1. A fist or a hand seen edge-on hides many of its landmarks; 0.2 is what those reach.
"""

_TELLING_SCORE = 0.4
"""Mean landmark score from which on the model hardly ever takes a hand for one of the other side;
the less clear the landmarks, the more often it does."""

_BORDER_ZONE = 0.5
"""A hand that came in over the border of the image is this near to it when it is first seen, in
hand sizes."""

_SUREST = 0.99
"""No single probability counts as surer than this, or less sure than its complement."""

UNKNOWN = 0.5
"""The prior of a region of which nothing says whether it holds a hand."""


@dataclass(frozen=True, eq=False)
class Observations(Rows):
    """What the landmark model saw in N regions of one image.

    xy_px: (N, 21, 2), image px. z_px: (N, 21), relative to the wrist, image px, NaN where the model
    gives none. landmark_score: (N, 21), 0-1. presence, right_hand: (N,), probabilities that there
    is a hand and that it is a right one. prior: (N,), probability that there is a hand by what was
    known before the look, such as the detector's score; UNKNOWN where nothing was. colour: (N, 3),
    as of skin_colours.
    """

    xy_px: NDArray[np.float64]
    z_px: NDArray[np.float32]
    landmark_score: NDArray[np.float32]
    presence: NDArray[np.float32]
    right_hand: NDArray[np.float32]
    prior: NDArray[np.float32]
    colour: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.xy_px)
        check_shape("xy_px", self.xy_px, (n, N_LANDMARKS, 2))
        check_shape("z_px", self.z_px, (n, N_LANDMARKS))
        check_shape("landmark_score", self.landmark_score, (n, N_LANDMARKS))
        check_shape("presence", self.presence, (n,))
        check_shape("right_hand", self.right_hand, (n,))
        check_shape("prior", self.prior, (n,))
        check_shape("colour", self.colour, (n, 3))

    def __len__(self) -> int:
        return len(self.presence)

    @cached_property
    def hand_score(self) -> Array:
        """Probability of a hand, (N,) in 0-1: the odds of the look times those of the prior.

        The look's is the presence, lowered where the landmarks are unclear.
        """
        clearness = np.minimum(1.0, self.landmark_score.mean(axis=1) / _CLEAR_SCORE)
        odds = _odds(self.presence * clearness) * _odds(self.prior)
        return np.asarray(odds / (1.0 + odds))

    @cached_property
    def side_weight(self) -> Array:
        """How much each view says of the hand's side, (N,) in 0-1."""
        return np.asarray(np.minimum(1.0, self.landmark_score.mean(axis=1) / _TELLING_SCORE))

    @cached_property
    def size_px(self) -> Array:
        """Size of each hand, (N,) px: the longer side of its landmarks' box, turned to the hand."""
        return boxes_from_landmarks(self.xy_px, scale=1.0).side_px

    def is_inside(self, width_px: int, height_px: int) -> NDArray[np.bool_]:
        """Tell which hands, (N,), lie well inside an image of that size, away from its border."""
        low, high = self.xy_px.min(axis=1), self.xy_px.max(axis=1)
        margin_px = _BORDER_ZONE * (high - low).max(axis=1, keepdims=True)
        is_inside = (low > margin_px) & (high < (width_px - 1.0, height_px - 1.0) - margin_px)
        return np.asarray(is_inside.all(axis=1))


def _odds(probability: Array) -> Array:
    bounded = np.clip(probability, 1.0 - _SUREST, _SUREST)
    return np.asarray(bounded / (1.0 - bounded))


def are_plausible(boxes: RotatedBoxes, width_px: int, height_px: int) -> NDArray[np.bool_]:
    """Tell which regions, (N,), could be a hand's: centred in the image, neither tiny nor huge."""
    inside = (boxes.centre_px >= -0.5) & (boxes.centre_px <= (width_px - 0.5, height_px - 0.5))
    sized = (boxes.side_px >= HAND_REGION_SCALE * _SMALLEST_HAND_PX) & (
        boxes.side_px <= 2 * HAND_REGION_SCALE * max(width_px, height_px)
    )
    return np.asarray(inside.all(axis=1) & sized)


def plausible_hands(
    seen: Observations, width_px: int, height_px: int
) -> tuple[Observations, RotatedBoxes]:
    """Return the observations that could be hands by their place and size, and their regions."""
    seen = seen[np.isfinite(seen.xy_px).all(axis=(1, 2)) & np.isfinite(seen.right_hand)]
    boxes = boxes_from_landmarks(seen.xy_px)
    plausible = are_plausible(boxes, width_px, height_px)
    return seen[plausible], boxes[plausible]

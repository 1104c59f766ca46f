# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The labels of a composed scene: hands as the frame shows them, and what must be ignored."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.detection_codec import HandBoxes
from hand_landmarks_ros.core.geometry import apply
from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.types import RgbImage, RotatedBoxes

from .hands import RIGHT_PROBABILITY, whole_box_around
from .records import ENOUGH_SEEN, ImageRecord, LabelledHand

Bounds = NDArray[np.float64]
"""(4,) x0, y0, x1, y1, px."""

_NOTHING_SEEN = 0.1
"""Share of a hand up to which its window counts as showing none."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A frame and what is in it, px of the frame.

    image: (S, S, 3) uint8. hands: the hands to find; has_landmarks: (N,) bool, false for a hand of
    which only a box is known, whose region is a stand-in. ignored_px: (K, 4), x0, y0, x1, y1 of
    what may show hands that nobody labelled, or too little of one.
    """

    image: RgbImage
    hands: HandBoxes
    has_landmarks: NDArray[np.bool_]
    ignored_px: NDArray[np.float64]

    def mirrored(self) -> Scene:
        """Return the scene as a mirror shows it: left hands become right ones."""
        last_px = self.image.shape[1] - 1
        regions = self.hands.regions
        centre_px = np.stack([last_px - regions.centre_px[:, 0], regions.centre_px[:, 1]], axis=-1)
        return Scene(
            image=np.ascontiguousarray(self.image[:, ::-1]),
            hands=HandBoxes(
                _mirrored(self.hands.bounds_px, last_px),
                RotatedBoxes(centre_px, regions.side_px, -regions.angle_rad),
                1.0 - self.hands.right_probability,
            ),
            has_landmarks=self.has_landmarks,
            ignored_px=_mirrored(self.ignored_px, last_px),
        )


@dataclass(eq=False)
class SceneLabels:
    """Collects the labels of a scene, picture by picture.

    smallest_px: hands whose longer side is smaller are ignored.
    """

    smallest_px: float
    _hands: list[tuple[Bounds, RotatedBoxes, float, bool]] = field(default_factory=list)
    _ignored_px: list[Bounds] = field(default_factory=list)

    def add(
        self, record: ImageRecord, frame_from_image: NDArray[np.float64], visible_px: Bounds
    ) -> None:
        """Add a picture of which the frame shows what lies within visible_px."""
        is_synthetic = all(hand.source == "synthetic" for hand in record.hands)
        if not (record.is_complete or is_synthetic):
            self._ignored_px.append(visible_px)
        for hand in record.hands:
            self._add_hand(hand, frame_from_image, visible_px)

    def scene(self, image: RgbImage) -> Scene:
        """Return the frame with all that was added."""
        bounds, regions, right, has_landmarks = (
            zip(*self._hands, strict=True) if self._hands else ([], [], [], [])
        )
        return Scene(
            image=image,
            hands=HandBoxes(
                np.array(bounds).reshape(-1, 4),
                RotatedBoxes.joined(RotatedBoxes.none(), *regions),
                np.array(right, np.float32),
            ),
            has_landmarks=np.array(has_landmarks, bool),
            ignored_px=np.array(self._ignored_px).reshape(-1, 4),
        )

    def _add_hand(
        self, hand: LabelledHand, frame_from_image: NDArray[np.float64], visible_px: Bounds
    ) -> None:
        whole_px = bounds_of(hand, frame_from_image)
        shown_px = overlap(whole_px, visible_px)
        if hand.xy_px is None:
            seen = np.prod(shown_px[2:] - shown_px[:2]) / np.prod(whole_px[2:] - whole_px[:2])
            centre_px, side_px = (whole_px[:2] + whole_px[2:]) / 2, whole_px[2:] - whole_px[:2]
            region = RotatedBoxes(centre_px[None], side_px.max(keepdims=True), np.zeros(1))
        else:
            xy_px = apply(frame_from_image, hand.xy_px)
            seen = np.all((xy_px >= visible_px[:2]) & (xy_px <= visible_px[2:]), axis=1).mean()
            region = boxes_from_landmarks(xy_px[None])
        if hand.seen_share is not None:
            seen = np.minimum(seen, hand.seen_share)
        is_large = (shown_px[2:] - shown_px[:2]).max() >= self.smallest_px
        if seen >= ENOUGH_SEEN and is_large:
            right = RIGHT_PROBABILITY[hand.handedness]
            self._hands.append((shown_px, region, right, hand.xy_px is not None))
        elif seen > _NOTHING_SEEN:
            self._ignored_px.append(shown_px)


def bounds_of(hand: LabelledHand, frame_from_image: NDArray[np.float64]) -> Bounds:
    """Return the upright box of a hand in the frame: around its landmarks, as labels have it.

    Where only a box is known, the box around that box.
    """
    if hand.xy_px is None:
        return hull(apply(frame_from_image, corners_of(hand.bounds_px)))
    return whole_box_around(apply(frame_from_image, hand.xy_px))


def corners_of(bounds_px: Bounds) -> NDArray[np.float64]:
    """Return the corners of a box, (4, 2), around it."""
    x0, y0, x1, y1 = bounds_px
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def hull(xy_px: NDArray[np.float64]) -> Bounds:
    """Return the upright box of points (K, 2)."""
    return np.concatenate([xy_px.min(axis=0), xy_px.max(axis=0)])


def overlap(a_px: Bounds, b_px: Bounds) -> Bounds:
    """Return what two boxes share, of no width or height where they share nothing."""
    low, high = np.maximum(a_px[:2], b_px[:2]), np.minimum(a_px[2:], b_px[2:])
    return np.concatenate([low, np.maximum(low, high)])


def _mirrored(bounds_px: NDArray[np.float64], last_px: int) -> NDArray[np.float64]:
    x0, y0, x1, y1 = bounds_px.T
    return np.stack([last_px - x1, y0, last_px - x0, y1], axis=-1)

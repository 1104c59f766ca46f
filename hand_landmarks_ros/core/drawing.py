# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Hands drawn into an image, readable on any background."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from .topology import FINGER_BONES, FINGERS, PALM_BONES
from .types import Array, Hand, Handedness, RgbImage

Colour = tuple[int, int, int]

FINGER_COLOURS: dict[str, Colour] = {
    "thumb": (255, 110, 90),
    "index": (255, 200, 40),
    "middle": (110, 235, 110),
    "ring": (90, 200, 255),
    "pinky": (225, 140, 255),
}
"""Bright RGB colours."""

PALM_COLOUR: Colour = (240, 240, 240)
OUTLINE_COLOUR: Colour = (20, 20, 20)
"""Dark, under everything bright, so that one of the two stands out from any background."""

SURE_SCORE = 0.3
"""Landmarks of a lower score are hollow, and bones to them thin."""

_BITS = 4
"""Fractional bits of OpenCV's fixed-point coordinates."""

_FARTHEST_PX = 100_000.0
"""Keeps points far outside the image within OpenCV's integers."""

_BONES = [(bone, PALM_COLOUR) for bone in PALM_BONES] + [
    (bone, FINGER_COLOURS[finger]) for finger, bones in FINGER_BONES.items() for bone in bones
]

_POINT_COLOURS = {0: PALM_COLOUR} | {
    point: FINGER_COLOURS[finger] for finger, points in FINGERS.items() for point in points
}


def draw_hands(image: RgbImage, hands: Iterable[Hand]) -> None:
    """Draw bones, landmarks, id, side and score of each hand into the image, in place."""
    for hand in hands:
        if np.isfinite(hand.xy_px).all():
            _draw_hand(image, hand)


def _draw_hand(image: RgbImage, hand: Hand) -> None:
    x0, y0, x1, y1 = hand.bounds_px
    thickness = _thickness_px(image, max(x1 - x0, y1 - y0))
    points = _fixed_point(hand.xy_px)
    sure = hand.score_per_landmark >= SURE_SCORE
    for outline in (True, False):
        for (parent, child), colour in _BONES:
            both_sure = sure[parent] and sure[child]
            _draw_bone(
                image,
                points[parent],
                points[child],
                OUTLINE_COLOUR if outline else colour,
                (thickness if both_sure else 1) + (2 if outline else 0),
            )
    for index, colour in _POINT_COLOURS.items():
        _draw_point(image, points[index], colour, thickness, filled=bool(sure[index]))
    _draw_label(image, _label(hand), (x0, y0 - 2 * thickness))


def _thickness_px(image: RgbImage, hand_size_px: float) -> int:
    """Return a line width that suits the hand, within what suits the image."""
    largest = max(2, round(max(image.shape[:2]) / 200))
    return int(np.clip(round(hand_size_px / 60), 1, largest))


def _fixed_point(xy_px: Array) -> NDArray[np.int32]:
    clipped = np.clip(xy_px, -_FARTHEST_PX, _FARTHEST_PX)
    return np.asarray(np.round(clipped * (1 << _BITS)), np.int32)


def _draw_bone(image: RgbImage, start: Array, end: Array, colour: Colour, width_px: int) -> None:
    cv2.line(
        image,
        (int(start[0]), int(start[1])),
        (int(end[0]), int(end[1])),
        colour,
        width_px,
        cv2.LINE_AA,
        _BITS,
    )


def _draw_point(
    image: RgbImage, point: Array, colour: Colour, thickness: int, *, filled: bool
) -> None:
    centre, radius_px = (int(point[0]), int(point[1])), thickness + 1
    outer, inner = (radius_px + 1) << _BITS, radius_px << _BITS
    ring_px = max(1, thickness // 2)
    outer_fill, inner_fill = (cv2.FILLED, cv2.FILLED) if filled else (ring_px + 2, ring_px)
    cv2.circle(image, centre, outer, OUTLINE_COLOUR, outer_fill, cv2.LINE_AA, _BITS)
    cv2.circle(image, centre, inner, colour, inner_fill, cv2.LINE_AA, _BITS)


def _label(hand: Hand) -> str:
    side = "" if hand.handedness == Handedness.UNKNOWN else f"{hand.handedness.name.lower()} "
    score = "predicted" if hand.predicted else f"{hand.score:.2f}"
    return f"#{hand.track_id} {side}{score}"


def _draw_label(image: RgbImage, text: str, xy_px: tuple[float, float]) -> None:
    """Write the text on a dark plate, lower left corner at xy_px, moved as needed to fit in."""
    height_px, width_px = image.shape[:2]
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, max(0.4, max(height_px, width_px) / 1300)
    stroke_px = max(1, round(scale * 1.6))
    (text_width_px, text_height_px), below_px = cv2.getTextSize(text, font, scale, stroke_px)
    right_px, bottom_px = width_px - text_width_px - 2, height_px - below_px
    x_px = int(np.clip(xy_px[0], 2, max(2, right_px)))
    y_px = int(np.clip(xy_px[1] - below_px, text_height_px + 2, max(text_height_px + 2, bottom_px)))
    corner = (x_px + text_width_px + 1, y_px + below_px)
    cv2.rectangle(image, (x_px - 2, y_px - text_height_px - 2), corner, OUTLINE_COLOUR, cv2.FILLED)
    cv2.putText(image, text, (x_px, y_px), font, scale, PALM_COLOUR, stroke_px, cv2.LINE_AA)

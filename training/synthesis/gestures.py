# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Named hand shapes: everyday gestures, grasps and the letters of the American manual alphabet."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FingerFlexion = tuple[float, float, float]
"""Flexion of MCP, PIP and DIP in degrees."""

STRAIGHT: FingerFlexion = (2, 4, 2)
CLOSED: FingerFlexion = (80, 95, 60)
HOOKED: FingerFlexion = (20, 85, 55)
RELAXED: FingerFlexion = (25, 30, 18)
GRIPPING: FingerFlexion = (45, 60, 35)
LEANING: FingerFlexion = (55, 25, 15)
CURVED: FingerFlexion = (25, 45, 28)

THUMBS_DEG = {
    "out": (-18, -18, -5, -5, 0),
    "rest": (0, 5, 12, 18, 0),
    "side": (8, 22, 10, 8, 0),
    "cross": (32, 32, 35, 38, 15),
    "opposed": (28, 12, 20, 28, 20),
    "up": (-22, -28, -8, -8, 0),
    "tucked": (38, 38, 45, 55, 20),
    "grip": (15, -8, 22, 28, 12),
}
"""Flexion and abduction of the CMC, flexion of MCP and IP, and twist, in degrees."""

SPREAD_DEG = np.array([-9.0, 0.0, 6.0, 14.0])
"""Abduction of index to little finger in a fully spread hand."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """Flexion of index to little finger, how far they are spread (0-1), the thumb's posture."""

    fingers: tuple[FingerFlexion, FingerFlexion, FingerFlexion, FingerFlexion]
    spread: float
    thumb: str
    crossing_deg: float = 0.0
    """Extra abduction that crosses index and middle finger."""

    def angles_rad(self) -> tuple[NDArray[np.float64], float]:
        """Return the (5, 4) `HandPose.fingers_rad` and the twist of the thumb."""
        angles = np.zeros((5, 4))
        angles[1:, [0, 2, 3]] = self.fingers
        angles[1:, 1] = -self.spread * SPREAD_DEG
        angles[1, 1] -= self.crossing_deg
        angles[2, 1] += self.crossing_deg
        *thumb, twist = THUMBS_DEG[self.thumb]
        angles[0] = thumb
        return np.radians(angles), float(np.radians(twist))


def _all(finger: FingerFlexion, spread: float, thumb: str) -> Gesture:
    return Gesture((finger, finger, finger, finger), spread, thumb)


def _raised(which: str, spread: float, thumb: str) -> Gesture:
    """Raise the fingers marked "1" (index to little), close the others."""
    index, middle, ring, little = (STRAIGHT if mark == "1" else CLOSED for mark in which)
    return Gesture((index, middle, ring, little), spread, thumb)


GESTURES = {
    "open": _all(STRAIGHT, 1.0, "out"),
    "flat": _all(STRAIGHT, 0.05, "side"),
    "fist": _all(CLOSED, 0.0, "cross"),
    "fist_thumb_beside": _all(CLOSED, 0.0, "side"),
    "point": _raised("1000", 0.0, "cross"),
    "peace": _raised("1100", 1.0, "cross"),
    "three": _raised("1110", 0.8, "cross"),
    "three_with_thumb": _raised("1100", 0.6, "out"),
    "four": _all(STRAIGHT, 0.6, "tucked"),
    "thumb_up": _all(CLOSED, 0.0, "up"),
    "call": _raised("0001", 0.6, "up"),
    "rock": _raised("1001", 0.3, "cross"),
    "love": _raised("1001", 0.4, "up"),
    "gun": _raised("1000", 0.0, "up"),
    "gun_two_fingers": _raised("1100", 0.0, "up"),
    "little_finger": _raised("0001", 0.1, "cross"),
    "middle_finger": _raised("0100", 0.0, "cross"),
    "ok": Gesture(((50, 55, 30), (15, 15, 8), (8, 10, 5), (2, 6, 3)), 0.7, "opposed"),
    "pinch": Gesture(((48, 52, 28), (45, 50, 30), (40, 55, 30), (35, 55, 30)), 0.1, "opposed"),
    "tripod": Gesture(((48, 52, 25), (50, 52, 25), (55, 70, 40), (58, 72, 40)), 0.05, "opposed"),
    "relaxed": _all(RELAXED, 0.2, "rest"),
    "relaxed_fanned": Gesture(
        ((15, 22, 12), (22, 30, 18), (28, 36, 20), (34, 40, 22)), 0.2, "rest"
    ),
    "claw": _all(HOOKED, 0.6, "grip"),
    "grip": _all(GRIPPING, 0.15, "grip"),
    "grip_wide": _all((28, 38, 22), 0.5, "grip"),
    "hook": _all((5, 92, 60), 0.05, "side"),
    "leaning": _all(LEANING, 0.1, "side"),
    "typing": Gesture(((22, 35, 20), (28, 38, 22), (28, 38, 22), (22, 34, 20)), 0.35, "rest"),
    "mouse": Gesture(((15, 28, 14), (18, 28, 14), (30, 35, 18), (34, 36, 18)), 0.3, "rest"),
    "letter_b": _all(STRAIGHT, 0.0, "tucked"),
    "letter_c": _all(CURVED, 0.05, "grip"),
    "letter_d": Gesture((STRAIGHT, (45, 65, 40), (48, 68, 40), (52, 70, 40)), 0.0, "opposed"),
    "letter_e": _all((40, 100, 60), 0.0, "tucked"),
    "letter_g": Gesture(((62, 6, 4), CLOSED, CLOSED, CLOSED), 0.0, "side"),
    "letter_h": Gesture(((62, 6, 4), (62, 6, 4), CLOSED, CLOSED), 0.0, "cross"),
    "letter_k": Gesture((STRAIGHT, (40, 8, 5), CLOSED, CLOSED), 0.5, "side"),
    "letter_l": _raised("1000", 0.3, "out"),
    "letter_o": _all((38, 58, 38), 0.0, "opposed"),
    "letter_r": Gesture((STRAIGHT, (10, 10, 6), CLOSED, CLOSED), 0.0, "cross", 7.0),
    "letter_u": _raised("1100", 0.0, "cross"),
    "letter_x": Gesture(((18, 80, 45), CLOSED, CLOSED, CLOSED), 0.0, "cross"),
}

GRASPS = frozenset(
    ("grip", "grip_wide", "claw", "fist", "hook", "tripod", "pinch", "letter_c", "letter_o")
)
"""Gestures whose hand may hold a thing."""
THIN_GRASPS = frozenset(("tripod", "pinch", "fist", "hook", "letter_o"))
"""Grasps that close so far that only something thin fits."""

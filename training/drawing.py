# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Labels drawn into their picture, for people to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.topology import BONES

from .datasets.hands import HIDDEN, VISIBLE

SIDE_BGR = {"left": (255, 140, 0), "right": (0, 140, 255), "unknown": (200, 200, 200)}
LANDMARK_BGR = {VISIBLE: (0, 230, 0), HIDDEN: (0, 0, 255)}


def annotated(
    image: NDArray[np.uint8], label: Mapping[str, Any], scale: float = 1.0
) -> NDArray[np.uint8]:
    """Return a copy of a BGR image with the hands of its line of labels.jsonl.

    Left hands are blue, right ones orange; visible landmarks green, hidden ones red. scale: size
    of the image over the label's.
    """
    out = image.copy()
    for hand in label["hands"]:
        colour = SIDE_BGR[hand["handedness"]]
        if hand["keypoints"] is None:
            x0, y0, x1, y1 = _scaled(np.array(hand["bbox"]), scale)
            cv2.rectangle(out, (x0, y0), (x1, y1), colour, 1)
            continue
        dots = [_scaled(np.array(point[:2]), scale) for point in hand["keypoints"]]
        for start, end in BONES:
            cv2.line(out, dots[start], dots[end], colour, 1, cv2.LINE_AA)
        for dot, (_, _, visibility) in zip(dots, hand["keypoints"], strict=True):
            if visibility in LANDMARK_BGR:
                cv2.circle(out, dot, 2, LANDMARK_BGR[visibility], -1, cv2.LINE_AA)
    return out


def _scaled(lengths_px: NDArray[np.float64], scale: float) -> tuple[int, ...]:
    """Return whole pixels of the scaled picture; integers are pixel centres in both."""
    return tuple(np.round((lengths_px + 0.5) * scale - 0.5).astype(int).tolist())

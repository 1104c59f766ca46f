# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Regions of interest: the square boxes in which the landmark model looks for a hand."""

from __future__ import annotations

import numpy as np

from .topology import (
    INDEX_FINGER_MCP,
    MIDDLE_FINGER_MCP,
    N_LANDMARKS,
    PINKY_MCP,
    RING_FINGER_MCP,
    WRIST,
)
from .types import Array, RotatedBoxes, check_shape

HAND_REGION_SCALE = 1.5
"""Side of a hand's region over the longer side of its landmarks' tight box.

The evaluation protocol, training and tracking share it, so that all three see hands of one size.
"""

PALM_TOP = (INDEX_FINGER_MCP, MIDDLE_FINGER_MCP, RING_FINGER_MCP, PINKY_MCP)


def boxes_from_landmarks(
    xy_px: Array, scale: float = HAND_REGION_SCALE, *, rotated: bool = True
) -> RotatedBoxes:
    """Return the square around each hand, turned so that the fingers' roots lie above the wrist.

    xy_px: (N, 21, 2), image px. The box is centred on the landmarks' tight box in the turned frame;
    its side is `scale` times the longer side of that box. With rotated=False boxes stay upright,
    which is the evaluation protocol's crop. Landmarks must be finite.
    """
    check_shape("xy_px", xy_px, ("N", N_LANDMARKS, 2))
    xy_px = np.asarray(xy_px, np.float64)
    if rotated:
        up = xy_px[:, PALM_TOP].mean(axis=1) - xy_px[:, WRIST]
        angle_rad = np.arctan2(up[:, 0], -up[:, 1])
    else:
        angle_rad = np.zeros(len(xy_px))
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    image_from_turned = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], axis=-2)
    turned = xy_px @ image_from_turned
    low, high = turned.min(axis=1), turned.max(axis=1)
    centre_px = (image_from_turned @ ((low + high) / 2)[..., None])[..., 0]
    side_px = np.maximum((high - low).max(axis=1) * scale, 1.0)
    return RotatedBoxes(centre_px, side_px, angle_rad)

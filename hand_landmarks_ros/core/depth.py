# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Landmarks in metres, by a depth image that shows what the colour image shows, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .topology import N_LANDMARKS
from .types import Array, Hand, check_shape

_WINDOW = 0.02
"""A landmark's depth is taken from so many hand sizes around it: less than half a finger."""

_REACH_M = 0.15
"""No landmark is further from the middle of its hand: an open hand is 0.2 m long."""


@dataclass(frozen=True, eq=False)
class DepthImage:
    """Distances along the camera's axis.

    values: (H, W) of any number type; 0 and what is not finite stand for unknown.
    metres_per_unit: of the values.
    """

    values: Array
    metres_per_unit: float

    def __post_init__(self) -> None:
        check_shape("values", self.values, ("height", "width"))


def landmark_depths(depth: DepthImage, xy_px: Array) -> NDArray[np.float64]:
    """Return the distance of each landmark of a hand, (21,) m, NaN where it is not known.

    xy_px: (21, 2), px of the depth image. Each takes the median of what was measured around it.
    What is too far from the rest of the hand is not of it: the background beside a finger, or
    something in front.
    """
    height_px, width_px = depth.values.shape
    reach_px = max(1, round(_WINDOW * float(np.ptp(xy_px, axis=0).max())))
    steps = np.arange(-reach_px, reach_px + 1)
    columns, rows = np.rint(np.asarray(xy_px, np.float64)).astype(np.intp).T[..., None, None]
    columns, rows = columns + steps, rows + steps[:, None]
    is_inside = (columns >= 0) & (columns < width_px) & (rows >= 0) & (rows < height_px)
    values = depth.values[np.clip(rows, 0, height_px - 1), np.clip(columns, 0, width_px - 1)]
    is_known = is_inside & np.isfinite(values) & (values > 0)
    around = np.where(is_known, values.astype(np.float64), np.nan)
    depth_m = _lower_median(around.reshape(len(xy_px), -1)) * depth.metres_per_unit
    middle_m = _lower_median(depth_m[None])
    return np.where(np.abs(depth_m - middle_m) <= _REACH_M, depth_m, np.nan)


def in_metres(hand: Hand, depth: DepthImage, rays: Array) -> Hand:
    """Return the hand with `xyz_m`.

    rays: (21, 2), where those through its landmarks cross the plane z = 1. A hand that is only
    predicted was not measured: all its landmarks are NaN.
    """
    nowhere = np.full(N_LANDMARKS, np.nan)
    z_m = nowhere if hand.predicted else landmark_depths(depth, hand.xy_px)
    xyz_m = np.concatenate([rays * z_m[:, None], z_m[:, None]], axis=-1)
    return replace(hand, xyz_m=xyz_m.astype(np.float32))


def _lower_median(values: Array) -> NDArray[np.float64]:
    """Return the median of what is no NaN in each row, the lower one of two; NaN without any."""
    n_known = np.isfinite(values).sum(axis=1, keepdims=True)
    ordered = np.sort(values, axis=1)  # NaN come last
    return np.take_along_axis(ordered, np.maximum(n_known - 1, 0) // 2, axis=1)[:, 0]

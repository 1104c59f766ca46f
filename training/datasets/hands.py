# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What readers share: from a source's points to one labelled hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.topology import N_LANDMARKS, WRIST
from hand_landmarks_ros.core.types import Handedness

from .records import LabelledHand

UNLABELLED, HIDDEN, VISIBLE = 0, 1, 2

MIN_LABELLED = 12
"""With fewer landmarks in the picture a hand's extent is unknown, so it has a box only."""

_BOUNDS_MARGIN = 0.15
"""Landmarks lie within the hand: its box is this share of their extent larger on every side."""


RIGHT_PROBABILITY = {
    Handedness.UNKNOWN: float("nan"),
    Handedness.LEFT: 0.0,
    Handedness.RIGHT: 1.0,
}
"""What a network learns to say of a labelled hand's side; NaN where nobody knows."""


def hand_from_points(
    xy_px: NDArray[np.float64],
    visibility: NDArray[np.int64],
    handedness: Handedness,
    size_px: tuple[int, int],
    *,
    z_px: NDArray[np.float64] | None = None,
    bounds_px: NDArray[np.float64] | None = None,
    source: str = "gt",
) -> LabelledHand | None:
    """Return the hand of 21 points in a picture of (width, height); None if it shows nothing of it.

    xy_px: (21, 2). visibility: (21,), 0 where the source gives no point. Points outside the
    picture become unlabelled, yet keep their place; those without a place get the middle of the
    others, so that they do not widen the crop. bounds_px: the source's own box, if it has one.
    """
    labelled = (visibility > UNLABELLED) & np.isfinite(xy_px).all(axis=1)
    inside = labelled & ((xy_px >= -0.5) & (xy_px < np.array(size_px) - 0.5)).all(axis=1)
    if bounds_px is None:
        if not inside.any():
            return None
        bounds_px = box_around(xy_px[inside], size_px)
    has_points = int(inside.sum()) >= MIN_LABELLED
    middle = xy_px[inside].mean(axis=0) if has_points else np.zeros(2)
    return LabelledHand(
        xy_px=np.where(labelled[:, None], xy_px, middle) if has_points else None,
        visibility=np.where(inside, visibility, UNLABELLED) if has_points else no_visibility(),
        bounds_px=bounds_px,
        handedness=handedness,
        source=source,
        z_px=z_px if has_points else None,
    )


def hand_with_box(
    bounds_px: NDArray[np.float64], handedness: Handedness, source: str = "gt"
) -> LabelledHand:
    """Return a hand of which only the box (x0, y0, x1, y1) is known."""
    return LabelledHand(None, no_visibility(), bounds_px, handedness, source)


def no_visibility() -> NDArray[np.int64]:
    """Return the visibility of a hand without landmarks, (21,)."""
    return np.full(N_LANDMARKS, UNLABELLED, np.int64)


def box_around(xy_px: NDArray[np.float64], size_px: tuple[int, int]) -> NDArray[np.float64]:
    """Return the box (x0, y0, x1, y1) of a hand with these landmarks, cut off at the picture."""
    return np.clip(whole_box_around(xy_px), 0.0, np.tile(size_px, 2) - 1.0)


def whole_box_around(xy_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the box (x0, y0, x1, y1) of a hand with these landmarks, wherever it lies."""
    low, high = xy_px.min(axis=0), xy_px.max(axis=0)
    margin_px = _BOUNDS_MARGIN * (high - low).max()
    return np.concatenate([low - margin_px, high + margin_px])


def relative_depth_px(xyz_m: NDArray[np.float64], focal_px: float) -> NDArray[np.float64]:
    """Return depths relative to the wrist in px at the wrist's distance (weak perspective).

    xyz_m: (21, 3), camera frame, z forward.
    """
    depth_m = xyz_m[:, 2]
    return np.asarray((depth_m - depth_m[WRIST]) * focal_px / depth_m[WRIST])

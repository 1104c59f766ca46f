# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Kinds of hands, told from their labels, by which errors are broken down."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.topology import FINGERS, MIDDLE_FINGER_MCP, WRIST
from hand_landmarks_ros.core.types import Array

from .results import HandResults

Masks = dict[str, NDArray[np.bool_]]

HAND_SIZES_PX = (0, 48, 96, 192, 384)
"""Lower limits of the groups of sizes: the longer side of the landmarks' tight box."""

_CURLED, _EXTENDED = 0.7, 0.85
"""Distance from a finger's root to its tip over the sum of its bones: 0.7 is bent at a right angle
in the middle joint, 1 is straight. In the image plane, so that a finger that points at the camera
is judged by its outline."""

_PINCH = 0.35
"""Distance of thumb tip and index tip over that of wrist and middle knuckle in a pinch."""


def groupings(results: HandResults) -> dict[str, Masks]:
    """Return for each way to group hands its masks, (N,) by name; those that do not apply lack."""
    return {
        name: masks
        for name, masks in {
            "pose": pose_groups(results.truth_px),
            "hand_size_px": size_groups(results.size_px),
            "skin_tone": label_groups([record.skin_tone for record in results.records]),
            "view": label_groups([record.view for record in results.records]),
        }.items()
        if masks
    }


def pose_groups(xy_px: Array) -> Masks:
    """Group hands, (N, 21, 2) px, by which fingers are curled; every hand is in one group."""
    extension = finger_extension(xy_px)
    curled, extended = extension < _CURLED, extension > _EXTENDED
    tips_apart = np.linalg.norm(
        xy_px[:, FINGERS["thumb"][-1]] - xy_px[:, FINGERS["index"][-1]], axis=-1
    )
    palm = np.linalg.norm(xy_px[:, WRIST] - xy_px[:, MIDDLE_FINGER_MCP], axis=-1)
    fist = curled.all(axis=1)
    pinch = ~fist & (tips_apart < _PINCH * palm)
    rest = ~fist & ~pinch
    open_hand = rest & extended.all(axis=1)
    pointing = rest & extended[:, 0] & curled[:, 1:].all(axis=1)
    return {
        "open": open_hand,
        "pointing": pointing,
        "pinch": pinch,
        "fist": fist,
        "other": rest & ~open_hand & ~pointing,
    }


def finger_extension(xy_px: Array) -> NDArray[np.float64]:
    """Return how straight index, middle, ring and pinky are, (N, 4) in 0-1, 1 is straight."""
    columns = []
    for name in ("index", "middle", "ring", "pinky"):
        chain = np.asarray(xy_px, np.float64)[:, FINGERS[name]]
        bones = np.linalg.norm(np.diff(chain, axis=1), axis=-1).sum(axis=1)
        reach = np.linalg.norm(chain[:, -1] - chain[:, 0], axis=-1)
        columns.append(reach / np.maximum(bones, 1e-9))
    return np.stack(columns, axis=-1)


def size_groups(size_px: NDArray[np.float64]) -> Masks:
    """Group hands by their size in the picture, (N,) px."""
    limits = (*HAND_SIZES_PX, np.inf)
    return {
        f"{low}-{high}" if np.isfinite(high) else f"{low}+": (size_px >= low) & (size_px < high)
        for low, high in pairwise(limits)
    }


def label_groups(values: Sequence[object | None]) -> Masks:
    """Group hands by a label, in the labels' order; hands without one are in no group."""
    known = {value for value in values if value is not None}
    in_order = sorted(known, key=lambda value: (not isinstance(value, int), str(value)))
    return {
        str(label): np.array([value == label for value in values], np.bool_) for label in in_order
    }

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Hands as JSON, one image a line, in the form of the labels.jsonl files used for training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .core.drawing import SURE_SCORE
from .core.types import Array, Hand

SOURCE = "hand_landmarks_ros"
"""Value of the key "source": tells found hands from labels made by people."""


def record(
    file: str, stamp_s: float, width_px: int, height_px: int, hands: Iterable[Hand]
) -> dict[str, Any]:
    """Return one image's line.

    Beyond labels.jsonl it has the image's `stamp_s` and for each hand `track_id`, `score`,
    `handedness_score`, `predicted`, `score_per_landmark` and `z` (null where the model gives none).
    A keypoint's third value is 2, or 1 where its score is low.
    """
    return {
        "file": file,
        "stamp_s": round(stamp_s, 6),
        "width": width_px,
        "height": height_px,
        "hands": [_hand(hand) for hand in hands],
    }


def _hand(hand: Hand) -> dict[str, Any]:
    seen = np.where(hand.score_per_landmark >= SURE_SCORE, 2, 1)
    has_z = bool(np.isfinite(hand.z_px).all())
    return {
        "keypoints": [
            [x, y, int(v)] for (x, y), v in zip(_rounded(hand.xy_px, 2), seen, strict=True)
        ],
        "bbox": _rounded(np.array(hand.bounds_px), 2),
        "handedness": hand.handedness.name.lower(),
        "source": SOURCE,
        "track_id": hand.track_id,
        "score": round(hand.score, 4),
        "handedness_score": round(hand.handedness_score, 4),
        "predicted": hand.predicted,
        "score_per_landmark": _rounded(hand.score_per_landmark, 4),
        "z": _rounded(hand.z_px, 2) if has_z else None,
    }


def _rounded(values: Array, n_decimals: int) -> Any:
    """Return nested lists of short numbers; rounding in float64 keeps them short in JSON."""
    return np.round(np.asarray(values, np.float64), n_decimals).tolist()

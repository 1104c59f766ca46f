# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The true hands of the shipped clip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .core.errors import SourceError
from .core.topology import N_LANDMARKS
from .core.types import Hand, Handedness
from .sources import SYNTHETIC_CLIP

GROUND_TRUTH = SYNTHETIC_CLIP.with_suffix(".jsonl")


def read_ground_truth(path: Path = GROUND_TRUTH) -> list[tuple[Hand, ...]]:
    """Return the hands of each frame, from a file in the format of labels.jsonl.

    A landmark's score is 1 where it is visible, 0.5 where it is hidden and 0 where it is unknown.
    Raises SourceError.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [_hands(json.loads(line)["hands"]) for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"ground truth {path} cannot be read ({error}); reinstall") from error


def _hands(labels: list[dict[str, Any]]) -> tuple[Hand, ...]:
    hands = []
    for track_id, label in enumerate(labels, start=1):
        keypoints = np.array(label["keypoints"], np.float32)
        hands.append(
            Hand(
                track_id=label.get("track_id", track_id),
                handedness=Handedness[label["handedness"].upper()],
                handedness_score=1.0,
                score=1.0,
                predicted=False,
                xy_px=keypoints[:, :2],
                z_px=np.array(label.get("z") or [np.nan] * N_LANDMARKS, np.float32),
                score_per_landmark=keypoints[:, 2] / np.float32(2),
            )
        )
    return tuple(hands)

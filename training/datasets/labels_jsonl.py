# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reader of labels.jsonl: one JSON object a line, images in images/ beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.errors import HandLandmarksError, SourceError
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import Handedness

from .records import ImageRecord, LabelledHand

LABELS = "labels.jsonl"
IMAGES = "images"


def recognises(folder: Path) -> bool:
    """Whether the folder has labels of this kind."""
    return (folder / LABELS).is_file()


def read_set(directory: Path, split: str | None = None) -> list[ImageRecord]:
    """Read a set's records, of one split if given; raises SourceError naming file and line."""
    return list(_records(directory, split))


def _records(directory: Path, split: str | None) -> Iterator[ImageRecord]:
    path = directory / LABELS
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            label = json.loads(line)
            if split is None or label["split"] == split:
                yield record_from_label(label, directory / IMAGES)
        except (ValueError, KeyError, TypeError, HandLandmarksError) as error:
            raise SourceError(f"{path}:{number}: not a valid label: {error!r}") from error


def record_from_label(label: Mapping[str, Any], images: Path) -> ImageRecord:
    """Return the record of one line, whose picture lies in the folder `images`.

    Raises ValueError, KeyError, TypeError or HandLandmarksError for what is no valid label.
    """
    return ImageRecord(
        path=images / label["file"],
        width_px=int(label["width"]),
        height_px=int(label["height"]),
        hands=tuple(hand_from_label(hand) for hand in label["hands"]),
        subject=str(label.get("subject", "")),
        split=str(label["split"]),
        is_complete=bool(label.get("complete", False)),
        skin_tone=label.get("skin_tone"),
        view=label.get("view"),
    )


def hand_from_label(label: Mapping[str, Any]) -> LabelledHand:
    """Return one hand of a line; raises as `record_from_label`."""
    keypoints = label.get("keypoints")
    has_box_only = keypoints is None
    table = np.zeros((N_LANDMARKS, 3)) if has_box_only else np.asarray(keypoints, np.float64)
    return LabelledHand(
        xy_px=None if has_box_only else table[:, :2],
        visibility=table[:, 2].astype(np.int64),
        bounds_px=np.asarray(label["bbox"], np.float64),
        handedness=Handedness[str(label.get("handedness", "unknown")).upper()],
        source=str(label.get("source", "gt")),
        z_px=np.asarray(label["z"], np.float64) if label.get("z") else None,
        drawn_bounds_px=np.asarray(label["box_gt"], np.float64) if label.get("box_gt") else None,
        seen_share=label.get("visibility"),
    )


def label_from_record(record: ImageRecord) -> dict[str, Any]:
    """Return the line that reads back as this record; its picture is named without a folder."""
    return {
        "file": record.path.name,
        "width": record.width_px,
        "height": record.height_px,
        "hands": [label_from_hand(hand) for hand in record.hands],
        "subject": record.subject,
        "split": record.split,
        "complete": record.is_complete,
    } | _known({"skin_tone": record.skin_tone, "view": record.view})


def label_from_hand(hand: LabelledHand) -> dict[str, Any]:
    """Return one hand's entry, lengths to a hundredth of a pixel."""
    keypoints = None
    if hand.xy_px is not None:
        points = zip(_rounded(hand.xy_px), hand.visibility.tolist(), strict=True)
        keypoints = [[x, y, v] for (x, y), v in points]
    return {
        "keypoints": keypoints,
        "bbox": _rounded(hand.bounds_px),
        "handedness": hand.handedness.name.lower(),
        "source": hand.source,
    } | _known(
        {
            "z": _rounded(hand.z_px),
            "box_gt": _rounded(hand.drawn_bounds_px),
            "visibility": hand.seen_share,
        }
    )


def _rounded(values: NDArray[np.float64] | None) -> Any:
    return None if values is None else np.round(values, 2).tolist()


def _known(keys: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not None}

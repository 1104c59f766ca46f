# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reader of labels.jsonl: one JSON object a line, images in images/ beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import Handedness

from .records import ImageRecord, LabelledHand

LABELS = "labels.jsonl"


def find_sets(directory: Path) -> dict[str, Path]:
    """Return {name: folder} of the set in `directory`, or of every set right below it."""
    if (directory / LABELS).is_file():
        return {directory.name: directory}
    found = {path.parent.name: path.parent for path in sorted(directory.glob(f"*/{LABELS}"))}
    if not found:
        raise SourceError(
            f"no {LABELS} in {directory} or in a folder right below it; expected a data set "
            "such as python -m training.synthesize writes"
        )
    return found


def read_set(directory: Path, split: str | None = None) -> list[ImageRecord]:
    """Read a set's records, of one split if given; raises SourceError naming file and line."""
    return list(_records(directory, split))


def read_sets(
    directories: Sequence[Path], split: str, excluded_subjects: Sequence[str] = ()
) -> dict[str, list[ImageRecord]]:
    """Read one split of every set in or right below the folders; names must differ.

    Images of the excluded subjects are left out, whatever set they lie in.
    """
    sets: dict[str, list[ImageRecord]] = {}
    for directory in directories:
        for name, folder in find_sets(directory).items():
            if name in sets:
                raise SourceError(f"two data sets are named {name!r}; rename the folder {folder}")
            records = read_set(folder, split)
            sets[name] = [r for r in records if r.subject not in excluded_subjects]
    return {name: records for name, records in sets.items() if records}


def _records(directory: Path, split: str | None) -> Iterator[ImageRecord]:
    path = directory / LABELS
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            label = json.loads(line)
            if split is None or label["split"] == split:
                yield _record(directory, label)
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(f"{path}:{number}: not a valid label: {error!r}") from error


def _record(directory: Path, label: dict[str, Any]) -> ImageRecord:
    return ImageRecord(
        path=directory / "images" / label["file"],
        width_px=int(label["width"]),
        height_px=int(label["height"]),
        hands=tuple(_hand(hand) for hand in label["hands"]),
        subject=str(label.get("subject", "")),
        split=str(label["split"]),
        is_complete=bool(label.get("complete", False)),
    )


def _hand(label: dict[str, Any]) -> LabelledHand:
    keypoints = label.get("keypoints")
    has_box_only = keypoints is None
    table = np.zeros((N_LANDMARKS, 3)) if has_box_only else np.asarray(keypoints, np.float64)
    return LabelledHand(
        xy_px=None if has_box_only else table[:, :2],
        visibility=table[:, 2].astype(np.int64),
        bounds_px=np.asarray(label["bbox"], np.float64),
        handedness=Handedness[str(label.get("handedness", "unknown")).upper()],
        source=str(label.get("source", "gt")),
    )

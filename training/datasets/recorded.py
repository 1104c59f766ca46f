# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reader of folders that `python -m hand_landmarks_ros FOLDER --json FOLDER/landmarks.jsonl` made.

The hands are what a model found, not what is true: for learning from a model's own output, and to
look at. `python -m training.capture` makes better labels of the same pictures.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hand_landmarks_ros.core.errors import HandLandmarksError, SourceError

from .labels_jsonl import IMAGES, record_from_label
from .records import ImageRecord

LANDMARKS = "landmarks.jsonl"


def recognises(folder: Path) -> bool:
    """Whether the folder has a recording."""
    return (folder / LANDMARKS).is_file()


def read(folder: Path) -> list[ImageRecord]:
    """Read the recorded pictures, which lie in the folder or in its images/; raises SourceError.

    A folder is one session: all of it is the split train unless its lines say otherwise. Hands
    that were coasting, not seen, are left out.
    """
    path = folder / LANDMARKS
    records = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            label = json.loads(line)
            records.append(_record(folder, label))
        except (ValueError, KeyError, TypeError, HandLandmarksError) as error:
            raise SourceError(f"{path}:{number}: not a usable recording: {error}") from error
    return records


def _record(folder: Path, label: dict[str, Any]) -> ImageRecord:
    images = folder / IMAGES if (folder / IMAGES / label["file"]).is_file() else folder
    if not (images / label["file"]).is_file():
        raise SourceError(
            f"there is no picture {label['file']!r} in {folder} or its {IMAGES}/; a video's frames "
            "are not stored as pictures: take them with python -m training.capture VIDEO"
        )
    seen = [hand for hand in label["hands"] if not hand.get("predicted", False)]
    return record_from_label(
        {"subject": folder.name, "split": "train"} | label | {"hands": seen}, images
    )

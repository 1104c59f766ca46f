# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reader of the hands of COCO-WholeBody (Jin et al., ECCV 2020).

Layout: annotations/coco_wholebody_train_v1.0.json with pictures in train2017/, the same with val.
Each person has `lefthand_kpts` (63: x, y, v), `lefthand_box` (x, y, w, h), `lefthand_valid`, and
the right hand's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import Handedness

from .files import names_in, read_json
from .hands import HIDDEN, UNLABELLED, VISIBLE, hand_from_points
from .records import ImageRecord, LabelledHand

SPLITS = ("train", "val")
SIDES = {"lefthand": Handedness.LEFT, "righthand": Handedness.RIGHT}


def recognises(folder: Path) -> bool:
    """Whether the folder has annotations of COCO-WholeBody."""
    return any(_annotations(folder, split).is_file() for split in SPLITS)


def read(folder: Path) -> list[ImageRecord]:
    """Read all pictures with a labelled hand; raises SourceError.

    Only hands clear enough for the annotators are labelled, so pictures are never complete.
    """
    splits = [split for split in SPLITS if _annotations(folder, split).is_file()]
    if not splits:
        raise SourceError(
            f"{_annotations(folder, 'train')} is missing; expected COCO-WholeBody's annotations"
        )
    return [record for split in splits for record in _read_split(folder, split)]


def _annotations(folder: Path, split: str) -> Path:
    return folder / "annotations" / f"coco_wholebody_{split}_v1.0.json"


def _read_split(folder: Path, split: str) -> list[ImageRecord]:
    path = _annotations(folder, split)
    content = read_json(path)
    images = folder / f"{split}2017"
    present = names_in(images)
    try:
        infos = {info["id"]: info for info in content["images"]}
        hands = defaultdict(list)
        for annotation in content["annotations"]:
            size_px = _size_px(infos[annotation["image_id"]])
            for name, side in SIDES.items():
                hand = _hand(annotation, name, side, size_px)
                if hand:
                    hands[annotation["image_id"]].append(hand)
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(f"{path} is not COCO-WholeBody: {error!r}") from error
    records = []
    for image_id, found in hands.items():
        info = infos[image_id]
        if info["file_name"] not in present:
            raise SourceError(f"{images / info['file_name']} is missing; unpack COCO's pictures")
        size_px = _size_px(info)
        file = images / info["file_name"]
        records.append(ImageRecord(file, *size_px, tuple(found), "", split, is_complete=False))
    return records


def _size_px(info: Mapping[str, Any]) -> tuple[int, int]:
    return int(info["width"]), int(info["height"])


def _hand(
    annotation: Mapping[str, Any], name: str, side: Handedness, size_px: tuple[int, int]
) -> LabelledHand | None:
    if not annotation[f"{name}_valid"]:
        return None
    table = np.asarray(annotation[f"{name}_kpts"], np.float64).reshape(N_LANDMARKS, 3)
    # v is COCO's 0, 1 or 2, or else a confidence: above 0 it is reliable, says the format.
    visibility = np.where(table[:, 2] == 1.0, HIDDEN, VISIBLE)
    return hand_from_points(
        table[:, :2], np.where(table[:, 2] > 0, visibility, UNLABELLED), side, size_px
    )

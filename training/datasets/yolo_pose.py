# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reader of YOLO pose text files with 21 landmarks, as Ultralytics hand-keypoints has them.

Layouts: images/SPLIT with labels/SPLIT, SPLIT/images with SPLIT/labels, or pictures and text files
side by side in SPLIT; SPLIT is train, val or valid. A line is `class cx cy w h` and 21 times
`x y v` or `x y`, as shares of the picture's width and height.

`flip_idx` of the data set's YAML file is of no use and not read: a hand in the mirror is a hand of
the other side, but its wrist is still its wrist and its thumb its thumb, so no landmark changes
its number. (The stock file swaps the thumb's MCP and IP with each other, among others.)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hand_landmarks_ros.core.errors import HandLandmarksError, SourceError
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import Handedness
from hand_landmarks_ros.sources import IMAGE_SUFFIXES

from .files import size_px
from .hands import UNLABELLED, VISIBLE, hand_from_points
from .records import ImageRecord, LabelledHand

SPLITS = {"train": "train", "val": "val", "valid": "val"}
N_BOX = 5


def recognises(folder: Path) -> bool:
    """Whether the folder has labels in one of the layouts."""
    return any(next(labels.glob("*.txt"), None) for _, labels, _ in _folders(folder))


def read(folder: Path) -> list[ImageRecord]:
    """Read all pictures that have labels; raises SourceError naming file and line.

    The format knows no left and right, so handedness is unknown. A picture whose text file is
    empty shows no hand; one without a text file is left out. As detectors of this format take it,
    every hand in a picture is labelled.
    """
    records = []
    for images, labels, split in _folders(folder):
        for path in sorted(images.iterdir()):
            text = labels / f"{path.stem}.txt"
            if path.suffix.lower() in IMAGE_SUFFIXES and text.is_file():
                records.append(_record(path, text, split))
    if not records:
        raise SourceError(
            f"{folder} has no picture with a YOLO label; expected images/train/x.jpg with "
            "labels/train/x.txt, or train/images/x.jpg with train/labels/x.txt"
        )
    return records


def _folders(folder: Path) -> list[tuple[Path, Path, str]]:
    """Return (pictures, labels, split) of every split there is, in whatever layout."""
    layouts = [
        (folder / images.format(name), folder / labels.format(name), split)
        for name, split in SPLITS.items()
        for images, labels in (
            ("images/{}", "labels/{}"),
            ("{}/images", "{}/labels"),
            ("{}", "{}"),
        )
    ]
    return [(images, labels, split) for images, labels, split in layouts if images.is_dir()]


def _record(path: Path, text: Path, split: str) -> ImageRecord:
    width_px, height_px = size_px(path)
    hands = []
    for number, line in enumerate(text.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            hand = _hand(line, width_px, height_px) if line.strip() else None
        except (ValueError, HandLandmarksError) as error:
            raise SourceError(f"{text}:{number}: not a YOLO pose label: {error}") from error
        hands += [hand] if hand else []
    return ImageRecord(path, width_px, height_px, tuple(hands), "", split, is_complete=True)


def _hand(line: str, width_px: int, height_px: int) -> LabelledHand | None:
    values = np.array([float(word) for word in line.split()])
    n_dimensions, rest = divmod(len(values) - N_BOX, N_LANDMARKS)
    if rest or n_dimensions not in (2, 3):
        raise ValueError(
            f"found {len(values)} values, expected {N_BOX + 2 * N_LANDMARKS} or "
            f"{N_BOX + 3 * N_LANDMARKS} (a class, a box, 21 landmarks)"
        )
    scale_px = np.tile([width_px, height_px], 2)
    points = values[N_BOX:].reshape(N_LANDMARKS, n_dimensions)
    # A landmark at the corner (0, 0) is the format's way to say that there is none.
    visibility = np.where(points[:, :2].any(axis=1), VISIBLE, UNLABELLED)
    if n_dimensions == 3:
        visibility = np.minimum(visibility, points[:, 2].astype(np.int64))
    centre, extent = values[1:3], values[3:5]
    bounds = np.concatenate([centre - extent / 2, centre + extent / 2])
    return hand_from_points(
        # Shares count from the first pixel's corner, our pixels from its centre.
        points[:, :2] * scale_px[:2] - 0.5,
        visibility,
        Handedness.UNKNOWN,
        (width_px, height_px),
        bounds_px=bounds * scale_px - 0.5,
    )

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Many pictures on one: each clean, and beside it with its labels."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.topology import BONES
from training.synthesis.labels import HIDDEN, VISIBLE

TILE_PX = 256
COLUMNS = 4
N_TILES = 32
LEFT_BGR, RIGHT_BGR = (255, 140, 0), (0, 140, 255)
VISIBLE_BGR, HIDDEN_BGR = (0, 230, 0), (0, 0, 255)


def write_contact_sheet(folder: Path, records: Iterable[dict[str, Any]], path: Path) -> None:
    """Show the first 32 images of a data set; green dots are visible, red ones hidden."""
    tiles = []
    for record in islice(records, N_TILES):
        image = cv2.imread(str(folder / "images" / record["file"]))
        if image is None:
            raise OSError(f"could not read {folder / 'images' / record['file']}")
        scale = TILE_PX / max(image.shape[:2])
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        clean = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        tiles.append(np.hstack([clean, annotated(clean, record, scale)]))
    while len(tiles) % COLUMNS:
        tiles.append(np.zeros_like(tiles[0]))
    rows = [np.hstack(tiles[k : k + COLUMNS]) for k in range(0, len(tiles), COLUMNS)]
    if not cv2.imwrite(str(path), np.vstack(rows)):
        raise OSError(f"could not write {path}")


def annotated(
    image: NDArray[np.uint8], record: dict[str, Any], scale: float = 1.0
) -> NDArray[np.uint8]:
    """Return a copy of a BGR image with the hands of a record; `scale` is image over record."""
    out = image.copy()
    for hand in record["hands"]:
        points = np.array(hand["keypoints"])
        dots = np.round((points[:, :2] + 0.5) * scale - 0.5).astype(int)
        side = LEFT_BGR if hand["handedness"] == "left" else RIGHT_BGR
        for start, end in BONES:
            cv2.line(out, _point(dots[start]), _point(dots[end]), side, 1, cv2.LINE_AA)
        for dot, visibility in zip(dots, points[:, 2], strict=True):
            if visibility in (VISIBLE, HIDDEN):
                colour = VISIBLE_BGR if visibility == VISIBLE else HIDDEN_BGR
                cv2.circle(out, _point(dot), 2, colour, -1, cv2.LINE_AA)
    return out


def _point(xy: NDArray[np.int64]) -> tuple[int, int]:
    return int(xy[0]), int(xy[1])

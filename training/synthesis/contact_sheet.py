# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Many pictures on one: each clean, and beside it with its labels."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from training.drawing import annotated

TILE_PX = 256
COLUMNS = 4
N_TILES = 32


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

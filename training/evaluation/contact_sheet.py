# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The hands that a model got most wrong, to be looked at.

Only the hands' crops are shown; data sets may show faces, so keep the sheet to yourself.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from hand_landmarks_ros.core.crop import cut_crops
from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.geometry import apply
from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.topology import BONES
from hand_landmarks_ros.core.types import Array, RgbImage

from ..metrics import PROTOCOL_SIZE_PX
from .results import HandResults

TRUE_COLOUR = (0, 230, 0)
FOUND_COLOUR = (255, 60, 60)
N_HANDS, N_COLUMNS = 32, 8
_BITS = 4
"""Fractional bits of OpenCV's coordinates."""


def write_worst_hands(path: Path, results: HandResults) -> Path:
    """Write the hands of the largest mean error, worst first: truth green, found red.

    Missed hands come first. Each tile names the error in px of the 224-px crop, and the picture.
    """
    errors_px = results.errors_px
    n_counted = np.isfinite(errors_px).sum(axis=1)
    mean_px = np.nansum(errors_px, axis=1) / np.maximum(n_counted, 1)
    mean_px[~results.is_found] = np.inf
    worst = np.argsort(-mean_px, kind="stable")[:N_HANDS]
    tiles = [_tile(results, int(index), float(mean_px[index])) for index in worst]
    while len(tiles) % N_COLUMNS:
        tiles.append(np.zeros_like(tiles[0]))
    rows = [np.hstack(tiles[k : k + N_COLUMNS]) for k in range(0, len(tiles), N_COLUMNS)]
    sheet = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), sheet):
        raise SourceError(f"{path} cannot be written; is the folder writable?")
    return path


def _tile(results: HandResults, index: int, error_px: float) -> RgbImage:
    record = results.records[index]
    box = boxes_from_landmarks(results.truth_px[index][None], rotated=False)
    crops, crop_from_image = cut_crops(record.read_image(), box, PROTOCOL_SIZE_PX)
    tile: RgbImage = crops[0]
    for xy_px, colour in (
        (results.truth_px[index], TRUE_COLOUR),
        (results.found_px[index], FOUND_COLOUR),
    ):
        if np.isfinite(xy_px).all():
            _draw(tile, apply(crop_from_image, xy_px[None])[0], colour)
    caption = "missed" if np.isinf(error_px) else f"{error_px:.1f} px"
    for row, text in enumerate((caption, record.path.name[-28:])):
        place = (3, 12 + 12 * row)
        for colour, width in (((0, 0, 0), 2), ((255, 255, 255), 1)):
            cv2.putText(tile, text, place, cv2.FONT_HERSHEY_PLAIN, 0.8, colour, width, cv2.LINE_AA)
    return tile


def _draw(tile: RgbImage, xy_px: Array, colour: tuple[int, int, int]) -> None:
    limit_px = 4 * PROTOCOL_SIZE_PX
    points = np.round(np.clip(xy_px, -limit_px, limit_px) * (1 << _BITS)).astype(int).tolist()
    for start, end in BONES:
        cv2.line(tile, points[start], points[end], colour, 1, cv2.LINE_AA, _BITS)

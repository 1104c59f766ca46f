# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where to look for a hand that nobody has seen yet, when there is no detector."""

from __future__ import annotations

import numpy as np

from .types import RotatedBoxes

_TILE_SIDES = (1.0, 0.6)
"""Sides of the tiles over the shorter side of the image; the whole image comes before them."""

_OVERLAP = 0.25
"""Share of a tile's side that its neighbour covers too, at least."""

_MOST_STEPS = 8
"""Bounds the number of tiles along an axis, and so the time, in extremely long images."""


def search_boxes(width_px: int, height_px: int) -> RotatedBoxes:
    """Return upright squares at which to look for a hand, the whole image first, then smaller ones.

    A landmark model finds a hand that fills a good part of its region; the tiles, in two sizes
    with overlaps, bring smaller and off-centre hands to that size. 640 x 480 px give 10 boxes.
    """
    boxes = [((width_px - 1) / 2, (height_px - 1) / 2, float(max(width_px, height_px)))]
    for share in _TILE_SIDES:
        side_px = share * min(width_px, height_px)
        for y_px in _tile_centres(height_px, side_px):
            boxes.extend((x_px, y_px, side_px) for x_px in _tile_centres(width_px, side_px))
    distinct = np.array(list(dict.fromkeys(boxes)))
    x_px, y_px, sides_px = distinct.T
    return RotatedBoxes(np.stack([x_px, y_px], axis=-1), sides_px, np.zeros(len(sides_px)))


def _tile_centres(length_px: int, side_px: float) -> list[float]:
    """Return evenly spread centres of tiles that cover 0 .. length_px along one axis."""
    free_px = length_px - side_px
    n_steps = min(_MOST_STEPS, int(np.ceil(free_px / (side_px * (1 - _OVERLAP)) - 1e-9)))
    first_px = (side_px - 1) / 2
    if n_steps <= 0:
        return [(length_px - 1) / 2]
    return [first_px + free_px * step / n_steps for step in range(n_steps + 1)]

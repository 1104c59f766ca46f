# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where to look for a hand that nobody has seen yet, when there is no detector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .observations import Observations, plausible_hands
from .region import boxes_from_landmarks
from .types import Array, RotatedBoxes

_TILE_SIDES = (1.0, 0.6)
"""Sides of the tiles over the shorter side of the image; the whole image comes before them."""

_OVERLAP = 0.25
"""Share of a tile's side that its neighbour covers too, at least."""

_MOST_STEPS = 8
"""Bounds the number of tiles along an axis, and so the time, in extremely long images."""

_LARGEST_GAP = 0.3
"""Distance, over the size of a hand, to the nearest landmark; what is further is another hand's."""

_SURROUNDINGS_SCALE = 2.1
"""Side of the region around a cluster over the cluster's: the rest of the hand fits in too."""

_DOUBLINGS = 5
"""A chain of all 21 landmarks has fewer than 2^5 links."""


class ImageSearch:
    """Names regions of the image at which to look for a hand, some in each frame, in turns."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin again with the first regions."""
        self._n_searches = 0

    def next_boxes(self, n_regions: int, width_px: int, height_px: int) -> RotatedBoxes:
        """Return the whole image and the smaller regions whose turn it is, n_regions at most."""
        boxes = search_boxes(width_px, height_px)
        n_tiles = len(boxes) - 1
        n_chosen = min(n_regions - 1, n_tiles)
        first = self._n_searches * n_chosen
        turn = [0] + [1 + (first + k) % n_tiles for k in range(n_chosen)]
        self._n_searches += 1
        return boxes[np.array(turn)]


def closer_boxes(
    seen: Observations, min_hand_score: float, width_px: int, height_px: int
) -> RotatedBoxes:
    """Return the region around the best hand seen in search regions, or none.

    Where a region shows two hands, or a part of one, the model may see some landmarks on the one
    and some elsewhere. Then the surroundings of the largest cluster of landmarks are looked at.
    """
    seen, boxes = plausible_hands(seen[seen.presence >= min_hand_score], width_px, height_px)
    if not len(seen):
        return boxes
    best = np.argmax(seen.presence * seen.landmark_score.mean(axis=1))
    xy_px = seen.xy_px[best]
    in_cluster = _largest_cluster(xy_px)
    if in_cluster.all():
        return boxes[[int(best)]]
    gathered = np.where(in_cluster[:, None], xy_px, xy_px[in_cluster].mean(axis=0))
    return boxes_from_landmarks(gathered[None], _SURROUNDINGS_SCALE)


def _largest_cluster(xy_px: Array) -> NDArray[np.bool_]:
    """Tell which landmarks, (21,), belong to the largest set without a large gap."""
    distance_px = np.linalg.norm(xy_px[:, None] - xy_px, axis=-1)
    is_reached = distance_px <= _LARGEST_GAP * np.ptp(xy_px, axis=0).max()
    for _ in range(_DOUBLINGS):
        is_reached = is_reached @ is_reached
    return np.asarray(is_reached[is_reached.sum(axis=1).argmax()])


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

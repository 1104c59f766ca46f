# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ways to read a landmark's place from its heatmap, to be compared with the runtime's.

Each takes heatmaps (N, 21, m, m), heights of 0-1, and the codec that draws such, and returns
xy_crop_px, (N, 21, 2). None is used by the runtime but `log_parabola`, which is the runtime's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from hand_landmarks_ros.core.codec import HeatmapCodec
from hand_landmarks_ros.core.types import Array

Decoder = Callable[[Array, HeatmapCodec], NDArray[np.float64]]

_SMALLEST = 1e-10
"""Below any height that counts, so that each has a logarithm."""

_WINDOW_SIGMAS = 2.0
"""How far the window around a peak reaches; beyond lie other peaks."""


def argmax(heatmaps: Array, codec: HeatmapCodec) -> NDArray[np.float64]:
    """Return the centre of the highest cell."""
    return _crop_px(_peaks(heatmaps), codec)


def quarter_offset(heatmaps: Array, codec: HeatmapCodec) -> NDArray[np.float64]:
    """Return the highest cell, moved a quarter of it towards the higher neighbour on each axis.

    Newell et al., "Stacked hourglass networks", ECCV 2016. A cell outside the map counts as 0.
    """
    peak = _peaks(heatmaps)
    near = _surroundings(heatmaps, peak, 1)
    towards = np.stack([near[..., 1, 2] - near[..., 1, 0], near[..., 2, 1] - near[..., 0, 1]], -1)
    return _crop_px(peak + 0.25 * np.sign(towards), codec)


def log_parabola(heatmaps: Array, codec: HeatmapCodec) -> NDArray[np.float64]:
    """Return what the runtime reads: vertices of parabolas through three logarithms."""
    return np.asarray(codec.decode(heatmaps)[0], np.float64)


def dark(heatmaps: Array, codec: HeatmapCodec) -> NDArray[np.float64]:
    """Return the maximum of a paraboloid fitted to the logarithm of the smoothed map.

    "Distribution-aware coordinate representation", Zhang et al., CVPR 2020: the map is smoothed
    with the Gaussian it was trained on, then one Newton step leads from the highest cell. Near the
    border, where cells of the step are missing, the highest cell's centre is returned.
    """
    peak = _peaks(heatmaps)
    smooth = gaussian_filter(np.asarray(heatmaps, np.float32), codec.sigma_px, axes=(2, 3))
    near: Array = np.log(np.maximum(_surroundings(smooth, peak, 2), _SMALLEST))

    def at(dx: int, dy: int) -> Array:
        return near[..., 2 + dy, 2 + dx]

    slope = 0.5 * np.stack([at(1, 0) - at(-1, 0), at(0, 1) - at(0, -1)], axis=-1)
    xx = 0.25 * (at(2, 0) - 2 * at(0, 0) + at(-2, 0))
    yy = 0.25 * (at(0, 2) - 2 * at(0, 0) + at(0, -2))
    xy = 0.25 * (at(1, 1) - at(-1, 1) - at(1, -1) + at(-1, -1))
    determinant = xx * yy - xy**2
    is_inside = ((peak >= 2) & (peak < codec.map_size_px - 2)).all(axis=-1)
    is_maximum = is_inside & (xx < 0) & (determinant > _SMALLEST)
    adjugate = np.stack([np.stack([yy, -xy], axis=-1), np.stack([-xy, xx], axis=-1)], axis=-2)
    step = (
        -(adjugate @ slope[..., None])[..., 0] / np.where(is_maximum, determinant, 1.0)[..., None]
    )
    # A step of more than a cell leaves where the fit was made.
    step = np.where(is_maximum[..., None], np.clip(step, -1.0, 1.0), 0.0)
    return _crop_px(peak + step, codec)


def gaussian_fit(heatmaps: Array, codec: HeatmapCodec) -> NDArray[np.float64]:
    """Return the middle of a round Gaussian fitted to the cells around the highest one.

    Least squares of the logarithms, each weighted by its height: Guo, "A simple algorithm for
    fitting a Gaussian function", IEEE Signal Processing Magazine, 2011. At most a cell from the
    highest one.
    """
    peak = _peaks(heatmaps)
    reach = _reach(codec)
    x, y = (axis.ravel() for axis in np.meshgrid(*[np.arange(-reach, reach + 1.0)] * 2))
    terms = np.stack([np.ones_like(x), x, y, x**2 + y**2])
    height = _surroundings(heatmaps, peak, reach).reshape(*peak.shape[:2], 1, -1)
    weighted = height * terms
    # A map without any slope has many fits; the small term chooses the flat one.
    normal = weighted @ terms.T + _SMALLEST * np.eye(len(terms))
    moments = weighted @ np.log(np.maximum(height, _SMALLEST)).swapaxes(-1, -2)
    fit = np.linalg.solve(normal, moments)[..., 0]
    curvature = np.minimum(fit[..., 3:], 0.0)
    step = -fit[..., 1:3] / (2.0 * np.where(curvature < 0.0, curvature, -np.inf))
    return _crop_px(peak + np.clip(step, -1.0, 1.0), codec)


def local_centre_of_mass(heatmaps: Array, codec: HeatmapCodec) -> NDArray[np.float64]:
    """Return the mean place of the cells around the highest one, weighted by their heights."""
    peak = _peaks(heatmaps)
    reach = _reach(codec)
    return _crop_px(peak + mean_place(_surroundings(heatmaps, peak, reach)) - reach, codec)


def soft_argmax(heatmaps: Array, codec: HeatmapCodec) -> NDArray[np.float64]:
    """Return the mean place over the whole map, weighted by heights.

    "Integral human pose regression", Sun et al., ECCV 2018, whose softmax of a map's logarithm is
    this map over its sum.
    """
    return _crop_px(mean_place(heatmaps), codec)


RUNTIME = "log-parabola (the runtime's)"

DECODERS: Mapping[str, Decoder] = {
    "argmax": argmax,
    "quarter offset": quarter_offset,
    RUNTIME: log_parabola,
    "DARK": dark,
    "Gaussian fit": gaussian_fit,
    "local centre of mass": local_centre_of_mass,
    "soft-argmax": soft_argmax,
}


def _peaks(heatmaps: Array) -> NDArray[np.int64]:
    """Return x and y of each map's highest cell, (N, 21, 2)."""
    n, k, height, width = heatmaps.shape
    peak = heatmaps.reshape(n, k, height * width).argmax(axis=-1)
    return np.stack([peak % width, peak // width], axis=-1)


def _reach(codec: HeatmapCodec) -> int:
    """Return how far the window around a peak reaches from it, cells."""
    return int(np.ceil(_WINDOW_SIGMAS * codec.sigma_px))


def _surroundings(maps: Array, peak: NDArray[np.int64], reach: int) -> NDArray[np.float64]:
    """Return the square around each peak, (N, 21, 2 reach + 1, 2 reach + 1); 0 outside the map."""
    size = maps.shape[-1]
    offset = np.arange(-reach, reach + 1)
    x = peak[..., 0, None, None] + offset
    y = peak[..., 1, None, None] + offset[:, None]
    is_inside = (x >= 0) & (x < size) & (y >= 0) & (y < size)
    n, k = np.ogrid[: maps.shape[0], : maps.shape[1]]
    values = maps[n[..., None, None], k[..., None, None], y.clip(0, size - 1), x.clip(0, size - 1)]
    return np.where(is_inside, values, 0.0)


def mean_place(maps: Array) -> NDArray[np.float64]:
    """Return x and y of each map's centre of mass, (N, 21, 2); the middle for a map of zeros."""
    weight = maps + _SMALLEST
    place = np.arange(maps.shape[-1], dtype=np.float64)
    moments = np.stack([weight.sum(axis=2) @ place, weight.sum(axis=3) @ place], axis=-1)
    return np.asarray(moments / weight.sum(axis=(2, 3))[..., None])


def _crop_px(xy_map: Array, codec: HeatmapCodec) -> NDArray[np.float64]:
    return np.asarray((xy_map + 0.5) * codec.stride_px - 0.5, np.float64)

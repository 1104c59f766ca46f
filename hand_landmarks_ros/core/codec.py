# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Heatmaps as a code for landmark positions, with a sub-pixel decoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import HandLandmarksError
from .score_calibration import ScoreCalibration
from .topology import N_LANDMARKS
from .types import Array, check_shape

_SMALLEST = np.float32(1e-6)


@dataclass(frozen=True)
class HeatmapCodec:
    """Gaussians of height 1 at each landmark, on a map `stride_px` times smaller than the crop.

    size_px: side of the square crop. stride_px: crop px per map px. sigma_px: standard deviation
    of the Gaussian, map px. Centres are drawn at their true sub-pixel place, not rounded.
    score_calibration: what turns a peak's height into the score of its landmark.
    """

    size_px: int
    stride_px: int
    sigma_px: float
    score_calibration: ScoreCalibration | None = None

    def __post_init__(self) -> None:
        if self.stride_px < 1 or self.size_px % self.stride_px or self.sigma_px <= 0:
            raise HandLandmarksError(
                f"a codec needs size_px divisible by stride_px and sigma_px > 0, found {self}"
            )

    @property
    def map_size_px(self) -> int:
        """Side of the heatmap."""
        return self.size_px // self.stride_px

    def encode(self, xy_crop_px: Array) -> NDArray[np.float32]:
        """Draw heatmaps (N, 21, h, w) float32 in 0-1 from xy_crop_px (N, 21, 2)."""
        check_shape("xy_crop_px", xy_crop_px, ("N", N_LANDMARKS, 2))
        xy_map = (np.asarray(xy_crop_px, np.float32) + 0.5) / self.stride_px - 0.5
        offset = np.arange(self.map_size_px, dtype=np.float32) - xy_map[..., None]
        falloff = np.exp(-0.5 * (offset / self.sigma_px) ** 2)
        return np.asarray(falloff[:, :, 1, :, None] * falloff[:, :, 0, None, :], np.float32)

    def decode(self, heatmaps: Array) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Find each map's peak: xy_crop_px (N, 21, 2) float32 and score (N, 21) float32 in 0-1.

        A parabola through the logarithm of the peak and its two neighbours on each axis is exact
        for a Gaussian (the one-dimensional case of DARK, Zhang et al., CVPR 2020). At the map's
        border, where a neighbour is missing, the parabola of the nearest inner triple is used.
        The score is the height of the peak, calibrated if the codec has a calibration.
        """
        check_shape("heatmaps", heatmaps, ("N", N_LANDMARKS, self.map_size_px, self.map_size_px))
        n, size = len(heatmaps), self.map_size_px
        flat = np.asarray(heatmaps, np.float32).reshape(n * N_LANDMARKS, size * size)
        rows = np.arange(len(flat))
        peak = flat.argmax(axis=1)
        score = flat[rows, peak]
        xy_map = np.stack(
            [
                self._refined(flat, rows, peak, peak % size, step=1),
                self._refined(flat, rows, peak, peak // size, step=size),
            ],
            axis=-1,
        )
        xy_crop_px = (xy_map + 0.5) * self.stride_px - 0.5
        shape = (n, N_LANDMARKS)
        height = np.clip(score, 0.0, 1.0).reshape(shape)
        return (
            xy_crop_px.reshape(*shape, 2).astype(np.float32),
            height if self.score_calibration is None else self.score_calibration(height),
        )

    def _refined(
        self, flat: Array, rows: Array, peak: Array, coordinate: Array, step: int
    ) -> NDArray[np.float32]:
        """Return the parabola's vertex along one axis, map px, at most half a pixel off."""
        middle = np.clip(coordinate, 1, self.map_size_px - 2)
        centre = peak + (middle - coordinate) * step
        below, at, above = (
            np.log(np.maximum(flat[rows, centre + k * step], _SMALLEST)) for k in (-1, 0, 1)
        )
        curvature = below - 2.0 * at + above
        shift = np.where(
            curvature < -1e-6, (below - above) / (2.0 * np.minimum(curvature, -1e-6)), 0.0
        )
        return np.asarray(np.clip(middle + shift, coordinate - 0.5, coordinate + 0.5), np.float32)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Maps of hand centres as a code for the boxes of any number of hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import HandLandmarksError
from .peak_calibration import PeakCalibration, peak_features
from .types import Array, RotatedBoxes, Rows, check_shape

MAP_CHANNELS = {"centre": 1, "box": 4, "region": 5, "handedness": 1}
"""The maps of a detector, by name, with their channels; one channel is no axis of its own."""

_FOOTPRINT = 0.54 / 6
"""Standard deviation of a centre's Gaussian over the side of its box (TTFNet, AAAI 2020)."""

_SMALLEST_SIGMA = 0.6
"""The same for small hands, map px: wide enough to show in the neighbouring cells."""

_LOWEST_OWNED = 0.1
"""Height to which a Gaussian is drawn, and to which its cells belong to its hand."""

_MOST_PEAKS = 256
"""Peaks of one image that are looked at, the highest; bounds the time of a wild map."""

LARGEST_LOG_SIZE = 6.0
"""Sizes are bounded to e^6 cells, so that no network output, however wild, overflows."""


@dataclass(frozen=True, eq=False)
class HandBoxes(Rows):
    """Where N hands are in one image, px of that image.

    bounds_px: (N, 4) float64, x0, y0, x1, y1: the upright box of what is seen of the hand.
    regions: the turned squares for the landmark model, as `boxes_from_landmarks` draws them.
    right_probability: (N,) float32, NaN where nobody knows.
    """

    bounds_px: NDArray[np.float64]
    regions: RotatedBoxes
    right_probability: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.regions)
        check_shape("bounds_px", self.bounds_px, (n, 4))
        check_shape("right_probability", self.right_probability, (n,))

    def __len__(self) -> int:
        return len(self.regions)


@dataclass(frozen=True)
class DetectionCodec:
    """Each hand as a peak at the centre of its box, with its geometry written around the peak.

    size_px: side of the square image. stride_px: image px per map px. All maps are m x m with
    m = size_px / stride_px; lengths in them are in cells, that is in stride_px, and offsets count
    from the centre of the cell they stand in:

    - centre (m, m): 0-1, 1 where the centre of a hand's box lies in the cell;
    - box (4, m, m): offset x and y of the box's centre, log width, log height;
    - region (5, m, m): offset x and y of the region's centre, log side, sine and cosine of its
      angle;
    - handedness (m, m): probability of a right hand.

    score_calibration: what makes a score of a peak; without it the score is the peak's height.

    After "Objects as Points" (Zhou et al., 2019), with Gaussians that follow the box's sides as in
    TTFNet (Liu et al., AAAI 2020): any cell near the peak tells the whole box, so training learns
    from all of them.
    """

    size_px: int
    stride_px: int
    score_calibration: PeakCalibration | None = None

    def __post_init__(self) -> None:
        if self.stride_px < 1 or self.size_px < 1 or self.size_px % self.stride_px:
            raise HandLandmarksError(
                f"a detection codec needs size_px divisible by stride_px, found {self}"
            )

    @property
    def map_size_px(self) -> int:
        """Side m of the maps."""
        return self.size_px // self.stride_px

    def map_shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of one of MAP_CHANNELS, without a batch."""
        n_channels, m = MAP_CHANNELS[name], self.map_size_px
        return (m, m) if n_channels == 1 else (n_channels, m, m)

    def encode(self, hands: HandBoxes) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.int64]]:
        """Draw the maps, and the index of the hand that owns each cell, (m, m), -1 for none.

        A cell belongs to the hand whose Gaussian is highest there, if above _LOWEST_OWNED; cells
        without an owner hold zeros, cells of a hand of unknown side NaN as handedness.
        """
        m = self.map_size_px
        centre_px, size_px = _centres_and_sizes(hands.bounds_px)
        cell = np.clip(np.floor((centre_px + 0.5) / self.stride_px), 0, m - 1)
        sigma = np.maximum(_FOOTPRINT * size_px / self.stride_px, _SMALLEST_SIGMA)
        offset = np.arange(m) - cell[..., None]
        falloff = np.exp(-0.5 * (offset / sigma[..., None]) ** 2)
        gaussians = np.concatenate(
            [np.full((1, m, m), _LOWEST_OWNED), falloff[:, 1, :, None] * falloff[:, 0, None, :]]
        )
        owner = gaussians.argmax(axis=0) - 1
        values = self._cell_values(hands, centre_px, size_px)[:, owner]
        places = [0, 1, 4, 5]
        origin_px = np.concatenate([self._cell_centres_px()] * 2)
        values[places] = (values[places] - origin_px) / self.stride_px
        values = np.where(owner >= 0, values, 0.0).astype(np.float32)
        maps = {"box": values[:4], "region": values[4:9], "handedness": values[9]}
        maps["centre"] = np.where(owner >= 0, gaussians.max(axis=0), 0.0).astype(np.float32)
        return maps, owner

    def decode(
        self, maps: Mapping[str, Array], min_score: float, max_candidates: int
    ) -> tuple[HandBoxes, NDArray[np.float32]]:
        """Read the hands at the peaks of `centre`, best first, and their scores (N,) float32.

        Only those of at least min_score, and at most max_candidates, however many there are.
        """
        hands, height, features = self.peaks(maps)
        score = height if self.score_calibration is None else self.score_calibration(features)
        best = np.argsort(-score, kind="stable")[:max_candidates]
        best = best[score[best] >= min_score]
        return hands[best], score[best]

    def peaks(
        self, maps: Mapping[str, Array]
    ) -> tuple[HandBoxes, NDArray[np.float32], NDArray[np.float64]]:
        """Read the hands at all peaks, highest first, with heights (N,) and PEAK_FEATURES (N, 3).

        A peak is a cell above zero that no neighbour exceeds. Of what is no number nothing is read.
        """
        for name in MAP_CHANNELS:
            check_shape(name, maps[name], self.map_shape(name))
        is_number = np.isfinite(np.concatenate([maps["box"], maps["region"]])).all(axis=0)
        is_number &= np.isfinite(maps["centre"])
        centre = np.where(is_number, maps["centre"], 0.0).astype(np.float32)
        highest_near = cv2.dilate(centre, np.ones((3, 3), np.uint8))
        rows, columns = np.nonzero((centre >= highest_near) & (centre > 0.0))
        highest = np.argsort(-centre[rows, columns], kind="stable")[:_MOST_PEAKS]
        rows, columns = rows[highest], columns[highest]
        cell_px = self._cell_centres_px()[:, rows, columns].T
        box, region = (
            maps[name][:, rows, columns].T.astype(np.float64) for name in ("box", "region")
        )
        centre_px = cell_px + box[:, :2] * self.stride_px
        half_px = self._size_from_log(box[:, 2:4]) / 2
        hands = HandBoxes(
            bounds_px=np.concatenate([centre_px - half_px, centre_px + half_px], axis=1),
            regions=RotatedBoxes(
                centre_px=cell_px + region[:, :2] * self.stride_px,
                side_px=self._size_from_log(region[:, 2]),
                angle_rad=np.arctan2(region[:, 3], region[:, 4]),
            ),
            right_probability=maps["handedness"][rows, columns].astype(np.float32),
        )
        features = peak_features(centre, maps["handedness"], rows, columns)
        return hands, centre[rows, columns], features

    def _cell_values(
        self, hands: HandBoxes, centre_px: NDArray[np.float64], size_px: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return what each hand writes into its cells, (10, N + 1), places still in px.

        The last column, zeros, is for cells of owner -1.
        """
        regions = hands.regions
        columns = [
            centre_px,
            np.log(np.maximum(size_px, 1e-3) / self.stride_px),
            regions.centre_px,
            np.log(regions.side_px / self.stride_px)[:, None],
            np.sin(regions.angle_rad)[:, None],
            np.cos(regions.angle_rad)[:, None],
            hands.right_probability[:, None],
        ]
        values = np.concatenate(columns, axis=1).T
        return np.concatenate([values, np.zeros((len(values), 1))], axis=1)

    def _cell_centres_px(self) -> NDArray[np.float64]:
        """Return x and y of each cell's centre, (2, m, m) image px."""
        place_px = (np.arange(self.map_size_px) + 0.5) * self.stride_px - 0.5
        return np.stack(np.meshgrid(place_px, place_px))

    def _size_from_log(self, log_size: NDArray[np.float64]) -> NDArray[np.float64]:
        bounded = np.clip(log_size, -LARGEST_LOG_SIZE, LARGEST_LOG_SIZE)
        return np.asarray(np.exp(bounded) * self.stride_px)


def _centres_and_sizes(
    bounds_px: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = bounds_px[:, :2], bounds_px[:, 2:]
    return (low + high) / 2, high - low

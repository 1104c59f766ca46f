# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a detector's peaks show of hands and of what is none, and the fit of its scores to that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hand_landmarks_ros.core.association import bounds_overlap
from hand_landmarks_ros.core.detection import detector_maps
from hand_landmarks_ros.core.geometry import apply
from hand_landmarks_ros.core.inference import Backend
from hand_landmarks_ros.core.peak_calibration import PEAK_FEATURES, PeakCalibration
from hand_landmarks_ros.core.types import Array

from .datasets.records import ImageRecord

Floats = NDArray[np.float64]

_LOWEST_PEAK = 0.05
"""Lower peaks are hands hardly ever, and so many that the fit would be about them alone."""

_HAND_OVERLAP = 0.4
_OTHER_OVERLAP = 0.1
"""Intersection over union from which on a peak's box is that of a hand, and up to which it shows
none; those between are left out."""

FALSE_IN_100 = 1.0
"""False boxes that are put up with in 100 pictures without a hand, at a score of 0.5."""

_RIDGE = 1e-3
"""Strength of the prior that draws standardised weights to zero."""


@dataclass(frozen=True, eq=False)
class LabelledPeaks:
    """N peaks. features: (N, 3), PEAK_FEATURES. height: (N,). is_hand: (N,), else it is none.

    n_missed: hands without a peak. n_empty: pictures without a hand, of which came the peaks
    is_in_empty, (N,).
    """

    features: Array
    height: Array
    is_hand: NDArray[np.bool_]
    is_in_empty: NDArray[np.bool_]
    n_missed: int
    n_empty: int

    @property
    def n_hands(self) -> int:
        """Hands in the pictures."""
        return int(self.is_hand.sum()) + self.n_missed

    @staticmethod
    def joined(parts: Sequence[LabelledPeaks]) -> LabelledPeaks:
        """Put the peaks of several sets together."""
        return LabelledPeaks(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.height for part in parts]),
            np.concatenate([part.is_hand for part in parts]),
            np.concatenate([part.is_in_empty for part in parts]),
            sum(part.n_missed for part in parts),
            sum(part.n_empty for part in parts),
        )


def labelled_peaks(backend: Backend, records: Sequence[ImageRecord], name: str) -> LabelledPeaks:
    """Return the peaks of a detector in pictures, at least one, of which all hands are labelled."""
    return LabelledPeaks.joined(
        [_peaks_of_picture(backend, record) for record in tqdm(records, name, leave=False)]
    )


def _peaks_of_picture(backend: Backend, record: ImageRecord) -> LabelledPeaks:
    maps, model_from_image = detector_maps(backend, record.read_image())
    found, height, features = backend.card.detection_codec().peaks(maps)
    truth_px = np.array([hand.bounds_px for hand in record.hands]).reshape(-1, 2, 2)
    overlap = bounds_overlap(
        _corners(apply(model_from_image, truth_px)), _corners(found.bounds_px.reshape(-1, 2, 2))
    )
    sought = overlap[[hand.must_be_found for hand in record.hands]]
    is_hand = np.zeros(len(found), bool)
    if len(found):
        is_hand[sought.argmax(axis=1)[sought.max(axis=1) >= _HAND_OVERLAP]] = True
    is_other = overlap.max(axis=0, initial=0.0) <= _OTHER_OVERLAP
    kept = (is_hand | is_other) & (height >= _LOWEST_PEAK)
    return LabelledPeaks(
        features=features[kept],
        height=height[kept],
        is_hand=is_hand[kept],
        is_in_empty=np.full(int(kept.sum()), not record.hands),
        n_missed=len(sought) - int((is_hand & kept).sum()),
        n_empty=int(not record.hands),
    )


def fit_peak_calibration(sets: Sequence[LabelledPeaks]) -> PeakCalibration:
    """Fit the logistic regression of what a peak is on its features.

    The hands of each set count once, and all together as much as all that is none. No feature gets
    a negative weight. The offset is such that of 100 pictures without a hand FALSE_IN_100 at most
    have a peak with a score of 0.5 or more; where there are fewer pictures, at even odds.
    """
    from scipy.optimize import minimize

    peaks = LabelledPeaks.joined(sets)
    per_hand = np.concatenate(
        [np.full(len(part.is_hand), 1.0 / max(1, part.is_hand.sum())) for part in sets]
    )
    weight = np.where(peaks.is_hand, per_hand, 0.0)
    weight = weight / weight.sum() + ~peaks.is_hand / (~peaks.is_hand).sum()
    mean = peaks.features.mean(axis=0)
    spread = np.maximum(peaks.features.std(axis=0), 1e-6)  # a feature may tell nothing
    columns = np.column_stack([(peaks.features - mean) / spread, np.ones(len(peaks.features))])
    sign = np.where(peaks.is_hand, 1.0, -1.0)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        margin = sign * (columns @ parameters)
        ridge = _RIDGE * np.append(parameters[:-1], 0.0)
        value = weight @ np.logaddexp(0.0, -margin) + 0.5 * ridge @ parameters
        slack = -weight * sign / (1.0 + np.exp(np.clip(margin, -500, 500)))
        return float(value), slack @ columns + ridge

    n = len(PEAK_FEATURES)
    bounds = [(0.0, None)] * n + [(None, None)]
    fitted = minimize(loss, np.zeros(n + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    slope = fitted[:-1] / spread
    offset = fitted[-1] - slope @ mean
    n_allowed = int(FALSE_IN_100 * peaks.n_empty / 100)
    highest_false = -np.sort(-(peaks.features[peaks.is_in_empty] @ slope))
    if 0 < n_allowed < len(highest_false):
        offset = -(highest_false[n_allowed - 1] + highest_false[n_allowed]) / 2
    return PeakCalibration(tuple(slope.tolist()), float(offset))


def share_found(peaks: LabelledPeaks, score: Array, least_score: float) -> float:
    """Return the share of the hands, (N,) scores, that have at least that score."""
    n_found = int((score[peaks.is_hand] >= least_score).sum())
    return n_found / peaks.n_hands if peaks.n_hands else np.nan


def false_per_100(peaks: LabelledPeaks, score: Array, least_score: float) -> float:
    """Return how many peaks in 100 pictures without a hand have at least that score."""
    n_false = int((score[peaks.is_in_empty] >= least_score).sum())
    return 100.0 * n_false / peaks.n_empty if peaks.n_empty else np.nan


def _corners(bounds_px: Array) -> tuple[Array, Array]:
    """Return the low and the high corners of boxes (N, 2, 2)."""
    return bounds_px[:, 0], bounds_px[:, 1]

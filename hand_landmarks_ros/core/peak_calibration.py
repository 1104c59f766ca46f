# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From what a detector's map shows around a peak to how sure it is that a hand is there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import HandLandmarksError
from .score_calibration import logit
from .types import Array

PEAK_FEATURES = ("height", "breadth", "sidedness")
"""What `peak_features` tells of each peak."""


@dataclass(frozen=True)
class PeakCalibration:
    """How sure it is, 0-1, that a peak is a hand, by logistic regression on PEAK_FEATURES.

    It is sigmoid(weight · features + offset). Weights are positive: none counts against a hand.
    The offset says which mixture of hands and false alarms 0.5 stands for.
    """

    weight: tuple[float, ...]
    offset: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", tuple(self.weight))
        numbers = np.array([*self.weight, self.offset], np.float64)
        if len(self.weight) != len(PEAK_FEATURES) or not np.isfinite(numbers).all():
            raise HandLandmarksError(
                f"a peak calibration needs finite weights of {', '.join(PEAK_FEATURES)} and an "
                f"offset, found {self}"
            )
        if min(self.weight) < 0:
            raise HandLandmarksError(f"weights must be positive, found {self.weight}")

    def __call__(self, features: Array) -> NDArray[np.float32]:
        """Return the scores, (N,) float32, of peaks with features (N, 3)."""
        exponent = features @ np.array(self.weight) + self.offset
        return np.asarray(1.0 / (1.0 + np.exp(-exponent)), np.float32)


def peak_features(centre: Array, handedness: Array, rows: Array, columns: Array) -> Array:
    """Return PEAK_FEATURES of the peaks in those N cells of the maps (m, m), (N, 3).

    height: logit of the peak. breadth: mean of the peak and its neighbours, over the peak; what is
    no hand gives a peak of a cell or two, not the Gaussian of a box. sidedness: how sure the
    network is of the hand's side, 0-1; of what is no hand it is not.
    """
    height = centre[rows, columns]
    breadth = cv2.blur(centre, (3, 3), borderType=cv2.BORDER_REPLICATE)[rows, columns] / height
    sidedness = np.abs(2.0 * np.nan_to_num(handedness[rows, columns], nan=0.5) - 1.0)
    return np.stack([logit(height), breadth, sidedness], axis=-1)

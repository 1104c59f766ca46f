# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From the height of a landmark's peak to the probability that the landmark is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import HandLandmarksError
from .topology import N_LANDMARKS
from .types import Array

CALIBRATED_LIMIT = 5.0 / (224.0 / 1.5)
"""A landmark is right when it errs by less than this share of the hand's size.

5 px on the 224-px crop of the evaluation protocol, in which the hand's longer side is 149 px."""

_SMALLEST, _LARGEST = 0.05, 0.95
"""Heights beyond count as these. A peak sharper than the training target reaches 1 and is cut off
there, so that the largest heights tell no more of the error than 0.95 does."""


@dataclass(frozen=True)
class ScoreCalibration:
    """Each landmark's probability of an error below CALIBRATED_LIMIT, from its peak's height.

    The probability is sigmoid(slope * logit(height) + offset), with a slope and an offset for each
    of the 21 landmarks (Platt 1999). Slopes are positive, so a higher peak never counts less.
    """

    slope: tuple[float, ...]
    offset: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in ("slope", "offset"):
            values = tuple(getattr(self, name))
            object.__setattr__(self, name, values)
            if len(values) != N_LANDMARKS or not np.all(np.isfinite(values)):
                raise HandLandmarksError(
                    f"a score calibration needs {N_LANDMARKS} finite values of {name}, found "
                    f"{values}"
                )
        if min(self.slope) <= 0:
            raise HandLandmarksError(f"slopes must be positive, found {self.slope}")

    def __call__(self, peak_height: Array) -> NDArray[np.float32]:
        """Return the probabilities, (N, 21) float32, of peaks (N, 21) in 0-1."""
        exponent = np.multiply(self.slope, logit(peak_height)) + self.offset
        return np.asarray(1.0 / (1.0 + np.exp(-exponent)), np.float32)


def logit(peak_height: Array) -> NDArray[np.float64]:
    """Return log(h / (1 - h)) of peaks' heights h, which are kept away from 0 and 1."""
    height = np.clip(np.asarray(peak_height, np.float64), _SMALLEST, _LARGEST)
    return np.asarray(np.log(height) - np.log1p(-height))

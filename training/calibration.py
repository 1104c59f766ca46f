# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a landmark's score predicts its error, and the fit that makes it so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.region import HAND_REGION_SCALE
from hand_landmarks_ros.core.score_calibration import CALIBRATED_LIMIT, ScoreCalibration, logit
from hand_landmarks_ros.core.topology import N_LANDMARKS

from .metrics import PROTOCOL_SIZE_PX

Floats = NDArray[np.float64]

RIGHT_WITHIN_PX = CALIBRATED_LIMIT * PROTOCOL_SIZE_PX / HAND_REGION_SCALE
"""A landmark is right within this error, px of the 224-px crop."""

N_BINS = 15
"""Bins of equal width, as in Guo et al., On Calibration of Modern Neural Networks, ICML 2017."""

_PRIOR_STRENGTH = 20.0
"""Weight of what all landmarks have in common in the fit of each, in landmarks seen."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """Scores in bins of equal width, empty ones left out: mean score, share right, number."""

    score: Floats
    share_right: Floats
    n: Floats

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance between score and share right, each landmark counting once."""
        return float(np.average(np.abs(self.score - self.share_right), weights=self.n))


def reliability(score: Floats, errors_px: Floats) -> Reliability:
    """Return how often landmarks of like scores are right; at least one must have an error.

    score, errors_px: of one shape; a NaN error does not count. errors_px is of the 224-px crop.
    """
    known = np.isfinite(errors_px)
    kept, is_right = score[known], errors_px[known] <= RIGHT_WITHIN_PX
    bins = np.minimum((kept * N_BINS).astype(np.int64), N_BINS - 1)
    n = np.bincount(bins, minlength=N_BINS).astype(np.float64)
    filled = n > 0
    totals = (np.bincount(bins, values, minlength=N_BINS) for values in (kept, is_right))
    mean_score, share_right = (total[filled] / n[filled] for total in totals)
    return Reliability(mean_score, share_right, n[filled])


def fit_calibration(
    score: Floats, errors_px: Floats, weight: Floats | None = None
) -> ScoreCalibration:
    """Fit a calibration to scores and errors, (N, 21); a NaN error does not count.

    weight: (N,), how much each hand counts, 1 on average. Every landmark has its own map, drawn
    towards the one that fits all landmarks together, so that a landmark seen seldom is safe.
    """
    is_known = np.isfinite(errors_px)
    is_right = errors_px <= RIGHT_WITHIN_PX
    height = logit(score)
    weights = is_known * (np.ones(len(score)) if weight is None else weight)[:, None]
    common = _fitted(height.ravel(), is_right.ravel(), weights.ravel(), np.array([0.0, 0.0]), 0.01)
    each = [
        _fitted(height[:, k], is_right[:, k], weights[:, k], common, _PRIOR_STRENGTH)
        for k in range(N_LANDMARKS)
    ]
    return ScoreCalibration(
        slope=tuple(float(np.exp(log_slope)) for log_slope, _ in each),
        offset=tuple(float(offset) for _, offset in each),
    )


def _fitted(
    height: Floats, is_right: NDArray[np.bool_], weight: Floats, prior: Floats, strength: float
) -> Floats:
    """Return logarithm of the slope, and offset, of the most likely map; the prior is normal."""
    from scipy.optimize import minimize

    kept = weight > 0
    height, is_right, weight = height[kept], is_right[kept], weight[kept]
    sign = np.where(is_right, 1.0, -1.0)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slope, offset = np.exp(parameters[0]), parameters[1]
        margin = sign * (slope * height + offset)
        away = parameters - prior
        value = weight @ np.logaddexp(0.0, -margin) + 0.5 * strength * away @ away
        slack = -weight * sign / (1.0 + np.exp(np.clip(margin, -500, 500)))
        gradient = np.array([slope * (slack @ height), slack.sum()]) + strength * away
        return float(value), gradient

    result = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=[(-5, 5), (-50, 50)])
    return np.asarray(result.x)

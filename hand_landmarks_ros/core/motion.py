# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Predicts where the landmarks of a hand will be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .fingers import FINGER_ROWS, largest_of
from .geometry import dot
from .types import Array

Points = NDArray[np.float64]


class MotionFilter:
    """Kalman filter of position and velocity, one per landmark, all landmarks at once.

    The velocity is driven by white noise of spectral density (acceleration_density * scale)^2,
    px^2/s^3 (Bar-Shalom, Li and Kirubarajan 2001, section 6.2.2). Both axes of a landmark share one
    2 x 2 covariance, written out in closed form. A landmark is measured with standard deviation
    measurement_noise * scale / score. A stamp older than the last one starts the filter anew.

    The density is that of a hand nearly at rest. When the landmarks of the hand together, or most
    of a finger's, stray from their predictions by more than their covariances allow, the hand or
    the finger is speeding up: its covariances then grow by the one factor that makes the surprise
    an ordinary one (the fading factor of the strong tracking filter; Zhou and Frank, International
    Journal of Control 63(2), 1996). Single landmarks that jump are no such evidence.

    acceleration_density: hand sizes / s^1.5. measurement_noise: hand sizes; a prediction that
    trembles does no harm, one that lags does. initial_speed: standard deviation of the speed of a
    hand first seen, hand sizes / s. lowest_score: scores below count as this one.
    """

    LARGEST_SURPRISE = 4.0
    """For the hand, no landmark's squared innovation counts for more times its variance."""

    FINGER_TOLERANCE = 1.5
    """Four landmarks scatter more than 21: a finger's surprise must be larger to count."""

    def __init__(
        self,
        acceleration_density: float = 0.01,
        measurement_noise: float = 0.01,
        initial_speed: float = 2.0,
        lowest_score: float = 0.05,
    ) -> None:
        self._acceleration_density = acceleration_density
        self._measurement_noise = measurement_noise
        self._initial_speed = initial_speed
        self._lowest_score = lowest_score
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._stamp_s = np.inf

    def update(self, xy_px: Array, score: Array, stamp_s: float, scale_px: float) -> Points:
        """Take in a measurement and return the filtered points, (21, 2) px."""
        noise_px = self._measurement_noise * scale_px / np.maximum(score, self._lowest_score)
        variance = np.square(noise_px, dtype=np.float64)
        if stamp_s < self._stamp_s:
            self._start(xy_px, variance, scale_px)
        else:
            self._advance(stamp_s - self._stamp_s, (self._acceleration_density * scale_px) ** 2)
            innovation = xy_px - self._position
            self._widen(innovation, variance)
            self._correct(innovation, variance)
        self._stamp_s = stamp_s
        return self._position.copy()

    def predict(self, stamp_s: float) -> Points:
        """Return where the points are expected, (21, 2) px; changes nothing."""
        return np.asarray(self._position + self._velocity * max(0.0, stamp_s - self._stamp_s))

    def _start(self, xy_px: Array, variance: Array, scale_px: float) -> None:
        self._position = np.array(xy_px, np.float64)
        self._velocity = np.zeros_like(self._position)
        self._p_xx = variance
        self._p_xv = np.zeros_like(variance)
        self._p_vv = np.full_like(variance, (self._initial_speed * scale_px) ** 2)

    def _advance(self, dt_s: float, density: float) -> None:
        """Move the state on by dt_s: F P F' + Q."""
        self._position += dt_s * self._velocity
        self._p_xx += dt_s * (2.0 * self._p_xv + dt_s * self._p_vv) + density * dt_s**3 / 3.0
        self._p_xv += dt_s * self._p_vv + density * dt_s**2 / 2.0
        self._p_vv += density * dt_s

    def _widen(self, innovation: Points, variance: Array) -> None:
        """Multiply P so that the mean squared innovation is what it then leads to expect.

        Each landmark counts in units of its own measurement variance.
        """
        uncertainty = self._p_xx / variance
        surprise = 0.5 * dot(innovation, innovation) / variance / (1.0 + uncertainty)
        of_hand = np.minimum(surprise, self.LARGEST_SURPRISE).mean()
        # The median of four; np.median takes several times as long.
        middle_two = np.sort(surprise[FINGER_ROWS], axis=1)[:, 1:3]
        of_finger = middle_two.sum(axis=1) / (2.0 * self.FINGER_TOLERANCE)
        mean_uncertainty = uncertainty.mean()
        mean_square = largest_of(of_hand, of_finger) * (1.0 + mean_uncertainty)
        factor = np.maximum(1.0, (mean_square - 1.0) / mean_uncertainty)
        self._p_xx *= factor
        self._p_xv *= factor
        self._p_vv *= factor

    def _correct(self, innovation: Points, variance: Array) -> None:
        """Weigh the measurement in: the Kalman gain and (I - K H) P."""
        total = self._p_xx + variance
        gain_x, gain_v = self._p_xx / total, self._p_xv / total
        self._position += gain_x[:, None] * innovation
        self._velocity += gain_v[:, None] * innovation
        self._p_vv -= gain_v * self._p_xv
        self._p_xv -= gain_x * self._p_xv
        self._p_xx -= gain_x * self._p_xx

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Predicts where the landmarks of hands will be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .filtering import Measurements, Points, TimedHands
from .fingers import FINGER_ROWS, largest_of
from .geometry import dot
from .types import Array


@dataclass(frozen=True, eq=False)
class MovingHands(TimedHands):
    """N hands and how fast they are: velocity_px_s, (N, 21, 2).

    p_xx, p_xv, p_vv: (N, 21), the covariance of place and velocity of each landmark, per axis.
    """

    velocity_px_s: Points
    p_xx: Array
    p_xv: Array
    p_vv: Array

    def expected_xy_px(self, stamp_s: float) -> Points:
        """Return where the landmarks are expected, (N, 21, 2) px, if nothing slows them down."""
        ahead_s = np.maximum(0.0, stamp_s - self.stamp_s)
        return np.asarray(self.xy_px + self.velocity_px_s * ahead_s[:, None, None])


class MotionFilter:
    """Kalman filter of position and velocity, one per landmark, all landmarks at once.

    The velocity is driven by white noise of spectral density (acceleration_density * scale)^2,
    px^2/s^3 (Bar-Shalom, Li and Kirubarajan 2001, section 6.2.2). Both axes of a landmark share one
    2 x 2 covariance, written out in closed form. A landmark is measured with standard deviation
    measurement_noise * scale / score.

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

    def start(self, measured: Measurements) -> MovingHands:
        """Return hands first seen, of which nobody knows how they move."""
        variance = self._measured_variance(measured)
        initial_speed_px_s = self._initial_speed * measured.size_px[:, None]
        return MovingHands(
            xy_px=measured.xy_px,
            velocity_px_s=np.zeros_like(measured.xy_px),
            p_xx=variance,
            p_xv=np.zeros_like(variance),
            p_vv=np.broadcast_to(initial_speed_px_s**2, variance.shape),
            stamp_s=measured.stamp_s,
        )

    def update(self, before: MovingHands, measured: Measurements) -> MovingHands:
        """Return the hands after one more measurement of each."""
        predicted = self._predicted(before, measured)
        variance = self._measured_variance(measured)
        innovation = measured.xy_px - predicted.xy_px
        factor = self._fading_factor(innovation, predicted.p_xx, variance)
        p_xx, p_xv = factor * predicted.p_xx, factor * predicted.p_xv
        # The Kalman gain and (I - K H) P.
        total = p_xx + variance
        gain_x, gain_v = p_xx / total, p_xv / total
        return MovingHands(
            xy_px=predicted.xy_px + gain_x[..., None] * innovation,
            velocity_px_s=predicted.velocity_px_s + gain_v[..., None] * innovation,
            p_xx=p_xx - gain_x * p_xx,
            p_xv=p_xv - gain_x * p_xv,
            p_vv=factor * predicted.p_vv - gain_v * p_xv,
            stamp_s=measured.stamp_s,
        )

    def _measured_variance(self, measured: Measurements) -> Array:
        noise_px = self._measurement_noise * measured.size_px[:, None]
        score = np.maximum(measured.score, self._lowest_score, dtype=np.float64)
        return np.asarray(np.square(noise_px / score))

    def _predicted(self, before: MovingHands, measured: Measurements) -> MovingHands:
        """Move the state on: F P F' + Q."""
        dt_s = (measured.stamp_s - before.stamp_s)[:, None]
        density = np.square(self._acceleration_density * measured.size_px)[:, None]
        p_xx, p_xv, p_vv = before.p_xx, before.p_xv, before.p_vv
        return MovingHands(
            xy_px=before.xy_px + dt_s[..., None] * before.velocity_px_s,
            velocity_px_s=before.velocity_px_s,
            p_xx=p_xx + dt_s * (2.0 * p_xv + dt_s * p_vv) + density * dt_s**3 / 3.0,
            p_xv=p_xv + dt_s * p_vv + density * dt_s**2 / 2.0,
            p_vv=p_vv + density * dt_s,
            stamp_s=measured.stamp_s,
        )

    def _fading_factor(self, innovation: Points, p_xx: Array, variance: Array) -> Array:
        """Return by what to multiply P, (N, 21).

        The mean squared innovation is then what P leads to expect. Each landmark counts in units
        of its own measurement variance.
        """
        uncertainty = p_xx / variance
        surprise = 0.5 * dot(innovation, innovation) / variance / (1.0 + uncertainty)
        of_hand = np.minimum(surprise, self.LARGEST_SURPRISE).mean(axis=-1)
        # The median of four; np.median takes several times as long.
        middle_two = np.sort(surprise[:, FINGER_ROWS], axis=-1)[..., 1:3]
        of_finger = middle_two.sum(axis=-1) / (2.0 * self.FINGER_TOLERANCE)
        mean_uncertainty = uncertainty.mean(axis=-1)[:, None]
        mean_square = largest_of(of_hand, of_finger) * (1.0 + mean_uncertainty)
        return np.asarray(np.maximum(1.0, (mean_square - 1.0) / mean_uncertainty))

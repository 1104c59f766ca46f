# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Filters over time for the landmarks of one hand.

All share one contract, `Smoother`. Noise and speed are stated in hand sizes, so that a near and a
far hand behave alike. Time is an argument: a stamp older than the last one starts the filter anew,
an equal one counts as a second look at the same instant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .topology import FINGERS, N_LANDMARKS
from .types import Array

Points = NDArray[np.float64]

_FINGERS = np.array(list(FINGERS.values()))
"""Landmarks of each finger, (5, 4). A finger moves as one; a single landmark that jumps errs."""


class Smoother(Protocol):
    """Filters the landmarks of one hand, frame by frame."""

    def update(self, xy_px: Array, score: Array, stamp_s: float, scale_px: float) -> Points:
        """Take in a measurement and return the filtered points, (21, 2) px.

        xy_px: (21, 2). score: (21,), 0-1. scale_px: size of the hand in the image.
        """
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


class KalmanFilter:
    """Kalman filter of position and velocity, one per landmark, all landmarks at once.

    The velocity dies away with the time constant course_s, so that landmarks do not overshoot where
    a hand stops; None keeps it as it is. It is driven by white noise of spectral density
    (acceleration_density * scale)^2, px^2/s^3 (Bar-Shalom, Li and Kirubarajan 2001, section 6.2.2).
    Both axes of a landmark share one 2 x 2 covariance, written out in closed form. A landmark is
    measured with standard deviation measurement_noise * scale / score.

    The density is that of a hand nearly at rest. When the landmarks of the hand together, or most
    of a finger's, stray from their predictions by more than their covariances allow, the hand or
    the finger is speeding up: its covariances then grow by the one factor that makes the surprise
    an ordinary one (the fading factor of the strong tracking filter; Zhou and Frank, International
    Journal of Control 63(2), 1996). Single landmarks that jump are no such evidence.

    acceleration_density: hand sizes / s^1.5. measurement_noise: hand sizes; more than landmarks
    err, for images in a row err alike and so each tells less than a new one would. initial_speed:
    standard deviation of the speed of a hand first seen, hand sizes / s. lowest_score: scores below
    count as this one, so that a hand badly seen does not trail behind.
    """

    LARGEST_SURPRISE = 4.0
    """For the hand, no landmark's squared innovation counts for more times its variance."""

    FINGER_TOLERANCE = 1.5
    """Four landmarks scatter more than 21: a finger's surprise must be larger to count."""

    def __init__(
        self,
        acceleration_density: float = 0.01,
        measurement_noise: float = 0.02,
        initial_speed: float = 2.0,
        course_s: float | None = 0.07,
        lowest_score: float = 0.3,
    ) -> None:
        self._acceleration_density = acceleration_density
        self._measurement_noise = measurement_noise
        self._initial_speed = initial_speed
        self._course_s = course_s
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
        ahead_s, _ = self._course(max(0.0, stamp_s - self._stamp_s))
        return np.asarray(self._position + self._velocity * ahead_s)

    def _course(self, dt_s: float) -> tuple[float, float]:
        """Return how far a landmark gets in dt_s over its velocity, s, and what is left of that."""
        if self._course_s is None:
            return dt_s, 1.0
        left = float(np.exp(-dt_s / self._course_s))
        return self._course_s * (1.0 - left), left

    def _start(self, xy_px: Array, variance: Array, scale_px: float) -> None:
        self._position = np.array(xy_px, np.float64)
        self._velocity = np.zeros_like(self._position)
        self._p_xx = variance
        self._p_xv = np.zeros_like(variance)
        self._p_vv = np.full_like(variance, (self._initial_speed * scale_px) ** 2)

    def _advance(self, dt_s: float, density: float) -> None:
        """Move the state on by dt_s: F P F' + Q."""
        ahead_s, left = self._course(dt_s)
        self._position += ahead_s * self._velocity
        self._velocity *= left
        self._p_xx += ahead_s * (2.0 * self._p_xv + ahead_s * self._p_vv) + density * dt_s**3 / 3.0
        self._p_xv = left * (self._p_xv + ahead_s * self._p_vv) + density * dt_s**2 / 2.0
        self._p_vv = left**2 * self._p_vv + density * dt_s

    def _widen(self, innovation: Points, variance: Array) -> None:
        """Multiply P so that the mean squared innovation is what it then leads to expect.

        Each landmark counts in units of its own measurement variance.
        """
        uncertainty = self._p_xx / variance
        surprise = np.square(innovation).mean(axis=1) / variance / (1.0 + uncertainty)
        of_hand = np.minimum(surprise, self.LARGEST_SURPRISE).mean()
        of_finger = np.median(surprise[_FINGERS], axis=1) / self.FINGER_TOLERANCE
        mean_square = _per_landmark(of_hand, of_finger) * (1.0 + uncertainty.mean())
        factor = np.maximum(1.0, (mean_square - 1.0) / uncertainty.mean())
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


class OneEuroFilter:
    """One Euro filter (Casiez, Roussel and Vogel, CHI 2012): a low-pass that opens up with speed.

    The speed is that of the finger or of the hand, whichever is faster, in the image plane and in
    hand sizes / s: the median of their landmarks' velocities, which one that jumps does not alter.
    Scores are not used.

    min_cutoff_hz: cut-off of a still hand. speed_coefficient: how much the cut-off rises, Hz per
    hand size / s (beta in the paper). speed_cutoff_hz: cut-off of the speed's own low-pass.
    """

    def __init__(
        self,
        min_cutoff_hz: float = 0.2,
        speed_coefficient: float = 1.2,
        speed_cutoff_hz: float = 1.5,
    ) -> None:
        self._min_cutoff_hz = min_cutoff_hz
        self._speed_coefficient = speed_coefficient
        self._speed_cutoff_hz = speed_cutoff_hz
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._stamp_s = np.inf

    def update(self, xy_px: Array, score: Array, stamp_s: float, scale_px: float) -> Points:
        """Take in a measurement and return the filtered points, (21, 2) px."""
        dt_s = stamp_s - self._stamp_s
        if dt_s < 0:
            self._position = np.array(xy_px, np.float64)
            self._velocity = np.zeros_like(self._position)
        elif dt_s > 0:
            raw_velocity = (xy_px - self._position) / dt_s
            weight = _low_pass_weight(self._speed_cutoff_hz, dt_s)
            self._velocity += weight * (raw_velocity - self._velocity)
            of_hand = float(np.linalg.norm(np.median(self._velocity, axis=0)))
            of_finger = np.linalg.norm(np.median(self._velocity[_FINGERS], axis=1), axis=-1)
            speed = _per_landmark(of_hand, of_finger) / scale_px
            cutoff_hz = self._min_cutoff_hz + self._speed_coefficient * speed
            weight = _low_pass_weight(cutoff_hz, dt_s)[:, None]
            self._position += weight * (xy_px - self._position)
        self._stamp_s = stamp_s
        return self._position.copy()


def _per_landmark(of_hand: float, of_finger: Array) -> Array:
    """Return the larger of the hand's value and the landmark's finger's, (21,)."""
    values = np.full(N_LANDMARKS, of_hand)
    values[_FINGERS] = np.maximum(of_hand, of_finger)[:, None]
    return values


def _low_pass_weight(cutoff_hz: Array | float, dt_s: float) -> Array:
    """Weight of the new value in first-order exponential smoothing."""
    return np.asarray(1.0 / (1.0 + 1.0 / (2.0 * np.pi * cutoff_hz * dt_s)))


class NoSmoothing:
    """Passes the measurement on."""

    def reset(self) -> None:
        """Forget nothing, since nothing is kept."""

    def update(self, xy_px: Array, score: Array, stamp_s: float, scale_px: float) -> Points:
        """Return the measured points, (21, 2) px."""
        return np.array(xy_px, np.float64)


SMOOTHERS: dict[str, Callable[[], Smoother]] = {
    "kalman": KalmanFilter,
    "one_euro": OneEuroFilter,
    "none": NoSmoothing,
}
"""Filters by the name that parameters use."""

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

from .fingers import FINGER_ROWS, largest_of, shared_product
from .geometry import dot
from .topology import N_LANDMARKS
from .types import Array

Points = NDArray[np.float64]


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


class Strays:
    """Which landmarks have for a while been far from where a filter has them, on one side.

    A filter that goes with the hand and its fingers, and holds single landmarks that jump back,
    must let one go that stays away: it moved alone, or was wrong when first seen.
    """

    PATIENCE_S = 0.2
    """No landmark that jumps to and fro stays away for so long."""

    def __init__(self) -> None:
        self._away_s: Array = np.zeros(N_LANDMARKS)
        self._innovation: Points = np.zeros((N_LANDMARKS, 2))

    def update(self, innovation: Points, is_far: NDArray[np.bool_], dt_s: float) -> Array:
        """Take in innovations, (21, 2) px, and which are far, (21,); return who strayed, (21,)."""
        is_same_side = dot(innovation, self._innovation) > 0.0
        self._away_s = np.where(is_far & is_same_side, self._away_s + dt_s, 0.0)
        self._innovation = innovation
        return self._away_s >= self.PATIENCE_S


class KalmanFilter:
    """Kalman filter that takes a hand to be at rest until its landmarks move together.

    At rest a landmark is a random walk so slow that a second of measurements is averaged (the local
    level model; Harvey 1989, section 4.1). Motion shows in the innovations of several landmarks,
    those of the hand or of a finger, which then point the same way; and go on doing so in the next
    image, where those of a filter that fits are white (Mehra, IEEE Transactions on Automatic
    Control 15(2), 1970). The variances of the hand or of the finger then grow by what the
    innovations have in common, so that the gain is nearly 1 while it moves and sinks again once it
    rests. A landmark that jumps alone is held back until it has stayed there for a while, one that
    jumps to and fro is averaged out.

    A landmark is measured with variance (measurement_noise * scale)^2 / score, and what it was seen
    to flicker is added: differences of measurements in a row correlate negatively by as much as
    they hold noise, positively where they hold motion. After n measurements it is known no better
    than the mean of n that flicker so.

    measurement_noise: hand sizes. drift: hand sizes / s^0.5, of a hand at rest. hand_tolerance,
    finger_tolerance: square of a common innovation that is no motion, in variances of a landmark.
    flicker_s: time constant of the memory for flicker.
    """

    LOWEST_SCORE = 0.02
    """Scores below count as this one, so that a hand badly seen does not trail behind."""

    FIRST_SIGHT = 0.2
    """What a motion seen in one image counts for; the rest takes a second image that agrees."""

    MOST_DEVIATIONS = 3.0
    """A landmark further off than that, after motion is allowed for, pulls no more than that until
    it strays."""

    def __init__(
        self,
        measurement_noise: float = 0.006,
        drift: float = 0.0005,
        hand_tolerance: float = 0.5,
        finger_tolerance: float = 3.0,
        flicker_s: float = 1.3,
    ) -> None:
        self._measurement_noise = measurement_noise
        self._drift = drift
        self._hand_tolerance = hand_tolerance
        self._finger_tolerance = finger_tolerance
        self._flicker_s = flicker_s
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._stamp_s = np.inf

    def update(self, xy_px: Array, score: Array, stamp_s: float, scale_px: float) -> Points:
        """Take in a measurement and return the filtered points, (21, 2) px."""
        measured = np.array(xy_px, np.float64)
        dt_s = stamp_s - self._stamp_s
        noise = (self._measurement_noise * scale_px) ** 2 / np.maximum(
            score, self.LOWEST_SCORE, dtype=np.float64
        )
        if dt_s < 0:
            self._start(measured, noise)
        else:
            flicker = self._seen_flicker(measured, dt_s)
            noise += flicker
            # The measurements so far flickered too, when nobody knew it yet.
            np.maximum(self._variance, flicker / self._n_measured, out=self._variance)
            self._variance += (self._drift * scale_px) ** 2 * dt_s
            innovation = measured - self._position
            self._variance += self._seen_motion(innovation, self._variance + noise)
            self._variance += self._seen_straying(innovation, self._variance + noise, dt_s)
            total = self._variance + noise
            gain = self._variance / total
            self._position += gain[:, None] * self._bounded(innovation, total)
            self._variance *= 1.0 - gain
            self._innovation = innovation
        self._measured = measured
        self._n_measured += 1
        self._stamp_s = stamp_s
        return self._position.copy()

    def _start(self, measured: Points, noise: Array) -> None:
        self._position = measured.copy()
        self._variance = noise
        self._n_measured = 0
        self._strays = Strays()
        self._innovation = np.zeros_like(measured)
        self._difference = np.zeros_like(measured)
        self._flicker = np.zeros(N_LANDMARKS)

    def _seen_flicker(self, measured: Points, dt_s: float) -> Array:
        """Return the variance, px^2 per axis, that differences of measurements in a row show."""
        difference = measured - self._measured
        flicker = -0.5 * dot(difference, self._difference)
        self._flicker += -np.expm1(-dt_s / self._flicker_s) * (flicker - self._flicker)
        self._difference = difference
        return np.maximum(0.0, self._flicker)

    def _seen_motion(self, innovation: Points, variance: Array) -> Array:
        """Return the variance, px^2 per axis, that motion adds to each landmark's, (21,)."""
        weight, before = 1.0 / variance, self._innovation
        of_hand = self._common(innovation, before, weight, self._hand_tolerance)
        of_finger = self._common(
            innovation[FINGER_ROWS],
            before[FINGER_ROWS],
            weight[FINGER_ROWS],
            self._finger_tolerance,
        )
        return largest_of(float(of_hand), of_finger)

    def _common(self, now: Points, before: Points, weight: Array, tolerance: float) -> Array:
        """Return the square, per axis, of the innovation that landmarks have in common, shrunken.

        As James and Stein (1961) shrink a mean: by as much as chance may have made of it.
        """
        square, lasting = shared_product(now, np.stack([now, before]), weight)
        square = np.maximum(0.0, square)
        lasting = np.minimum(np.maximum(0.0, lasting), square)
        seen = 0.5 * (lasting + self.FIRST_SIGHT * (square - lasting))
        chance = tolerance / weight.mean(axis=-1)
        kept = 1.0 - chance / np.maximum(seen, chance)
        return np.asarray(kept**2 * seen)

    def _seen_straying(self, innovation: Points, variance: Array, dt_s: float) -> Array:
        """Return the variance, px^2 per axis, that is added to a landmark that strayed, (21,)."""
        is_far = _deviations(innovation, variance) > self.MOST_DEVIATIONS
        has_strayed = self._strays.update(innovation, is_far, dt_s)
        return np.where(has_strayed, 0.5 * dot(innovation, innovation), 0.0)

    def _bounded(self, innovation: Points, variance: Array) -> Points:
        """Shorten innovations, (21, 2), to what a landmark's variance makes likely (Huber 1964)."""
        excess = _deviations(innovation, variance) / self.MOST_DEVIATIONS
        return np.asarray(innovation / np.maximum(1.0, excess)[:, None])


def _deviations(innovation: Points, variance: Array) -> Array:
    """Return the lengths, (21,), of innovations in standard deviations of one axis."""
    return np.asarray(np.sqrt(0.5 * dot(innovation, innovation) / variance))


class OneEuroFilter:
    """One Euro filter (Casiez, Roussel and Vogel, CHI 2012): a low-pass that opens up with speed.

    The speed is that of the finger or of the hand, whichever is faster, in the image plane and in
    hand sizes / s: what the velocities of their landmarks, weighted by score, have in common. Less
    than that of a tremble counts as rest. A landmark that strays alone is followed at once.

    min_cutoff_hz: cut-off of a still hand. speed_coefficient: how much the cut-off rises, Hz per
    hand size / s (beta in the paper). speed_cutoff_hz: cut-off of the speed's own low-pass.
    hand_tremble, finger_tremble: hand sizes / s; four landmarks err together more than 21 do.
    """

    LOWEST_SCORE = 0.02
    """Scores below count as this one."""

    FAR = 0.06
    """A landmark that lags the others by more than that, in hand sizes, is far off."""

    def __init__(
        self,
        min_cutoff_hz: float = 0.1,
        speed_coefficient: float = 30.0,
        speed_cutoff_hz: float = 3.0,
        hand_tremble: float = 0.1,
        finger_tremble: float = 0.5,
    ) -> None:
        self._min_cutoff_hz = min_cutoff_hz
        self._speed_coefficient = speed_coefficient
        self._speed_cutoff_hz = speed_cutoff_hz
        self._hand_tremble = hand_tremble
        self._finger_tremble = finger_tremble
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
            self._strays = Strays()
        elif dt_s > 0:
            innovation = xy_px - self._position
            raw_velocity = innovation / dt_s
            weight = _low_pass_weight(self._speed_cutoff_hz, dt_s)
            self._velocity += weight * (raw_velocity - self._velocity)
            cutoff_hz = self._min_cutoff_hz + self._speed_coefficient * self._speed(score, scale_px)
            alone = innovation - innovation.mean(axis=0)
            is_far = dot(alone, alone) > (self.FAR * scale_px) ** 2
            has_strayed = self._strays.update(alone, is_far, dt_s)
            weight = np.where(has_strayed, 1.0, _low_pass_weight(cutoff_hz, dt_s))
            self._position += weight[:, None] * innovation
        self._stamp_s = stamp_s
        return self._position.copy()

    def _speed(self, score: Array, scale_px: float) -> Array:
        """Return the speed of the hand or of the landmark's finger, hand sizes / s, (21,)."""
        velocity, weight = self._velocity / scale_px, np.maximum(score, self.LOWEST_SCORE)
        of_hand = _common_speed(velocity, weight) - self._hand_tremble
        of_finger = _common_speed(velocity[FINGER_ROWS], weight[FINGER_ROWS]) - self._finger_tremble
        return np.maximum(0.0, largest_of(float(of_hand), of_finger))


def _common_speed(velocity: Points, weight: Array) -> Array:
    return np.asarray(np.sqrt(np.maximum(0.0, shared_product(velocity, velocity, weight))))


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

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Filters that calm the landmarks of hands; all of `filtering.Filter`'s contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .filtering import Filter, Measurements, Points, TimedHands
from .fingers import FINGER_ROWS, largest_of, shared_product
from .geometry import dot
from .types import Array

PATIENCE_S = 0.2
"""A landmark that was so long far from where a filter has it, on one side, strayed: it moved alone,
or was wrong when first seen. None that jumps to and fro stays away for so long."""


@dataclass(frozen=True, eq=False)
class CalmHands(TimedHands):
    """What the Kalman filter knows of N hands.

    variance: (N, 21), px^2 per axis. measured_px, difference_px, innovation_px: (N, 21, 2), the
    last measurement, its difference to the one before, and to what was expected. n_measured: (N,).
    flicker: (N, 21), px^2 per axis. away_s: (N, 21), for how long each was far off.
    """

    variance: Array
    measured_px: Points
    difference_px: Points
    innovation_px: Points
    n_measured: NDArray[np.int64]
    flicker: Array
    away_s: Array


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

    A landmark is measured with variance (measurement_noise * scale)^2 / score^SCORE_POWER, and what
    it was seen to flicker is added: differences of measurements in a row correlate negatively by as
    much as they hold noise, positively where they hold motion. After n measurements it is known no
    better than the mean of n that flicker so.

    measurement_noise: hand sizes. drift: hand sizes / s^0.5, of a hand at rest. hand_tolerance,
    finger_tolerance: square of a common innovation that is no motion, in variances of a landmark.
    flicker_s: time constant of the memory for flicker.
    """

    LOWEST_SCORE = 0.02
    """Scores below count as this one, so that a hand badly seen does not trail behind."""

    SCORE_POWER = 1.5
    """Landmarks of low score err by more than in proportion; with a power of 2, a hand that is
    badly seen trails behind."""

    FIRST_SIGHT = 0.2
    """What a motion of the hand seen in one image counts for; the rest takes a second image that
    agrees. So does all motion of a single finger: half of one may be misplaced in one image."""

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

    def start(self, measured: Measurements) -> CalmHands:
        """Return hands first seen: as they were measured."""
        nothing = np.zeros_like(measured.xy_px)
        return CalmHands(
            xy_px=measured.xy_px,
            variance=self._measured_variance(measured),
            stamp_s=measured.stamp_s,
            measured_px=measured.xy_px,
            difference_px=nothing,
            innovation_px=nothing,
            n_measured=np.ones(len(nothing), np.int64),
            flicker=nothing[..., 0],
            away_s=nothing[..., 0],
        )

    def update(self, before: CalmHands, measured: Measurements) -> CalmHands:
        """Return the hands after one more measurement of each."""
        dt_s = (measured.stamp_s - before.stamp_s)[:, None]
        difference = measured.xy_px - before.measured_px
        flicker = self._flicker(before, difference, dt_s)
        seen_flicker = np.maximum(0.0, flicker)
        noise = self._measured_variance(measured) + seen_flicker
        # The measurements so far flickered too, when nobody knew it yet.
        variance = np.maximum(before.variance, seen_flicker / before.n_measured[:, None])
        variance += np.square(self._drift * measured.size_px)[:, None] * dt_s
        innovation = measured.xy_px - before.xy_px
        variance += self._motion(innovation, before.innovation_px, variance + noise)
        is_far = _deviations(innovation, variance + noise) > self.MOST_DEVIATIONS
        away_s = _away_s(before.away_s, is_far, innovation, before.innovation_px, dt_s)
        variance += np.where(away_s >= PATIENCE_S, 0.5 * dot(innovation, innovation), 0.0)
        total = variance + noise
        gain = variance / total
        return CalmHands(
            xy_px=before.xy_px + gain[..., None] * self._bounded(innovation, total),
            variance=variance * (1.0 - gain),
            stamp_s=measured.stamp_s,
            measured_px=measured.xy_px,
            difference_px=difference,
            innovation_px=innovation,
            n_measured=before.n_measured + 1,
            flicker=flicker,
            away_s=away_s,
        )

    def _measured_variance(self, measured: Measurements) -> Array:
        variance = np.square(self._measurement_noise * measured.size_px)[:, None]
        score = np.maximum(measured.score, self.LOWEST_SCORE, dtype=np.float64)
        return np.asarray(variance / score**self.SCORE_POWER)

    def _flicker(self, before: CalmHands, difference: Points, dt_s: Array) -> Array:
        """Return the mean variance, px^2 per axis, that differences of measurements in a row show.

        It is negative where they show motion.
        """
        seen = -0.5 * dot(difference, before.difference_px)
        return before.flicker - np.expm1(-dt_s / self._flicker_s) * (seen - before.flicker)

    def _motion(self, innovation: Points, before: Points, variance: Array) -> Array:
        """Return the variance, px^2 per axis, that motion adds to each landmark's, (N, 21)."""
        weight = 1.0 / variance
        of_hand = self._common(innovation, before, weight, self._hand_tolerance, self.FIRST_SIGHT)
        of_finger = self._common(
            innovation[:, FINGER_ROWS],
            before[:, FINGER_ROWS],
            weight[:, FINGER_ROWS],
            self._finger_tolerance,
            first_sight=0.0,
        )
        return largest_of(of_hand, of_finger)

    def _common(
        self, now: Points, before: Points, weight: Array, tolerance: float, first_sight: float
    ) -> Array:
        """Return the square, per axis, of the innovation that landmarks have in common, shrunken.

        As James and Stein (1961) shrink a mean: by as much as chance may have made of it.
        """
        square, lasting = shared_product(now, np.stack([now, before]), weight)
        square = np.maximum(0.0, square)
        lasting = np.minimum(np.maximum(0.0, lasting), square)
        seen = 0.5 * (lasting + first_sight * (square - lasting))
        chance = tolerance / weight.mean(axis=-1)
        kept = 1.0 - chance / np.maximum(seen, chance)
        return np.asarray(kept**2 * seen)

    def _bounded(self, innovation: Points, variance: Array) -> Points:
        """Shorten innovations, (N, 21, 2), to what the variance makes likely (Huber 1964)."""
        excess = _deviations(innovation, variance) / self.MOST_DEVIATIONS
        return np.asarray(innovation / np.maximum(1.0, excess)[..., None])


def _deviations(innovation: Points, variance: Array) -> Array:
    """Return the lengths, (N, 21), of innovations in standard deviations of one axis."""
    return np.asarray(np.sqrt(0.5 * dot(innovation, innovation) / variance))


def _away_s(
    before_s: Array, is_far: NDArray[np.bool_], innovation: Points, before: Points, dt_s: Array
) -> Array:
    """Return for how long each landmark, (N, 21), has been far and on the same side."""
    is_same_side = dot(innovation, before) > 0.0
    return np.where(is_far & is_same_side, before_s + dt_s, 0.0)


@dataclass(frozen=True, eq=False)
class SlowedHands(TimedHands):
    """What the One Euro filter knows of N hands.

    velocity_px_s: (N, 21, 2). alone_px: (N, 21, 2), what the last innovation of each
    landmark had beyond the hand's. away_s: (N, 21), for how long each was far off.
    """

    velocity_px_s: Points
    alone_px: Points
    away_s: Array


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

    def start(self, measured: Measurements) -> SlowedHands:
        """Return hands first seen: as they were measured, at rest."""
        nothing = np.zeros_like(measured.xy_px)
        return SlowedHands(measured.xy_px, measured.stamp_s, nothing, nothing, nothing[..., 0])

    def update(self, before: SlowedHands, measured: Measurements) -> SlowedHands:
        """Return the hands after one more measurement of each; at the same instant, the same."""
        dt_s = (measured.stamp_s - before.stamp_s)[:, None]
        innovation = measured.xy_px - before.xy_px
        raw_velocity = innovation / np.where(dt_s > 0.0, dt_s, np.inf)[..., None]
        weight = _low_pass_weight(self._speed_cutoff_hz, dt_s)
        velocity = before.velocity_px_s + weight[..., None] * (raw_velocity - before.velocity_px_s)
        speed = self._speed(velocity / measured.size_px[:, None, None], measured.score)
        cutoff_hz = self._min_cutoff_hz + self._speed_coefficient * speed
        alone = innovation - innovation.mean(axis=1, keepdims=True)
        is_far = dot(alone, alone) > np.square(self.FAR * measured.size_px)[:, None]
        away_s = _away_s(before.away_s, is_far, alone, before.alone_px, dt_s)
        weight = np.where(away_s >= PATIENCE_S, 1.0, _low_pass_weight(cutoff_hz, dt_s))
        return SlowedHands(
            xy_px=before.xy_px + weight[..., None] * innovation,
            velocity_px_s=velocity,
            stamp_s=measured.stamp_s,
            alone_px=alone,
            away_s=away_s,
        )

    def _speed(self, velocity: Points, score: Array) -> Array:
        """Return the speed of the hand or of the landmark's finger, hand sizes / s, (N, 21)."""
        weight = np.maximum(score, self.LOWEST_SCORE)
        of_hand = _common_speed(velocity, weight) - self._hand_tremble
        of_finger = _common_speed(velocity[:, FINGER_ROWS], weight[:, FINGER_ROWS])
        return np.maximum(0.0, largest_of(of_hand, of_finger - self._finger_tremble))


def _common_speed(velocity: Points, weight: Array) -> Array:
    return np.asarray(np.sqrt(np.maximum(0.0, shared_product(velocity, velocity, weight))))


def _low_pass_weight(cutoff_hz: Array | float, dt_s: Array) -> Array:
    """Weight of the new value in first-order exponential smoothing."""
    ratio = 2.0 * np.pi * cutoff_hz * dt_s
    return np.asarray(ratio / (1.0 + ratio))


class NoSmoothing:
    """Passes the measurement on."""

    def start(self, measured: Measurements) -> Measurements:
        """Return the hands as they were measured."""
        return measured

    def update(self, before: Measurements, measured: Measurements) -> Measurements:
        """Return the hands as they were measured."""
        return measured


SMOOTHERS: dict[str, Filter[Any]] = {
    "kalman": KalmanFilter(),
    "one_euro": OneEuroFilter(),
    "none": NoSmoothing(),
}
"""Filters by the name that parameters use."""

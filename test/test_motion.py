# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The filter that predicts agrees with a plain textbook version, and carries motion on."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from measured_hands import OneHand, random_walk

from hand_landmarks_ros.core.motion import MotionFilter
from hand_landmarks_ros.core.topology import FINGERS

RATE_HZ = 30.0
SURE = np.ones(21)


class TextbookKalmanFilter:
    """x, y, their speeds and 4 x 4 matrices, for one landmark."""

    def __init__(self, acceleration_density, measurement_noise, initial_speed, scale_px):
        self.density = (acceleration_density * scale_px) ** 2
        self.noise_px = measurement_noise * scale_px
        self.initial_variance = (initial_speed * scale_px) ** 2
        self.state = None

    def start(self, xy_px, score):
        self.noise = np.eye(2) * (self.noise_px / score) ** 2
        self.state = np.array([*xy_px, 0.0, 0.0])
        self.covariance = np.diag([self.noise[0, 0]] * 2 + [self.initial_variance] * 2)

    def advance(self, score, dt_s):
        self.noise = np.eye(2) * (self.noise_px / score) ** 2
        step = self.step(dt_s)
        accelerate = np.kron([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]], np.eye(2))
        self.state = step @ self.state
        self.covariance = step @ self.covariance @ step.T + self.density * accelerate

    def step(self, dt_s):
        return np.eye(4) + dt_s * np.eye(4, k=2)

    def correct(self, xy_px):
        measure = np.eye(2, 4)
        total = measure @ self.covariance @ measure.T + self.noise
        gain = self.covariance @ measure.T @ np.linalg.inv(total)
        self.state = self.state + gain @ (xy_px - measure @ self.state)
        self.covariance = (np.eye(4) - gain @ measure) @ self.covariance


class TextbookHandFilter:
    """Textbook filters of 21 landmarks, and the fading factor they share."""

    def __init__(self, *parameters):
        self.landmarks = [TextbookKalmanFilter(*parameters) for _ in range(21)]

    def update(self, xy_px, score, dt_s):
        if self.landmarks[0].state is None:
            for landmark, *values in zip(self.landmarks, xy_px, score, strict=True):
                landmark.start(*values)
            return xy_px
        for landmark, value in zip(self.landmarks, score, strict=True):
            landmark.advance(value, dt_s)
        factors = self.fading_factors(xy_px)
        for landmark, place, factor in zip(self.landmarks, xy_px, factors, strict=True):
            landmark.covariance = landmark.covariance * factor
            landmark.correct(place)
        return [landmark.state[:2] for landmark in self.landmarks]

    def fading_factors(self, xy_px):
        surprises, uncertainties = [], []
        for landmark, place in zip(self.landmarks, xy_px, strict=True):
            noise, prior = landmark.noise[0, 0], landmark.covariance[0, 0]
            square = np.mean((place - landmark.state[:2]) ** 2)
            surprises.append(square / (prior + noise))
            uncertainties.append(prior / noise)
        of_hand = np.mean([min(s, MotionFilter.LARGEST_SURPRISE) for s in surprises])
        total = [of_hand] * 21
        for finger in FINGERS.values():
            of_finger = np.median([surprises[i] for i in finger]) / MotionFilter.FINGER_TOLERANCE
            for i in finger:
                total[i] = max(of_hand, of_finger)
        mean = np.mean(uncertainties)
        return [max(1.0, (value * (1 + mean) - 1) / mean) for value in total]


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(20, 400), st.sampled_from([0.1, 8.0]))
def test_the_motion_filter_equals_the_textbook_one(seed, scale_px, step_px):
    parameters = (0.5, 0.02, 3.0)
    hand = OneHand(MotionFilter(*parameters))
    textbook = TextbookHandFilter(*parameters, scale_px)
    stamp_s = 100.0
    for xy_px, score, dt_s in zip(*random_walk(seed, step_px), strict=True):
        stamp_s += dt_s
        expected = textbook.update(xy_px, score, dt_s)
        np.testing.assert_allclose(hand.update(xy_px, score, stamp_s, scale_px), expected)
    ahead = [(t.step(0.1) @ t.state)[:2] for t in textbook.landmarks]
    np.testing.assert_allclose(hand.state.expected_xy_px(stamp_s + 0.1)[0], ahead)


def test_a_steady_motion_is_predicted_exactly():
    hand = OneHand(MotionFilter())
    start, velocity = np.full((21, 2), 100.0), np.array([300.0, -120.0])
    for i in range(60):
        hand.update(start + velocity * i / RATE_HZ, SURE, i / RATE_HZ, 150.0)
    expected_px = hand.state.expected_xy_px(60 / RATE_HZ)[0]
    np.testing.assert_allclose(expected_px, start + velocity * 60 / RATE_HZ, atol=0.1)


def test_a_prediction_carries_the_motion_on_and_never_backwards_in_time():
    hand = OneHand(MotionFilter())
    for i in range(30):
        last = hand.update(np.full((21, 2), 4.0 * i), SURE, i / RATE_HZ, 150.0)
    assert (hand.state.expected_xy_px(31 / RATE_HZ) > last + 4).all()
    np.testing.assert_array_equal(hand.state.expected_xy_px(0.0)[0], last)


def test_a_score_of_zero_keeps_the_filter_finite():
    hand = OneHand(MotionFilter())
    for i in range(5):
        hand.update(np.full((21, 2), i), np.zeros(21), i / RATE_HZ, 150.0)
    assert np.isfinite(hand.state.expected_xy_px(1.0)).all()

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The filters agree with plain textbook versions of themselves, and do what they are for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_landmarks_ros.core.smoothing import SMOOTHERS, KalmanFilter, NoSmoothing, OneEuroFilter
from hand_landmarks_ros.core.topology import FINGERS

RATE_HZ = 30.0
SURE = np.ones(21)
FILTERS = (KalmanFilter, OneEuroFilter)


class TextbookKalmanFilter:
    """x, y, their speeds and 4 x 4 matrices, for one landmark."""

    def __init__(self, acceleration_density, measurement_noise, initial_speed, course_s, scale_px):
        self.course_s = course_s
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
        if self.course_s is None:
            return np.eye(4) + dt_s * np.eye(4, k=2)
        left = np.exp(-dt_s / self.course_s)
        return np.diag([1, 1, left, left]) + self.course_s * (1 - left) * np.eye(4, k=2)

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
        of_hand = np.mean([min(s, KalmanFilter.LARGEST_SURPRISE) for s in surprises])
        total = [of_hand] * 21
        for finger in FINGERS.values():
            of_finger = np.median([surprises[i] for i in finger]) / KalmanFilter.FINGER_TOLERANCE
            for i in finger:
                total[i] = max(of_hand, of_finger)
        mean = np.mean(uncertainties)
        return [max(1.0, (value * (1 + mean) - 1) / mean) for value in total]


class TextbookOneEuroFilter:
    """Algorithm 1 of the paper, for one coordinate."""

    def __init__(self, min_cutoff_hz, beta, speed_cutoff_hz):
        self.min_cutoff_hz, self.beta, self.speed_cutoff_hz = min_cutoff_hz, beta, speed_cutoff_hz
        self.value = None

    def update(self, value, dt_s):
        def alpha(cutoff_hz):
            tau_s = 1 / (2 * np.pi * cutoff_hz)
            return 1 / (1 + tau_s / dt_s)

        if self.value is None:
            self.value, self.speed = value, 0.0
            return value
        weight = alpha(self.speed_cutoff_hz)
        self.speed = weight * (value - self.value) / dt_s + (1 - weight) * self.speed
        weight = alpha(self.min_cutoff_hz + self.beta * abs(self.speed))
        self.value = weight * value + (1 - weight) * self.value
        return self.value


def random_walk(seed: int, step_px: float = 8.0, n: int = 12):
    """Return n measurements of 21 wandering landmarks, their scores and the times between them."""
    rng = np.random.default_rng(seed)
    xy_px = 300 + rng.normal(0, step_px, (n, 21, 2)).cumsum(axis=0)
    return xy_px, rng.uniform(0.1, 1, (n, 21)), rng.uniform(0.005, 0.2, n)


def filter_all(smoother, raw: np.ndarray) -> np.ndarray:
    """Return the points (K, 21, 2) of a hand of 150 px as the filter gives them."""
    return np.array([smoother.update(xy, SURE, i / RATE_HZ, 150.0) for i, xy in enumerate(raw)])


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 10**6),
    st.floats(20, 400),
    st.sampled_from([0.1, 8.0]),
    st.sampled_from([None, 0.1]),
)
def test_the_kalman_filter_equals_the_textbook_one(seed, scale_px, step_px, course_s):
    parameters = (0.5, 0.02, 3.0, course_s)
    kalman = KalmanFilter(*parameters, lowest_score=0.05)
    textbook = TextbookHandFilter(*parameters, scale_px)
    stamp_s = 100.0
    for xy_px, score, dt_s in zip(*random_walk(seed, step_px), strict=True):
        stamp_s += dt_s
        expected = textbook.update(xy_px, score, dt_s)
        np.testing.assert_allclose(kalman.update(xy_px, score, stamp_s, scale_px), expected)
    ahead = [(t.step(0.1) @ t.state)[:2] for t in textbook.landmarks]
    np.testing.assert_allclose(kalman.predict(stamp_s + 0.1), ahead)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.floats(20, 400))
def test_the_one_euro_filter_equals_the_paper_on_a_hand_that_moves_as_one(seed, scale_px):
    one_euro = OneEuroFilter(1.2, 3.0, 0.9)
    textbook = TextbookOneEuroFilter(1.2, 3.0 / scale_px, 0.9)
    stamp_s = 100.0
    for xy_px, score, dt_s in zip(*random_walk(seed), strict=True):
        stamp_s += dt_s
        expected = textbook.update(xy_px[0, 0], dt_s)
        along_x = np.tile([xy_px[0, 0], 7.0], (21, 1))
        filtered = one_euro.update(along_x, score, stamp_s, scale_px)
        np.testing.assert_allclose(filtered[:, 0], expected)
        np.testing.assert_allclose(filtered[:, 1], 7.0)


@pytest.mark.parametrize("make_filter", FILTERS)
def test_a_still_hand_jitters_at_most_two_fifths(make_filter):
    raw = 200 + np.random.default_rng(0).normal(0, 0.6, (150, 21, 2))
    filtered = filter_all(make_filter(), raw)
    assert filtered[30:].std(axis=0).mean() < 0.4 * raw[30:].std(axis=0).mean()


@pytest.mark.parametrize(
    ("make_filter", "most_frames"), [(KalmanFilter, 0.2), (OneEuroFilter, 1.0)]
)
def test_a_hand_that_starts_and_stops_is_followed_within_a_frame(make_filter, most_frames):
    """A reach of four hand sizes, as people do them: with the least jerk."""
    share = np.clip((np.arange(75) - 30) / 20, 0, 1)
    reach_px = 600 * (10 * share**3 - 15 * share**4 + 6 * share**5)
    true_px = np.zeros((75, 21, 2)) + reach_px[:, None, None]
    raw = true_px + np.random.default_rng(0).normal(0, 0.6, true_px.shape)
    behind_px = (true_px - filter_all(make_filter(), raw))[31:50].mean(axis=(1, 2))
    speed_px = np.gradient(reach_px)[31:50]
    assert np.average(behind_px, weights=speed_px) < most_frames * np.average(
        speed_px, weights=speed_px
    )


@pytest.mark.parametrize("make_filter", FILTERS)
def test_a_landmark_that_jumps_does_not_let_the_others_tremble(make_filter):
    raw = 200 + np.random.default_rng(0).normal(0, 0.6, (90, 21, 2))
    raw[40:, 20] += 40 * (np.arange(50) % 2)[:, None]
    filtered, measured = filter_all(make_filter(), raw)[40:, :20], raw[40:, :20]
    assert filtered.std(axis=0).mean() < 0.5 * measured.std(axis=0).mean()


@pytest.mark.parametrize(
    ("make_filter", "most_frames"), [(KalmanFilter, 1.0), (OneEuroFilter, 1.5)]
)
def test_a_finger_that_taps_is_followed_while_the_hand_rests(make_filter, most_frames):
    tapping = [6, 7, 8]
    time_s = np.arange(120) / RATE_HZ
    tap_px = 30 * (1 - np.cos(2 * np.pi * 1.5 * time_s))
    true_px = np.zeros((120, 21, 2))
    true_px[:, tapping] = tap_px[:, None, None]
    raw = true_px + np.random.default_rng(0).normal(0, 0.6, true_px.shape)
    filtered = filter_all(make_filter(), raw)[30:, tapping].mean(axis=(1, 2))
    late_px = np.interp(time_s[30:] - most_frames / RATE_HZ, time_s, tap_px)
    assert np.abs(filtered - tap_px[30:]).mean() < np.abs(late_px - tap_px[30:]).mean()


def test_a_kalman_filter_that_keeps_its_course_does_not_lag_behind_a_steady_motion():
    kalman = KalmanFilter(measurement_noise=0.01, course_s=None)
    start, velocity = np.full((21, 2), 100.0), np.array([300.0, -120.0])
    for i in range(60):
        true_px = start + velocity * i / RATE_HZ
        filtered = kalman.update(true_px, SURE, i / RATE_HZ, 150.0)
    np.testing.assert_allclose(filtered, true_px, atol=0.05)
    np.testing.assert_allclose(
        kalman.predict(60 / RATE_HZ), start + velocity * 60 / RATE_HZ, atol=0.1
    )


def test_the_kalman_filter_trusts_unsure_landmarks_less():
    kalman = KalmanFilter()
    score = np.where(np.arange(21) % 2, 1.0, 0.2)
    for i in range(10):
        kalman.update(np.zeros((21, 2)), SURE, i / RATE_HZ, 150.0)
    moved = kalman.update(np.full((21, 2), 10.0), score, 10 / RATE_HZ, 150.0)
    assert moved[score < 1].max() < 0.7 * moved[score == 1].min()


def test_a_score_of_zero_keeps_the_filter_finite():
    kalman = KalmanFilter()
    for i in range(5):
        filtered = kalman.update(np.full((21, 2), i), np.zeros(21), i / RATE_HZ, 150.0)
    assert np.isfinite(filtered).all()


@pytest.mark.parametrize("make_filter", FILTERS)
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), zoom=st.floats(0.1, 10))
def test_near_and_far_hands_are_filtered_alike(make_filter, seed, zoom):
    near, far = make_filter(), make_filter()
    stamp_s = 0.0
    for xy_px, score, dt_s in zip(*random_walk(seed, n=6), strict=True):
        stamp_s += dt_s
        expected = near.update(xy_px, score, stamp_s, 150.0) * zoom
        np.testing.assert_allclose(far.update(xy_px * zoom, score, stamp_s, 150.0 * zoom), expected)


@pytest.mark.parametrize("make_filter", SMOOTHERS.values())
def test_the_first_measurement_passes_unchanged(make_filter):
    xy_px = np.random.default_rng(0).uniform(0, 500, (21, 2)).astype(np.float32)
    smoother = make_filter()
    np.testing.assert_array_equal(smoother.update(xy_px, SURE, 5.0, 150.0), xy_px)


@pytest.mark.parametrize("make_filter", SMOOTHERS.values())
def test_a_measurement_older_than_the_last_starts_anew(make_filter):
    smoother = make_filter()
    for i in range(5):
        smoother.update(np.full((21, 2), 10.0 * i), SURE, 50 + i / RATE_HZ, 150.0)
    fresh = np.full((21, 2), 400.0)
    np.testing.assert_array_equal(smoother.update(fresh, SURE, 3.0, 150.0), fresh)


@pytest.mark.parametrize("make_filter", SMOOTHERS.values())
def test_after_a_reset_nothing_is_remembered(make_filter):
    smoother = make_filter()
    for i in range(5):
        smoother.update(np.full((21, 2), 10.0 * i), SURE, i / RATE_HZ, 150.0)
    smoother.reset()
    fresh = np.full((21, 2), 400.0)
    np.testing.assert_array_equal(smoother.update(fresh, SURE, 1.0, 150.0), fresh)


@pytest.mark.parametrize("make_filter", FILTERS)
def test_two_measurements_of_one_instant_give_something_between_them(make_filter):
    smoother = make_filter()
    smoother.update(np.zeros((21, 2)), SURE, 1.0, 150.0)
    both = smoother.update(np.full((21, 2), 8.0), SURE, 1.0, 150.0)
    assert (both >= 0).all()
    assert (both <= 8).all()
    assert np.isfinite(smoother.update(np.full((21, 2), 8.0), SURE, 1.1, 150.0)).all()


def test_predicting_changes_nothing():
    asked, unasked = KalmanFilter(), KalmanFilter()
    for i in range(6):
        xy_px = np.full((21, 2), 10.0 * i)
        expected = unasked.update(xy_px, SURE, i / RATE_HZ, 150.0)
        np.testing.assert_array_equal(asked.update(xy_px, SURE, i / RATE_HZ, 150.0), expected)
        asked.predict(i / RATE_HZ + 0.5)[:] = np.nan


def test_a_prediction_carries_the_motion_on_and_never_backwards_in_time():
    kalman = KalmanFilter(measurement_noise=0.01, course_s=None)
    for i in range(30):
        last = kalman.update(np.full((21, 2), 4.0 * i), SURE, i / RATE_HZ, 150.0)
    assert (kalman.predict(31 / RATE_HZ) > last + 4).all()
    np.testing.assert_array_equal(kalman.predict(0.0), last)


@pytest.mark.parametrize("make_filter", SMOOTHERS.values())
def test_what_was_returned_stays_as_it_was(make_filter):
    smoother = make_filter()
    first = smoother.update(np.zeros((21, 2)), SURE, 0.0, 150.0)
    smoother.update(np.full((21, 2), 50.0), SURE, 0.1, 150.0)
    np.testing.assert_array_equal(first, 0)


def test_no_smoothing_passes_everything_on():
    for i, xy_px in enumerate(np.random.default_rng(0).uniform(0, 500, (4, 21, 2))):
        np.testing.assert_array_equal(NoSmoothing().update(xy_px, SURE, i, 150.0), xy_px)

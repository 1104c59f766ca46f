# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The filters agree with plain textbook versions of themselves, and do what they are for."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measured_hands import OneHand, one_hand, random_walk

from hand_landmarks_ros.core.filtering import Measurements, filtered
from hand_landmarks_ros.core.smoothing import PATIENCE_S, SMOOTHERS, KalmanFilter, OneEuroFilter
from hand_landmarks_ros.core.topology import FINGERS

RATE_HZ = 30.0
SURE = np.ones(21)
FILTERS = (SMOOTHERS["kalman"], SMOOTHERS["one_euro"])


class TextbookKalmanFilter:
    """Kalman filters of 21 random walks, and the evidence of motion they share, pair by pair."""

    def __init__(self, noise, drift, hand_tolerance, finger_tolerance, flicker_s, scale_px):
        self.noise_px, self.drift_px, self.flicker_s = noise * scale_px, drift * scale_px, flicker_s
        self.groups = [(range(21), hand_tolerance, KalmanFilter.FIRST_SIGHT)]
        self.groups += [(finger, finger_tolerance, 0.0) for finger in FINGERS.values()]
        self.position = None

    def update(self, xy_px, score, dt_s):
        noise = self.noise_px**2 / score**KalmanFilter.SCORE_POWER
        if self.position is None:
            self.position, self.variance, self.flicker = xy_px.copy(), noise, np.zeros(21)
            self.measured, self.difference, self.before = xy_px, 0 * xy_px, 0 * xy_px
            self.n_measured, self.strayed_s = 1, np.zeros(21)
            return self.position
        difference = xy_px - self.measured
        left = np.exp(-dt_s / self.flicker_s)
        for i in range(21):
            seen = -np.dot(difference[i], self.difference[i]) / 2
            self.flicker[i] = left * self.flicker[i] + (1 - left) * seen
        self.measured, self.difference = xy_px, difference
        flicker = np.maximum(0, self.flicker)
        noise = noise + flicker
        prior = np.maximum(self.variance, flicker / self.n_measured) + self.drift_px**2 * dt_s
        self.n_measured += 1
        innovation = xy_px - self.position
        prior = prior + self.motion(innovation, prior + noise)
        for i in range(21):
            square = np.dot(innovation[i], innovation[i]) / 2
            is_far = square > KalmanFilter.MOST_DEVIATIONS**2 * (prior[i] + noise[i])
            goes_on = np.dot(innovation[i], self.before[i]) > 0
            self.strayed_s[i] = self.strayed_s[i] + dt_s if is_far and goes_on else 0.0
            prior[i] += square if self.strayed_s[i] >= PATIENCE_S else 0.0
        gain = prior / (prior + noise)
        longest_px = KalmanFilter.MOST_DEVIATIONS * np.sqrt(2 * (prior + noise))
        bound = np.minimum(1, longest_px / np.linalg.norm(innovation, axis=1))
        self.position = self.position + (gain * bound)[:, None] * innovation
        self.variance, self.before = (1 - gain) * prior, innovation
        return self.position

    def motion(self, innovation, variance):
        added = np.zeros(21)
        for group, tolerance, first_sight in self.groups:
            square = max(0, self.mean_of_pairs(innovation, innovation, variance, group))
            lasting = self.mean_of_pairs(innovation, self.before, variance, group)
            lasting = min(square, max(0, lasting))
            seen = (first_sight * square + (1 - first_sight) * lasting) / 2
            chance = tolerance / np.mean([1 / variance[i] for i in group])
            shrunken = (1 - chance / seen) ** 2 * seen if seen > chance else 0.0
            for i in group:
                added[i] = max(added[i], shrunken)
        return added

    @staticmethod
    def mean_of_pairs(first, second, variance, group):
        pairs = list(itertools.permutations(group, 2))
        weights = [1 / (variance[i] * variance[j]) for i, j in pairs]
        return np.average([np.dot(first[i], second[j]) for i, j in pairs], weights=weights)


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


def filter_all(smoother, raw: np.ndarray) -> np.ndarray:
    """Return the points (K, 21, 2) of a hand of 150 px as the filter gives them."""
    hand = OneHand(smoother)
    return np.array([hand.update(xy, SURE, i / RATE_HZ, 150.0) for i, xy in enumerate(raw)])


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(20, 400), st.sampled_from([0.1, 1.0, 8.0]))
def test_the_kalman_filter_equals_the_textbook_one(seed, scale_px, step_px):
    parameters = (0.01, 0.002, 0.6, 2.0, 0.4)
    kalman = OneHand(KalmanFilter(*parameters))
    textbook = TextbookKalmanFilter(*parameters, scale_px)
    stamp_s = 100.0
    for xy_px, score, dt_s in zip(*random_walk(seed, step_px), strict=True):
        stamp_s += dt_s
        expected = textbook.update(xy_px, score, dt_s)
        np.testing.assert_allclose(kalman.update(xy_px, score, stamp_s, scale_px), expected)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(20, 400))
def test_the_one_euro_filter_equals_the_paper_on_a_hand_that_moves_as_one(seed, scale_px):
    one_euro = OneHand(OneEuroFilter(1.2, 3.0, 0.9, hand_tremble=0.0, finger_tremble=0.0))
    textbook = TextbookOneEuroFilter(1.2, 3.0 / scale_px, 0.9)
    stamp_s = 100.0
    for xy_px, score, dt_s in zip(*random_walk(seed), strict=True):
        stamp_s += dt_s
        expected = textbook.update(xy_px[0, 0], dt_s)
        along_x = np.tile([xy_px[0, 0], 7.0], (21, 1))
        filtered = one_euro.update(along_x, score, stamp_s, scale_px)
        np.testing.assert_allclose(filtered[:, 0], expected)
        np.testing.assert_allclose(filtered[:, 1], 7.0)


@pytest.mark.parametrize("smoother", FILTERS)
def test_a_still_hand_jitters_at_most_two_fifths(smoother):
    raw = 200 + np.random.default_rng(0).normal(0, 0.6, (150, 21, 2))
    filtered = filter_all(smoother, raw)
    assert filtered[30:].std(axis=0).mean() < 0.4 * raw[30:].std(axis=0).mean()


@pytest.mark.parametrize(
    ("smoother", "most_frames"), [(KalmanFilter(), 0.2), (OneEuroFilter(), 1.0)]
)
def test_a_hand_that_starts_and_stops_is_followed_within_a_frame(smoother, most_frames):
    """A reach of four hand sizes, as people do them: with the least jerk."""
    share = np.clip((np.arange(75) - 30) / 20, 0, 1)
    reach_px = 600 * (10 * share**3 - 15 * share**4 + 6 * share**5)
    true_px = np.zeros((75, 21, 2)) + reach_px[:, None, None]
    raw = true_px + np.random.default_rng(0).normal(0, 0.6, true_px.shape)
    behind_px = (true_px - filter_all(smoother, raw))[31:50].mean(axis=(1, 2))
    speed_px = np.gradient(reach_px)[31:50]
    assert np.average(behind_px, weights=speed_px) < most_frames * np.average(
        speed_px, weights=speed_px
    )


@pytest.mark.parametrize("smoother", FILTERS)
def test_a_landmark_that_jumps_does_not_let_the_others_tremble(smoother):
    raw = 200 + np.random.default_rng(0).normal(0, 0.6, (90, 21, 2))
    raw[40:, 20] += 40 * (np.arange(50) % 2)[:, None]
    filtered, measured = filter_all(smoother, raw)[40:, :20], raw[40:, :20]
    assert filtered.std(axis=0).mean() < 0.5 * measured.std(axis=0).mean()


@pytest.mark.parametrize(
    ("smoother", "most_frames"), [(KalmanFilter(), 1.0), (OneEuroFilter(), 1.5)]
)
def test_a_finger_that_taps_is_followed_while_the_hand_rests(smoother, most_frames):
    tapping = [6, 7, 8]
    time_s = np.arange(120) / RATE_HZ
    tap_px = 30 * (1 - np.cos(2 * np.pi * 1.5 * time_s))
    true_px = np.zeros((120, 21, 2))
    true_px[:, tapping] = tap_px[:, None, None]
    raw = true_px + np.random.default_rng(0).normal(0, 0.6, true_px.shape)
    filtered = filter_all(smoother, raw)[30:, tapping].mean(axis=(1, 2))
    late_px = np.interp(time_s[30:] - most_frames / RATE_HZ, time_s, tap_px)
    assert np.abs(filtered - tap_px[30:]).mean() < np.abs(late_px - tap_px[30:]).mean()


def test_the_kalman_filter_trusts_unsure_landmarks_less():
    kalman = OneHand(KalmanFilter())
    score = np.where(np.arange(21) % 2, 1.0, 0.2)
    for i in range(10):
        kalman.update(np.zeros((21, 2)), SURE, i / RATE_HZ, 150.0)
    moved = kalman.update(np.full((21, 2), 0.3), score, 10 / RATE_HZ, 150.0)
    assert moved[score < 1].max() < 0.7 * moved[score == 1].min()


@pytest.mark.parametrize("smoother", FILTERS)
@pytest.mark.parametrize("wrong_frame", [0, 60])
def test_a_landmark_that_stays_away_alone_is_followed(smoother, wrong_frame):
    """One that was wrong when first seen, and one that jumped, are right after a quarter second."""
    raw = np.random.default_rng(0).normal(0, 0.6, (100, 21, 2))
    raw[: wrong_frame + 1, 12] += [30, -40]
    filtered = filter_all(smoother, raw)[wrong_frame:, 12]
    distance_px = np.linalg.norm(filtered, axis=1)
    assert distance_px[0] > 45
    assert distance_px[8:].max() < 3


def test_the_kalman_filter_does_not_follow_half_a_finger_that_jumps_for_one_image():
    raw = np.random.default_rng(0).normal(0, 0.6, (60, 21, 2))
    raw[30, [7, 8]] += [0, 45]
    filtered = filter_all(KalmanFilter(), raw)
    assert np.abs(filtered[30:, [7, 8]]).max() < 3


def test_the_kalman_filter_forgets_the_first_view_of_a_landmark_that_flickers():
    distance_px = []
    for seed in range(20):
        raw = np.random.default_rng(seed).normal(0, 0.6, (60, 21, 2))
        raw[:, 12] *= 8
        raw[0, 12] = [15, -15]
        distance_px.append(np.linalg.norm(filter_all(KalmanFilter(), raw)[45, 12]))
    assert max(distance_px) < 6


def test_a_score_of_zero_keeps_the_filter_finite():
    kalman = OneHand(KalmanFilter())
    for i in range(5):
        filtered = kalman.update(np.full((21, 2), i), np.zeros(21), i / RATE_HZ, 150.0)
    assert np.isfinite(filtered).all()


@pytest.mark.parametrize("smoother", FILTERS)
@settings(max_examples=20)
@given(
    seed=st.integers(0, 10**6),
    zoom=st.floats(0.1, 10),
    turn_rad=st.floats(-np.pi, np.pi),
    shift_px=st.floats(-500, 500),
)
def test_a_hand_is_filtered_alike_near_or_far_turned_or_shifted(
    smoother, seed, zoom, turn_rad, shift_px
):
    turn = zoom * np.array(
        [[np.cos(turn_rad), np.sin(turn_rad)], [-np.sin(turn_rad), np.cos(turn_rad)]]
    )
    here, there = OneHand(smoother), OneHand(smoother)
    stamp_s = 0.0
    for xy_px, score, dt_s in zip(*random_walk(seed, n=6), strict=True):
        stamp_s += dt_s
        expected = here.update(xy_px, score, stamp_s, 150.0) @ turn + shift_px
        found = there.update(xy_px @ turn + shift_px, score, stamp_s, 150.0 * zoom)
        np.testing.assert_allclose(found, expected, atol=1e-6 * zoom)


@pytest.mark.parametrize("smoother", FILTERS)
@pytest.mark.parametrize(
    ("moving", "most_behind"), [(slice(0, 21), 0.01), ([6, 7, 8], 0.03)], ids=["hand", "finger"]
)
def test_a_motion_so_slow_that_it_hides_in_the_noise_is_followed(smoother, moving, most_behind):
    """A tenth of a hand size a second, after two seconds of rest; in hand sizes."""
    true_px = np.zeros((180, 21, 2))
    true_px[60:, moving] = (15.0 * np.arange(120) / RATE_HZ)[:, None, None]
    raw = true_px + np.random.default_rng(0).normal(0, 0.6, true_px.shape)
    error_px = (filter_all(smoother, raw) - true_px)[90:, moving].mean(axis=(1, 2))
    assert np.abs(error_px).max() < most_behind * 150.0


@pytest.mark.parametrize(
    ("smoother", "most_frames"), [(KalmanFilter(), 0.1), (OneEuroFilter(), 0.4)]
)
@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), speed=st.floats(1.0, 6.0))
def test_a_hand_at_a_steady_speed_is_hardly_behind(smoother, most_frames, seed, speed):
    """speed: hand sizes / s, from rest at once."""
    step_px = 150.0 * speed / RATE_HZ
    true_px = np.zeros((60, 21, 2)) + step_px * np.maximum(0, np.arange(60) - 30)[:, None, None]
    raw = true_px + np.random.default_rng(seed).normal(0, 0.6, true_px.shape)
    behind_px = (true_px - filter_all(smoother, raw))[35:].mean(axis=(1, 2))
    assert np.abs(behind_px).max() < most_frames * step_px


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), speed=st.floats(1.0, 6.0))
def test_the_kalman_filter_follows_a_start_within_two_frames(seed, speed):
    step_px = 150.0 * speed / RATE_HZ
    true_px = np.zeros((33, 21, 2)) + step_px * np.maximum(0, np.arange(33) - 30)[:, None, None]
    raw = true_px + np.random.default_rng(seed).normal(0, 0.6, true_px.shape)
    behind_px = (true_px - filter_all(KalmanFilter(), raw))[31:].mean(axis=(1, 2))
    assert behind_px[0] < 0.5 * step_px
    assert behind_px[1] < 0.2 * step_px


@pytest.mark.parametrize("smoother", FILTERS)
@given(jumping=st.integers(0, 20), jump_px=st.floats(1, 200))
@settings(max_examples=20)
def test_a_jump_of_one_landmark_does_not_move_the_others(smoother, jumping, jump_px):
    raw = np.full((30, 21, 2), 200.0)
    raw[20:, jumping] += jump_px
    filtered = filter_all(smoother, raw)
    others = np.arange(21) != jumping
    np.testing.assert_allclose(filtered[:, others], 200.0)
    assert (filtered[20, jumping] < 200 + 0.2 * jump_px).all()


def test_a_landmark_that_flickers_is_calmed_more_by_the_kalman_filter():
    rng = np.random.default_rng(0)
    raw = 200 + rng.normal(0, 0.6, (200, 21, 2))
    raw[:, 8] += rng.choice([-15.0, 15.0], (200, 1))
    filtered = filter_all(KalmanFilter(), raw)
    assert filtered[60:, 8].std(axis=0).mean() < 0.25 * raw[60:, 8].std(axis=0).mean()


@pytest.mark.parametrize("smoother", SMOOTHERS.values())
def test_the_first_measurement_passes_unchanged(smoother):
    xy_px = np.random.default_rng(0).uniform(0, 500, (21, 2)).astype(np.float32)
    np.testing.assert_array_equal(OneHand(smoother).update(xy_px, SURE, 5.0, 150.0), xy_px)


@pytest.mark.parametrize("smoother", SMOOTHERS.values())
def test_hands_filtered_together_are_filtered_as_each_alone(smoother):
    """Also those that come later, or are seen less often."""
    rng = np.random.default_rng(0)
    seen_at = [range(12), range(5, 12), range(0, 12, 3)]
    alone = [OneHand(smoother) for _ in seen_at]
    states = [None, None, None]
    for i in range(12):
        rows = [row for row, frames in enumerate(seen_at) if i in frames]
        seen = [
            one_hand(rng.normal(300, 9, (21, 2)), rng.uniform(0, 1, 21), i / RATE_HZ, 90.0 + row)
            for row in rows
        ]
        after = filtered(smoother, [states[row] for row in rows], Measurements.joined(*seen))
        for row, state, measured in zip(rows, after, seen, strict=True):
            states[row] = state
            expected = alone[row].update(
                measured.xy_px[0], measured.score[0], i / RATE_HZ, 90.0 + row
            )
            np.testing.assert_allclose(state.xy_px[0], expected)


@pytest.mark.parametrize("smoother", FILTERS)
def test_two_measurements_of_one_instant_give_something_between_them(smoother):
    hand = OneHand(smoother)
    hand.update(np.zeros((21, 2)), SURE, 1.0, 150.0)
    both = hand.update(np.full((21, 2), 8.0), SURE, 1.0, 150.0)
    assert (both >= 0).all()
    assert (both <= 8).all()
    assert np.isfinite(hand.update(np.full((21, 2), 8.0), SURE, 1.1, 150.0)).all()


@pytest.mark.parametrize("smoother", SMOOTHERS.values())
def test_what_was_returned_stays_as_it_was(smoother):
    hand = OneHand(smoother)
    xy_px = np.zeros((21, 2))
    first = hand.update(xy_px, SURE, 0.0, 150.0)
    xy_px += 50
    hand.update(xy_px, SURE, 0.1, 150.0)
    np.testing.assert_array_equal(first, 0)


def test_no_smoothing_passes_everything_on():
    hand = OneHand(SMOOTHERS["none"])
    for i, xy_px in enumerate(np.random.default_rng(0).uniform(0, 500, (4, 21, 2))):
        np.testing.assert_array_equal(hand.update(xy_px, SURE, i, 150.0), xy_px)

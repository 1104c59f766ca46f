# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Jitter, lag and time to acquire against films whose figures are known."""

import numpy as np
import pytest
from tracked_films import HAND_PX, RATE_HZ, tracked_frame, true_hands

from training.motion_metrics import (
    SETTLING_FRAMES,
    SHORTEST_FRAMES,
    acquisition,
    acquisition_figures,
    jitter_px,
    lag_s,
    moving_errors_px,
    stretches,
)
from training.tracking_metrics import IdentityScore


def followed(frames):
    return stretches(frames, IdentityScore().add(frames))


def still_film(n_frames, found_px):
    truth = true_hands([[200, 200]], is_still=[True])
    return [tracked_frame(n, truth, (1,), found_px(n, truth.xy_px)) for n in range(n_frames)]


def moving_film(n_frames, delay_s=0.0):
    def centre_px(time_s):
        return [200 + 80 * np.sin(3 * time_s), 200 + 40 * np.cos(4.3 * time_s)]

    return [
        tracked_frame(
            n,
            true_hands([centre_px(n / RATE_HZ)]),
            (1,),
            true_hands([centre_px(n / RATE_HZ - delay_s)]).xy_px + 2.0,
        )
        for n in range(n_frames)
    ]


def test_jitter_is_the_spread_of_the_landmarks_not_their_bias():
    noise_px = np.random.default_rng(0).normal(0, 1.5, (120, 1, 21, 2))
    parts = followed(still_film(120, lambda n, xy_px: xy_px + 5.0 + noise_px[n]))
    assert jitter_px(parts) == pytest.approx(1.5 * np.sqrt(2), rel=0.05)


def test_a_filter_that_still_settles_does_not_tremble():
    parts = followed(still_film(40, lambda n, xy_px: xy_px + (4.0 if n < SETTLING_FRAMES else 0.0)))
    assert jitter_px(parts) == 0.0


def test_a_short_rest_and_a_moving_hand_say_nothing_of_jitter():
    assert jitter_px(followed(still_film(SHORTEST_FRAMES, lambda n, xy_px: xy_px + n))) is None
    assert jitter_px(followed(moving_film(60))) is None


def test_a_hand_that_something_covers_does_not_tremble():
    def film(seen_share):
        truth = true_hands([[200, 200]], is_still=[True], seen_share=[seen_share])
        return [
            tracked_frame(n, truth, (1,), truth.xy_px + (0.0 if n < 40 else 5.0)) for n in range(80)
        ]

    assert jitter_px(followed(film(1.0))) > 2.5
    assert jitter_px(followed(film(0.9))) is None


def test_errors_of_moving_hands_are_those_of_the_frames_in_which_they_move():
    still = followed(still_film(40, lambda n, xy_px: xy_px + 50.0))
    assert len(moving_errors_px(still)) == 0
    errors_px = moving_errors_px(followed(moving_film(60)) + still)
    assert errors_px == pytest.approx(np.full(60 * 21, 2.0 * np.sqrt(2.0)))


@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.065])
def test_lag_is_the_delay_of_a_moving_hand(delay_s):
    assert lag_s(followed(moving_film(90, delay_s))) == pytest.approx(delay_s, abs=0.003)


def test_resting_hands_have_no_lag():
    assert lag_s(followed(still_film(60, lambda n, xy_px: xy_px + n))) is None


def test_a_stretch_ends_at_a_gap_and_at_a_new_id():
    truth = true_hands([[100, 100]])
    ids = [1, 1, 1, None, 1, 1, 2, 2]
    parts = followed([tracked_frame(n, truth, (track_id,)) for n, track_id in enumerate(ids)])
    assert [len(part) for part in parts] == [3, 2, 2]
    assert parts[1].stamp_s == pytest.approx([4 / RATE_HZ, 5 / RATE_HZ])
    assert parts[0].truth_px[0] == pytest.approx(HAND_PX + 100)


def test_times_until_a_hand_is_found_and_found_again():
    shares = [0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1]
    ids = [None] * 5 + [1] + [None] * 3 + [1, 1, 1]
    frames = [
        tracked_frame(n, true_hands([[100, 100]], seen_share=[share]), (track_id,))
        for n, (share, track_id) in enumerate(zip(shares, ids, strict=True))
    ]
    times = acquisition(frames, IdentityScore().add(frames))
    assert times["acquire_s"] == pytest.approx([3 / RATE_HZ])
    assert times["reacquire_s"] == pytest.approx([1 / RATE_HZ])


def test_hands_never_found_are_counted_apart():
    figures = acquisition_figures({"acquire_s": [0.1, 0.3, np.inf], "reacquire_s": []})
    assert figures == {
        "n_acquire": 3,
        "n_never_acquired": 1,
        "acquire_ms_median": pytest.approx(200),
        "acquire_ms_p95": pytest.approx(290),
        "n_reacquire": 0,
        "n_never_reacquired": 0,
    }

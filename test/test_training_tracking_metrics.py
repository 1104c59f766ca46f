# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Identity figures against films worked out by hand."""

import numpy as np
import pytest
from tracked_films import tracked_frame, true_hands

from training.tracking_metrics import IdentityScore, Pair, TrackedFrame

FAR_APART = [[100, 100], [400, 100]]


def figures_of(*films):
    score = IdentityScore()
    for film in films:
        score.add(film)
    return score.figures()


def film(ids_of_frames, **options):
    return [
        tracked_frame(n, true_hands(FAR_APART[: len(ids)], **options), ids)
        for n, ids in enumerate(ids_of_frames)
    ]


def test_a_perfect_tracker_has_perfect_figures():
    figures = figures_of(film([(7, 9)] * 4), film([(1,)] * 3))
    assert figures == {
        "idf1": 1.0,
        "recall": 1.0,
        "precision": 1.0,
        "n_switches": 0,
        "n_switches_in_view": 0,
        "n_fragmentations": 0,
        "n_hands": 11,
    }


def test_two_hands_that_swap_ids_halfway():
    figures = figures_of(film([(7, 9)] * 5 + [(9, 7)] * 5))
    assert figures["idf1"] == pytest.approx(0.5)
    assert figures["recall"] == 1.0
    assert figures["n_switches"] == figures["n_switches_in_view"] == 2


def test_the_best_identity_is_taken_over_the_whole_film():
    figures = figures_of(film([(7,)] * 8 + [(9,)] * 2))
    # 8 of 10 frames have the right identity: 2 * 8 / (10 true + 10 found).
    assert figures["idf1"] == pytest.approx(0.8)


def test_a_lost_hand_costs_recall_and_is_a_fragmentation_once_found_again():
    figures = figures_of(film([(7,)] * 4 + [(None,)] * 2 + [(7,)] * 4))
    assert figures["recall"] == pytest.approx(0.8)
    assert figures["n_fragmentations"] == 1
    assert figures["n_switches"] == 0
    assert figures["idf1"] == pytest.approx(2 * 8 / (10 + 8))


def hidden_between(seen_share):
    """One hand that comes back with another id after two frames at the given share."""
    shares = [1.0] * 4 + [seen_share] * 2 + [1.0] * 4
    ids = [7] * 4 + [None] * 2 + [9] * 4
    frames = zip(shares, ids, strict=True)
    return [
        tracked_frame(n, true_hands([[100, 100]], seen_share=[share]), (track_id,))
        for n, (share, track_id) in enumerate(frames)
    ]


def test_a_new_id_after_full_occlusion_is_a_switch_but_not_in_view():
    figures = figures_of(hidden_between(0.0))
    assert (figures["n_switches"], figures["n_switches_in_view"]) == (1, 0)
    assert figures["recall"] == 1.0, "a hidden hand need not be found"


def test_a_new_id_after_partial_occlusion_is_a_switch_in_view():
    figures = figures_of(hidden_between(0.3))
    assert (figures["n_switches"], figures["n_switches_in_view"]) == (1, 1)


def test_a_hand_that_was_away_may_come_back_with_a_new_id():
    away = [tracked_frame(n, true_hands([]), ()) for n in range(4, 6)]
    before, after = film([(7,)] * 4), film([(9,)] * 10)[6:]
    figures = figures_of([*before, *away, *after])
    assert (figures["n_switches"], figures["n_switches_in_view"]) == (1, 0)


def test_a_hidden_hand_that_is_found_all_the_same_is_no_error():
    truth = true_hands(FAR_APART, seen_share=[1.0, 0.2])
    figures = figures_of([tracked_frame(n, truth, (7, 9)) for n in range(5)])
    assert (figures["precision"], figures["recall"], figures["n_hands"]) == (1.0, 1.0, 5)


def test_a_hand_in_front_is_not_taken_for_the_hidden_one_behind_it():
    truth = true_hands([[100, 100], [104, 100]], seen_share=[1.0, 0.0])
    near_hidden = truth.xy_px + np.array([3.0, 0.0])
    frames = [tracked_frame(n, truth, (7, None), near_hidden) for n in range(3)]
    assert figures_of(frames)["recall"] == 1.0


def test_what_shows_a_hand_half_behind_another_is_not_taken_for_that_in_front():
    """Else a hand that keeps its id would be charged with the switch of another."""
    before = film([(7, 9)] * 3)
    truth = true_hands([[100, 100], [112, 100]], seen_share=[1.0, 0.4])
    frames = [*before, *[tracked_frame(n, truth, (None, 9)) for n in (3, 4)]]
    figures = figures_of(frames)
    assert figures["n_switches"] == 0
    assert (figures["recall"], figures["precision"]) == (0.75, 1.0)


def test_hands_found_where_there_is_none_cost_precision():
    truth = true_hands(FAR_APART)
    elsewhere = truth.xy_px.copy()
    elsewhere[1] += 250
    figures = figures_of([tracked_frame(n, truth, (7, 9), elsewhere) for n in range(4)])
    assert (figures["recall"], figures["precision"]) == (0.5, 0.5)


def test_pairs_name_the_hands_that_were_found():
    frames = film([(7, 9), (None, 9)])
    swapped = TrackedFrame(
        frames[0].stamp_s,
        frames[0].truth,
        frames[0].track_id[::-1],
        frames[0].found_px[::-1],
        frames[0].score,
    )
    pairs = IdentityScore().add([swapped, frames[1]])
    assert set(pairs) == {Pair(0, 0, 1), Pair(0, 1, 0), Pair(1, 1, 0)}

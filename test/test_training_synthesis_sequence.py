# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Films: smooth motion, exact truth with identities, shake and blur that do not move the truth."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.datasets import films
from training.datasets.sequences import read_sequences
from training.synthesis.camera import Camera
from training.synthesis.improvisation import Act, Lane, _Player, improvise, sample_lanes
from training.synthesis.labels import OUTSIDE
from training.synthesis.motion_blur import Motion, blur_moving_arms
from training.synthesis.props import Thing
from training.synthesis.renderer import Rendering
from training.synthesis.scene import render_scene
from training.synthesis.sequence import (
    SequenceOptions,
    draw_sequence,
    number_of_hands,
    sample_stage,
)
from training.synthesis.sequence_files import FIRST_TRAINING_SEED, write_sequence
from training.synthesis.shading import Samples
from training.synthesis.stage import no_shake, no_things

TINY = SequenceOptions(width_px=96, height_px=72, n_frames=4)
CAMERA = Camera(600.0, (319.5, 239.5), 640, 480)
LANE = Lane((0.3, 0.5), 0.6, 0.1)
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def stage():
    """Two hands at a moment when both are in view, without noise, shake or things in front."""
    options = SequenceOptions(width_px=160, height_px=120)
    quiet = dict(shake=no_shake, things=no_things, noise=0.0, shutter_s=0.0)
    return replace(sample_stage(1, options), **quiet)


def a_moment(stage):
    for time_s in np.arange(0.5, 9, 0.25):
        points = [
            stage.camera.project(one.performance.landmarks_at(time_s)) for one in stage.performers
        ]
        if all(stage.camera.contains(xy_px).all() for xy_px in points):
            return float(time_s)
    raise AssertionError("the two hands are never in view together")


def noise():
    return np.random.default_rng(0)


def test_a_film_of_fewer_frames_a_second_shows_the_same_motion():
    many, few = (
        sample_stage(3, SequenceOptions(96, 72, n, rate)) for n, rate in ((60, 30), (10, 5))
    )
    for performer, same in zip(many.performers, few.performers, strict=True):
        expected_m = performer.performance.landmarks_at(1.2)
        np.testing.assert_array_equal(same.performance.landmarks_at(1.2), expected_m)


def test_a_frame_is_the_same_whether_those_before_are_drawn_or_not():
    frames = list(draw_sequence(2, TINY))
    (last,) = draw_sequence(2, TINY, n_drawn=3)
    np.testing.assert_array_equal(last.image, frames[3].image)
    for hand, same in zip(last.hands, frames[3].hands, strict=True):
        np.testing.assert_array_equal(hand.label.xy_px, same.label.xy_px)
        assert hand.identity == same.identity


def test_four_seeds_in_a_row_show_one_to_four_hands():
    assert {number_of_hands(seed, TINY) for seed in range(8, 12)} == {1, 2, 3, 4}


def test_only_the_frames_of_a_film_in_which_hands_overlap():
    whole = replace(TINY, n_frames=30, rate_hz=3.0)
    meetings = list(draw_sequence(33, replace(whole, only_meetings=True)))
    assert 0 < len(meetings) < whole.n_frames
    for frame in meetings:
        (low, high), (other_low, other_high) = (
            (hand.label.xy_px.min(axis=0), hand.label.xy_px.max(axis=0)) for hand in frame.hands
        )
        assert (np.maximum(low, other_low) < np.minimum(high, other_high)).all()
    same = next(draw_sequence(33, whole, n_drawn=meetings[0].index))
    np.testing.assert_array_equal(same.image, meetings[0].image)


@settings(max_examples=25)
@given(seeds)
def test_key_frames_follow_each_other_and_cover_the_film(seed):
    part = improvise(CAMERA, LANE, 10.0, np.random.default_rng(seed))
    times_s = np.array([key.time_s for key in part.key_frames])
    assert (np.diff(times_s) > 0).all()
    assert times_s[0] < 0 and times_s[-1] >= 10


@settings(max_examples=25)
@given(seeds)
def test_a_hand_is_outside_the_picture_whenever_its_identity_changes(seed):
    part = improvise(CAMERA, LANE, 10.0, np.random.default_rng(seed))
    times_s = np.array([key.time_s for key in part.key_frames])
    for absence_s in part.absences_s:
        key = part.key_frames[int(np.searchsorted(times_s, absence_s)) - 1]
        assert not CAMERA.contains(CAMERA.project(np.array(key.position_m)))
        assert part.visit(absence_s + 1e-6) == part.visit(absence_s - 1e-6) + 1


def test_a_held_hand_rests_and_a_waved_one_swings():
    player = _Player(CAMERA, LANE, np.random.default_rng(0))
    player.begin()
    for act, moves in ((Act.HOLD, False), (Act.WAVE, True)):
        n_before = len(player.key_frames)
        player.play(act)
        x_m = [key.position_m[0] for key in player.key_frames[n_before - 1 :]]
        assert (np.ptp(x_m) > 0.02) == moves


def test_no_two_hands_share_a_depth():
    for seed in range(20):
        lanes = sample_lanes(4, np.random.default_rng(seed))
        assert np.diff(sorted(lane.depth_m for lane in lanes)).min() > 0.1


def test_hands_move_smoothly_and_rest_now_and_then():
    stage = sample_stage(3, SequenceOptions())
    for performer in stage.performers:
        landmarks_m = np.array([performer.performance.landmarks_at(k / 30) for k in range(300)])
        step_m = np.linalg.norm(np.diff(landmarks_m, axis=0), axis=-1).max(1)
        assert step_m.max() < 0.16  # a fingertip at 4.8 m/s
        assert (step_m < 1e-9).sum() > 15
        assert np.percentile(step_m, 90) > 0.01


def test_landmarks_alone_are_those_of_the_whole_arm(stage):
    performance = stage.performers[0].performance
    np.testing.assert_allclose(
        performance.landmarks_at(1.3), performance.arm_at(1.3).landmarks_m, atol=1e-9
    )


def test_a_shaking_camera_moves_picture_and_truth_alike(stage):
    time_s = a_moment(stage)
    image, hands = stage.frame(time_s, noise())
    shaken = replace(stage, shake=lambda _: np.array([2.0, 1.0]))
    moved, moved_hands = shaken.frame(time_s, noise())
    for hand, other in zip(hands, moved_hands, strict=True):
        shift_px = np.broadcast_to([2.0, 1.0], (21, 2))
        np.testing.assert_allclose(other.label.xy_px - hand.label.xy_px, shift_px, atol=1e-9)
    difference = np.abs(moved[1:, 2:].astype(int) - image[:-1, :-2])
    assert np.mean(difference > 8) < 0.04  # inner pixels take another of their samples


def test_a_hand_is_said_to_rest_when_its_landmarks_do(stage):
    rests = []
    for time_s in np.arange(0.5, 4.0, 1 / 30):
        for performer in stage.performers:
            before, after = (
                stage.camera.project(performer.performance.landmarks_at(t))
                for t in (time_s - 1 / 30, time_s)
            )
            still = stage._is_still(performer, time_s)
            assert still == (np.linalg.norm(after - before, axis=1).max() < 0.05)
            rests.append(still)
    assert 0.1 < np.mean(rests) < 0.9


def test_the_seen_share_is_the_share_of_pixels_that_remain_behind_something(stage):
    """Compare with a picture without the thing in front."""
    time_s = a_moment(stage)
    hand_m = stage.performers[0].performance.landmarks_at(time_s)
    post = Thing(hand_m[9] * 0.8, np.array([0.0, 1.0, 0.0]), 0.02, 0.4).mesh(noise())
    hidden = replace(stage, things=lambda _: (post,))
    _, free_hands = stage.frame(time_s, noise())
    _, hands = hidden.frame(time_s, noise())
    owners = [
        render_scene(one.scene(time_s), one.studio.mesher, 2).owners() for one in (stage, hidden)
    ]
    x0, y0, x1, y1 = np.round(hands[0].label.bounds_px).astype(int)
    free, left = (np.count_nonzero(owner[y0 : y1 + 1, x0 : x1 + 1] == 1) for owner in owners)
    share = hands[0].label.seen_share / free_hands[0].label.seen_share
    assert share == pytest.approx(left / free, abs=0.12)
    assert share < 0.9
    lost = (free_hands[0].label.visibility == 2) & (hands[0].label.visibility == 1)
    assert lost.any()
    for x, y in np.round(hands[0].label.xy_px[lost]).astype(int):
        assert (owners[1][y - 1 : y + 2, x - 1 : x + 2] == 100).any()


def test_a_hand_outside_is_not_seen():
    stage = sample_stage(0, replace(TINY, n_frames=300))
    part = stage.performers[0].performance
    away = next(
        t
        for t in np.arange(0, 10, 0.05)
        if not stage.camera.contains(stage.camera.project(part.landmarks_at(t))).any()
    )
    _, (hand,) = stage.frame(float(away), noise())
    assert hand.label.seen_share == 0 and (hand.label.visibility == OUTSIDE).all()


def test_a_motion_is_recovered_from_landmarks():
    points = np.random.default_rng(0).uniform(0, 100, (21, 2))
    angle = 0.2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    start = points - 0.5 * (points @ (turn - np.eye(2)).T + [3, -2])
    end = points + 0.5 * (points @ (turn - np.eye(2)).T + [3, -2])
    matrix = Motion.of_landmarks(start, end).matrix(1.0, (0, 0))
    np.testing.assert_allclose(matrix, np.column_stack([turn, [3, -2]]), atol=1e-9)


def a_disc():
    """A bright disc of owner 1 in a picture of 64 x 64 pixels."""
    coverage = np.zeros((64, 64), np.float32)
    cv2.circle(coverage, (30, 32), 6, 1.0, -1)
    seen = (coverage > 0).astype(np.float32)
    samples = Samples(np.zeros((64, 64), np.int32), np.zeros((64, 64, 2), np.float32), seen, 1)
    light = np.repeat(coverage[..., None], 3, axis=2)
    return Rendering(light, coverage, samples, np.array([1], np.int32))


def test_blur_spreads_a_moving_arm_along_its_way_and_keeps_its_middle():
    disc = a_disc()
    blurred = blur_moving_arms(disc, {1: Motion(0j, 12 + 0j, 12.0)})
    assert blurred.coverage.sum() == pytest.approx(disc.coverage.sum(), rel=1e-3)
    columns = np.arange(64) @ blurred.coverage.sum(0) / blurred.coverage.sum()
    assert columns == pytest.approx(30, abs=0.05)
    assert np.count_nonzero(blurred.coverage.sum(0) > 0.01) > 20
    assert np.count_nonzero(blurred.coverage.sum(1) > 0.01) == 13
    np.testing.assert_allclose(blurred.light[..., 0], blurred.coverage, atol=1e-5)


def test_what_does_not_move_stays_sharp():
    disc = a_disc()
    assert blur_moving_arms(disc, {1: Motion(0j, 0.5 + 0j, 0.5)}) is disc


def test_films_are_read_back_and_go_on_where_they_broke_off(tmp_path):
    write_sequence(tmp_path / "whole", 1, TINY)
    (film,) = read_sequences(tmp_path / "whole")
    assert len(film.frames) == len(list(film.images())) == TINY.n_frames
    assert film.frames[1].stamp_s == pytest.approx(1 / 30, abs=1e-6)
    assert film.frames[0].hands.identity.tolist() == [0, 1]
    assert {(frame.record.split, frame.record.is_complete) for frame in film.frames} == {
        ("val", True)
    }
    broken = tmp_path / "broken" / "seed_0001"
    (broken / "frames").mkdir(parents=True)
    lines = (film.folder / "frames.jsonl").read_text().splitlines(keepends=True)
    (broken / "frames.jsonl").write_text("".join(lines[:2]) + lines[2][:20])
    write_sequence(tmp_path / "broken", 1, TINY)
    assert (broken / "frames.jsonl").read_text() == "".join(lines)
    for name in ("000002.jpg", "000003.jpg"):
        again = (broken / "frames" / name).read_bytes()
        assert again == (film.folder / "frames" / name).read_bytes()


def test_films_to_train_with_are_none_to_evaluate_with(tmp_path):
    write_sequence(tmp_path, FIRST_TRAINING_SEED, replace(TINY, n_frames=1))
    (record,) = films.read(tmp_path)
    assert record.split == "train"

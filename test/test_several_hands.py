# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole pipeline with a detector, on scripted hands that cross, hide, leave and come back."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_hands import HEIGHT_PX, PERIOD_S, WIDTH_PX, Scene, ScriptedHand, moving_hand
from tiny_model import hand_xy_px

from hand_landmarks_ros.core.detection import Detections
from hand_landmarks_ros.core.errors import ParameterError
from hand_landmarks_ros.core.pipeline import HandPipeline, PipelineOptions
from hand_landmarks_ros.core.types import Handedness

TWO_HANDS = PipelineOptions(max_hands=2, coast_s=0.3, memory_s=0.3)
LEFT, RIGHT = 0.05, 0.95


def pipeline_for(scene: Scene, options: PipelineOptions = TWO_HANDS) -> HandPipeline:
    return HandPipeline(scene, options, scene.detect)


def two_hands(**scene) -> Scene:
    return Scene(
        moving_hand((170, 240), right_hand=LEFT), moving_hand((450, 240), right_hand=RIGHT), **scene
    )


def ids_of(hands) -> list[int]:
    return [hand.track_id for hand in hands]


def nearest_id(hands, xy_px: np.ndarray) -> int:
    """Return the id of the hand whose landmarks are nearest to these."""
    return min(hands, key=lambda hand: np.abs(hand.xy_px - xy_px).mean()).track_id


def test_two_hands_are_found_in_the_first_image_and_keep_their_ids():
    scene = two_hands()
    for hands in scene.play(pipeline_for(scene), 6):
        assert ids_of(hands) == [1, 2]
        for scripted in scene.hands:
            xy_px = scripted.xy_px(0.0)
            assert min(np.abs(hand.xy_px - xy_px).max() for hand in hands) < 1.5
    sides = {hand.xy_px[0, 0] > WIDTH_PX / 2: hand.handedness for hand in hands}
    assert sides == {False: Handedness.LEFT, True: Handedness.RIGHT}


def test_all_hands_of_an_image_go_through_the_model_in_one_call():
    scene = two_hands()
    scene.play(pipeline_for(scene), 10)
    assert scene.n_crops == [2] * 10


def test_the_detector_rests_while_all_hands_are_in_view():
    scene = two_hands()
    scene.play(pipeline_for(scene), 30)
    assert scene.detected_s == [0.0]


@pytest.mark.parametrize(("rate_hz", "every"), [(10.0, 3), (30.0, 1), (4.0, 8), (240.0, 1)])
def test_the_detector_looks_for_a_missing_hand_at_its_rate(rate_hz, every):
    scene = Scene(moving_hand((170, 240)))
    scene.play(pipeline_for(scene, replace(TWO_HANDS, detector_rate_hz=rate_hz)), 30)
    np.testing.assert_allclose(scene.detected_s, np.arange(0, 30, every) * PERIOD_S)


def test_one_wanted_hand_in_view_costs_no_detector_time():
    scene = two_hands()
    pipeline = pipeline_for(scene, PipelineOptions(max_hands=1))
    shown = scene.play(pipeline, 30)
    assert scene.detected_s == [0.0]
    assert pipeline.stage_times_s["detect"] < pipeline.stage_times_s["inference"]
    assert {len(hands) for hands in shown} == {1}


def test_the_detector_looks_at_each_image_for_a_lost_hand_while_it_is_remembered():
    def hides(time_s):
        return hand_xy_px((450, 240), 100) if time_s < 0.49 else None

    scene = Scene(moving_hand((170, 240)), ScriptedHand(hides))
    options = replace(TWO_HANDS, coast_s=0.1, memory_s=0.2, detector_rate_hz=10.0)
    scene.play(pipeline_for(scene, options), 30)
    looked_at = np.array(scene.detected_s) / PERIOD_S
    np.testing.assert_allclose(looked_at, [0, 15, 16, 17, 18, 19, 20, 21, 24, 27])


def test_a_hand_that_jumps_is_found_in_the_same_image(monkeypatch):
    """Its region no longer shows it; the detector, which had no reason to run, does."""
    # The scene's colours are coordinates; a hand takes its colour along.
    grey = "hand_landmarks_ros.core.looking.skin_colours"
    monkeypatch.setattr(grey, lambda image, xy_px, score: np.zeros((len(xy_px), 3)))

    def jumps(time_s):
        return hand_xy_px((450, 200) if time_s < 0.49 else (450, 295), 100)

    scene = Scene(moving_hand((170, 240)), ScriptedHand(jumps))
    shown = scene.play(pipeline_for(scene), 20)
    assert [hand.track_id for hand in shown[15]] == [1, 2]
    assert not any(hand.predicted for hand in shown[15])
    np.testing.assert_allclose(np.array(scene.detected_s) / PERIOD_S, [0, 15])


def test_a_second_hand_is_taken_up_when_it_comes():
    def late(time_s):
        return hand_xy_px((450, 240), 100) if time_s > 0.5 else None

    scene = Scene(moving_hand((170, 240)), ScriptedHand(late))
    shown = scene.play(pipeline_for(scene), 30)
    n_hands = [len(hands) for hands in shown]
    assert n_hands == sorted(n_hands)
    assert n_hands[15] == 1
    assert n_hands[19] == 2


@pytest.mark.parametrize("sides", [(LEFT, RIGHT), (RIGHT, RIGHT)], ids=["pair", "two right ones"])
@pytest.mark.parametrize("speed_px_s", [300, 900])
@pytest.mark.parametrize("apart_px", [0, 50])
def test_hands_that_cross_keep_their_ids(sides, speed_px_s, apart_px):
    scene = Scene(
        moving_hand((130, 240), (speed_px_s, 0), right_hand=sides[0]),
        moving_hand((510, 240 + apart_px), (-speed_px_s, 0), right_hand=sides[1], angle_rad=0.2),
        noise=0.01,
    )
    shown = scene.play(pipeline_for(scene), int(380 / speed_px_s / PERIOD_S))
    for hand in scene.hands:
        before = nearest_id(shown[0], hand.xy_px(0.0))
        assert nearest_id(shown[-1], hand.xy_px(scene.time_s)) == before
    assert {i for hands in shown for i in ids_of(hands)} == {1, 2}


def test_a_hand_behind_another_coasts_and_goes_on_with_its_id():
    scene = Scene(moving_hand((320, 240)), moving_hand((120, 250), (400, 0), right_hand=LEFT))
    shown = scene.play(pipeline_for(scene), 30)
    passing = nearest_id(shown[0], scene.hands[1].xy_px(0.0))
    is_predicted = [hand.predicted for hands in shown for hand in hands if hand.track_id == passing]
    assert len(is_predicted) == 30
    assert any(is_predicted)
    assert not is_predicted[-1]


def test_a_doubtful_look_loses_no_hand_that_was_in_view_and_finds_no_new_one():
    scene = Scene(moving_hand((170, 240)))
    pipeline = pipeline_for(scene)
    scene.play(pipeline, 5)
    scene.presence = 0.4
    ((hand,),) = scene.play(pipeline, 1, first=5)
    assert not hand.predicted
    assert scene.play(pipeline_for(scene), 1) == [()]


def test_a_hand_that_leaves_ends_and_comes_back_as_another():
    def away_for_a_while(time_s):
        return hand_xy_px((450, 240), 100) if not 0.3 < time_s < 0.9 else None

    scene = Scene(moving_hand((170, 240)), ScriptedHand(away_for_a_while))
    pipeline = pipeline_for(scene, replace(TWO_HANDS, coast_s=0.1, memory_s=0.1))
    lost = []
    ids = []
    for i in range(40):
        (hands,) = scene.play(pipeline, 1, first=i)
        ids.append(ids_of(hands))
        lost += pipeline.lost_track_ids
    stays, leaves = nearest_id(hands, scene.hands[0].xy_px(0.0)), 3
    assert stays in ids[0]
    assert ids[-1] == [stays, leaves]
    assert lost == [3 - stays]


def test_a_hand_cut_by_the_border_keeps_its_id_until_its_middle_is_outside():
    scene = Scene(moving_hand((170, 240)), moving_hand((560, 240), (60, 0), length_px=140))
    shown = scene.play(pipeline_for(scene), 60)
    leaving = nearest_id(shown[0], scene.hands[1].xy_px(0.0))
    n_frames = sum(leaving in ids_of(hands) for hands in shown)
    assert 560 + 60 * n_frames * PERIOD_S == pytest.approx(WIDTH_PX, abs=30)
    assert max(i for hands in shown for i in ids_of(hands)) == 2


def test_one_hand_detected_several_times_is_one_hand():
    scene = two_hands()

    def thrice(found: Detections) -> Detections:
        again = np.repeat(np.arange(len(found)), 3)
        shift_px = np.tile([[0.0], [30.0], [-30.0]], (len(found), 2))
        boxes = replace(found.boxes[again], centre_px=found.boxes.centre_px[again] + shift_px)
        return Detections(
            boxes, found.score[again], found.right_probability[again], found.bounds_px[again]
        )

    scene.detected = thrice
    shown = scene.play(pipeline_for(scene, replace(TWO_HANDS, max_hands=4)), 20)
    assert {tuple(ids_of(hands)) for hands in shown} == {(1, 2)}


def test_two_regions_that_slide_onto_one_hand_leave_one_hand():
    """Both hands are tracked; then one joins the other and only the nearer one is seen."""

    def joins(time_s):
        return hand_xy_px((max(200.0, 450 - 500 * time_s), 240), 100)

    scene = Scene(moving_hand((200, 240)), ScriptedHand(joins))
    shown = scene.play(pipeline_for(scene), 45)
    assert len(shown[0]) == 2
    assert len(shown[-1]) == 1
    assert np.abs(shown[-1][0].xy_px - scene.hands[0].xy_px(0.0)).max() < 1.5


@pytest.mark.parametrize("max_hands", [1, 3])
def test_hundreds_of_false_candidates_cost_few_crops_and_hide_no_hand(max_hands):
    places = np.random.default_rng(0).uniform((0, 0, 20), (WIDTH_PX, HEIGHT_PX, 90), (500, 3))
    far_from_hand = np.hypot(places[:, 0] - 170, places[:, 1] - 240) > 130
    scene = Scene(moving_hand((170, 240)), false_boxes_px=places[far_from_hand][:10])
    options = PipelineOptions(max_hands=max_hands)
    shown = scene.play(pipeline_for(scene, options), 36)
    assert ids_of(shown[-1]) == [1]
    assert max(scene.n_crops) <= max_hands
    scene.false_boxes_px = list(places)
    scene.play(pipeline_for(scene, options), 9)
    assert max(scene.n_crops) <= max_hands


@pytest.mark.parametrize(
    "box_px",
    [(np.nan, 100, 50), (-50, 100, 50), (100, 1e9, 50), (100, 100, 1e9), (100, 100, 1e-9)],
    ids=["no number", "left of the image", "far below", "huge", "tiny"],
)
def test_a_detection_that_can_be_no_hand_is_not_looked_at(box_px):
    scene = Scene(false_boxes_px=[box_px])
    assert scene.play(pipeline_for(scene), 1) == [()]
    assert scene.n_crops == [0]


def test_a_detector_that_finds_nothing_gives_no_hand():
    scene = Scene()
    scene.detected = lambda _: Detections.none()
    assert scene.play(pipeline_for(scene), 5) == [()] * 5


def test_fewer_wanted_hands_end_the_youngest():
    scene = two_hands()
    pipeline = pipeline_for(scene)
    scene.play(pipeline, 5)
    pipeline.options = replace(pipeline.options, max_hands=1)
    assert ids_of(scene.play(pipeline, 1, first=5)[0]) == [1]
    assert pipeline.lost_track_ids == (2,)


def test_after_a_reset_the_detector_looks_at_once_and_ids_are_new():
    scene = two_hands()
    pipeline = pipeline_for(scene)
    scene.play(pipeline, 2)
    pipeline.reset()
    (hands,) = scene.play(pipeline, 1, first=2)
    assert ids_of(hands) == [3, 4]
    assert pipeline.lost_track_ids == (1, 2)
    assert len(scene.detected_s) == 2


def test_more_than_one_hand_needs_a_detector():
    scene = two_hands()
    with pytest.raises(ParameterError, match="without a detector only one hand"):
        HandPipeline(scene, TWO_HANDS)
    pipeline = HandPipeline(scene)
    with pytest.raises(ParameterError, match="max_hands is 2"):
        pipeline.options = TWO_HANDS
    assert pipeline.options.max_hands == 1


places = st.tuples(st.floats(60, WIDTH_PX - 60), st.floats(60, HEIGHT_PX - 60))
velocities = st.tuples(st.floats(-500, 500), st.floats(-500, 500))
scripted_hands = st.builds(
    moving_hand,
    places,
    velocities,
    length_px=st.floats(40, 160),
    angle_rad=st.floats(-3, 3),
    right_hand=st.sampled_from([LEFT, RIGHT]),
)
scenes = st.builds(
    lambda hands, **values: Scene(*hands, **values),
    st.lists(scripted_hands, max_size=5),
    noise=st.sampled_from([0.0, 0.02]),
    seed=st.integers(0, 1000),
    false_boxes_px=st.lists(st.tuples(*[st.floats(30, 400)] * 3), max_size=3),
)


@settings(max_examples=15)
@given(scenes, st.integers(1, 4), *[st.sampled_from([0.0, 0.1, 0.5])] * 2)
def test_ids_are_unique_and_never_reused_and_each_end_is_reported_once(
    scene, max_hands, coast_s, memory_s
):
    pipeline = pipeline_for(
        scene, PipelineOptions(max_hands=max_hands, coast_s=coast_s, memory_s=memory_s)
    )
    given_out, ended = set(), set()
    for i in range(14):
        (hands,) = scene.play(pipeline, 1, first=i)
        ids = set(ids_of(hands))
        assert len(ids) == len(hands) <= max_hands
        assert scene.n_crops[-1] <= 2 * max_hands
        given_out |= ids
        lost = set(pipeline.lost_track_ids)
        assert len(lost) == len(pipeline.lost_track_ids)
        assert not lost & ended
        assert lost <= given_out
        ended |= lost
        assert not ids & ended
        assert len(given_out - ended) <= 2 * max_hands
        assert all(np.isfinite(hand.xy_px).all() for hand in hands)


def assert_same_hands(shown, expected) -> None:
    for hands, expected_hands in zip(shown, expected, strict=True):
        assert len(hands) == len(expected_hands)
        for hand, same in zip(hands, expected_hands, strict=True):
            assert (hand.track_id, hand.predicted) == (same.track_id, same.predicted)
            np.testing.assert_allclose(hand.xy_px, same.xy_px, atol=0.01)


@settings(max_examples=8)
@given(scenes, st.floats(0, 2e9))
def test_only_differences_of_stamps_count(scene, shift_s):
    scene.noise = 0.0
    expected = scene.play(pipeline_for(scene), 6)
    assert_same_hands(scene.play(pipeline_for(scene), 6, shift_s=shift_s), expected)


@settings(max_examples=8)
@given(scenes, st.randoms(use_true_random=False))
def test_the_order_of_detections_does_not_matter(scene, random):
    scene.noise = 0.0
    scores = iter(np.random.default_rng(0).permutation(1000) / 1000)

    def distinct(found: Detections) -> Detections:
        return replace(found, score=np.array([next(scores) for _ in range(len(found))], np.float32))

    def shuffled(found: Detections) -> Detections:
        found = distinct(found)
        order = np.array(random.sample(range(len(found)), len(found)), int)
        return Detections(
            found.boxes[order],
            found.score[order],
            found.right_probability[order],
            found.bounds_px[order],
        )

    scene.detected = distinct
    expected = scene.play(pipeline_for(scene), 6)
    scores = iter(np.random.default_rng(0).permutation(1000) / 1000)
    scene.detected = shuffled
    assert_same_hands(scene.play(pipeline_for(scene), 6), expected)


def test_pipelines_that_share_ids_never_give_one_twice():
    ids = count(1)
    given_out = []
    for _ in range(2):
        scene = two_hands()
        pipeline = HandPipeline(scene, TWO_HANDS, scene.detect, track_ids=ids)
        given_out += ids_of(scene.play(pipeline, 1)[0])
    assert given_out == [1, 2, 3, 4]

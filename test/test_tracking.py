# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The tracker takes up hands, keeps them, and lets go of them."""

import logging
from itertools import count

import numpy as np
import pytest
from scripted_hands import IMPOSSIBLE_HANDS, seen_hands
from tiny_model import hand_xy_px

from hand_landmarks_ros.core.observations import Observations
from hand_landmarks_ros.core.options import PipelineOptions
from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.tracking import HandTracker
from hand_landmarks_ros.core.types import Handedness

WIDTH_PX, HEIGHT_PX = 640, 480
PERIOD_S = 1 / 30


NOTHING = seen_hands()
HAND_PX = hand_xy_px((300, 240), 150)


class Camera:
    """Feeds a tracker frame by frame, as the pipeline does."""

    def __init__(self, **options) -> None:
        options = {"coast_s": 0.0, "memory_s": 0.0, **options}
        self.tracker = HandTracker(PipelineOptions(**options), count(1))
        self.stamps_s = (10 + PERIOD_S * i for i in count())

    def frame(self, seen: Observations, stamp_s: float | None = None):
        stamp_s = next(self.stamps_s) if stamp_s is None else stamp_s
        self.boxes = self.tracker.boxes(stamp_s, WIDTH_PX, HEIGHT_PX)
        return self.tracker.update(seen, WIDTH_PX, HEIGHT_PX)


def test_a_hand_in_view_is_reported_with_everything_seen_of_it():
    (hand,) = Camera().frame(seen_hands(HAND_PX))
    assert hand.track_id == 1
    assert hand.handedness == Handedness.RIGHT
    assert hand.handedness_score == pytest.approx(0.8, abs=1e-6)
    assert hand.score == pytest.approx(0.9)
    assert not hand.predicted
    np.testing.assert_allclose(hand.xy_px, HAND_PX, rtol=1e-6)
    np.testing.assert_allclose(hand.score_per_landmark, 0.9)
    assert hand.xy_px.dtype == np.float32


def test_the_next_region_is_around_the_hand_and_turned_with_it():
    camera = Camera()
    xy_px = hand_xy_px((300, 240), 150, angle_rad=0.7)
    camera.frame(seen_hands(xy_px))
    camera.frame(seen_hands(xy_px))
    expected = boxes_from_landmarks(xy_px[None])
    np.testing.assert_allclose(camera.boxes.centre_px, expected.centre_px, atol=1e-3)
    np.testing.assert_allclose(camera.boxes.side_px, expected.side_px, atol=1e-3)
    np.testing.assert_allclose(camera.boxes.angle_rad, expected.angle_rad, atol=1e-5)


def test_the_next_region_of_a_moving_hand_lies_ahead_of_it():
    camera = Camera()
    for i in range(20):
        camera.frame(seen_hands(HAND_PX + np.array([6.0 * i, 0])))
    camera.frame(NOTHING)
    ahead_px = boxes_from_landmarks(HAND_PX[None] + (6.0 * 20, 0)).centre_px
    np.testing.assert_allclose(camera.boxes.centre_px, ahead_px, atol=1.0)


def test_a_hand_keeps_its_id_while_it_is_seen():
    camera = Camera()
    assert {camera.frame(seen_hands(HAND_PX))[0].track_id for _ in range(10)} == {1}


def test_a_new_hand_must_be_surer_than_a_known_one():
    camera = Camera(min_hand_score=0.5)
    doubtful = seen_hands(HAND_PX, presence=0.55)
    assert camera.frame(doubtful) == ()
    camera.frame(seen_hands(HAND_PX, presence=0.9))
    assert len(camera.frame(doubtful)) == 1
    assert camera.frame(seen_hands(HAND_PX, presence=0.45)) == ()


def test_a_presence_without_clear_landmarks_is_no_hand():
    camera = Camera(min_hand_score=0.5)
    assert camera.frame(seen_hands(HAND_PX, presence=1.0, score=0.05)) == ()
    (hand,) = camera.frame(seen_hands(HAND_PX, presence=0.95, score=0.18))
    assert hand.score == pytest.approx(0.95 * 0.18 / 0.2)


@pytest.mark.parametrize(("prior", "is_taken_up"), [(0.3, False), (0.5, False), (0.7, True)])
def test_a_doubtful_view_of_what_the_detector_is_sure_of_is_a_new_hand(prior, is_taken_up):
    hands = Camera().frame(seen_hands(HAND_PX, presence=0.7, prior=prior))
    assert len(hands) == is_taken_up
    if is_taken_up:
        odds = 0.7 / 0.3 * prior / (1 - prior)
        assert hands[0].score == pytest.approx(odds / (1 + odds))


def test_a_lost_hand_is_reported_as_lost_once_and_its_id_is_never_used_again():
    camera = Camera()
    camera.frame(seen_hands(HAND_PX))
    assert camera.tracker.lost_track_ids == ()
    assert camera.frame(seen_hands(HAND_PX, presence=0.0)) == ()
    assert camera.tracker.lost_track_ids == (1,)
    assert camera.frame(seen_hands(HAND_PX))[0].track_id == 2
    assert camera.tracker.lost_track_ids == ()


def test_a_hidden_hand_coasts_on_its_motion_and_then_ends():
    camera = Camera(coast_s=2.5 * PERIOD_S)
    for i in range(20):
        camera.frame(seen_hands(HAND_PX + np.array([6.0 * i, 0])))
    for i in (20, 21):
        (hand,) = camera.frame(seen_hands(HAND_PX, presence=0.1))
        assert hand.predicted
        assert hand.track_id == 1
        assert hand.score == 0.0
        assert not hand.score_per_landmark.any()
        np.testing.assert_allclose(hand.xy_px, HAND_PX + np.array([6.0 * i, 0]), atol=4.0)
    assert camera.frame(seen_hands(HAND_PX, presence=0.1)) == ()
    assert camera.tracker.lost_track_ids == (1,)


def test_a_hand_coasts_over_an_image_without_numbers():
    camera = Camera(coast_s=1.0)
    for _ in range(2):
        camera.frame(seen_hands(HAND_PX))
    (hand,) = camera.frame(seen_hands(np.full((21, 2), np.nan), presence=np.nan))
    assert hand.score == 0.0
    assert np.isfinite(hand.xy_px).all()


def test_a_hand_seen_again_while_coasting_keeps_its_id():
    camera = Camera(coast_s=1.0)
    for _ in range(2):
        camera.frame(seen_hands(HAND_PX))
    assert camera.frame(seen_hands(HAND_PX, presence=0.0))[0].predicted
    (hand,) = camera.frame(seen_hands(HAND_PX))
    assert hand.track_id == 1
    assert not hand.predicted


def test_a_hand_that_comes_near_does_not_take_the_place_of_one_that_coasts():
    """It goes behind the other, which was not seen for an image and then is the only one seen."""
    resting, coming = HAND_PX, [HAND_PX + np.array([140.0 - 10.0 * i, 0.0]) for i in range(11)]
    tan, pale = (31.0, 14.0, 19.0), (40.0, 9.0, 19.0)
    camera = Camera(max_hands=2, coast_s=0.1, memory_s=1.0)
    for coming_px in coming:
        camera.frame(seen_hands(resting, coming_px, colour=[tan, pale]))
    camera.frame(seen_hands(coming[-1] - (10.0, 0.0), colour=pale))
    seen, hidden = camera.frame(seen_hands(resting, colour=tan))
    assert (seen.track_id, seen.predicted) == (1, False)
    assert (hidden.track_id, hidden.predicted) == (2, True)


@pytest.mark.parametrize(
    ("n_views", "speed_px_s", "is_reported"),
    [(10, 0.0, True), (10, 400.0, True), (10, 900.0, False), (1, 0.0, False)],
    ids=["at rest", "moving", "fast", "hardly there"],
)
def test_a_lost_hand_is_reported_where_it_may_well_be_and_else_remembered(
    n_views, speed_px_s, is_reported
):
    camera = Camera(coast_s=0.1)
    for i in range(n_views):
        camera.frame(seen_hands(hand_xy_px((150 + speed_px_s * PERIOD_S * i, 240), 150)))
    assert len(camera.frame(NOTHING)) == is_reported
    assert camera.tracker.misses_a_hand
    next_px = (150 + speed_px_s * PERIOD_S * (n_views + 1), 240)
    assert [hand.track_id for hand in camera.frame(seen_hands(hand_xy_px(next_px, 150)))] == [1]
    assert not camera.tracker.misses_a_hand


def test_a_hand_is_known_by_its_colour():
    """Two hands of one side and pose swap places while neither is seen."""
    left_px, right_px = hand_xy_px((280, 240), 150), hand_xy_px((360, 240), 150)
    dark, light = (15.0, 8.0, 10.0), (38.0, 8.0, 14.0)
    camera = Camera(max_hands=2, memory_s=1.0)
    for _ in range(10):
        camera.frame(seen_hands(left_px, right_px, colour=[dark, light]))
    for _ in range(3):
        camera.frame(NOTHING)
    first, second = camera.frame(seen_hands(left_px, right_px, colour=[light, dark]))
    assert (first.track_id, second.track_id) == (1, 2)
    assert first.xy_px[:, 0].mean() > second.xy_px[:, 0].mean()


def hidden_for(camera: Camera, n_frames: int):
    """Show a hand for ten frames, then none; returns the last frame's hands."""
    for _ in range(10):
        camera.frame(seen_hands(HAND_PX))
    return [camera.frame(NOTHING) for _ in range(n_frames)][-1]


def test_a_hand_that_comes_back_while_remembered_keeps_its_id():
    camera = Camera(memory_s=0.25)
    assert hidden_for(camera, 6) == ()
    assert camera.tracker.lost_track_ids == ()
    (hand,) = camera.frame(seen_hands(HAND_PX + 20.0))
    assert hand.track_id == 1
    np.testing.assert_allclose(hand.xy_px, HAND_PX + 20.0, rtol=1e-6)


def test_a_hand_is_not_remembered_for_much_longer_than_it_was_followed():
    camera = Camera(memory_s=1.0)
    for _ in range(4):
        camera.frame(seen_hands(HAND_PX))
    for _ in range(5):
        camera.frame(NOTHING)
    assert camera.frame(seen_hands(HAND_PX))[0].track_id == 1
    camera.tracker.reset()
    for _ in range(4):
        camera.frame(seen_hands(HAND_PX))
    for _ in range(8):
        camera.frame(NOTHING)
    assert camera.frame(seen_hands(HAND_PX))[0].track_id == 3


def test_of_all_remembered_hands_that_which_fits_comes_back():
    """Even where there is room for one, and another was seen later."""
    camera = Camera(memory_s=1.0, max_hands=2)
    right_px, left_px, third_px = (hand_xy_px((x_px, 240), 100) for x_px in (100, 300, 550))
    for _ in range(20):
        camera.frame(seen_hands(right_px, left_px, right_hand=[0.98, 0.02]))
    for _ in range(10):
        camera.frame(seen_hands(left_px, third_px, right_hand=0.02))
    camera.frame(seen_hands(third_px, right_hand=0.02))
    seen = seen_hands(right_px + 50.0, third_px, right_hand=[0.98, 0.02])
    assert [hand.track_id for hand in camera.frame(seen)] == [1, 3]


def test_a_hand_that_stopped_behind_another_is_looked_for_along_its_course():
    """The last views of it are vague, mixed with the other, and do not move."""
    camera = Camera(memory_s=1.0, max_hands=2)
    other_px = HAND_PX + np.array([230.0, 0.0])
    for i in range(10):
        camera.frame(seen_hands(HAND_PX + np.array([12.0 * i, 0.0]), other_px))
    for _ in range(2):
        mixed_px = HAND_PX + np.array([108.0, 0.0])
        camera.frame(seen_hands(mixed_px, other_px, score=[0.35, 0.9]))
    camera.frame(seen_hands(other_px))
    camera.frame(seen_hands(other_px))
    (lost_px,) = camera.boxes.centre_px[~camera.tracker.is_in_view, 0]
    went_px = lost_px - boxes_from_landmarks(HAND_PX[None]).centre_px[0, 0]
    assert 12.0 * 11 < went_px < 12.0 * 13


def test_a_blurred_hand_alone_is_looked_for_where_it_was_last_seen():
    camera = Camera(memory_s=1.0)
    for _ in range(10):
        camera.frame(seen_hands(HAND_PX))
    for i in range(3):
        camera.frame(seen_hands(HAND_PX + np.array([30.0 * i, 0.0]), score=0.2))
    camera.frame(NOTHING)
    camera.frame(NOTHING)
    went_px = camera.boxes.centre_px[0, 0] - boxes_from_landmarks(HAND_PX[None]).centre_px[0, 0]
    assert went_px > 60.0


LEFT_PX, RIGHT_PX = hand_xy_px((150, 240), 100), hand_xy_px((450, 240), 100)


def ids_after(camera, n_frames, *xy_px, right_hand):
    """Return the ids, from left to right, after n_frames of hands with these sides."""
    for _ in range(n_frames):
        hands = camera.frame(seen_hands(*xy_px, right_hand=right_hand))
    return [hand.track_id for hand in sorted(hands, key=lambda hand: hand.xy_px[0, 0])]


def test_two_hands_that_were_confused_get_their_ids_back():
    camera = Camera(max_hands=2)
    both = LEFT_PX, RIGHT_PX
    assert ids_after(camera, 20, *both, right_hand=[0.97, 0.03]) == [1, 2]
    assert ids_after(camera, 4, *both, right_hand=[0.03, 0.97]) == [1, 2]
    assert ids_after(camera, 4, *both, right_hand=[0.03, 0.97]) == [2, 1]
    assert ids_after(camera, 60, *both, right_hand=[0.03, 0.97]) == [2, 1]


def test_a_hand_that_was_taken_for_a_lost_one_gets_its_id_back():
    camera = Camera(max_hands=2, memory_s=1.0)
    assert ids_after(camera, 20, LEFT_PX, RIGHT_PX, right_hand=[0.97, 0.03]) == [1, 2]
    assert ids_after(camera, 4, LEFT_PX, right_hand=[0.03]) == [1]
    assert ids_after(camera, 4, LEFT_PX, right_hand=[0.03]) == [2]


def test_hands_of_which_one_looks_otherwise_for_a_while_keep_their_ids():
    camera = Camera(max_hands=2)
    both = LEFT_PX, RIGHT_PX
    assert ids_after(camera, 20, *both, right_hand=[0.97, 0.97]) == [1, 2]
    assert ids_after(camera, 20, *both, right_hand=[0.03, 0.97]) == [1, 2]


def test_a_hand_seen_once_may_come_in_at_any_speed():
    camera = Camera(memory_s=1.0)
    camera.frame(seen_hands(HAND_PX))
    assert camera.frame(seen_hands(HAND_PX - np.array([0.0, 130.0])))[0].track_id == 1


def test_a_hand_of_which_one_view_told_the_wrong_side_keeps_its_id():
    camera = Camera(memory_s=1.0)
    camera.frame(seen_hands(HAND_PX, right_hand=0.01))
    moved = seen_hands(HAND_PX - np.array([0.0, 70.0]), right_hand=0.99)
    assert camera.frame(moved)[0].track_id == 1


def test_a_remembered_hand_ends_after_a_while():
    camera = Camera(memory_s=0.25)
    hidden_for(camera, 7)
    assert camera.tracker.lost_track_ids == ()
    camera.frame(NOTHING)
    assert camera.tracker.lost_track_ids == (1,)
    assert camera.frame(seen_hands(HAND_PX))[0].track_id == 2


def test_a_hand_is_remembered_no_longer_than_it_was_followed():
    camera = Camera(memory_s=1.0)
    camera.frame(seen_hands(HAND_PX))
    camera.frame(NOTHING)
    assert camera.tracker.lost_track_ids == (1,)


def test_a_second_look_at_a_hand_in_view_is_neither_a_remembered_hand_nor_a_new_one():
    camera = Camera(memory_s=1.0, max_hands=2)
    other_px = hand_xy_px((350, 240), 150)
    for _ in range(10):
        camera.frame(seen_hands(HAND_PX, other_px))
    camera.frame(seen_hands(HAND_PX))
    looks = seen_hands(HAND_PX, HAND_PX + 30.0)
    assert [hand.track_id for hand in camera.frame(looks)] == [1]


def test_what_is_seen_comes_before_what_is_predicted():
    camera = Camera(coast_s=1.0)
    camera.frame(seen_hands(HAND_PX))
    (hand,) = camera.frame(seen_hands(hand_xy_px((560, 100), 60)))
    assert (hand.track_id, hand.predicted) == (2, False)


def test_as_many_hands_are_remembered_as_wanted_and_followed():
    camera = Camera(memory_s=10.0, max_hands=2)
    for x_px in (40, 340, 600):
        for _ in range(10):
            camera.frame(seen_hands(hand_xy_px((x_px, 100), 40), hand_xy_px((x_px, 400), 40)))
    camera.frame(NOTHING)
    assert len(camera.boxes) == 2
    assert camera.tracker.ended_track_ids == ()
    assert camera.frame(seen_hands(hand_xy_px((40, 100), 40)))[0].track_id == 7


@pytest.mark.parametrize("xy_px", IMPOSSIBLE_HANDS.values(), ids=IMPOSSIBLE_HANDS)
@pytest.mark.parametrize("is_tracked", [False, True])
def test_what_cannot_be_a_hand_is_not_reported(xy_px, is_tracked):
    camera = Camera()
    if is_tracked:
        camera.frame(seen_hands(HAND_PX))
    assert camera.frame(seen_hands(xy_px, presence=1.0)) == ()


def test_a_hand_predicted_out_of_the_image_is_let_go():
    camera = Camera(coast_s=1.0)
    for i in range(10):
        camera.frame(seen_hands(hand_xy_px((300 + 36.0 * i, 240), 100)))
    camera.frame(NOTHING)
    assert len(camera.boxes) == 0
    assert camera.tracker.lost_track_ids == (1,)


def test_the_side_is_voted_over_the_whole_track():
    camera = Camera()
    for _ in range(9):
        camera.frame(seen_hands(HAND_PX, right_hand=0.9))
    (hand,) = camera.frame(seen_hands(HAND_PX, right_hand=0.1))
    assert hand.handedness == Handedness.RIGHT
    assert hand.handedness_score == pytest.approx(9**0.8 / (1 + 9**0.8), abs=1e-6)


def test_a_vague_view_says_little_of_the_side():
    camera = Camera()
    for _ in range(2):
        camera.frame(seen_hands(HAND_PX, right_hand=0.9))
    for _ in range(4):
        (hand,) = camera.frame(seen_hands(HAND_PX, presence=0.99, right_hand=0.05, score=0.12))
    assert hand.handedness == Handedness.RIGHT


def test_a_hand_in_the_way_for_some_time_does_not_turn_the_side():
    camera = Camera()
    for _ in range(200):
        camera.frame(seen_hands(HAND_PX, right_hand=0.9))
    for _ in range(20):
        (hand,) = camera.frame(seen_hands(HAND_PX, right_hand=0.0))
    assert hand.handedness == Handedness.RIGHT
    for _ in range(200):
        (hand,) = camera.frame(seen_hands(HAND_PX, right_hand=0.1))
    assert hand.handedness == Handedness.LEFT


@pytest.mark.parametrize(
    ("right_hand", "side"),
    [(0.1, Handedness.LEFT), (0.52, Handedness.UNKNOWN), (0.9, Handedness.RIGHT)],
)
def test_an_undecided_side_is_unknown(right_hand, side):
    (hand,) = Camera().frame(seen_hands(HAND_PX, right_hand=right_hand))
    assert hand.handedness == side
    assert hand.handedness_score == pytest.approx(max(right_hand, 1 - right_hand))


def test_in_a_mirror_left_and_right_swap():
    (hand,) = Camera(mirrored_input=True).frame(seen_hands(HAND_PX, right_hand=0.9))
    assert hand.handedness == Handedness.LEFT
    assert hand.handedness_score == pytest.approx(0.9)


def test_a_stamp_that_goes_back_starts_anew_and_is_logged_once(caplog):
    camera = Camera()
    camera.frame(seen_hands(HAND_PX), stamp_s=10.0)
    with caplog.at_level(logging.WARNING):
        assert camera.frame(seen_hands(HAND_PX), stamp_s=5.0)[0].track_id == 2
        assert camera.tracker.lost_track_ids == (1,)
        assert camera.frame(seen_hands(HAND_PX), stamp_s=4.0)[0].track_id == 3
    assert len(caplog.records) == 1
    assert "10.000 s to 5.000 s" in caplog.text


def test_two_images_of_one_stamp_keep_the_hand():
    camera = Camera()
    camera.frame(seen_hands(HAND_PX), stamp_s=10.0)
    (hand,) = camera.frame(seen_hands(HAND_PX + 2.0), stamp_s=10.0)
    assert hand.track_id == 1
    assert np.isfinite(hand.xy_px).all()


def test_a_reset_ends_the_hand_and_accepts_any_stamp():
    camera = Camera()
    camera.frame(seen_hands(HAND_PX), stamp_s=10.0)
    camera.tracker.reset()
    (hand,) = camera.frame(seen_hands(HAND_PX), stamp_s=1.0)
    assert hand.track_id == 2
    assert camera.tracker.lost_track_ids == (1,)


def test_a_gap_in_time_does_not_carry_the_region_away():
    camera = Camera()
    for i in range(20):
        camera.frame(seen_hands(HAND_PX + np.array([4.0 * i, 0])))
    camera.frame(NOTHING, stamp_s=100.0)
    assert abs(camera.boxes.centre_px[0] - HAND_PX.mean(axis=0) - (76, 0)).max() < 60

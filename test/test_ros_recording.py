# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the demo makes of a recording."""

import json

import cv2
import numpy as np
import pytest
from scripted_hands import known_hand
from tiny_model import hand_xy_px

from hand_landmarks_ros.core.errors import HandLandmarksError
from hand_landmarks_ros.core.types import Hand, Handedness
from hand_landmarks_ros.ros.recording import (
    RecordedFrame,
    check_hands_were_found,
    matched_hands,
    summarise,
    visible_hands,
    write_files,
)

LEFT_PX, RIGHT_PX = hand_xy_px((100.0, 120.0), 100.0), hand_xy_px((230.0, 120.0), 100.0)


def moved(xy_px, x, y) -> np.ndarray:
    return xy_px + np.array([x, y])


def left_hand(xy_px, track_id=1) -> Hand:
    return known_hand(xy_px, track_id=track_id, handedness=Handedness.LEFT)


def frame(stamp_s, *, hands=(), truth=None, **changes) -> RecordedFrame:
    hands = None if hands is None else tuple(map(left_hand, hands))
    truth = None if truth is None else tuple(map(left_hand, truth))
    _, jpeg = cv2.imencode(".jpg", np.full((240, 320, 3), 90, np.uint8))
    values = dict(hands=hands, truth=truth, latency_s=0.01, jpeg=jpeg.tobytes())
    return RecordedFrame(stamp_s, 320, 240, **{**values, **changes})


def test_a_hand_mostly_outside_the_image_is_not_visible():
    inside, outside = LEFT_PX, LEFT_PX - (150.0, 0.0)
    (visible,) = visible_hands(frame(0.0, truth=[inside, outside]))
    np.testing.assert_allclose(visible.xy_px, inside)


def test_each_found_hand_belongs_to_the_true_hand_it_is_nearest_to():
    recorded = frame(0.0, hands=[moved(RIGHT_PX, 0.0, 3.0), moved(LEFT_PX, 4.0, 0.0)])
    (left, _), (right, _) = matched_hands(recorded, [left_hand(LEFT_PX), left_hand(RIGHT_PX)])
    np.testing.assert_allclose(left, 4.0, rtol=1e-5)
    np.testing.assert_allclose(right, 3.0, rtol=1e-5)


def test_a_hand_found_elsewhere_does_not_count_as_found():
    assert not matched_hands(frame(0.0, hands=[RIGHT_PX]), [left_hand(LEFT_PX)])


def test_one_found_hand_is_not_counted_for_two_true_ones():
    recorded = frame(0.0, hands=[LEFT_PX])
    assert len(matched_hands(recorded, [left_hand(LEFT_PX), left_hand(LEFT_PX + 1.0)])) == 1


def test_landmarks_outside_the_image_do_not_count_for_the_error():
    true = LEFT_PX - (LEFT_PX[:, 0].min() + 5.0, 0.0)
    found = np.where(true < -0.5, true + 1000.0, true + 0.0)
    ((errors_px, _),) = matched_hands(frame(0.0, hands=[found]), [left_hand(true)])
    assert len(errors_px) < 21 and errors_px.max() < 1e-3


def test_the_summary_counts_unanswered_images_as_missed():
    frames = [
        frame(0.0, hands=[moved(LEFT_PX, 3.0, 0.0)], truth=[LEFT_PX]),
        frame(0.1, hands=[], truth=[LEFT_PX]),
        frame(0.2, hands=None, truth=[LEFT_PX]),
        frame(0.3, hands=[], truth=[]),
        frame(0.35, hands=[RIGHT_PX], truth=[]),
        frame(0.4, hands=[moved(RIGHT_PX, 5.0, 0.0)], truth=[LEFT_PX, RIGHT_PX]),
    ]
    summary = summarise(frames)
    assert (summary.n_images, summary.n_answered, summary.n_with_visible_hand) == (6, 5, 4)
    assert summary.share_with_landmarks == 2 / 4
    assert summary.share_with_landmarks_of_answered == 2 / 3
    assert (summary.n_without_hand, summary.n_landmarks_without_hand) == (2, 1)
    assert summary.share_of_visible_hands_found == 2 / 5
    assert summary.error_px_median == pytest.approx(4.0, rel=1e-4)
    assert summary.rate_hz == pytest.approx(4 / 0.4)
    text = " ".join(summary.lines())
    assert "5 of 6 images answered" in text and "50.0% of 4 images with a visible hand" in text
    assert "1 of 2 images without a hand" in text


def test_without_truth_only_what_was_found_is_summed_up():
    summary = summarise([frame(0.0, hands=[LEFT_PX]), frame(0.1)])
    assert summary.n_with_visible_hand is None and summary.error_px_median is None
    assert "1 images with landmarks" in " ".join(summary.lines())


def test_a_recording_without_answers_is_an_error():
    with pytest.raises(HandLandmarksError, match="none of 1 images was answered"):
        summarise([frame(0.0, hands=None)])


@pytest.mark.parametrize("hands", [[], [RIGHT_PX]])
def test_missing_all_the_hands_that_were_there_is_an_error(hands):
    summary = summarise([frame(0.0, hands=hands, truth=[LEFT_PX])])
    assert "0.0% of all visible hands found" in " ".join(summary.lines())
    with pytest.raises(HandLandmarksError, match="none of the hands visible in 1 images was found"):
        check_hands_were_found(summary)


@pytest.mark.parametrize("truth", [None, []])
def test_a_recording_in_which_no_hand_is_known_to_be_is_written(tmp_path, truth):
    frames = [frame(0.1 * n, truth=truth) for n in range(3)]
    summary = summarise(frames)
    write_files(tmp_path, frames, summary)
    check_hands_were_found(summary)
    assert list(summary.lines())
    for name in ("annotated.mp4", "contact_sheet.png", "landmarks.jsonl", "summary.json"):
        assert (tmp_path / name).stat().st_size > 0


def test_images_of_several_sizes_share_a_video_and_a_sheet(tmp_path):
    _, jpeg = cv2.imencode(".jpg", np.full((300, 200, 3), 90, np.uint8))
    frames = [frame(0.0), frame(0.1, jpeg=jpeg.tobytes()), frame(0.2)]
    write_files(tmp_path, frames, summarise(frames))
    video = cv2.VideoCapture(str(tmp_path / "annotated.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 3
    assert cv2.imread(str(tmp_path / "contact_sheet.png")).shape == (3 * 240, 4 * 320, 3)


def test_the_files_hold_every_answered_image(tmp_path):
    frames = [frame(0.1 * n, hands=[LEFT_PX]) for n in range(5)] + [
        frame(0.5, hands=None, jpeg=None)
    ]
    write_files(tmp_path, frames, summarise(frames))
    lines = [json.loads(line) for line in (tmp_path / "landmarks.jsonl").read_text().splitlines()]
    assert [line["stamp_s"] for line in lines] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(
        np.array(lines[0]["hands"][0]["keypoints"])[:, :2], LEFT_PX, atol=0.01
    )
    video = cv2.VideoCapture(str(tmp_path / "annotated.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    assert cv2.imread(str(tmp_path / "contact_sheet.png")).shape == (3 * 240, 4 * 320, 3)
    assert json.loads((tmp_path / "summary.json").read_text())["n_answered"] == 5

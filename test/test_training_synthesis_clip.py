# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The shipped clip: what is on it, and that its truth is that of its pictures."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

import hand_landmarks_ros
from training.synthesis.clip import draw_frames

CLIP = Path(hand_landmarks_ros.__file__).parent / "clips" / "demo.mp4"
N_FRAMES, WIDTH_PX, HEIGHT_PX = 300, 640, 480
MAX_BYTES = 3_000_000


@pytest.fixture(scope="module")
def frames():
    capture = cv2.VideoCapture(str(CLIP))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(30)
    images = []
    while True:
        found, image = capture.read()
        if not found:
            return images
        images.append(image)


@pytest.fixture(scope="module")
def truth():
    lines = CLIP.with_suffix(".jsonl").read_text().splitlines()
    return [json.loads(line)["hands"] for line in lines]


def inside_share(hand):
    return np.mean([v > 0 for _, _, v in hand["keypoints"]])


def test_the_clip_is_small_and_complete(frames, truth):
    assert CLIP.stat().st_size + CLIP.with_suffix(".jsonl").stat().st_size < MAX_BYTES
    assert len(frames) == len(truth) == N_FRAMES
    assert {frame.shape for frame in frames} == {(HEIGHT_PX, WIDTH_PX, 3)}


def test_none_one_and_two_hands_are_seen_for_a_while(truth):
    n_visible = [sum(inside_share(hand) >= 0.5 for hand in hands) for hands in truth]
    assert min(n_visible.count(0), n_visible.count(1), n_visible.count(2)) > 20
    assert n_visible[0] == n_visible[-1] == 0


def test_each_hand_keeps_its_number_and_side(truth):
    sides = {(hand["track_id"], hand["handedness"]) for hands in truth for hand in hands}
    assert sides == {(1, "right"), (2, "left")}


def test_the_hands_move_smoothly(truth):
    last = {}
    for index, hands in enumerate(truth):
        for hand in hands:
            xy_px = np.array(hand["keypoints"])[:, :2]
            previous = last.get(hand["track_id"])
            if previous is not None and previous[0] == index - 1:
                assert np.abs(xy_px - previous[1]).max() < 60
            last[hand["track_id"]] = index, xy_px


def test_an_open_hand_in_full_view_fills_a_good_part_of_the_picture(truth):
    sizes = []
    for hands in truth:
        for hand in hands:
            points = np.array(hand["keypoints"])
            if (points[:, 2] > 0).all():
                sizes.append(np.ptp(points[:, :2], axis=0).max() / HEIGHT_PX)
    assert 0.3 < np.median(sizes) < 0.7


def test_the_truth_is_that_of_the_decoded_pictures(frames, truth):
    """A frame drawn now has the shipped truth, and the codec has not moved the hand."""
    index = 65
    ((image, record),) = draw_frames(1, first=index)
    drawn, shipped = record["hands"][0], truth[index][0]
    np.testing.assert_allclose(
        np.array(drawn["keypoints"])[:, :2], np.array(shipped["keypoints"])[:, :2], atol=0.05
    )
    x0, y0, x1, y1 = np.round(drawn["bbox"]).astype(int)
    before, after = (
        cv2.cvtColor(np.ascontiguousarray(picture[y0:y1, x0:x1]), cv2.COLOR_BGR2GRAY)
        for picture in (image[..., ::-1], frames[index])
    )
    window = cv2.createHanningWindow((int(x1 - x0), int(y1 - y0)), cv2.CV_32F)
    shift_px, _ = cv2.phaseCorrelate(np.float32(before), np.float32(after), window)
    assert np.hypot(*shift_px) < 0.1
    assert np.mean((before.astype(float) - after) ** 2) < 100

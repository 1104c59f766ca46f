# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Folders that the command line recorded read back as what it found."""

import json

import cv2
import numpy as np
import pytest

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.types import Hand, Handedness
from hand_landmarks_ros.records import record
from training.datasets import recorded

XY_PX = np.stack([20.5 + np.arange(21), 10.25 + np.arange(21)], axis=-1).astype(np.float32)


def hand(*, predicted=False):
    scores = np.full(21, 0.9, np.float32)
    scores[4] = 0.01
    return Hand(1, Handedness.LEFT, 0.9, 0.8, predicted, XY_PX, XY_PX[:, 0], scores)


def write(folder, hands, name="a.png", **extra):
    folder.mkdir(exist_ok=True)
    line = record(name, 0.5, 64, 48, hands) | extra
    with (folder / "landmarks.jsonl").open("a") as lines:
        lines.write(json.dumps(line) + "\n")
    return folder


def test_a_recorded_hand_reads_back(tmp_path):
    folder = write(tmp_path / "kitchen", [hand()])
    cv2.imwrite(str(folder / "a.png"), np.zeros((48, 64, 3), np.uint8))
    (found,) = recorded.read(folder)
    assert (found.subject, found.split) == ("kitchen", "train")
    assert found.read_image().shape == (48, 64, 3)
    np.testing.assert_allclose(found.hands[0].xy_px, XY_PX)
    np.testing.assert_allclose(found.hands[0].z_px, XY_PX[:, 0])
    assert found.hands[0].visibility.tolist() == [2] * 4 + [1] + [2] * 16
    assert found.hands[0].handedness is Handedness.LEFT
    assert found.hands[0].source == "hand_landmarks_ros"


def test_pictures_may_lie_in_images_and_a_line_may_name_its_split(tmp_path):
    folder = write(tmp_path / "kitchen", [], split="val")
    (folder / "images").mkdir()
    (folder / "images" / "a.png").touch()
    (found,) = recorded.read(folder)
    assert found.path == folder / "images" / "a.png"
    assert found.split == "val" and not found.is_complete


def test_a_coasting_hand_was_not_seen(tmp_path):
    folder = write(tmp_path / "kitchen", [hand(predicted=True), hand()])
    (folder / "a.png").touch()
    assert len(recorded.read(folder)[0].hands) == 1


def test_the_frame_of_a_video_has_no_picture_to_read(tmp_path):
    folder = write(tmp_path / "kitchen", [], name="clip.mp4#3")
    with pytest.raises(
        SourceError, match=r"landmarks\.jsonl:1: .*'clip\.mp4#3'.*training\.capture"
    ):
        recorded.read(folder)


def test_a_bad_line_is_named(tmp_path):
    folder = write(tmp_path / "kitchen", [])
    (folder / "a.png").touch()
    with (folder / "landmarks.jsonl").open("a") as lines:
        lines.write('{"file": "a.png", "hands"')
    with pytest.raises(SourceError, match=r"landmarks\.jsonl:2"):
        recorded.read(folder)

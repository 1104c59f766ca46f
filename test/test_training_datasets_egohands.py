# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""EgoHands: outlines become boxes, and both videos of a game stay in one split."""

from itertools import product

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.types import Handedness
from training.datasets import egohands

FIELDS = ("myleft", "myright", "yourleft", "yourright")
NONE = np.zeros((0, 0))
OUTLINE = np.array([[11.0, 21.0], [41.5, 31.0], [21.0, 61.0]])


def write_video(folder, video, frames):
    """Write frames, each the four outlines in order, as Matlab would."""
    path = folder / "_LABELLED_SAMPLES" / video
    path.mkdir(parents=True)
    polygons = np.zeros((1, len(frames)), [(name, object) for name in FIELDS])
    for i, outlines in enumerate(frames):
        polygons[0, i] = tuple(outlines)
        cv2.imwrite(str(path / f"frame_{100 * i + 11:04d}.jpg"), np.zeros((72, 128, 3), np.uint8))
    savemat(path / "polygons.mat", {"polygons": polygons})
    return path


def test_outlines_become_boxes_of_the_persons_own_hands(tmp_path):
    frames = [(OUTLINE, NONE, NONE, OUTLINE + 20), (NONE, NONE, NONE, NONE)]
    write_video(tmp_path, "CARDS_OFFICE_B_S", frames)
    first, second = egohands.read(tmp_path)
    assert first.path.name == "frame_0011.jpg"
    assert (first.width_px, first.height_px) == (128, 72)
    assert [hand.handedness for hand in first.hands] == [Handedness.LEFT, Handedness.RIGHT]
    # Matlab's first pixel is 1, ours is 0; what lies outside the picture is cut off.
    np.testing.assert_allclose(first.hands[0].bounds_px, [10, 20, 40.5, 60])
    np.testing.assert_allclose(first.hands[1].bounds_px, [30, 40, 60.5, 71])
    assert first.hands[0].xy_px is None
    assert second.hands == () and second.is_complete


def test_a_single_frame_is_read(tmp_path):
    write_video(tmp_path, "CARDS_OFFICE_B_S", [(NONE, OUTLINE, NONE, NONE)])
    assert [len(record.hands) for record in egohands.read(tmp_path)] == [1]


def test_both_videos_of_a_game_are_in_one_split(tmp_path):
    places = ("COURTYARD", "LIVINGROOM", "OFFICE")
    pairs = ("B_S", "S_B", "H_T", "T_H")
    for activity, place, people in product(("CARDS", "CHESS"), places, pairs):
        write_video(tmp_path, f"{activity}_{place}_{people}", [(OUTLINE, NONE, NONE, NONE)])
    splits = {}
    for record in egohands.read(tmp_path):
        splits.setdefault(record.subject, set()).add(record.split)
    assert len(splits) == 12
    assert all(len(of_session) == 1 for of_session in splits.values())
    assert set.union(*splits.values()) == {"train", "val"}


def test_missing_frames_and_other_files_are_named(tmp_path):
    path = write_video(tmp_path, "CARDS_OFFICE_B_S", [(OUTLINE, NONE, NONE, NONE)] * 2)
    (path / "frame_0111.jpg").unlink()
    with pytest.raises(SourceError, match=r"labels 2 frames, but .* has 1 pictures"):
        egohands.read(tmp_path)
    savemat(path / "polygons.mat", {"polygons": np.zeros(3)})
    with pytest.raises(SourceError, match=r"polygons\.mat, frame 1: expected the outlines myleft"):
        egohands.read(tmp_path)
    (path / "polygons.mat").write_bytes(b"<html>")
    with pytest.raises(SourceError, match=r"polygons\.mat holds no polygons"):
        egohands.read(tmp_path)

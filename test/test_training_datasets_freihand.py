# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""FreiHAND: projection by the intrinsics, and four pictures of each sample."""

import json

import cv2
import numpy as np
import pytest

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.types import Handedness
from training.datasets import freihand

CAMERA = [[480.0, 0.0, 112.0], [0.0, 470.0, 110.0], [0.0, 0.0, 1.0]]
N_SAMPLES = 3


def points_m(shift_m=0.0):
    """A fan of 21 points half a metre from the camera, nearer from landmark to landmark."""
    index = np.arange(21)
    return np.stack([0.004 * index - 0.04 + shift_m, 0.002 * index, 0.5 - 0.002 * index], axis=-1)


@pytest.fixture
def folder(tmp_path):
    points = [points_m(0.01 * i).tolist() for i in range(N_SAMPLES)]
    for part, backgrounds in (("training", 4), ("evaluation", 1)):
        (tmp_path / f"{part}_xyz.json").write_text(json.dumps(points))
        (tmp_path / f"{part}_K.json").write_text(json.dumps([CAMERA] * N_SAMPLES))
        (tmp_path / part / "rgb").mkdir(parents=True)
        for i in range(backgrounds * N_SAMPLES):
            image = np.full((224, 224, 3), 10 * i, np.uint8)
            cv2.imwrite(str(tmp_path / part / "rgb" / f"{i:08d}.jpg"), image)
    return tmp_path


def test_landmarks_are_projected_by_the_intrinsics(folder):
    x, y, z = points_m(0.01)[8]
    hand = freihand.read(folder)[1].hands[0]
    np.testing.assert_allclose(hand.xy_px[8], [480 * x / z + 112, 470 * y / z + 110])
    assert hand.handedness is Handedness.RIGHT
    assert (hand.visibility == 2).all()


def test_depth_is_relative_to_the_wrist_in_pixels_at_its_distance(folder):
    z_px = freihand.read(folder)[0].hands[0].z_px
    assert z_px[0] == 0.0
    assert z_px[20] == pytest.approx(-0.04 * 480 / 0.5)


def test_each_background_has_the_labels_of_its_sample(folder):
    records = [record for record in freihand.read(folder) if record.split == "train"]
    assert [record.path.name for record in records] == [f"{i:08d}.jpg" for i in range(12)]
    for i, record in enumerate(records):
        assert record.hands == records[i % N_SAMPLES].hands
        assert record.read_image()[0, 0, 0] == pytest.approx(10 * i, abs=2)


def test_the_evaluation_samples_are_the_split_val(folder):
    held_out = [record for record in freihand.read(folder) if record.split == "val"]
    assert [record.path.parent.parent.name for record in held_out] == ["evaluation"] * N_SAMPLES


def test_the_green_screen_alone_is_enough(folder):
    for i in range(N_SAMPLES, 4 * N_SAMPLES):
        (folder / "training" / "rgb" / f"{i:08d}.jpg").unlink()
    assert len(freihand.read(folder)) == 2 * N_SAMPLES


def test_a_landmark_outside_the_picture_keeps_its_place_but_does_not_count(folder):
    points = points_m()
    points[4] = [0.5, 0.0, 0.5]
    labels = [points.tolist()] * N_SAMPLES
    (folder / "training_xyz.json").write_text(json.dumps(labels))
    hand = freihand.read(folder)[0].hands[0]
    np.testing.assert_allclose(hand.xy_px[4], [592.0, 110.0])
    assert hand.visibility.tolist() == [2] * 4 + [0] + [2] * 16
    assert hand.bounds_px[2] < 224


def test_a_missing_picture_is_named(folder):
    (folder / "training" / "rgb" / "00000007.jpg").unlink()
    with pytest.raises(SourceError, match=r"00000007\.jpg is missing.*'sample'"):
        freihand.read(folder)


def test_files_of_different_length_are_refused(folder):
    (folder / "training_K.json").write_text(json.dumps([CAMERA]))
    with pytest.raises(SourceError, match=r"training_K\.json has 1 entries.*has 3"):
        freihand.read(folder)


def test_a_broken_entry_is_named(folder):
    (folder / "training_xyz.json").write_text(json.dumps([points_m().tolist(), [[1, 2, 3]], []]))
    with pytest.raises(SourceError, match=r"training_xyz\.json, entry 1: expected 21 points"):
        freihand.read(folder)


def test_a_half_written_file_is_named(folder):
    (folder / "training_xyz.json").write_text("[[[0.1, ")
    with pytest.raises(SourceError, match=r"training_xyz\.json is not JSON.*line 1"):
        freihand.read(folder)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""YOLO pose text files: shares of the picture, unknown sides, and mirrors that permute nothing."""

import cv2
import numpy as np
import pytest
from tiny_model import COLOURS, draw_hand_image, hand_xy_px

from hand_landmarks_ros.core.codec import HeatmapCodec
from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.types import Handedness
from training.datasets import crops, yolo_pose
from training.datasets.crops import CropOptions, HandCrops

SIZE_PX = np.array([320, 240])


def line(xy_px, visibility=2.0):
    """Write a hand as the format has it: shares of the size, counted from the pixel's corner."""
    shares = (xy_px + 0.5) / SIZE_PX
    low, high = shares.min(axis=0), shares.max(axis=0)
    points = np.concatenate([shares, np.full((21, 1), visibility)], axis=1)
    values = [*(low + high) / 2, *(high - low), *points.ravel()]
    return "0 " + " ".join(f"{value:.6f}" for value in values)


def write_image(path, xy_px):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = draw_hand_image(xy_px, radius_px=5.0, right_hand=True)
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


@pytest.fixture
def xy_px():
    return hand_xy_px((150.0, 118.3), 120.0, angle_rad=0.3)


@pytest.fixture
def folder(tmp_path, xy_px):
    for split in ("train", "val"):
        write_image(tmp_path / "images" / split / "hand.png", xy_px)
        (tmp_path / "labels" / split).mkdir(parents=True)
        (tmp_path / "labels" / split / "hand.txt").write_text(line(xy_px) + "\n")
    return tmp_path


def test_shares_become_pixels_counted_from_the_centre(folder, xy_px):
    train, held_out = yolo_pose.read(folder)
    np.testing.assert_allclose(train.hands[0].xy_px, xy_px, atol=1e-3)
    low, high = xy_px.min(axis=0), xy_px.max(axis=0)
    np.testing.assert_allclose(train.hands[0].bounds_px, [*low, *high], atol=1e-3)
    assert (train.width_px, train.height_px) == (320, 240)
    assert (train.split, held_out.split) == ("train", "val")


def test_left_and_right_are_unknown_to_the_format(folder):
    assert yolo_pose.read(folder)[0].hands[0].handedness is Handedness.UNKNOWN


@pytest.mark.parametrize("layout", [("train/images", "train/labels"), ("valid", "valid")])
def test_other_layouts_are_read_too(tmp_path, xy_px, layout):
    images, labels = (tmp_path / name for name in layout)
    write_image(images / "hand.png", xy_px)
    labels.mkdir(parents=True, exist_ok=True)
    (labels / "hand.txt").write_text(line(xy_px))
    assert yolo_pose.recognises(tmp_path)
    assert [len(record.hands) for record in yolo_pose.read(tmp_path)] == [1]


def test_landmarks_without_visibility_are_visible_except_at_the_corner(folder, xy_px):
    words = line(xy_px).split()
    points = np.array(words[5:]).reshape(21, 3)[:, :2]
    points[3] = "0.0"
    text = " ".join([*words[:5], *points.ravel()])
    (folder / "labels" / "train" / "hand.txt").write_text(text)
    visibility = yolo_pose.read(folder)[0].hands[0].visibility
    assert visibility.tolist() == [2] * 3 + [0] + [2] * 17


def test_an_unlabelled_landmark_does_not_widen_the_crop(folder, xy_px):
    words = np.array(line(xy_px).split())
    words[5:].reshape(21, 3)[3] = "0"
    (folder / "labels" / "train" / "hand.txt").write_text(" ".join(words))
    read = yolo_pose.read(folder)[0].hands[0].xy_px
    np.testing.assert_allclose(read.min(axis=0), np.delete(xy_px, 3, axis=0).min(axis=0), atol=0.01)


def test_an_empty_text_file_says_that_there_is_no_hand(folder):
    (folder / "labels" / "train" / "hand.txt").write_text("")
    (folder / "labels" / "val" / "hand.txt").unlink()
    assert [record.hands for record in yolo_pose.read(folder)] == [()]


@pytest.mark.parametrize("text", ["0 0.5 0.5 0.2", "0 " + "x " * 67, "0" + " 0.1" * 45])
def test_a_bad_line_is_named(folder, xy_px, text):
    (folder / "labels" / "train" / "hand.txt").write_text(line(xy_px) + "\n" + text)
    with pytest.raises(SourceError, match=r"train/hand\.txt:2: not a YOLO pose label"):
        yolo_pose.read(folder)


def test_in_the_mirror_every_landmark_keeps_its_number(folder, monkeypatch):
    """Each landmark's disk has its own colour, so the picture itself tells whose label is whose."""
    monkeypatch.setattr(crops, "change_pixels", lambda crop, rng: crop)
    codec = HeatmapCodec(size_px=128, stride_px=4, sigma_px=1.25)
    record = yolo_pose.read(folder)[0]
    samples = HandCrops({"yolo": [record]}, {}, codec, 12, seed=1, options=CropOptions(0.0))
    turns = []
    for sample in (samples[i] for i in range(12)):
        xy_px = codec.decode(sample["heatmaps"].numpy()[None])[0][0]
        counts = sample["weight"].numpy() > 0
        columns, rows = np.round(xy_px[counts]).astype(int).T
        seen = sample["image"].numpy()[rows, columns].astype(float)
        np.testing.assert_allclose(seen, COLOURS[: len(counts)][counts], atol=60)
        (ux, uy), (vx, vy) = xy_px[9] - xy_px[0], xy_px[4] - xy_px[0]
        turns.append(np.sign(ux * vy - uy * vx))
    assert set(turns) == {-1.0, 1.0}

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Composed scenes: hands stay where their labels say, and what nobody labelled does not count."""

import dataclasses

import cv2
import numpy as np
import pytest
from labelled_hands import write_set
from tiny_model import draw_hand_image, hand_xy_px

from hand_landmarks_ros.core.crop import cut_crops
from hand_landmarks_ros.core.detection_codec import DetectionCodec
from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.types import Handedness
from training.datasets.labels_jsonl import read_set
from training.datasets.records import ImageRecord, LabelledHand
from training.datasets.scene_composition import SceneOptions, compose
from training.datasets.scene_labels import SceneLabels
from training.datasets.scenes import HandScenes, detection_targets

CODEC = DetectionCodec(size_px=96, stride_px=8)
ONE_WINDOW = SceneOptions(
    empty_window=0.0, n_windows=(1, 0, 0, 0), letterboxed=0.0, whole_picture=0.0
)
WHOLE_FRAME_PX = np.array([0.0, 0.0, 95.0, 95.0])
IDENTITY = np.eye(2, 3)


def labelled(xy_px=None, bounds_px=(20.0, 20.0, 70.0, 80.0), side=Handedness.RIGHT):
    return LabelledHand(
        xy_px, np.full(21, 0 if xy_px is None else 2), np.array(bounds_px), side, "gt"
    )


def record(tmp_path, *hands, is_complete=True, image=None):
    image = np.full((96, 96, 3), 90, np.uint8) if image is None else image
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.png"
    cv2.imwrite(str(path), image[..., ::-1])
    return ImageRecord(path, image.shape[1], image.shape[0], hands, "", "train", is_complete)


def test_the_region_of_a_hand_shows_what_it_shows_in_the_picture(tmp_path):
    xy_px = hand_xy_px((100, 110), 120, angle_rad=0.4)
    image = draw_hand_image(xy_px, 200, 220, radius_px=8)
    picture = record(tmp_path, labelled(xy_px), image=image)
    expected = cut_crops(image, boxes_from_landmarks(xy_px[None]), 24)[0][0]
    n_compared = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        large = dataclasses.replace(ONE_WINDOW, hand_size=(0.3, 0.7))
        scene = compose(192, lambda _: picture, None, large, rng)
        x0, y0, x1, y1 = scene.hands.bounds_px[0]
        if min(x0, y0) <= 0 or max(x1, y1) >= 191:
            continue  # cut by the border
        is_mirrored = scene.hands.right_probability[0] == 0.0
        seen = cut_crops(scene.image, scene.hands.regions, 24)[0][0]
        inner = np.s_[4:20, 4:20]  # what lies around the hand is filled with other things
        difference = np.abs((seen[:, ::-1] if is_mirrored else seen) - expected.astype(int))[inner]
        assert difference.mean() < 15, seed
        n_compared += 1
    assert n_compared >= 3


def test_a_hands_box_lies_around_its_landmarks_and_ends_with_its_window():
    labels = SceneLabels(smallest_px=10)
    xy_px = hand_xy_px((30, 40), 40)
    picture = ImageRecord(None, 96, 96, (labelled(xy_px),), "", "train", True)
    labels.add(picture, IDENTITY, np.array([25.0, 0.0, 95.0, 95.0]))
    (bounds_px,) = labels.scene(np.zeros((96, 96, 3), np.uint8)).hands.bounds_px
    low, high = xy_px.min(axis=0), xy_px.max(axis=0)
    margin_px = 0.15 * max(high - low)
    np.testing.assert_allclose(bounds_px, [25, low[1] - margin_px, *(high + margin_px)])


@pytest.mark.parametrize(
    ("last_column_px", "n_hands", "n_ignored"), [(95.0, 1, 0), (27.0, 0, 1), (5.0, 0, 0)]
)
def test_a_hand_mostly_cut_off_is_neither_hand_nor_background(last_column_px, n_hands, n_ignored):
    labels = SceneLabels(smallest_px=10)
    hand = labelled(hand_xy_px((35, 40), 50))
    picture = ImageRecord(None, 96, 96, (hand,), "", "train", True)
    labels.add(picture, IDENTITY, np.array([0.0, 0.0, last_column_px, 95.0]))
    scene = labels.scene(np.zeros((96, 96, 3), np.uint8))
    assert (len(scene.hands), len(scene.ignored_px)) == (n_hands, n_ignored)


@pytest.mark.parametrize(
    ("seen_share", "n_hands", "n_ignored"), [(None, 1, 0), (0.6, 1, 0), (0.3, 0, 1), (0.0, 0, 0)]
)
def test_a_hand_mostly_hidden_is_neither_hand_nor_background(seen_share, n_hands, n_ignored):
    labels = SceneLabels(smallest_px=10)
    hand = dataclasses.replace(labelled(hand_xy_px((35, 40), 50)), seen_share=seen_share)
    picture = ImageRecord(None, 96, 96, (hand,), "", "train", True)
    labels.add(picture, IDENTITY, WHOLE_FRAME_PX)
    scene = labels.scene(np.zeros((96, 96, 3), np.uint8))
    assert (len(scene.hands), len(scene.ignored_px)) == (n_hands, n_ignored)


def test_a_scene_shows_the_seen_ones_of_a_pictures_hands(tmp_path):
    seen = labelled(hand_xy_px((150, 150), 60))
    hidden = dataclasses.replace(labelled(hand_xy_px((-400, 150), 60)), seen_share=0.0)
    image = np.full((300, 300, 3), 90, np.uint8)
    picture = record(tmp_path, hidden, seen, image=image)
    options = dataclasses.replace(ONE_WINDOW, hand_size=(0.3, 0.7))
    for seed in range(10):
        rng = np.random.default_rng(seed)
        scene = compose(96, lambda _: picture, None, options, rng)
        assert len(scene.hands) == 1


def test_tiny_hands_are_ignored():
    labels = SceneLabels(smallest_px=60)
    picture = ImageRecord(None, 96, 96, (labelled(hand_xy_px((40, 40), 30)),), "", "train", True)
    labels.add(picture, IDENTITY, WHOLE_FRAME_PX)
    scene = labels.scene(np.zeros((96, 96, 3), np.uint8))
    assert (len(scene.hands), len(scene.ignored_px)) == (0, 1)


def test_a_picture_that_may_hold_unlabelled_hands_gives_no_background():
    for is_complete in (True, False):
        labels = SceneLabels(smallest_px=10)
        hand = labelled(hand_xy_px((40, 40), 40))
        picture = ImageRecord(None, 96, 96, (hand,), "", "train", is_complete)
        labels.add(picture, IDENTITY, np.array([0.0, 0.0, 47.0, 95.0]))
        targets = detection_targets(labels.scene(np.zeros((96, 96, 3), np.uint8)), CODEC)
        assert targets["background"][:, :6].numpy().all() == is_complete
        assert targets["background"][:, :6].numpy().any() == is_complete
        assert targets["background"][:, 6:].numpy().all()
        assert targets["centre"].max() == 1.0


def test_a_mirrored_scene_mirrored_again_is_itself(tmp_path):
    picture = record(tmp_path, labelled(hand_xy_px((40, 50), 60)), is_complete=False)
    scene = compose(96, lambda _: picture, None, ONE_WINDOW, np.random.default_rng(1))
    again = scene.mirrored().mirrored()
    np.testing.assert_array_equal(again.image, scene.image)
    np.testing.assert_allclose(again.hands.bounds_px, scene.hands.bounds_px)
    np.testing.assert_allclose(again.hands.regions.centre_px, scene.hands.regions.centre_px)
    np.testing.assert_allclose(again.hands.regions.angle_rad, scene.hands.regions.angle_rad)
    np.testing.assert_allclose(again.ignored_px, scene.ignored_px)
    once = scene.mirrored()
    assert once.hands.right_probability[0] == 1.0 - scene.hands.right_probability[0]


def test_a_box_alone_teaches_where_a_hand_is_but_not_its_landmarks_extent():
    labels = SceneLabels(smallest_px=10)
    hands = labelled(bounds_px=(5.0, 5.0, 35.0, 40.0)), labelled(hand_xy_px((65, 60), 40))
    labels.add(ImageRecord(None, 96, 96, hands, "", "train", True), IDENTITY, WHOLE_FRAME_PX)
    targets = detection_targets(labels.scene(np.zeros((96, 96, 3), np.uint8)), CODEC)
    assert (targets["centre"] == 1.0).sum() == 2
    assert targets["hand_weight"].sum() == pytest.approx(2.0, rel=1e-5)
    assert targets["landmark_weight"].sum() == pytest.approx(1.0, rel=1e-5)


def test_a_scene_without_hands_is_all_background(tmp_path):
    empty = record(tmp_path)
    options = dataclasses.replace(ONE_WINDOW, empty_window=1.0)
    scene = compose(96, lambda _: empty, lambda _: empty, options, np.random.default_rng(0))
    targets = detection_targets(scene, CODEC)
    assert len(scene.hands) == 0
    assert targets["background"].numpy().all()
    assert not targets["hand_weight"].numpy().any()


def test_samples_depend_on_seed_and_number_alone(tmp_path):
    write_set(tmp_path / "set", n_images=2)
    sets = {"set": read_set(tmp_path / "set")}
    first, second, other = (HandScenes(sets, {}, CODEC, 4, seed=seed) for seed in (1, 1, 2))
    sample = first[3]
    assert sample["image"].shape == (96, 96, 3)
    for name, values in second[3].items():
        np.testing.assert_array_equal(values.numpy(), sample[name].numpy())
    assert (other[3]["image"] != sample["image"]).any()
    assert (first[2]["image"] != sample["image"]).any()


def test_sets_without_a_hand_are_refused(tmp_path):
    write_set(tmp_path / "set", n_images=1)
    with pytest.raises(SourceError, match=r"no picture with a hand in the sets \['set'\]"):
        HandScenes({"set": read_set(tmp_path / "set")}, {"set": 0.0}, CODEC, 1, seed=0)

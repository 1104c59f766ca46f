# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""COCO-WholeBody: two hands a person, of which only the clear ones are labelled."""

import json

import numpy as np
import pytest

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.types import Handedness
from training.datasets import coco_wholebody

XY_PX = np.stack([100 + 3.0 * np.arange(21), 80 + 2.0 * np.arange(21)], axis=-1)
NONE = {"valid": False, "kpts": [0] * 63}


def hand(visibility=2.0, shift_px=0.0):
    table = np.concatenate([XY_PX + shift_px, np.full((21, 1), visibility)], axis=1)
    return {"valid": True, "kpts": table.ravel().tolist()}


def person(image_id, left, right):
    sides = {"lefthand": left, "righthand": right}
    return {"image_id": image_id} | {
        f"{side}_{key}": value for side, hand in sides.items() for key, value in hand.items()
    }


def write(folder, people, split="train"):
    images = [{"id": i, "file_name": f"{i:012d}.jpg", "width": 640, "height": 480} for i in (1, 2)]
    (folder / "annotations").mkdir(exist_ok=True)
    path = folder / "annotations" / f"coco_wholebody_{split}_v1.0.json"
    path.write_text(json.dumps({"images": images, "annotations": people}))
    (folder / f"{split}2017").mkdir(exist_ok=True)
    for image in images:
        (folder / f"{split}2017" / image["file_name"]).touch()


def test_the_hands_of_all_people_in_a_picture_come_together(tmp_path):
    write(tmp_path, [person(1, hand(), NONE), person(2, NONE, NONE), person(1, NONE, hand(2, 50))])
    (record,) = coco_wholebody.read(tmp_path)
    assert record.path == tmp_path / "train2017" / "000000000001.jpg"
    assert (record.width_px, record.height_px, record.split) == (640, 480, "train")
    assert [found.handedness for found in record.hands] == [Handedness.LEFT, Handedness.RIGHT]
    np.testing.assert_allclose(record.hands[1].xy_px, XY_PX + 50)
    assert not record.is_complete


@pytest.mark.parametrize(("v", "expected"), [(2.0, 2), (1.0, 1), (0.37, 2)])
def test_visibility_is_cocos_or_a_confidence(tmp_path, v, expected):
    write(tmp_path, [person(1, hand(v), NONE)], "val")
    (record,) = coco_wholebody.read(tmp_path)
    assert record.split == "val"
    assert (record.hands[0].visibility == expected).all()


def test_an_unlabelled_landmark_at_the_corner_does_not_widen_the_hand(tmp_path):
    partly = hand()
    partly["kpts"][:9] = [0] * 9
    write(tmp_path, [person(1, partly, NONE)])
    found = coco_wholebody.read(tmp_path)[0].hands[0]
    assert found.visibility.tolist() == [0] * 3 + [2] * 18
    np.testing.assert_allclose(found.xy_px.min(axis=0), XY_PX[3])


def test_a_hand_with_few_landmarks_has_a_box_only(tmp_path):
    partly = hand()
    partly["kpts"][15:] = [0] * 48
    write(tmp_path, [person(1, partly, NONE)])
    found = coco_wholebody.read(tmp_path)[0].hands[0]
    assert found.xy_px is None
    np.testing.assert_allclose(found.bounds_px, [98.2, 78.2, 113.8, 89.8])


def test_broken_annotations_and_missing_pictures_are_named(tmp_path):
    write(tmp_path, [person(1, hand(), {"valid": True, "kpts": [1, 2]})])
    with pytest.raises(SourceError, match=r"coco_wholebody_train_v1\.0\.json is not COCO"):
        coco_wholebody.read(tmp_path)
    write(tmp_path, [person(1, hand(), NONE)])
    (tmp_path / "train2017" / "000000000001.jpg").unlink()
    with pytest.raises(SourceError, match=r"000000000001\.jpg is missing"):
        coco_wholebody.read(tmp_path)

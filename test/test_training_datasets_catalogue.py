# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What --data says: folders are recognised by what they contain, or read as NAME:DIR says."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_hands import write_set

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.types import Handedness
from training.datasets import catalogue
from training.datasets.hands import box_around, hand_from_points
from training.datasets.labels_jsonl import hand_from_label, label_from_hand, label_from_record
from training.datasets.splits import split_of

MARKERS = {
    "labels": "labels.jsonl",
    "films": "a_film/frames.jsonl",
    "recorded": "landmarks.jsonl",
    "freihand": "training_xyz.json",
    "rhd": "training/anno_training.pickle",
    "coco_wholebody": "annotations/coco_wholebody_val_v1.0.json",
    "egohands": "_LABELLED_SAMPLES/CARDS_OFFICE_B_S/polygons.mat",
    "yolo_pose": "labels/train/a.txt",
}


@pytest.mark.parametrize("reader", catalogue.READERS)
def test_every_kind_of_folder_is_recognised(tmp_path, reader):
    marker = tmp_path / "some_set" / MARKERS[reader]
    marker.parent.mkdir(parents=True)
    marker.touch()
    if reader == "yolo_pose":
        (tmp_path / "some_set" / "images" / "train").mkdir(parents=True)
    if reader == "films":
        (marker.parent / "frames").mkdir()
    for spec in (tmp_path, tmp_path / "some_set", f"{reader}:{tmp_path / 'some_set'}"):
        (data_set,) = catalogue.find_sets(spec).values()
        assert data_set == catalogue.DataSet(reader, tmp_path / "some_set")
        assert catalogue.find_sets(spec).keys() == {"some_set"}


def test_a_named_reader_reads_what_would_not_be_recognised(tmp_path):
    with pytest.raises(SourceError, match=r"training_xyz\.json"):
        catalogue.read_sets([f"freihand:{tmp_path}"], "train")


def test_what_is_no_data_set_is_refused_with_the_names_of_readers(tmp_path):
    with pytest.raises(SourceError, match=r"no data set in .*freihand"):
        catalogue.find_sets(tmp_path)
    with pytest.raises(SourceError, match=r"no folder 'rhdd:/x'.*rhd"):
        catalogue.find_sets("rhdd:/x")


def test_sets_are_read_by_split_and_without_excluded_subjects(tmp_path):
    write_set(tmp_path / "drawn")
    write_set(tmp_path / "held_out", split="val")
    assert catalogue.read_sets([tmp_path], "train").keys() == {"drawn"}
    assert catalogue.read_sets([tmp_path], "train", ["somebody"]).keys() == {"drawn"}
    assert catalogue.read_sets([tmp_path], "train", ["drawn"]) == {}


def test_two_sets_of_one_name_are_refused(tmp_path):
    write_set(tmp_path / "drawn")
    write_set(tmp_path / "elsewhere" / "drawn")
    with pytest.raises(SourceError, match="two data sets are named 'drawn'"):
        catalogue.read_sets([tmp_path / "drawn", tmp_path / "elsewhere"], "train")


def random_hand(seed):
    """Return random points, visibility and depth of a hand in and around a picture."""
    rng = np.random.default_rng(seed)
    spread_px = rng.uniform(5, 150)
    xy_px = rng.normal(rng.uniform(0, (320, 240)), spread_px, (21, 2))
    visibility = rng.choice(3, 21, p=rng.dirichlet((1, 1, 3)))
    return xy_px, visibility, rng.normal(0, spread_px, 21)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), side=st.sampled_from(Handedness), has_z=st.booleans())
def test_what_is_written_reads_back(seed, side, has_z):
    xy_px, visibility, z_px = random_hand(seed)
    depth = {"z_px": z_px} if has_z else {}
    hand = hand_from_points(xy_px, visibility, side, (320, 240), source="mediapipe", **depth)
    if hand is None:
        return
    again = hand_from_label(json.loads(json.dumps(label_from_hand(hand))))
    assert (again.handedness, again.source) == (side, "mediapipe")
    np.testing.assert_array_equal(again.visibility, hand.visibility)
    for name in ("bounds_px", "xy_px", "z_px"):
        expected, found = getattr(hand, name), getattr(again, name)
        assert (found is None) == (expected is None)
        if expected is not None:
            np.testing.assert_allclose(found, expected, atol=0.006)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_points_without_a_label_never_widen_a_hand(seed):
    xy_px, visibility, _ = random_hand(seed)
    hand = hand_from_points(xy_px, visibility, Handedness.LEFT, (320, 240))
    if hand is None or hand.xy_px is None:
        return
    labelled = xy_px[visibility > 0]
    assert (hand.xy_px >= labelled.min(axis=0)).all()
    assert (hand.xy_px <= labelled.max(axis=0)).all()
    assert (hand.visibility[visibility == 0] == 0).all()


def test_a_written_record_is_the_line_it_came_from(tmp_path):
    write_set(tmp_path / "drawn", n_images=1)
    (line,) = (tmp_path / "drawn" / "labels.jsonl").read_text().splitlines()
    ((record,),) = catalogue.read_sets([tmp_path], "train").values()
    written, original = label_from_record(record), json.loads(line)
    np.testing.assert_allclose(
        written["hands"][0].pop("keypoints"), original["hands"][0].pop("keypoints"), atol=0.006
    )
    np.testing.assert_allclose(
        written["hands"][0].pop("bbox"), original["hands"][0].pop("bbox"), atol=0.006
    )
    assert written == original


def test_a_box_is_larger_than_the_landmarks_and_within_the_picture():
    xy_px = np.array([[2.0, 50.0], [102.0, 90.0]])
    np.testing.assert_allclose(box_around(xy_px, (110, 200)), [0, 35, 109, 105])


def test_a_group_stays_in_its_split_and_about_a_share_is_held_out():
    names = [f"session {i}" for i in range(2000)]
    held_out = [name for name in names if split_of(name) == "val"]
    assert held_out == [name for name in names if split_of(name) == "val"]
    assert len(held_out) / len(names) == pytest.approx(0.15, abs=0.03)
    assert {split_of(name, 0.0) for name in names} == {"train"}

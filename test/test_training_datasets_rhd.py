# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""RHD: two hands a person, fingers listed from the tip, and a pickle that runs nothing."""

import pickle

import numpy as np
import pytest

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.types import Handedness
from training.datasets import rhd

CAMERA = np.array([[300.0, 0, 160], [0, 300.0, 160], [0, 0, 1]], np.float32)
TIP_TO_PALM = [0, 4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9, 16, 15, 14, 13, 20, 19, 18, 17]
"""Which of our landmarks RHD lists at each place."""


def hand(x_px, visible=1.0):
    """Return our landmarks of a hand, (21, 2) px and (21,) m, and how RHD lists them."""
    xy_px = np.stack([x_px + np.arange(21) * 2.0, 60 + np.arange(21) * 5.0], axis=-1)
    depth_m = 0.6 + 0.01 * np.arange(21)
    uv_vis = np.concatenate([xy_px, np.full((21, 1), visible)], axis=1)[TIP_TO_PALM]
    xyz_m = np.stack([np.zeros(21), np.zeros(21), depth_m], axis=-1)[TIP_TO_PALM]
    return xy_px, uv_vis, xyz_m


def write(folder, annotations, part="training"):
    (folder / part / "color").mkdir(parents=True, exist_ok=True)
    for index in annotations:
        (folder / part / "color" / f"{index:05d}.png").touch()
    content = pickle.dumps(annotations, protocol=2)
    (folder / part / f"anno_{part}.pickle").write_bytes(content)


def annotation(left, right):
    uv_vis = np.concatenate([left[1], right[1]]).astype(np.float32)
    xyz = np.concatenate([left[2], right[2]]).astype(np.float32)
    return {"uv_vis": uv_vis, "xyz": xyz, "K": CAMERA}


def test_both_hands_are_read_in_our_order_of_landmarks(tmp_path):
    left, right = hand(50.0), hand(200.0)
    write(tmp_path, {7: annotation(left, right)})
    (record,) = rhd.read(tmp_path)
    assert record.path.name == "00007.png"
    assert record.split == "train" and record.is_complete
    assert [found.handedness for found in record.hands] == [Handedness.LEFT, Handedness.RIGHT]
    for found, truth in zip(record.hands, (left, right), strict=True):
        np.testing.assert_allclose(found.xy_px, truth[0])
        np.testing.assert_allclose(found.z_px, np.arange(21) * 0.01 * 300 / 0.6, atol=1e-3)


def test_hidden_landmarks_are_labelled_and_those_outside_are_not(tmp_path):
    left, right = hand(50.0), hand(290.0)
    left[1][TIP_TO_PALM.index(8), 2] = 0
    write(tmp_path, {0: annotation(left, right)})
    seen, cut_off = rhd.read(tmp_path)[0].hands
    assert seen.visibility.tolist() == [2] * 8 + [1] + [2] * 12
    assert cut_off.visibility.tolist() == [2] * 15 + [0] * 6


def test_a_hand_behind_something_has_a_box_only_and_one_out_of_sight_none(tmp_path):
    behind = hand(50.0, visible=0.0)
    behind[1][:3, 2] = 1
    write(tmp_path, {0: annotation(behind, hand(500.0)), 1: annotation(hand(50.0, 0.0), behind)})
    first, second = rhd.read(tmp_path)
    assert [found.xy_px for found in first.hands] == [None]
    assert [found.handedness for found in second.hands] == [Handedness.RIGHT]


def test_evaluation_is_the_split_val(tmp_path):
    write(tmp_path, {0: annotation(hand(50.0), hand(200.0))}, "evaluation")
    assert [record.split for record in rhd.read(tmp_path)] == ["val"]


def test_a_pickle_that_wants_to_run_a_program_is_refused(tmp_path):
    class Malicious:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

    write(tmp_path, {0: Malicious()})
    with pytest.raises(SourceError, match=r"anno_training\.pickle.*arrays only"):
        rhd.read(tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_pickle_of_python_2_is_read(tmp_path):
    write(tmp_path, {0: annotation(hand(50.0), hand(200.0))})
    path = tmp_path / "training" / "anno_training.pickle"
    renamed = path.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    path.write_bytes(renamed)
    assert len(rhd.read(tmp_path)[0].hands) == 2


def test_a_bad_annotation_and_a_missing_picture_are_named(tmp_path):
    write(tmp_path, {3: {"uv_vis": np.zeros((42, 3))}})
    with pytest.raises(SourceError, match=r"anno_training\.pickle, picture 3: .*'xyz'"):
        rhd.read(tmp_path)
    (tmp_path / "training" / "color" / "00003.png").unlink()
    with pytest.raises(SourceError, match=r"00003\.png is missing"):
        rhd.read(tmp_path)


def test_half_a_pickle_is_named(tmp_path):
    write(tmp_path, {0: annotation(hand(50.0), hand(200.0))})
    path = tmp_path / "training" / "anno_training.pickle"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(SourceError, match=r"anno_training\.pickle cannot be read"):
        rhd.read(tmp_path)

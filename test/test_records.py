# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Records follow the form of labels.jsonl."""

import json

import numpy as np
import pytest

from hand_landmarks_ros.core.types import Hand, Handedness
from hand_landmarks_ros.records import record

XY_PX = np.random.default_rng(0).uniform(0, 300, (21, 2)).astype(np.float32)


def hand(z_px=None, **changes) -> Hand:
    values = {
        "track_id": 4,
        "handedness": Handedness.LEFT,
        "handedness_score": 0.75,
        "score": 0.5,
        "predicted": False,
        "score_per_landmark": np.linspace(0, 1, 21, dtype=np.float32),
    }
    z_px = np.full(21, np.nan, np.float32) if z_px is None else z_px
    return Hand(xy_px=XY_PX, z_px=z_px, **{**values, **changes})


def line_of(*hands) -> dict:
    text = json.dumps(record("a.png", 0.1, 640, 480, hands), allow_nan=False)
    return json.loads(text)


def test_an_image_without_hands_has_a_line_too():
    assert line_of() == {
        "file": "a.png",
        "stamp_s": 0.1,
        "width": 640,
        "height": 480,
        "hands": [],
    }


def test_keypoints_and_box_are_pixels_and_low_scores_count_as_hidden():
    (label,) = line_of(hand())["hands"]
    keypoints = np.array(label["keypoints"])
    np.testing.assert_allclose(keypoints[:, :2], XY_PX, atol=0.005)
    assert keypoints[:, 2].tolist() == [1] * 6 + [2] * 15
    np.testing.assert_allclose(label["bbox"], [*XY_PX.min(0), *XY_PX.max(0)], atol=0.005)


def test_who_it_is_and_how_sure_goes_along():
    (label,) = line_of(hand(predicted=True))["hands"]
    expected = {
        "handedness": "left",
        "track_id": 4,
        "score": 0.5,
        "handedness_score": 0.75,
        "predicted": True,
        "source": "hand_landmarks_ros",
    }
    assert {key: label[key] for key in expected} == expected
    np.testing.assert_allclose(label["score_per_landmark"], np.linspace(0, 1, 21), atol=5e-5)


@pytest.mark.parametrize("z_px", [None, np.arange(21, dtype=np.float32)])
def test_depth_is_null_where_the_model_gives_none(z_px):
    (label,) = line_of(hand(z_px))["hands"]
    assert label["z"] == (None if z_px is None else list(range(21)))


def test_numbers_are_short():
    assert len(json.dumps(record("a.png", 1 / 3, 640, 480, [hand()]))) < 1000

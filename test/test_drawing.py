# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Drawn hands can be read on any background, and drawing never fails."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_model import hand_xy_px

from hand_landmarks_ros.core.drawing import FINGER_COLOURS, draw_hands
from hand_landmarks_ros.core.topology import BONES, FINGERS
from hand_landmarks_ros.core.types import Hand, Handedness

HEIGHT_PX, WIDTH_PX = 480, 640
BACKGROUNDS = {
    "black": np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8),
    "grey": np.full((HEIGHT_PX, WIDTH_PX, 3), 128, np.uint8),
    "white": np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8),
    "skin": np.full((HEIGHT_PX, WIDTH_PX, 3), (224, 172, 140), np.uint8),
    "noise": np.random.default_rng(0).integers(0, 256, (HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8),
}


def hand_at(xy_px: np.ndarray, *, track_id=1, landmark_score=1.0, **changes) -> Hand:
    values = {
        "handedness": Handedness.RIGHT,
        "handedness_score": 0.9,
        "score": 0.97,
        "predicted": False,
        "z_px": np.zeros(21, np.float32),
        "score_per_landmark": np.full(21, landmark_score, np.float32),
    }
    return Hand(track_id=track_id, xy_px=xy_px.astype(np.float32), **{**values, **changes})


HAND_PX = hand_xy_px((320, 250), 300)


def drawn(hand: Hand, background: str = "black") -> np.ndarray:
    image = BACKGROUNDS[background].copy()
    draw_hands(image, [hand])
    return image


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB as in WCAG 2."""
    linear = (pixels / 255.0) ** 2.2
    return linear @ np.array([0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_bone_has_a_dark_and_a_bright_part_on_any_background(background):
    """Their contrast is 4.5 or more, which WCAG asks of text, so one always stands out."""
    image = drawn(hand_at(HAND_PX), background)
    for parent, child in BONES:
        x_px, y_px = np.round((HAND_PX[parent] + HAND_PX[child]) / 2).astype(int)
        around = luminance(image[y_px - 4 : y_px + 5, x_px - 4 : x_px + 5].reshape(-1, 3))
        assert (luminance(image[y_px, x_px]) + 0.05) / (around.min() + 0.05) > 4.5


def test_each_finger_has_its_colour():
    image = drawn(hand_at(HAND_PX), "noise")
    for finger, points in FINGERS.items():
        for point in points:
            x_px, y_px = np.round(HAND_PX[point]).astype(int)
            assert tuple(image[y_px, x_px]) == FINGER_COLOURS[finger]


def test_an_unsure_landmark_is_hollow():
    score = np.ones(21, np.float32)
    score[8] = 0.1
    image = drawn(hand_at(HAND_PX, score_per_landmark=score), "grey")
    tip_px, sure_px = np.round(HAND_PX[8]).astype(int), np.round(HAND_PX[12]).astype(int)
    beyond_tip_px = tip_px - (0, 1)
    assert tuple(image[beyond_tip_px[1], beyond_tip_px[0]]) != FINGER_COLOURS["index"]
    assert tuple(image[sure_px[1] - 1, sure_px[0]]) == FINGER_COLOURS["middle"]


def test_only_the_hand_and_its_label_are_drawn():
    small_px = hand_xy_px((320, 250), 100)
    changed = np.argwhere(drawn(hand_at(small_px)).any(axis=2))
    low_px, high_px = changed.min(axis=0)[::-1], changed.max(axis=0)[::-1]
    assert (low_px >= small_px.min(axis=0) - np.array([10, 40])).all()
    assert (high_px <= small_px.max(axis=0) + np.array([150, 10])).all()


@pytest.mark.parametrize(
    "other",
    [
        {"track_id": 2},
        {"handedness": Handedness.LEFT},
        {"handedness": Handedness.UNKNOWN},
        {"score": 0.5},
        {"predicted": True},
    ],
    ids=["id", "side", "no side", "score", "predicted"],
)
def test_the_label_tells_hands_apart(other):
    image, other_image = drawn(hand_at(HAND_PX)), drawn(hand_at(HAND_PX, **other))
    different = np.argwhere((image != other_image).any(axis=2))
    assert len(different) > 5
    assert different[:, 0].max() < HAND_PX[:, 1].min(), "only the label differs"


@pytest.mark.parametrize("corner", [(0, 0), (640, 0), (0, 480), (640, 480), (320, 0)])
def test_the_label_of_a_hand_at_the_border_is_fully_inside(corner):
    one = drawn(hand_at(hand_xy_px(corner, 120), track_id=1))
    two = drawn(hand_at(hand_xy_px(corner, 120), track_id=2))
    different = np.argwhere((one != two).any(axis=2))
    assert len(different) > 5
    assert (different.min(axis=0) > 0).all()


def test_lines_grow_with_the_hand():
    def n_drawn(length_px):
        return drawn(hand_at(hand_xy_px((320, 250), length_px))).any(axis=2).sum()

    assert n_drawn(400) > 2.5 * n_drawn(100)


@settings(max_examples=40)
@given(
    st.integers(0, 10**6),
    st.sampled_from([1.0, 100.0, 1e4, 1e7, 1e30]),
    st.sampled_from([(1, 1), (16, 16), (40, 300), (480, 640)]),
)
def test_points_anywhere_never_fail(seed, spread_px, size_px):
    image = np.zeros((*size_px, 3), np.uint8)
    xy_px = np.random.default_rng(seed).normal(0, spread_px, (21, 2))
    draw_hands(image, [hand_at(xy_px)])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_hand_without_a_place_is_not_drawn(value):
    xy_px = HAND_PX.copy()
    xy_px[3, 1] = value
    assert not drawn(hand_at(xy_px)).any()


def test_no_hands_leave_the_image_as_it_was():
    image = BACKGROUNDS["noise"].copy()
    draw_hands(image, [])
    np.testing.assert_array_equal(image, BACKGROUNDS["noise"])

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The colour of a hand is that of its skin, wherever it lies and whatever covers a part of it."""

import numpy as np
import pytest
from tiny_model import hand_xy_px

from hand_landmarks_ros.core.skin import skin_colours

SKIN, OTHER = (200, 140, 110), (20, 60, 200)
HAND_PX = hand_xy_px((120, 100), 80)
SURE = np.full((1, 21), 0.9, np.float32)


def plain(colour) -> np.ndarray:
    return np.full((200, 240, 3), colour, np.uint8)


def test_lightness_counts_less_than_hue():
    white, black = (skin_colours(plain(grey), HAND_PX[None], SURE) for grey in (255, 0))
    np.testing.assert_allclose(white, [[50.0, 0.0, 0.0]], atol=0.1)
    np.testing.assert_allclose(black, 0.0, atol=0.1)


def test_each_hand_has_the_colour_of_its_place():
    image = plain(OTHER)
    image[:, :120] = SKIN
    places = np.stack([hand_xy_px((60, 100), 60), hand_xy_px((180, 100), 60)])
    seen = skin_colours(image, places, np.repeat(SURE, 2, axis=0))
    for colour, found in zip((SKIN, OTHER), seen, strict=True):
        expected = skin_colours(plain(colour), HAND_PX[None], SURE)[0]
        np.testing.assert_allclose(found, expected, atol=0.1)


def test_what_covers_a_few_landmarks_or_makes_them_unsure_does_not_count():
    image, score = plain(SKIN), SURE.copy()
    hidden = HAND_PX[:, 0] < np.quantile(HAND_PX[:, 0], 0.4)
    for x, y in HAND_PX[hidden].round().astype(int):
        image[y - 3 : y + 4, x - 3 : x + 4] = OTHER
    score[0, hidden] = 0.1
    np.testing.assert_allclose(
        skin_colours(image, HAND_PX[None], score), skin_colours(plain(SKIN), HAND_PX[None], SURE)
    )


@pytest.mark.parametrize("place", [(-500.0, 100.0), (120.0, 5000.0)])
def test_a_hand_outside_the_image_has_some_colour(place):
    assert np.isfinite(skin_colours(plain(SKIN), hand_xy_px(place, 80)[None], SURE)).all()


def test_landmarks_that_are_no_numbers_have_some_colour():
    xy_px = np.full((1, 21, 2), np.nan)
    assert np.isfinite(skin_colours(plain(SKIN), xy_px, SURE)).all()


def test_no_hands_have_no_colours():
    assert skin_colours(plain(SKIN), np.zeros((0, 21, 2)), np.zeros((0, 21))).shape == (0, 3)

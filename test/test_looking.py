# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Looking at regions again until they fit the hands in them, with a network of exact answers."""

import numpy as np
import pytest
from tiny_model import CARD, hand_xy_px

from hand_landmarks_ros.core.detection import whole_image
from hand_landmarks_ros.core.geometry import apply
from hand_landmarks_ros.core.looking import MOST_LOOKS, LandmarkModel
from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.types import RotatedBoxes

IMAGE = np.zeros((480, 640, 3), np.uint8)
HAND_PX = hand_xy_px((320, 240), 180, angle_rad=2.0)


class KnowingBackend:
    """Sees one hand wherever it is told; notes each batch. `presence` is what it says of that."""

    def __init__(self, monkeypatch, xy_px=HAND_PX, presence=0.9) -> None:
        self.card = CARD
        self.presence = presence
        self.boxes: list[RotatedBoxes] = []
        self._codec = CARD.codec()

        def cut(image, boxes, size_px):
            self.boxes.append(boxes)
            self._xy_crop_px = apply(crop_from_image(boxes, size_px), np.array([xy_px]))
            return np.zeros((len(boxes), size_px, size_px, 3), np.uint8), crop_from_image(
                boxes, size_px
            )

        from hand_landmarks_ros.core.crop import crop_from_image

        monkeypatch.setattr("hand_landmarks_ros.core.looking.cut_crops", cut)

    def __call__(self, inputs):
        n = len(inputs["image"])
        return {
            "heatmaps": self._codec.encode(self._xy_crop_px),
            "presence": np.full(n, self.presence, np.float32),
            "handedness": np.full(n, 0.9, np.float32),
        }


def fitting_box(**changes):
    box = boxes_from_landmarks(HAND_PX[None])
    values = {"centre_px": box.centre_px, "side_px": box.side_px, "angle_rad": box.angle_rad}
    return RotatedBoxes(**(values | changes))


def test_a_region_that_fits_is_looked_at_once(monkeypatch):
    backend = KnowingBackend(monkeypatch)
    seen = LandmarkModel(backend).look_until_it_fits(IMAGE, fitting_box())
    assert len(backend.boxes) == 1
    assert np.abs(seen.xy_px[0] - HAND_PX).max() < 0.5


@pytest.mark.parametrize(
    "change",
    [
        {"angle_rad": np.array([0.0])},
        {"side_px": np.array([420.0])},
        {"centre_px": np.array([[355.0, 200.0]])},
    ],
    ids=["turned", "too large", "beside"],
)
def test_a_region_that_does_not_fit_leads_to_one_that_does(monkeypatch, change):
    backend = KnowingBackend(monkeypatch)
    seen = LandmarkModel(backend).look_until_it_fits(IMAGE, fitting_box(**change))
    assert len(backend.boxes) == 2
    np.testing.assert_allclose(backend.boxes[1].centre_px, fitting_box().centre_px, atol=1.0)
    np.testing.assert_allclose(backend.boxes[1].side_px, fitting_box().side_px, rtol=0.01)
    turn_rad = backend.boxes[1].angle_rad - fitting_box().angle_rad
    assert np.abs(np.angle(np.exp(1j * turn_rad))) < 0.02
    assert np.abs(seen.xy_px[0] - HAND_PX).max() < 0.5


def test_only_what_did_not_fit_is_looked_at_again_and_keeps_its_place(monkeypatch):
    backend = KnowingBackend(monkeypatch)
    both = RotatedBoxes.joined(fitting_box(), fitting_box(angle_rad=np.zeros(1)))
    prior = np.array([0.2, 0.7], np.float32)
    seen = LandmarkModel(backend).look_until_it_fits(IMAGE, both, prior)
    assert [len(boxes) for boxes in backend.boxes] == [2, 1]
    np.testing.assert_array_equal(seen.prior, prior)


def test_what_hardly_is_a_hand_is_not_looked_at_again(monkeypatch):
    backend = KnowingBackend(monkeypatch, presence=0.3)
    model = LandmarkModel(backend)
    model.look_until_it_fits(IMAGE, whole_image(640, 480), min_presence=0.5)
    assert len(backend.boxes) == 1
    model.look_until_it_fits(IMAGE, whole_image(640, 480), min_presence=0.2)
    assert len(backend.boxes) == 3


def test_landmarks_that_flee_are_followed_for_a_bounded_time(monkeypatch):
    backend = KnowingBackend(monkeypatch)
    model = LandmarkModel(backend)
    monkeypatch.setattr(
        backend._codec.__class__,
        "encode",
        lambda self, xy: np.roll(_peaks(self), 9 * len(backend.boxes), axis=-1),
    )
    model.look_until_it_fits(IMAGE, fitting_box())
    assert len(backend.boxes) == MOST_LOOKS


def _peaks(codec):
    """Landmarks that never fill their region, so that it never fits."""
    size = codec.map_size_px
    maps = np.zeros((1, 21, size, size), np.float32)
    for k in range(21):
        maps[0, k, size // 2 + k % 5, size // 2 + k // 5] = 1.0
    return maps


def test_no_region_gives_no_view(monkeypatch):
    backend = KnowingBackend(monkeypatch)
    seen = LandmarkModel(backend).look_until_it_fits(IMAGE, RotatedBoxes.none())
    assert len(seen) == 0

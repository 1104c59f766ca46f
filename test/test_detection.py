# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The detector from a whole image to regions of interest, with maps drawn by the codec."""

import numpy as np
import pytest
from tiny_model import card_with

from hand_landmarks_ros.core.crop import crop_from_image
from hand_landmarks_ros.core.detection import (
    Detections,
    DetectorOptions,
    HandDetector,
    whole_image,
)
from hand_landmarks_ros.core.detection_codec import MAP_CHANNELS, DetectionCodec, HandBoxes
from hand_landmarks_ros.core.errors import ModelError, ParameterError
from hand_landmarks_ros.core.geometry import apply
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL
from hand_landmarks_ros.core.types import RotatedBoxes

CODEC = DetectionCodec(size_px=128, stride_px=8)
CARD = card_with(
    kind=DETECTOR_MODEL,
    input_size_px=CODEC.size_px,
    stride_px=CODEC.stride_px,
    outputs=tuple(MAP_CHANNELS),
)


class DrawnMaps:
    """A backend that answers with the maps it was given, and keeps what it was asked."""

    card = CARD
    description = "drawn maps"

    def __init__(self, maps):
        self.maps, self.asked = maps, []

    def __call__(self, inputs):
        self.asked.append(inputs["image"])
        return {name: values[None] for name, values in self.maps.items()}

    def close(self):
        pass


def drawn(bounds_px, width_px, height_px, *, angle_rad=0.0, scores=None):
    """Return a backend that shows hands at bounds_px (N, 4) of an image."""
    bounds_px = np.asarray(bounds_px, float).reshape(-1, 4)
    model_from_image = crop_from_image(whole_image(width_px, height_px), CODEC.size_px)[0]
    corners = apply(model_from_image, bounds_px.reshape(-1, 2, 2)).reshape(-1, 4)
    n, scale = len(corners), CODEC.size_px / max(width_px, height_px)
    centres = (corners[:, :2] + corners[:, 2:]) / 2
    regions = RotatedBoxes(centres, np.full(n, 90.0 * scale), np.full(n, angle_rad))
    maps, owner = CODEC.encode(HandBoxes(corners, regions, np.full(n, 0.8, np.float32)))
    for index, score in enumerate(scores or []):
        maps["centre"][owner == index] *= score
    return DrawnMaps(maps)


@pytest.mark.parametrize(("width_px", "height_px"), [(640, 480), (480, 640), (100, 100)])
def test_a_hand_is_found_where_it_is_in_the_image(width_px, height_px):
    bounds_px = [20.0, 30.0, 75.0, 90.0]
    backend = drawn(bounds_px, width_px, height_px, angle_rad=0.7)
    found = HandDetector(backend)(np.zeros((height_px, width_px, 3), np.uint8))
    np.testing.assert_allclose(found.bounds_px, [bounds_px], atol=1e-3)
    np.testing.assert_allclose(found.boxes.centre_px, [[47.5, 60.0]], atol=1e-3)
    np.testing.assert_allclose(found.boxes.side_px, 90.0, rtol=1e-5)
    np.testing.assert_allclose(found.boxes.angle_rad, 0.7, atol=1e-5)
    np.testing.assert_allclose(found.right_probability, 0.8)
    np.testing.assert_allclose(found.score, 1.0)


def test_the_model_sees_the_whole_image_between_black_bars():
    backend = drawn([], 640, 480)
    found = HandDetector(backend)(np.full((480, 640, 3), 200, np.uint8))
    assert len(found) == 0
    (seen,) = backend.asked
    assert seen.shape == (1, 128, 128, 3)
    assert seen.dtype == np.uint8
    assert (seen[0, 16:112] == 200).all()
    assert not seen[0, :16].any()
    assert not seen[0, 112:].any()


def test_of_two_boxes_on_one_hand_the_better_one_stays():
    boxes = [[100, 100, 400, 400], [180, 100, 480, 400]]
    backend = drawn(boxes, 640, 480, scores=[0.6, 0.9])
    found = HandDetector(backend)(np.zeros((480, 640, 3), np.uint8))
    np.testing.assert_allclose(found.bounds_px, boxes[1:], atol=1e-3)


def test_two_hands_that_overlap_a_little_are_both_found_best_first():
    hands = [[100, 100, 300, 300], [230, 100, 430, 300]]
    backend = drawn(hands, 640, 480, scores=[0.6, 0.9])
    found = HandDetector(backend)(np.zeros((480, 640, 3), np.uint8))
    np.testing.assert_allclose(found.bounds_px, hands[::-1], atol=1e-3)
    np.testing.assert_allclose(found.score, [0.9, 0.6])


def test_a_hand_cut_by_the_border_is_bounded_by_it():
    backend = drawn([[-30, 200, 90, 500]], 640, 480)
    found = HandDetector(backend)(np.zeros((480, 640, 3), np.uint8))
    np.testing.assert_allclose(found.bounds_px, [[0, 200, 90, 479]], atol=1e-3)


def test_unsure_candidates_are_dropped():
    backend = drawn([[100, 100, 300, 300]], 640, 480, scores=[0.3])
    image = np.zeros((480, 640, 3), np.uint8)
    assert len(HandDetector(backend, DetectorOptions(min_score=0.35))(image)) == 0
    assert len(HandDetector(backend, DetectorOptions(min_score=0.25))(image)) == 1


def test_hundreds_of_false_candidates_give_no_more_than_asked_for():
    maps = {name: np.zeros(CODEC.map_shape(name), np.float32) for name in MAP_CHANNELS}
    maps["centre"][:] = 0.9
    backend = DrawnMaps(maps)
    found = HandDetector(backend, DetectorOptions(max_candidates=5))(
        np.zeros((480, 640, 3), np.uint8)
    )
    assert len(found) == 5


def test_a_landmark_model_is_refused():
    backend = drawn([], 640, 480)
    backend.card = card_with(name="disks")
    with pytest.raises(ModelError, match=r"'disks' is of the kind 'hand_landmarks'.*`model`"):
        HandDetector(backend)


@pytest.mark.parametrize(
    "options", [{"min_score": 1.5}, {"max_overlap": -0.1}, {"max_candidates": 0}]
)
def test_absurd_options_are_refused_by_name(options):
    with pytest.raises(ParameterError, match=next(iter(options))):
        DetectorOptions(**options)


def test_no_detections_are_empty_everywhere():
    none = Detections.none()
    assert len(none) == len(none.boxes) == len(none.score) == len(none.bounds_px) == 0

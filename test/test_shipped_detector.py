# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The shipped detector is what its card says, and finds hands near and far."""

from pathlib import Path

import numpy as np
import pytest

from hand_landmarks_ros.backends.loader import load_backend
from hand_landmarks_ros.core.crop import cut_crops
from hand_landmarks_ros.core.detection import HandDetector
from hand_landmarks_ros.core.geometry import apply
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL
from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.types import RotatedBoxes
from hand_landmarks_ros.ground_truth import read_ground_truth
from hand_landmarks_ros.sources import SYNTHETIC, open_source

CARD = Path(__file__).parents[1] / "hand_landmarks_ros/models/hand_detector.md"
EVERY = 15


@pytest.fixture(scope="module")
def backend():
    backend = load_backend("hand_detector", "onnxruntime", kind=DETECTOR_MODEL)
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def frames():
    """Some frames of the shipped clip with the hands that lie wholly in them, (N, 21, 2)."""
    clip, kept = open_source(SYNTHETIC), []
    for index, truth in enumerate(read_ground_truth()):
        frame = clip.read()
        height_px, width_px = frame.image.shape[:2]
        inside = [
            h.xy_px for h in truth if np.all((h.xy_px > 0) & (h.xy_px < (width_px, height_px)))
        ]
        if index % EVERY == 0 and inside:
            kept.append((frame.image, np.stack(inside)))
    clip.close()
    assert len(kept) > 5
    return kept


def test_the_card_tells_the_models_own_sizes_and_accuracy(backend):
    card, text = backend.card, CARD.read_text(encoding="utf-8")
    accuracy = text.partition("<!-- accuracy -->")[2].splitlines()
    m = card.input_size_px // card.stride_px
    assert f"(N, {card.input_size_px}, {card.input_size_px}, 3) uint8 RGB" in text
    assert f"`centre` (N, {m}, {m})" in text
    for name, figures in card.accuracy.items():
        if name not in ("split", "overall") and "ap50" in figures:
            row = next(line for line in accuracy if line.startswith(f"| {name} |"))
            assert f"| {figures['ap50']:.3f} | {figures['ap']:.3f} |" in row
    assert card.accuracy["overall"]["ap50"] > 0.8


def test_the_hands_of_the_shipped_clip_are_found_with_their_regions(backend, frames):
    detector = HandDetector(backend)
    n_hands, turns_rad, sizes = 0, [], []
    for image, xy_px in frames:
        expected = boxes_from_landmarks(xy_px)
        n_hands += len(expected)
        for index, found in matches(detector(image).boxes, expected):
            turn_rad = found.angle_rad[0] - expected.angle_rad[index]
            turns_rad.append(abs(np.angle(np.exp(1j * turn_rad))))
            sizes.append(found.side_px[0] / expected.side_px[index])
    assert len(turns_rad) >= 0.9 * n_hands
    assert np.median(turns_rad) < np.radians(15)
    assert 0.85 < np.median(sizes) < 1.15


def test_hands_40_px_high_are_found_in_640_x_480_px(backend, frames):
    detector = HandDetector(backend)
    n_hands = n_found = 0
    for image, xy_px in frames:
        scale = 40.0 / np.ptp(xy_px[:, :, 1], axis=1).min()
        centre_px = np.array([[(image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2]])
        view = RotatedBoxes(centre_px, np.array([640 / scale]), np.zeros(1))
        (small,), affines = cut_crops(image, view, 640)
        small, xy_small_px = small[80:560], apply(affines[0], xy_px) - (0, 80)
        expected = boxes_from_landmarks(xy_small_px)
        n_hands += len(expected)
        n_found += len(list(matches(detector(small).boxes, expected)))
    assert n_found >= 0.8 * n_hands


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_image_shows_no_hand(backend, level):
    assert len(HandDetector(backend)(np.full((480, 640, 3), level, np.uint8))) == 0


def matches(found, expected):
    """Yield (index of the expected region, region found for it), where they are about the same."""
    for index in range(len(expected)):
        apart_px = np.linalg.norm(found.centre_px - expected.centre_px[index], axis=1)
        ratio = found.side_px / expected.side_px[index]
        same = (apart_px < 0.25 * expected.side_px[index]) & (abs(np.log2(ratio)) < 0.5)
        if same.any():
            yield index, found[same][:1]

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What ships is what the documents say: model, model card, clip, README."""

import re
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from hand_landmarks_ros.backends.loader import load_backend, model_card
from hand_landmarks_ros.core.detection import HandDetector
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL, LANDMARK_MODEL
from hand_landmarks_ros.core.pipeline import HandPipeline, PipelineOptions
from hand_landmarks_ros.ground_truth import read_ground_truth
from hand_landmarks_ros.sources import SYNTHETIC, open_source

ROOT = Path(__file__).parents[1]
WIDTH_PX, HEIGHT_PX = 640, 480
DETECTOR = "hand_detector"


@pytest.fixture(scope="module")
def backend():
    backend = load_backend("hand_landmarks", "onnxruntime")
    yield backend
    backend.close()


@pytest.mark.parametrize("name", ["hand_detector", "hand_landmarks", "hand_landmarks_lite"])
def test_a_model_card_tells_the_models_own_sizes_and_accuracy(name):
    card = model_card(name)
    text = (ROOT / f"hand_landmarks_ros/models/{name}.md").read_text()
    size, stride = card.input_size_px, card.stride_px
    assert f"(N, {size}, {size}, 3) uint8 RGB" in text
    if card.kind == LANDMARK_MODEL:
        assert f"(N, 21, {size // stride}, {size // stride})" in text
        assert card.accuracy["overall"]["pck"]["5"] > 0.5
    for set_name, metrics in card.accuracy.items():
        if set_name == "split":
            continue
        title = f"**{set_name}**" if set_name == "overall" else set_name
        row = [line for line in text.splitlines() if line.startswith(f"| {title} |")][-1]
        figure = metrics["pck"]["1"] if card.kind == LANDMARK_MODEL else metrics.get("ap50", 0)
        assert f" {metrics['n_hands']} |" in row
        assert not figure or f"{figure:.3f}" in row


def test_every_file_that_the_documents_link_to_exists():
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        text = document.read_text(encoding="utf-8")
        links = re.findall(r"\]\(([^)#:]+)\)", text)
        assert links, f"{document.name} has links, and this test finds them"
        for link in links:
            assert (ROOT / link).exists(), f"{document.name} links to {link}"


def test_the_shipped_model_follows_the_hands_of_the_shipped_clip(backend):
    pipeline, clip = HandPipeline(backend), open_source(SYNTHETIC)
    n_visible, errors = 0, []
    for truth in read_ground_truth():
        frame = clip.read()
        found = pipeline(frame.image, frame.stamp_s)
        visible = [hand for hand in truth if share_inside(hand.xy_px) >= 0.5]
        n_visible += bool(visible)
        if visible and found:
            errors.append(min(relative_error(found[0], hand) for hand in visible))
    assert clip.read() is None
    assert n_visible > 200
    assert len(errors) >= 0.95 * n_visible
    assert np.median(errors) < 0.06


@pytest.fixture(scope="module")
def tracked_clip(backend):
    """What the detector and the model make of the shipped clip, per image: the truth, the hands."""
    finder = load_backend(DETECTOR, "onnxruntime", kind=DETECTOR_MODEL)
    pipeline = HandPipeline(backend, PipelineOptions(max_hands=2), HandDetector(finder))
    tracked = []
    with closing(open_source(SYNTHETIC)) as clip, closing(finder):
        for truth in read_ground_truth():
            frame = clip.read()
            tracked.append((truth, pipeline(frame.image, frame.stamp_s)))
    return tracked


def test_the_two_hands_of_the_shipped_clip_keep_their_ids(tracked_clip):
    n_visible, n_found, ids = 0, 0, defaultdict(set)
    for truth, hands in tracked_clip:
        found = [hand for hand in hands if not hand.predicted]
        for hand in truth:
            near = [one for one in found if relative_error(one, hand) < 0.2]
            ids[hand.track_id] |= {one.track_id for one in near}
            if share_inside(hand.xy_px) >= 0.5:
                n_visible, n_found = n_visible + 1, n_found + bool(near)
    assert sorted(ids) == [1, 2]
    assert [len(of_one) for of_one in ids.values()] == [1, 1]
    assert n_found >= 0.9 * n_visible


def test_nothing_is_seen_in_images_of_the_shipped_clip_without_a_hand(tracked_clip):
    without_hand = [hands for truth, hands in tracked_clip if not truth]
    assert len(without_hand) >= 30
    assert not any(without_hand)


def share_inside(xy_px):
    return np.mean(np.all((xy_px > -0.5) & (xy_px < (WIDTH_PX - 0.5, HEIGHT_PX - 0.5)), axis=1))


def relative_error(found, truth):
    """Median distance of the landmarks over the size of the hand, the longer side of its box."""
    size_px = np.ptp(truth.xy_px, axis=0).max()
    return np.median(np.linalg.norm(found.xy_px - truth.xy_px, axis=1)) / size_px

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What ships is what the documents say: model, model card, clip, README."""

import re
from pathlib import Path

import numpy as np
import pytest

from hand_landmarks_ros.backends.loader import load_backend
from hand_landmarks_ros.core.pipeline import HandPipeline
from hand_landmarks_ros.ground_truth import read_ground_truth
from hand_landmarks_ros.sources import SYNTHETIC, open_source

ROOT = Path(__file__).parents[1]
WIDTH_PX, HEIGHT_PX = 640, 480


@pytest.fixture(scope="module")
def backend():
    backend = load_backend("hand_landmarks", "onnxruntime")
    yield backend
    backend.close()


def test_the_model_card_tells_the_models_own_sizes_and_accuracy(backend):
    card, text = backend.card, (ROOT / "hand_landmarks_ros/models/MODEL_CARD.md").read_text()
    size, stride = card.input_size_px, card.stride_px
    assert f"(N, {size}, {size}, 3) uint8 RGB" in text
    assert f"(N, 21, {size // stride}, {size // stride})" in text
    for name, metrics in card.accuracy.items():
        if name != "split":
            title = f"**{name}**" if name == "overall" else name
            assert f"| {title} | {metrics['n_hands']} | {metrics['pck']['1']:.3f} |" in text
    assert card.accuracy["overall"]["pck"]["5"] > 0.5


def test_every_file_that_the_documents_link_to_exists():
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        text = document.read_text(encoding="utf-8")
        links = re.findall(r"\]\(([^)#:]+)\)", text)
        assert links, f"{document.name} has links, and this test finds them"
        for link in links:
            assert (ROOT / link).is_file(), f"{document.name} links to {link}"


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


def share_inside(xy_px):
    return np.mean(np.all((xy_px > -0.5) & (xy_px < (WIDTH_PX - 0.5, HEIGHT_PX - 0.5)), axis=1))


def relative_error(found, truth):
    """Median distance of the landmarks over the size of the hand, the longer side of its box."""
    size_px = np.ptp(truth.xy_px, axis=0).max()
    return np.median(np.linalg.norm(found.xy_px - truth.xy_px, axis=1)) / size_px

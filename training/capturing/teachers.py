# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who labels: MediaPipe Hands in an environment of its own, or one of our models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from hand_landmarks_ros.backends.loader import load_backend
from hand_landmarks_ros.core.detection import HandDetector
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL
from hand_landmarks_ros.core.options import NO_DETECTOR
from hand_landmarks_ros.core.pipeline import HandPipeline, PipelineOptions
from hand_landmarks_ros.core.types import Handedness, RgbImage

from ..evaluation.mediapipe_peer import MediaPipeHands
from .agreement import TaughtHand, Teacher

MEDIAPIPE = "mediapipe"
MAX_HANDS = 4

_EVERY_REGION = 64
"""A picture on its own has no next one in which to go on searching, so all of it is searched."""


@contextmanager
def open_teacher(
    name: str, mediapipe_python: Path, detector: str = NO_DETECTOR
) -> Iterator[Teacher]:
    """Give a teacher: "mediapipe", or a model of ours by shipped name or path.

    mediapipe_python: interpreter of an environment that has MediaPipe. detector: of our models;
    without one a model of ours finds a single hand. Raises HandLandmarksError.
    """
    with ExitStack() as opened:
        if name == MEDIAPIPE:
            hands = MediaPipeHands(mediapipe_python, video=False, max_hands=MAX_HANDS)
            yield _by_mediapipe(opened.enter_context(hands))
        else:
            backend = load_backend(name)
            opened.callback(backend.close)
            finder, max_hands = None, 1
            if detector != NO_DETECTOR:
                detector_backend = load_backend(detector, kind=DETECTOR_MODEL)
                opened.callback(detector_backend.close)
                finder, max_hands = HandDetector(detector_backend), MAX_HANDS
            options = PipelineOptions(
                max_hands=max_hands, smoothing="none", n_search_regions=_EVERY_REGION
            )
            yield by_pipeline(HandPipeline(backend, options, finder))


def by_pipeline(pipeline: HandPipeline) -> Teacher:
    """Return a pipeline as a teacher, which forgets each picture before the next."""

    def teach(image: RgbImage) -> Sequence[TaughtHand]:
        pipeline.reset()
        return [
            TaughtHand(hand.xy_px.astype(np.float64), _right_probability(hand.handedness))
            for hand in pipeline(image, 0.0)
        ]

    return teach


def _by_mediapipe(hands: MediaPipeHands) -> Teacher:
    def teach(image: RgbImage) -> Sequence[TaughtHand]:
        return [TaughtHand(hand.xy_px, hand.right_probability) for hand in hands(image[None])[0]]

    return teach


def _right_probability(handedness: Handedness) -> float:
    return {Handedness.LEFT: 0.0, Handedness.RIGHT: 1.0, Handedness.UNKNOWN: 0.5}[handedness]

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who labels: MediaPipe Hands in an environment of its own, or one of our models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from hand_landmarks_ros.backends.models import load_models
from hand_landmarks_ros.core.options import NO_DETECTOR
from hand_landmarks_ros.core.types import Hand, RgbImage
from hand_landmarks_ros.stills import finder_in_stills

from ..evaluation.landmarks import right_probability
from ..evaluation.mediapipe_peer import MediaPipeHands
from .agreement import TaughtHand, Teacher

MEDIAPIPE = "mediapipe"
MAX_HANDS = 4


@contextmanager
def open_teacher(
    name: str, mediapipe_python: Path, detector: str = NO_DETECTOR
) -> Iterator[Teacher]:
    """Give a teacher: "mediapipe", or a model of ours by shipped name or path.

    mediapipe_python: interpreter of an environment that has MediaPipe. detector: of our models;
    without one a model of ours finds a single hand. Raises HandLandmarksError.
    """
    if name == MEDIAPIPE:
        with MediaPipeHands(mediapipe_python, video=False, max_hands=MAX_HANDS) as hands:
            yield _by_mediapipe(hands)
    else:
        with closing(load_models(name, detector)) as models:
            finder, max_hands = models.hand_detector(), (MAX_HANDS if models.detector else 1)
            yield _by_our_models(finder_in_stills(models.landmarks, finder, max_hands))


def _by_our_models(find_hands: Callable[[RgbImage], Sequence[Hand]]) -> Teacher:
    def teach(image: RgbImage) -> Sequence[TaughtHand]:
        return [
            TaughtHand(hand.xy_px.astype(np.float64), right_probability(hand))
            for hand in find_hands(image)
        ]

    return teach


def _by_mediapipe(hands: MediaPipeHands) -> Teacher:
    def teach(image: RgbImage) -> Sequence[TaughtHand]:
        return [TaughtHand(hand.xy_px, hand.right_probability) for hand in hands(image[None])[0]]

    return teach

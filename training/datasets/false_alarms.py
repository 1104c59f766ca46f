# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a detector takes for hands in pictures without any: the samples to learn `presence` from."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

from hand_landmarks_ros.backends.loader import load_backend
from hand_landmarks_ros.core.detection import DetectorOptions, HandDetector
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL
from hand_landmarks_ros.core.types import RgbImage, RotatedBoxes

_DOUBTFUL = DetectorOptions(min_score=0.005, max_candidates=16)
"""Far below what the pipeline looks at: what one detector is sure of, another one is not."""


def find_false_alarms(
    images: Iterable[tuple[int, RgbImage]], detector: str
) -> list[tuple[int, RotatedBoxes]]:
    """Return (number, box of one) for each thing in pictures without hands that looks like one.

    images: pictures without hands, with their numbers. detector: a shipped name or a file.
    """
    backend = load_backend(detector, "onnxruntime", kind=DETECTOR_MODEL, n_threads=1)
    with closing(backend):
        find = HandDetector(backend, _DOUBTFUL)
        return [
            (number, found.boxes[i : i + 1])
            for number, image in images
            for found in [find(image)]
            for i in range(len(found))
        ]

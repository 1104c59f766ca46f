# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs a hand detector over labelled pictures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from hand_landmarks_ros.core.detection import DetectorOptions, HandDetector
from hand_landmarks_ros.core.inference import Backend
from hand_landmarks_ros.core.options import PipelineOptions

from ..datasets.records import ImageRecord
from ..detection_metrics import ImageBoxes, average_precision, false_positives_per_100, recall

_WHOLE_CURVE = DetectorOptions(min_score=0.02, max_candidates=64)
"""Average precision looks at the whole curve, so at boxes that the pipeline would not use."""

_logger = logging.getLogger(__name__)


def box_finder(backend: Backend) -> Callable[[ImageRecord], ImageBoxes]:
    """Return what compares a detector's boxes in a picture with the labelled ones."""
    detector = HandDetector(backend, _WHOLE_CURVE)

    def find_boxes(record: ImageRecord) -> ImageBoxes:
        found = detector(record.read_image())
        truth_px = np.array([hand.bounds_px for hand in record.hands]).reshape(-1, 4)
        return ImageBoxes(truth_px, found.bounds_px, found.score.astype(np.float64))

    return find_boxes


def detector_figures(
    backend: Backend, records: Sequence[ImageRecord], name: str = ""
) -> dict[str, Any]:
    """Return n_images, n_hands, ap, ap50 and recall of a set; the last three where there are hands.

    `recall` and `false_per_100_images_without_hand` are of boxes of the score from which on the
    pipeline uses them. Only pictures marked as complete are looked at; where a set marks none, all
    with a hand are, which a warning says: hands that nobody labelled then count as errors. Empty
    where a set has no such picture.
    """
    used = [record for record in records if record.is_complete]
    if not used and any(record.hands for record in records):
        used = [record for record in records if record.hands]
        _logger.warning(
            "set %s marks no picture as complete; in all of its pictures with a hand, what is "
            "found beside the labelled hands counts as false",
            name,
        )
    if not used:
        return {}
    find_boxes = box_finder(backend)
    images, scores_without_hand = [], []
    for record in tqdm(used, name, leave=False):
        images.append(find_boxes(record))
        if not record.hands:
            scores_without_hand.append(images[-1].score)
    figures: dict[str, Any] = {
        "n_images": len(images),
        "n_hands": sum(len(image.truth_px) for image in images),
        **average_precision(images),
    }
    used_score = PipelineOptions().min_detection_score
    if figures["n_hands"]:
        figures["recall"] = recall(images, used_score)
    if scores_without_hand:
        figures["false_per_100_images_without_hand"] = false_positives_per_100(
            scores_without_hand, used_score
        )
    return figures

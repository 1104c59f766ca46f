# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How well a detector's boxes fit the labelled ones: COCO's average precision by pycocotools."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.association import bounds_overlap
from hand_landmarks_ros.core.types import check_shape


@dataclass(frozen=True, eq=False)
class ImageBoxes:
    """The true boxes of one image and those a detector found, all x0, y0, x1, y1 in px.

    truth_px: (T, 4). found_px: (N, 4). score: (N,), of the found ones. Either may be empty.
    """

    truth_px: NDArray[np.float64]
    found_px: NDArray[np.float64]
    score: NDArray[np.float64]

    def __post_init__(self) -> None:
        check_shape("truth_px", self.truth_px, ("T", 4))
        check_shape("found_px", self.found_px, ("N", 4))
        check_shape("score", self.score, (len(self.found_px),))


def average_precision(images: Sequence[ImageBoxes]) -> dict[str, float]:
    """Return ap, averaged over IoU 0.5 to 0.95 in steps of 0.05, and ap50, at IoU 0.5.

    Both in 0-1, interpolated at 101 recalls as COCO does, with at most 100 boxes an image. A found
    box that fits no true one counts against the detector, so every hand must be labelled. Empty
    where no image has a true box.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth = list(_true_boxes(images))
    found = list(_found_boxes(images))
    if not truth:
        return {}
    if not found:
        return {"ap": 0.0, "ap50": 0.0}
    with redirect_stdout(io.StringIO()):  # pycocotools reports its progress there
        labelled = COCO()
        labelled.dataset = {
            "images": [{"id": image} for image in range(len(images))],
            "categories": [{"id": 1}],
            "annotations": truth,
            "info": {},
        }
        labelled.createIndex()
        evaluator = COCOeval(labelled, labelled.loadRes(found), "bbox")
        evaluator.evaluate()
        evaluator.accumulate()
    of_all_sizes, at_most_100_boxes = 0, -1
    precision = evaluator.eval["precision"][:, :, 0, of_all_sizes, at_most_100_boxes]
    return {"ap": float(precision.mean()), "ap50": float(precision[0].mean())}


def recall(images: Sequence[ImageBoxes], threshold: float) -> float:
    """Return the share of true boxes, one at least, that a box of that score fits at IoU 0.5."""
    n_found, n_true = 0, 0
    for image in images:
        found_px = image.found_px[image.score >= threshold]
        overlap = bounds_overlap(_corners(image.truth_px), _corners(found_px))
        n_found += int(np.count_nonzero(overlap.max(axis=1, initial=0.0) >= 0.5))
        n_true += len(image.truth_px)
    return n_found / n_true


def false_positives_per_100(scores: Sequence[NDArray[np.float64]], threshold: float) -> float:
    """Return the boxes found at the threshold in 100 images that show no hand.

    scores: (N,) of the boxes found in each image.
    """
    n_found = sum(int(np.count_nonzero(score >= threshold)) for score in scores)
    return 100.0 * n_found / len(scores)


def _true_boxes(images: Sequence[ImageBoxes]) -> Iterator[dict[str, Any]]:
    boxes = ((n, box) for n, image in enumerate(images) for box in image.truth_px)
    for number, (image_id, box) in enumerate(boxes, start=1):
        x, y, width, height = _left_top_width_height(box)
        yield {
            "id": number,  # COCO reads an annotation's number 0 as "none"
            "image_id": image_id,
            "category_id": 1,
            "bbox": [x, y, width, height],
            "area": width * height,
            "iscrowd": 0,
        }


def _found_boxes(images: Sequence[ImageBoxes]) -> Iterator[dict[str, Any]]:
    for image_id, image in enumerate(images):
        for box, score in zip(image.found_px, image.score, strict=True):
            yield {
                "image_id": image_id,
                "category_id": 1,
                "bbox": _left_top_width_height(box),
                "score": float(score),
            }


def _corners(boxes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return boxes[:, :2], boxes[:, 2:]


def _left_top_width_height(box: NDArray[np.float64]) -> list[float]:
    x0, y0, x1, y1 = (float(value) for value in box)
    return [x0, y0, x1 - x0, y1 - y0]

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs landmark models over labelled pictures: in the true crops, or by the whole pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hand_landmarks_ros.core.association import landmark_similarity
from hand_landmarks_ros.core.crop import cut_crops
from hand_landmarks_ros.core.detection import whole_image
from hand_landmarks_ros.core.geometry import apply, invert
from hand_landmarks_ros.core.inference import Backend
from hand_landmarks_ros.core.looking import LandmarkModel
from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.types import Array, Hand, Handedness, RgbImage

from ..datasets.records import ImageRecord
from .results import HandResults

SIMILARITY_SPREAD = 0.2
LEAST_SIMILARITY = 0.5
"""A found hand is a labelled one when their object keypoint similarity, with a spread of 0.2 hand
sizes, is a half at least: that is when the landmarks are off by a quarter of the hand's size on
average. So lenient, since the landmarks' own figures say how exact they are."""


@dataclass(frozen=True, eq=False)
class CropLandmarks:
    """What a model found in N crops; NaN where it found no hand.

    xy_crop_px: (N, 21, 2). score: (N, 21). right_probability: (N,).
    """

    xy_crop_px: Array
    score: Array
    right_probability: Array


class CropModel(Protocol):
    """Finds the one hand that a crop shows."""

    name: str
    size_px: int
    may_miss: bool

    def __call__(self, crops: NDArray[np.uint8]) -> CropLandmarks:
        """Look at crops, (N, S, S, 3) RGB."""
        ...


class NetworkOnCrops:
    """One of our networks, looking as it does at a new hand: it always gives landmarks.

    Further looks are cut out of the crop: nothing beyond it is seen. calibrated: with scores as the
    model's card calibrates them, else the heights of the peaks.
    """

    may_miss = False

    def __init__(self, backend: Backend, *, calibrated: bool = True) -> None:
        self.name = backend.card.name
        codec = backend.card.codec()
        codec = codec if calibrated else replace(codec, score_calibration=None)
        self._model = LandmarkModel(backend, codec=codec)
        self.size_px = codec.size_px

    def __call__(self, crops: NDArray[np.uint8]) -> CropLandmarks:
        """Look at crops, (N, S, S, 3) RGB."""
        whole = whole_image(self.size_px, self.size_px)
        seen = [self._model.look_until_it_fits(crop, whole) for crop in crops]
        return CropLandmarks(
            np.concatenate([hand.xy_px for hand in seen]),
            np.concatenate([hand.landmark_score for hand in seen]),
            np.concatenate([hand.right_hand for hand in seen]),
        )


def in_true_crops(
    model: CropModel, records: Sequence[ImageRecord], name: str = ""
) -> HandResults | None:
    """Return what the model made of every labelled hand in its protocol crop; None without any.

    Progress is shown under the name, if there is one.
    """
    parts = []
    for unseen, crops, crop_from_image in true_crops(records, model.size_px, name):
        found = model(crops)
        part = replace(
            unseen,
            found_px=apply(invert(crop_from_image), found.xy_crop_px),
            score=np.asarray(found.score, np.float64),
            right_probability=np.asarray(found.right_probability, np.float64),
        )
        parts.append(part)
    return HandResults.joined(parts) if parts else None


def true_crops(
    records: Sequence[ImageRecord], size_px: int, name: str = ""
) -> Iterator[tuple[HandResults, NDArray[np.uint8], NDArray[np.float64]]]:
    """Yield, of each picture with labelled hands, these, their crops and crop_from_image.

    None of the hands is found yet. Crops are (N, size_px, size_px, 3), affines (N, 2, 3).
    """
    for record in _with_hands(records, name):
        unseen = HandResults.missed(record)
        if len(unseen):
            boxes = boxes_from_landmarks(unseen.truth_px, rotated=False)
            yield unseen, *cut_crops(record.read_image(), boxes, size_px)


def in_whole_pictures(
    find_hands: Callable[[RgbImage], Sequence[Hand]],
    records: Sequence[ImageRecord],
    name: str = "",
) -> tuple[HandResults | None, dict[str, float]]:
    """Return what was made of every labelled hand in its whole picture, None without any.

    The second value has `false_per_100_images`, of the pictures marked as complete: in the
    others a hand that fits no labelled one may be a true one. Empty where no picture is.
    """
    parts, n_false, n_complete = [], 0, 0
    for record in tqdm(records, name, leave=False):
        hands = list(find_hands(record.read_image()))
        part, n_unmatched = matched(HandResults.missed(record), hands, record)
        parts += [part] if len(part) else []
        if record.is_complete:
            n_false, n_complete = n_false + n_unmatched, n_complete + 1
    extra = {"false_per_100_images": 100.0 * n_false / n_complete} if n_complete else {}
    return (HandResults.joined(parts) if parts else None), extra


def matched(
    unseen: HandResults, hands: Sequence[Hand], record: ImageRecord
) -> tuple[HandResults, int]:
    """Give each labelled hand the found hand that fits best, all pairs considered together.

    The second value counts the found hands that lie nowhere near a labelled one, be it labelled
    with landmarks or with a box only.
    """
    found_px = np.array([hand.xy_px for hand in hands], np.float64).reshape(-1, 21, 2)
    truth_rows, found_rows = match(unseen.truth_px, found_px)
    result = replace(
        unseen,
        found_px=unseen.found_px.copy(),
        score=unseen.score.copy(),
        right_probability=unseen.right_probability.copy(),
    )
    for truth, found in zip(truth_rows, found_rows, strict=True):
        hand = hands[found]
        result.found_px[truth] = hand.xy_px
        result.score[truth] = hand.score_per_landmark
        result.right_probability[truth] = right_probability(hand)
    centres_px = np.delete(found_px, found_rows, axis=0).mean(axis=1)
    box_only = [hand.bounds_px for hand in record.hands if hand.xy_px is None]
    n_unmatched = sum(not _lies_in_any(centre_px, box_only) for centre_px in centres_px)
    return result, n_unmatched


def match(truth_px: Array, found_px: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair true hands (T, 21, 2) and found ones (N, 21, 2); returns the indices of both.

    The pairing of the largest total object keypoint similarity (the Hungarian method), of pairs
    that are similar enough.
    """
    from scipy.optimize import linear_sum_assignment

    similarity = landmark_similarity(truth_px, found_px, SIMILARITY_SPREAD)
    allowed = np.where(similarity >= LEAST_SIMILARITY, similarity, 0.0)
    truth_rows, found_rows = linear_sum_assignment(allowed, maximize=True)
    real = allowed[truth_rows, found_rows] > 0
    return truth_rows[real], found_rows[real]


def right_probability(hand: Hand) -> float:
    """Return the probability that a found hand is a right one."""
    if hand.handedness == Handedness.UNKNOWN:
        return 0.5
    is_right = hand.handedness == Handedness.RIGHT
    return hand.handedness_score if is_right else 1.0 - hand.handedness_score


def _lies_in_any(point_px: Array, boxes_px: Sequence[Any]) -> bool:
    return any(np.all((point_px >= box[:2]) & (point_px <= box[2:])) for box in boxes_px)


def _with_hands(records: Sequence[ImageRecord], name: str) -> Iterator[ImageRecord]:
    with_hands = [record for record in records if record.hands]
    yield from tqdm(with_hands, name, leave=False, disable=not name)

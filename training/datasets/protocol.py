# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Evaluation samples: every labelled hand, cut by the protocol of the interfaces page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.crop import cut_crops
from hand_landmarks_ros.core.geometry import apply
from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.types import Array, Handedness

from ..metrics import PROTOCOL_SIZE_PX
from .records import ImageRecord


@dataclass(frozen=True, eq=False)
class ProtocolCrops:
    """The labelled hands of one image, cut upright at 1.5 times their longer side.

    crops: (N, S, S, 3) uint8. xy_crop_px: (N, 21, 2), px of the crop. counts: (N, 21) bool, false
    where a landmark is not labelled. handedness: (N,) values of Handedness.
    """

    record: ImageRecord
    crops: NDArray[np.uint8]
    xy_crop_px: NDArray[np.float64]
    counts: NDArray[np.bool_]
    handedness: NDArray[np.int64]

    def errors_px(self, xy_crop_px: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return each landmark's distance in px of the 224-px crop, (N, 21), NaN if unlabelled."""
        distance = np.linalg.norm(xy_crop_px - self.xy_crop_px, axis=-1)
        scaled = distance * PROTOCOL_SIZE_PX / self.crops.shape[1]
        return np.where(self.counts, scaled, np.nan)


def protocol_crops(records: Iterable[ImageRecord], size_px: int) -> Iterator[ProtocolCrops]:
    """Yield the hands with keypoints, image by image; images without any are passed over."""
    for record in records:
        hands = [hand for hand in record.hands if hand.xy_px is not None]
        if not hands:
            continue
        xy_px = np.stack([hand.xy_px for hand in hands if hand.xy_px is not None])
        boxes = boxes_from_landmarks(xy_px, rotated=False)
        crops, affines = cut_crops(record.read_image(), boxes, size_px)
        yield ProtocolCrops(
            record=record,
            crops=crops,
            xy_crop_px=apply(affines, xy_px),
            counts=np.stack([hand.visibility > 0 for hand in hands]),
            handedness=np.array([hand.handedness for hand in hands], np.int64),
        )


def handedness_is_right(truth: NDArray[np.int64], right_probability: Array) -> NDArray[np.bool_]:
    """Whether each hand of known side was named right; hands of unknown side are left out."""
    known = truth != Handedness.UNKNOWN
    said_right = right_probability[known] > 0.5
    return np.asarray(said_right == (truth[known] == Handedness.RIGHT))

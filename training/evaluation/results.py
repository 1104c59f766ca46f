# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a model made of labelled hands, and the figures that sum it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.region import HAND_REGION_SCALE, boxes_from_landmarks
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import Array, Handedness, check_shape

from ..datasets.records import ImageRecord, LabelledHand
from ..metrics import PCK_THRESHOLDS_PX, PROTOCOL_SIZE_PX, landmark_metrics


@dataclass(frozen=True, eq=False)
class HandResults:
    """What a model made of N labelled hands.

    records: each hand's picture. truth_px: (N, 21, 2) image px. counts: (N, 21) bool, false where a
    landmark is not labelled. handedness: (N,) values of Handedness. found_px: (N, 21, 2) image px;
    score: (N, 21) in 0-1; right_probability: (N,); these three are NaN where the hand was missed.
    """

    records: tuple[ImageRecord, ...]
    truth_px: NDArray[np.float64]
    counts: NDArray[np.bool_]
    handedness: NDArray[np.int64]
    found_px: NDArray[np.float64]
    score: NDArray[np.float64]
    right_probability: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.records)
        check_shape("truth_px", self.truth_px, (n, N_LANDMARKS, 2))
        check_shape("counts", self.counts, (n, N_LANDMARKS))
        check_shape("handedness", self.handedness, (n,))
        check_shape("found_px", self.found_px, (n, N_LANDMARKS, 2))
        check_shape("score", self.score, (n, N_LANDMARKS))
        check_shape("right_probability", self.right_probability, (n,))

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, selected: NDArray[Any]) -> HandResults:
        """Return the hands that a mask or an index array selects."""
        chosen = np.arange(len(self))[selected]
        arrays = (getattr(self, field.name)[chosen] for field in fields(self)[1:])
        return HandResults(tuple(self.records[i] for i in chosen), *arrays)

    @classmethod
    def joined(cls, parts: Sequence[HandResults]) -> HandResults:
        """Return the hands of all parts, one at least, in order."""
        records = tuple(record for part in parts for record in part.records)
        arrays = (
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(cls)[1:]
        )
        return cls(records, *arrays)

    @classmethod
    def missed(cls, record: ImageRecord) -> HandResults:
        """Return the hands with keypoints of a picture, none of them found yet."""
        hands = hands_with_keypoints(record)
        n = len(hands)
        return cls(
            records=(record,) * n,
            truth_px=np.array([hand.xy_px for hand in hands], np.float64).reshape(
                n, N_LANDMARKS, 2
            ),
            counts=np.array([hand.visibility > 0 for hand in hands]).reshape(n, N_LANDMARKS),
            handedness=np.array([hand.handedness for hand in hands], np.int64),
            found_px=np.full((n, N_LANDMARKS, 2), np.nan),
            score=np.full((n, N_LANDMARKS), np.nan),
            right_probability=np.full(n, np.nan),
        )

    @property
    def is_found(self) -> NDArray[np.bool_]:
        """Whether each hand was found, (N,)."""
        return np.asarray(~np.isnan(self.right_probability))

    @property
    def size_px(self) -> NDArray[np.float64]:
        """Longer side of each hand's tight box, (N,) image px."""
        return self._crop_side_px / HAND_REGION_SCALE

    @property
    def errors_px(self) -> NDArray[np.float64]:
        """Each landmark's error, (N, 21) px of the 224-px crop; NaN if unlabelled or missed."""
        error_px = np.linalg.norm(self.found_px - self.truth_px, axis=-1)
        scale = PROTOCOL_SIZE_PX / self._crop_side_px
        return np.where(self.counts, error_px * scale[:, None], np.nan)

    @property
    def _crop_side_px(self) -> NDArray[np.float64]:
        return boxes_from_landmarks(self.truth_px, rotated=False).side_px


def hands_with_keypoints(record: ImageRecord) -> list[LabelledHand]:
    """Return the hands of a picture that have landmarks, not only a box."""
    return [hand for hand in record.hands if hand.xy_px is not None]


def handedness_is_right(truth: NDArray[np.int64], right_probability: Array) -> NDArray[np.bool_]:
    """Whether each hand of known side was named right; hands of unknown side are left out."""
    known = truth != Handedness.UNKNOWN
    said_right = right_probability[known] > 0.5
    return np.asarray(said_right == (truth[known] == Handedness.RIGHT))


def summary(results: HandResults, *, may_miss: bool) -> dict[str, Any]:
    """Return the figures of a set with at least one hand; those that do not apply are absent.

    Landmarks are judged on the hands that were found. Where a hand may be missed, `recall` is the
    share of hands found, and in `pck_all` every landmark of a missed hand counts as wrong.
    """
    found = results[results.is_found]
    metrics: dict[str, Any] = landmark_metrics(found.errors_px) if len(found) else {}
    metrics["n_hands"] = len(results)
    known = handedness_is_right(found.handedness, found.right_probability)
    if len(known):
        metrics["handedness"] = float(known.mean())
    if may_miss:
        metrics["recall"] = len(found) / len(results)
        share = found.counts.sum() / max(1, results.counts.sum())
        found_pck = metrics.get("pck", {})
        metrics["pck_all"] = {
            str(limit): float(share * found_pck.get(str(limit), 0.0)) for limit in PCK_THRESHOLDS_PX
        }
    return metrics


def group_summaries(
    results: HandResults, groups: Mapping[str, NDArray[np.bool_]]
) -> dict[str, dict[str, Any]]:
    """Return n_hands, pck_5 and epe_px of the found hands of each group, (N,) masks by name."""
    table = {}
    for name, mask in groups.items():
        chosen = results[mask & results.is_found]
        if len(chosen):
            metrics = landmark_metrics(chosen.errors_px)
            table[name] = {
                "n_hands": len(chosen),
                "pck_5": metrics["pck"]["5"],
                "epe_px": metrics["epe_px"],
            }
    return table

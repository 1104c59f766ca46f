# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When to run the detector, and which of the places it names deserve a look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .association import first_of_each, region_overlap
from .detection import Detections
from .observations import are_plausible
from .types import Array, RgbImage, RotatedBoxes, Rows

Detector = Callable[[RgbImage], Detections]

_MOST_DETECTIONS = 64
"""Bounds the time of an image in which a detector sees hands everywhere."""

_SAME_PLACE = 0.5
"""Overlap, of what two regions hold, from which on they show one hand."""

_N_REMEMBERED = 16
"""Places looked at before; the others come first, so that no false one hides a true one."""

_TIMER_TOLERANCE_S = 1e-6
"""Stamps of a camera that is as fast as the detector may be rounded."""


@dataclass(frozen=True, eq=False)
class Candidates(Rows):
    """N regions where a hand may be. score: (N,) float32, the detector's, 0-1."""

    boxes: RotatedBoxes
    score: NDArray[np.float32]

    @classmethod
    def none(cls) -> Candidates:
        """Return no regions."""
        return cls(RotatedBoxes.none(), np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.score)


class CandidateFinder:
    """Asks the detector for new hands, at most at a given rate."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.reset()

    def reset(self) -> None:
        """Forget what was found, and when; the next image is looked at."""
        self._detected_s = -np.inf
        self._looked_at = RotatedBoxes.none()
        self._doubtful = RotatedBoxes.none()
        self._in_image: Candidates | None = None

    def find(
        self,
        image: RgbImage,
        stamp_s: float,
        followed: RotatedBoxes,
        n_wanted: int,
        *,
        rate_hz: float,
        least_score: float,
    ) -> Candidates:
        """Return up to n_wanted regions where a hand may be that is none of those followed.

        None unless 1 / rate_hz has passed since the detector ran, or the stamp went back. Where the
        detector is less sure than least_score, it must say so twice in a row. Places not looked at
        lately come first, then those with the better score.
        """
        waited_s = stamp_s - self._detected_s
        self._in_image = None
        if n_wanted < 1 or 0.0 <= waited_s < 1.0 / rate_hz - _TIMER_TOLERANCE_S:
            return Candidates.none()
        detected = self._detect(image, stamp_s)
        is_sure = detected.score >= least_score
        is_confirmed = _is_same_place(detected.boxes, self._doubtful).any(axis=1)
        self._doubtful = detected.boxes[~is_sure]
        return self._chosen(detected[is_sure | is_confirmed], image, followed, n_wanted)

    def find_more(
        self,
        image: RgbImage,
        stamp_s: float,
        followed: RotatedBoxes,
        n_wanted: int,
        *,
        least_score: float,
    ) -> Candidates:
        """Return up to n_wanted further regions in the image that `find` was called with.

        The detector runs if it has not yet in this image; least_score is enough.
        """
        detected = self._in_image
        if detected is None:
            detected = self._detect(image, stamp_s)
        return self._chosen(detected[detected.score >= least_score], image, followed, n_wanted)

    def _detect(self, image: RgbImage, stamp_s: float) -> Candidates:
        self._detected_s = stamp_s
        detections = self._detector(image)
        self._in_image = Candidates(detections.boxes, detections.score)
        return self._in_image

    def _chosen(
        self, found: Candidates, image: RgbImage, followed: RotatedBoxes, n_wanted: int
    ) -> Candidates:
        """Return the n_wanted places that are best looked at, of those not followed."""
        found = found[np.argsort(-found.score, kind="stable")[:_MOST_DETECTIONS]]
        is_new = ~_is_same_place(found.boxes, followed).any(axis=1)
        found = found[is_new & are_plausible(found.boxes, image.shape[1], image.shape[0])]
        found = found[self._least_recent_first(found.boxes)]
        found = found[first_of_each(_is_same_place(found.boxes, found.boxes))[:n_wanted]]
        self._looked_at = RotatedBoxes.joined(self._looked_at, found.boxes)[-_N_REMEMBERED:]
        return found

    def _least_recent_first(self, boxes: RotatedBoxes) -> Array:
        """Return the order of the boxes by when their place was last looked at, never first."""
        turn = np.arange(1, len(self._looked_at) + 1)
        looked_at = np.where(_is_same_place(boxes, self._looked_at), turn, 0)
        return np.argsort(looked_at.max(axis=1, initial=0), kind="stable")


def _is_same_place(first: RotatedBoxes, second: RotatedBoxes) -> Array:
    """Tell of all pairs, (N, M), whether they show one hand."""
    return np.asarray(region_overlap(first, second) >= _SAME_PLACE)

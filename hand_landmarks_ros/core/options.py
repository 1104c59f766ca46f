# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a user may choose about the pipeline, with its defaults."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import ParameterError
from .smoothing import SMOOTHERS

NO_DETECTOR = "none"
"""What users write for a pipeline without a detector."""

MOST_HANDS = 16
"""Bounds the time of an image; a robot looks at few people's hands at a time."""

LOST_DETECTION_SCORE = 0.05
"""A hand that was there a moment ago is likely to be there: a doubtful place deserves a look."""

DETECTOR_RATES_HZ = (0.1, 240.0)
"""Lowest and highest rate of the detector."""


@dataclass(frozen=True)
class PipelineOptions:
    """Options of the pipeline; raises ParameterError for values that make no sense.

    max_hands: most hands followed at a time; more than 1 needs a detector. smoothing: "kalman",
    "one_euro" or "none". min_hand_score: hands of a lower score are not reported; a new hand needs
    more. coast_s: how long a lost hand that was not fast is reported where it is predicted, s.
    memory_s: how long a lost hand keeps its id if it comes back, s; it ends after that, and a hand
    that was followed for a shorter time ends as soon. detector_rate_hz: how often, at most, the
    detector looks for hands while fewer than max_hands are in view; while a lost hand is remembered
    it looks at every image. min_detection_score: where the detector is less sure of a hand is not
    looked, unless it says so twice in a row; while a lost hand is remembered, that is
    LOST_DETECTION_SCORE at most. mirrored_input: the images come from a mirror, in which left
    hands look right. n_search_regions: how many places are searched in each frame while no hand is
    tracked and there is no detector; the first is the whole image, the others take turns.
    """

    max_hands: int = 1
    smoothing: str = "kalman"
    min_hand_score: float = 0.5
    coast_s: float = 0.1
    memory_s: float = 1.2
    detector_rate_hz: float = 30.0
    min_detection_score: float = 0.5
    mirrored_input: bool = False
    n_search_regions: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.max_hands <= MOST_HANDS:
            raise ParameterError(f"max_hands is {self.max_hands}, expected 1 to {MOST_HANDS}")
        slowest_hz, fastest_hz = DETECTOR_RATES_HZ
        if not slowest_hz <= self.detector_rate_hz <= fastest_hz:
            raise ParameterError(
                f"detector_rate_hz is {self.detector_rate_hz}, expected {slowest_hz:g} to "
                f"{fastest_hz:g} Hz"
            )
        if self.smoothing not in SMOOTHERS:
            raise ParameterError(
                f"smoothing is {self.smoothing!r}, expected one of {', '.join(SMOOTHERS)}"
            )
        for name in ("min_hand_score", "min_detection_score"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ParameterError(f"{name} is {getattr(self, name)}, expected 0 to 1")
        for name in ("coast_s", "memory_s"):
            if not 0.0 <= getattr(self, name) <= 10.0:
                raise ParameterError(f"{name} is {getattr(self, name)}, expected 0 to 10 s")
        if self.n_search_regions < 1:
            raise ParameterError(f"n_search_regions is {self.n_search_regions}, expected 1 or more")

    def check_without_detector(self) -> None:
        """Raise ParameterError if the options need a detector."""
        if self.max_hands > 1:
            raise ParameterError(
                f"max_hands is {self.max_hands}, but without a detector only one hand can be "
                "followed; choose a detector, or set max_hands to 1"
            )

    @property
    def start_score(self) -> float:
        """Score at which a new hand is taken up: above min_hand_score, so that none flickers."""
        return self.min_hand_score + 0.6 * (1.0 - self.min_hand_score)

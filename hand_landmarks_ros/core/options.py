# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a user may choose about the pipeline, with its defaults."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import ParameterError
from .smoothing import SMOOTHERS


@dataclass(frozen=True)
class PipelineOptions:
    """Options of the pipeline; raises ParameterError for values that make no sense.

    max_hands: 1, until a detector ships. smoothing: "kalman", "one_euro" or "none".
    min_hand_score: hands of a lower score are not reported; a new hand needs a little more.
    coast_s: how long a lost hand is reported where it is predicted, s.
    mirrored_input: the images come from a mirror, in which left hands look right.
    n_search_regions: how many places are searched in each frame while no hand is tracked; the
    first is the whole image, the others take turns.
    """

    max_hands: int = 1
    smoothing: str = "kalman"
    min_hand_score: float = 0.5
    coast_s: float = 0.1
    mirrored_input: bool = False
    n_search_regions: int = 3

    def __post_init__(self) -> None:
        if self.max_hands != 1:
            raise ParameterError(
                f"max_hands is {self.max_hands}, but without a detector, and none ships yet, only "
                "one hand can be tracked; set max_hands to 1"
            )
        if self.smoothing not in SMOOTHERS:
            raise ParameterError(
                f"smoothing is {self.smoothing!r}, expected one of {', '.join(SMOOTHERS)}"
            )
        if not 0.0 <= self.min_hand_score <= 1.0:
            raise ParameterError(f"min_hand_score is {self.min_hand_score}, expected 0 to 1")
        if not 0.0 <= self.coast_s <= 10.0:
            raise ParameterError(f"coast_s is {self.coast_s}, expected 0 to 10 s")
        if self.n_search_regions < 1:
            raise ParameterError(f"n_search_regions is {self.n_search_regions}, expected 1 or more")

    @property
    def start_score(self) -> float:
        """Score at which a new hand is taken up: above min_hand_score, so that none flickers."""
        return self.min_hand_score + 0.3 * (1.0 - self.min_hand_score)

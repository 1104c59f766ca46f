# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The record that every data source yields: one labelled image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import Handedness, RgbImage, check_shape
from hand_landmarks_ros.sources import read_image

ENOUGH_SEEN = 0.5
"""Share of a hand from which on it must be found; below that it is no error to, or not to."""


@dataclass(frozen=True, eq=False)
class LabelledHand:
    """One hand of a labelled image.

    xy_px: (21, 2) float64, image px, integer = pixel centre; None for a hand with a box only.
    visibility: (21,) int; 0 unlabelled, 1 labelled but hidden, 2 visible.
    bounds_px: (4,) x0, y0, x1, y1. handedness: the person's own hand. z_px: (21,) depth relative
    to the wrist, image px, smaller is nearer; None where nobody knows. drawn_bounds_px: (4,) the
    box that a person drew; None where the source has none. seen_share: in 0-1, of the hand, neither
    hidden nor outside the picture; None where nobody measured it.
    """

    xy_px: NDArray[np.float64] | None
    visibility: NDArray[np.int64]
    bounds_px: NDArray[np.float64]
    handedness: Handedness
    source: str
    z_px: NDArray[np.float64] | None = None
    drawn_bounds_px: NDArray[np.float64] | None = None
    seen_share: float | None = None

    def __post_init__(self) -> None:
        if self.drawn_bounds_px is not None:
            check_shape("drawn_bounds_px", self.drawn_bounds_px, (4,))
        if self.z_px is not None:
            check_shape("z_px", self.z_px, (N_LANDMARKS,))
        if self.xy_px is not None:
            check_shape("xy_px", self.xy_px, (N_LANDMARKS, 2))
        check_shape("visibility", self.visibility, (N_LANDMARKS,))
        check_shape("bounds_px", self.bounds_px, (4,))

    @property
    def must_be_found(self) -> bool:
        """Whether so much of the hand is seen that it is an error not to find it."""
        return self.seen_share is None or self.seen_share >= ENOUGH_SEEN


@dataclass(frozen=True, eq=False)
class ImageRecord:
    """One labelled image: where it is and which hands are in it.

    `is_complete`: every hand in the picture is believed to be labelled, so that the rest of it
    shows none. skin_tone: 0 (lightest) to 9 of the Monk scale; view: how the camera looks at the
    hands; both are known of synthetic pictures only, else None.
    """

    path: Path
    width_px: int
    height_px: int
    hands: tuple[LabelledHand, ...]
    subject: str
    split: str
    is_complete: bool
    skin_tone: int | None = None
    view: str | None = None

    def read_image(self) -> RgbImage:
        """Decode the picture as the runtime does; raises SourceError if it misfits its label."""
        image = read_image(self.path)
        if image.shape[:2] != (self.height_px, self.width_px):
            raise SourceError(
                f"{self.path} is {image.shape[1]} x {image.shape[0]}, its label says "
                f"{self.width_px} x {self.height_px}; label and picture do not belong together"
            )
        return image

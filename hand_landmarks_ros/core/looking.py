# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Looks at regions of an image with a landmark network; again where a region did not fit its hand.

The network knows hands best upright and at one size, as tracking shows them. The region of a hand
that is new, or that moved unexpectedly, may show it otherwise: then its landmarks say where to look
again. A hand that is followed mostly takes one look.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .codec import HeatmapCodec
from .crop import cut_crops
from .geometry import apply, invert
from .inference import Backend
from .observations import UNKNOWN, Observations, are_plausible
from .region import boxes_from_landmarks
from .skin import skin_colours
from .types import Array, RgbImage, RotatedBoxes

MOST_LOOKS = 3
"""At a region and at what its landmarks lead to; bounds the time."""

_LARGEST_SHIFT = 0.1
_LARGEST_GROWTH = 0.2
_LARGEST_TURN_RAD = 0.35
"""By how much a region may miss the square around its landmarks and still fit: in sides, in the
logarithm of the side, and in angle. Training moves its crops as far."""


class LandmarkModel:
    """A landmark network with its code.

    codec: instead of the one that the model's card describes. lap: told "region", which is what
    came before a look, "crop", "inference" or "decode" when each of these ends.
    Raises ModelError for a backend whose model gives no landmarks.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        codec: HeatmapCodec | None = None,
        lap: Callable[[str], None] | None = None,
    ) -> None:
        self._backend = backend
        self._codec = codec or backend.card.codec()
        self._lap = lap or (lambda stage: None)

    @property
    def size_px(self) -> int:
        """Side of the crops that the network takes."""
        return self._codec.size_px

    def look(
        self, image: RgbImage, boxes: RotatedBoxes, prior: NDArray[np.float32] | None = None
    ) -> Observations:
        """Look once at each region, all in one call of the network.

        prior: (N,), probability that a region holds a hand; None where nothing is known.
        """
        self._lap("region")
        crops, crop_from_image = cut_crops(image, boxes, self.size_px)
        self._lap("crop")
        outputs = self._backend({"image": crops})
        self._lap("inference")
        xy_crop_px, landmark_score = self._codec.decode(outputs["heatmaps"])
        image_px_per_crop_px = (boxes.side_px / self.size_px).astype(np.float32)
        xy_px = apply(invert(crop_from_image), xy_crop_px)
        seen = Observations(
            xy_px=xy_px,
            z_px=_relative_z(outputs.get("z"), landmark_score.shape)
            * image_px_per_crop_px[:, None],
            landmark_score=landmark_score,
            presence=outputs["presence"],
            right_hand=outputs["handedness"],
            prior=np.full(len(boxes), UNKNOWN, np.float32) if prior is None else prior,
            colour=skin_colours(image, xy_px, landmark_score),
        )
        self._lap("decode")
        return seen

    def look_until_it_fits(
        self,
        image: RgbImage,
        boxes: RotatedBoxes,
        prior: NDArray[np.float32] | None = None,
        *,
        min_presence: float = 0.0,
    ) -> Observations:
        """Look at each region, and where it did not fit the hand, at the square around that.

        So often as MOST_LOOKS, all regions of a turn in one call. Where less than min_presence was
        seen, one look is enough.
        """
        seen = self.look(image, boxes, prior)
        for _ in range(MOST_LOOKS - 1):
            is_worth_it = seen.presence >= min_presence
            is_worth_it &= np.isfinite(seen.xy_px).all(axis=(1, 2))
            rows = np.flatnonzero(is_worth_it)
            around = boxes_from_landmarks(seen.xy_px[rows])
            is_misfit = are_plausible(around, image.shape[1], image.shape[0])
            is_misfit &= ~_fits(boxes[rows], around)
            rows = rows[is_misfit]
            if not len(rows):
                break
            boxes = boxes.replaced(rows, around[is_misfit])
            seen = seen.replaced(rows, self.look(image, boxes[rows], seen.prior[rows]))
        return seen


def _fits(looked_at: RotatedBoxes, around: RotatedBoxes) -> NDArray[np.bool_]:
    """Tell which regions, (N,), nearly are the squares around what was seen in them."""
    shift = np.abs(around.centre_px - looked_at.centre_px).max(axis=1) / looked_at.side_px
    growth = np.abs(np.log(around.side_px / looked_at.side_px))
    turn_rad = np.abs(np.angle(np.exp(1j * (around.angle_rad - looked_at.angle_rad))))
    return np.asarray(
        (shift <= _LARGEST_SHIFT) & (growth <= _LARGEST_GROWTH) & (turn_rad <= _LARGEST_TURN_RAD)
    )


def _relative_z(z_crop_px: Array | None, shape: tuple[int, ...]) -> Array:
    """Return depths relative to the wrist's, (N, 21) crop px, NaN where the model gives none."""
    if z_crop_px is None:
        return np.full(shape, np.nan, np.float32)
    return np.asarray(z_crop_px - z_crop_px[:, :1])

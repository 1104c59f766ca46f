# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One image in, the hands in it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from .candidates import CandidateFinder, Detector
from .errors import ImageError
from .inference import Backend
from .looking import LandmarkModel
from .observations import UNKNOWN, Observations
from .options import LOST_DETECTION_SCORE, PipelineOptions
from .search import ImageSearch, closer_boxes
from .tracking import HandTracker
from .types import Hand, RgbImage, RotatedBoxes

__all__ = ["STAGES", "HandPipeline", "PipelineOptions"]

STAGES = ("region", "detect", "crop", "inference", "decode", "track")
"""Stages of a call, in order, as named in `HandPipeline.stage_times_s`."""

_STILL_THERE = 0.8
"""Probability that a hand seen in the last image is still where it is expected in this one: a look
that is blurred or half hidden loses no hand that is known to be there."""

_N_CLOSER_LOOKS = 2
"""A search region may show a hand small or in part; each closer look is centred on the last one."""

_IMAGE_SIDE_PX = (16, 32766)
"""Smallest and largest side of an image: a hand needs some pixels, OpenCV's warp 15-bit indices."""


class HandPipeline:
    """Finds, tracks and smooths the landmarks of hands, image after image.

    Call it with RGB images in the order of their stamps. Whoever made the backend closes it.
    detector: finds hands in a whole image; it runs on the first image and, at
    `options.detector_rate_hz` at most, while fewer than `options.max_hands` are in view; in each
    image in which a hand is lost, or a lost one remembered, for it may be back. Without one, a
    single hand is searched for with the landmark model alone.
    track_ids: where new hands get their ids; by default they count up from 1. Pipelines that
    must not reuse each other's ids share one. ended_track_ids: an earlier pipeline's
    `ended_track_ids`, which the first call adds to `lost_track_ids`.
    Raises ModelError for a backend whose model gives no landmarks, and ParameterError for options
    that need a detector where there is none.
    """

    def __init__(
        self,
        backend: Backend,
        options: PipelineOptions | None = None,
        detector: Detector | None = None,
        *,
        track_ids: Iterator[int] | None = None,
        ended_track_ids: Iterable[int] = (),
    ) -> None:
        self._model = LandmarkModel(backend, lap=self._lap)
        self._search = ImageSearch()
        self._candidates = CandidateFinder(detector) if detector else None
        self._tracker = HandTracker(
            self._checked(options or PipelineOptions()), track_ids or count(1), ended_track_ids
        )
        self.stage_times_s: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        """Time the last call spent in each of STAGES."""

    def __call__(self, image: RgbImage, stamp_s: float) -> tuple[Hand, ...]:
        """Return the hands in the image, (H, W, 3) uint8 RGB, taken at stamp_s.

        Raises ImageError for anything else; the pipeline stays usable.
        """
        height_px, width_px = _checked_size(image)
        self._start_clock()
        known = self._tracker.boxes(stamp_s, width_px, height_px)
        self._lap("region")
        if self._candidates is not None:
            seen = self._look_with_detector(self._candidates, image, stamp_s, known)
        elif len(known):
            seen = self._look(image, known, self._prior())
        else:
            seen = self._search_image(image)
        hands = self._tracker.update(seen, width_px, height_px)
        self._lap("track")
        return hands

    @property
    def options(self) -> PipelineOptions:
        """The options in force; a new value takes effect with the next image.

        Raises ParameterError for options that need a detector where there is none.
        """
        return self._tracker.options

    @options.setter
    def options(self, options: PipelineOptions) -> None:
        options = self._checked(options)
        if options.smoothing != self._tracker.options.smoothing:
            self._tracker.reset()
        self._tracker.options = options

    @property
    def lost_track_ids(self) -> tuple[int, ...]:
        """Ids of the hands that ended since the call before the last one."""
        return self._tracker.lost_track_ids

    @property
    def ended_track_ids(self) -> tuple[int, ...]:
        """Ids of the hands that ended since the last call, which no call has reported yet."""
        return self._tracker.ended_track_ids

    def reset(self) -> None:
        """Forget all hands; their ids are not used again."""
        self._tracker.reset()
        self._search.reset()
        if self._candidates is not None:
            self._candidates.reset()

    def _checked(self, options: PipelineOptions) -> PipelineOptions:
        if self._candidates is None:
            options.check_without_detector()
        return options

    def _look_with_detector(
        self, candidates: CandidateFinder, image: RgbImage, stamp_s: float, known: RotatedBoxes
    ) -> Observations:
        """Look where hands are expected and where new ones may be; then for those just lost.

        known: the regions of the tracker's `boxes`.
        """
        is_in_view, options = self._tracker.is_in_view, self.options
        n_wanted = options.max_hands - int(is_in_view.sum())
        lost_score = min(options.min_detection_score, LOST_DETECTION_SCORE)
        rate_hz, least_score = options.detector_rate_hz, options.min_detection_score
        if self._tracker.misses_a_hand:
            rate_hz, least_score = np.inf, lost_score
        new = candidates.find(
            image, stamp_s, known[is_in_view], n_wanted, rate_hz=rate_hz, least_score=least_score
        )
        self._lap("detect")
        prior = np.concatenate([self._prior(), new.score])
        seen = self._look(image, RotatedBoxes.joined(known, new.boxes), prior)
        is_lost = is_in_view & (seen.hand_score[: len(known)] < options.min_hand_score)
        if is_lost.any():
            followed = RotatedBoxes.joined(known[is_in_view & ~is_lost], new.boxes)
            more = candidates.find_more(
                image, stamp_s, followed, int(is_lost.sum()), least_score=lost_score
            )
            self._lap("detect")
            seen = Observations.joined(seen, self._look(image, more.boxes, more.score))
        return seen

    def _prior(self) -> NDArray[np.float32]:
        """Return the probability that each expected region holds its hand."""
        return np.where(self._tracker.is_in_view, _STILL_THERE, UNKNOWN).astype(np.float32)

    def _look(
        self, image: RgbImage, boxes: RotatedBoxes, prior: NDArray[np.float32]
    ) -> Observations:
        return self._model.look_until_it_fits(
            image, boxes, prior, min_presence=self.options.min_hand_score
        )

    def _search_image(self, image: RgbImage) -> Observations:
        """Search for a hand without a detector: wide regions first, then where one seems to be."""
        height_px, width_px = image.shape[:2]
        options = self.options
        seen = self._model.look(
            image, self._search.next_boxes(options.n_search_regions, width_px, height_px)
        )
        for _ in range(_N_CLOSER_LOOKS):
            closer = closer_boxes(seen, options.min_hand_score, width_px, height_px)
            seen = self._model.look(image, closer)
        return seen

    def _start_clock(self) -> None:
        self.stage_times_s = dict.fromkeys(STAGES, 0.0)
        self._lap_s = perf_counter()

    def _lap(self, stage: str) -> None:
        """Book the time since the last lap on a stage; a second look adds to the first."""
        now_s = perf_counter()
        self.stage_times_s[stage] += now_s - self._lap_s
        self._lap_s = now_s


def _checked_size(image: RgbImage) -> tuple[int, int]:
    """Return (height, width) of a usable RGB image; raises ImageError otherwise."""
    shape, dtype = np.shape(image), getattr(image, "dtype", type(image).__name__)
    smallest, largest = _IMAGE_SIDE_PX
    if len(shape) != 3 or shape[2] != 3 or dtype != np.uint8:
        raise ImageError(f"the image has shape {shape} and type {dtype}, expected (H, W, 3) uint8")
    height_px, width_px = shape[:2]
    if min(height_px, width_px) < smallest or max(height_px, width_px) > largest:
        raise ImageError(
            f"the image has {width_px} x {height_px} px, expected sides of {smallest} to {largest}"
        )
    return height_px, width_px

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From what the model saw in each region to a hand with an identity, and back to the next regions.

The tracker holds all state of the pipeline. Each frame it names the regions to look at (`boxes`),
asks for a closer look at a hand just found (`closer_boxes`), and turns the model's view of them
into hands (`update`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from .observations import Observations, are_plausible, plausible_hands
from .options import PipelineOptions
from .region import HAND_REGION_SCALE, boxes_from_landmarks
from .search import search_boxes
from .smoothing import SMOOTHERS, Smoother
from .topology import N_LANDMARKS
from .types import Array, Hand, Handedness, RotatedBoxes

_LOGGER = logging.getLogger(__name__)

_LONGEST_PREDICTION_S = 0.15
"""A hand changes its course within this time, so no region is extrapolated further ahead."""

_UNDECIDED = 0.05
"""Handedness within this of a coin's toss is called unknown."""


@dataclass
class _Track:
    """One hand followed over time; the handedness is the mean over all its frames."""

    track_id: int
    smoother: Smoother
    seen_s: float
    right_hand_sum: float = 0.0
    n_seen: int = 0

    def expected_xy_px(self, stamp_s: float) -> Array:
        """Where the landmarks are expected, (21, 2) image px."""
        return self.smoother.predict(min(stamp_s, self.seen_s + _LONGEST_PREDICTION_S))


class SingleHandTracker:
    """Follows one hand; without one, searches the image for it.

    A hand is taken up at a score of `options.start_score` and kept down to `min_hand_score`.
    Below that it coasts on its prediction for `coast_s` before it ends. Each new hand takes
    the next of `track_ids`, so that none is reused, not even after `reset`. `ended_track_ids` are
    reported as lost with the first update.
    """

    def __init__(
        self,
        options: PipelineOptions,
        track_ids: Iterator[int],
        ended_track_ids: Iterable[int] = (),
    ) -> None:
        self.options = options
        self.lost_track_ids: tuple[int, ...] = ()
        """Ids of the hands that ended since the update before the last one."""
        self._track_ids = track_ids
        self._ended_ids = list(ended_track_ids)
        self._warned_of_backward_stamp = False
        self._track: _Track | None = None
        self._stamp_s = -np.inf
        self._n_searches = 0

    @property
    def is_searching(self) -> bool:
        """Whether no hand is followed, so that the regions are guesses."""
        return self._track is None

    @property
    def ended_track_ids(self) -> tuple[int, ...]:
        """Ids of the hands that ended since the last update; the next one reports them as lost."""
        return tuple(self._ended_ids)

    def reset(self) -> None:
        """End the hand that is followed; the next update reports its id as lost."""
        self._end_track()
        self._stamp_s = -np.inf
        self._n_searches = 0

    def boxes(self, stamp_s: float, width_px: int, height_px: int) -> RotatedBoxes:
        """Return the regions to look at in the image of that stamp and size.

        That is where the hand is expected; without a hand, the whole image and some smaller regions
        that take turns from frame to frame. A stamp older than the last one resets the tracker.
        """
        if stamp_s < self._stamp_s:
            self._on_backward_stamp(stamp_s)
        self._stamp_s = stamp_s
        if self._track is not None:
            box = boxes_from_landmarks(self._track.expected_xy_px(stamp_s)[None])
            if are_plausible(box, width_px, height_px)[0]:
                return box
            self._end_track()
        return self._next_search_boxes(width_px, height_px)

    def closer_boxes(self, seen: Observations, width_px: int, height_px: int) -> RotatedBoxes:
        """Return the region around the best hand among the search regions, or none."""
        likely = seen.presence >= self.options.min_hand_score
        seen, boxes = plausible_hands(seen[likely], width_px, height_px)
        quality = seen.presence * seen.landmark_score.mean(axis=1)
        best = np.argsort(-quality, kind="stable")[:1]
        return boxes[best]

    def update(
        self, seen: Observations, stamp_s: float, width_px: int, height_px: int
    ) -> tuple[Hand, ...]:
        """Take in what was seen in the regions, one at most, and return the hands of this frame."""
        threshold = self.options.start_score if self.is_searching else self.options.min_hand_score
        found, boxes = plausible_hands(seen[seen.hand_score >= threshold], width_px, height_px)
        hands: tuple[Hand, ...] = ()
        if len(found):
            hands = (self._follow(found, boxes.side_px[0] / HAND_REGION_SCALE, stamp_s),)
        elif self._track is not None:
            if stamp_s - self._track.seen_s <= self.options.coast_s:
                hands = (self._coasting(self._track, seen, stamp_s),)
            else:
                self._end_track()
        self.lost_track_ids = tuple(self._ended_ids)
        self._ended_ids.clear()
        return hands

    def _follow(self, seen: Observations, hand_size_px: float, stamp_s: float) -> Hand:
        """Continue the track, or start one, with the one observation."""
        if self._track is None:
            smoother = SMOOTHERS[self.options.smoothing]()
            self._track = _Track(next(self._track_ids), smoother, stamp_s)
        track = self._track
        self._n_searches = 0
        xy_px = track.smoother.update(seen.xy_px[0], seen.landmark_score[0], stamp_s, hand_size_px)
        track.seen_s = stamp_s
        track.right_hand_sum += float(seen.right_hand[0])
        track.n_seen += 1
        side, side_score = self._handedness(track)
        return Hand(
            track_id=track.track_id,
            handedness=side,
            handedness_score=side_score,
            score=float(seen.hand_score[0]),
            predicted=False,
            xy_px=xy_px.astype(np.float32),
            z_px=seen.z_px[0],
            score_per_landmark=seen.landmark_score[0],
        )

    def _coasting(self, track: _Track, seen: Observations, stamp_s: float) -> Hand:
        """Return the hand where it is expected; none of its landmarks was measured."""
        side, side_score = self._handedness(track)
        return Hand(
            track_id=track.track_id,
            handedness=side,
            handedness_score=side_score,
            score=float(np.nan_to_num(seen.hand_score[0])) if len(seen) else 0.0,
            predicted=True,
            xy_px=track.expected_xy_px(stamp_s).astype(np.float32),
            z_px=np.full(N_LANDMARKS, np.nan, np.float32),
            score_per_landmark=np.zeros(N_LANDMARKS, np.float32),
        )

    def _handedness(self, track: _Track) -> tuple[Handedness, float]:
        """Return the side that the frames of the track voted for, and its probability."""
        right = track.right_hand_sum / track.n_seen
        if self.options.mirrored_input:
            right = 1.0 - right
        if abs(right - 0.5) <= _UNDECIDED:
            return Handedness.UNKNOWN, max(right, 1.0 - right)
        return (Handedness.RIGHT, right) if right > 0.5 else (Handedness.LEFT, 1.0 - right)

    def _end_track(self) -> None:
        if self._track is not None:
            self._ended_ids.append(self._track.track_id)
            self._track = None

    def _on_backward_stamp(self, stamp_s: float) -> None:
        if not self._warned_of_backward_stamp:
            _LOGGER.warning(
                "image stamps went back from %.3f s to %.3f s (a bag played in a loop, or a clock "
                "that was set?); tracking starts anew, now and whenever it happens again",
                self._stamp_s,
                stamp_s,
            )
            self._warned_of_backward_stamp = True
        self.reset()

    def _next_search_boxes(self, width_px: int, height_px: int) -> RotatedBoxes:
        """Return the whole image and the smaller search regions whose turn it is."""
        boxes = search_boxes(width_px, height_px)
        n_tiles = len(boxes) - 1
        n_chosen = min(self.options.n_search_regions - 1, n_tiles)
        first = self._n_searches * n_chosen
        turn = [0] + [1 + (first + k) % n_tiles for k in range(n_chosen)]
        self._n_searches += 1
        return boxes[np.array(turn)]

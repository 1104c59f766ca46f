# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From what the model saw in each region to hands with identities, and back to the next regions.

The tracker holds what is known of the hands. Each frame it names the regions in which they are
expected (`boxes`) and turns the model's view of these, and of regions where a new hand may be,
into hands (`update`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from .association import Associator, ExpectedHands, distinct_hands
from .observations import Observations, are_plausible, plausible_hands
from .options import PipelineOptions
from .region import boxes_from_landmarks
from .topology import N_LANDMARKS
from .track import Track
from .types import Array, Hand, RotatedBoxes

_LOGGER = logging.getLogger(__name__)


class HandTracker:
    """Follows up to `options.max_hands` hands.

    A hand is taken up at a score of `options.start_score` and kept down to `min_hand_score`.
    Below that it coasts on its prediction for `coast_s` before it ends, unless it is seen again at
    `start_score`. Each new hand takes the next of `track_ids`, so that none is reused, not even
    after `reset`. `ended_track_ids` are reported as lost with the first update.
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
        self._associator = Associator()
        self._warned_of_backward_stamp = False
        self._tracks: list[Track] = []
        self._stamp_s = -np.inf

    @property
    def ended_track_ids(self) -> tuple[int, ...]:
        """Ids of the hands that ended since the last update; the next one reports them as lost."""
        return tuple(self._ended_ids)

    @property
    def is_in_view(self) -> NDArray[np.bool_]:
        """Which of the T hands followed were seen in the last image; the others coast."""
        return np.array([track.is_in_view for track in self._tracks], bool)

    def reset(self) -> None:
        """End all hands; the next update reports their ids as lost."""
        self._end(self._tracks)
        self._stamp_s = -np.inf

    def boxes(self, stamp_s: float, width_px: int, height_px: int) -> RotatedBoxes:
        """Return the regions in which the hands are expected in the image of that stamp and size.

        Hands expected outside the image end. A stamp older than the last one resets the tracker.
        """
        if stamp_s < self._stamp_s:
            self._on_backward_stamp(stamp_s)
        self._stamp_s = stamp_s
        self._end(self._tracks[self.options.max_hands :])
        boxes = boxes_from_landmarks(self._expected_xy_px(stamp_s))
        may_be_seen = are_plausible(boxes, width_px, height_px)
        self._end([t for t, may in zip(self._tracks, may_be_seen, strict=True) if not may])
        return boxes[may_be_seen]

    def update(
        self, seen: Observations, stamp_s: float, width_px: int, height_px: int
    ) -> tuple[Hand, ...]:
        """Take in what was seen in all regions, in any order, and return the hands, oldest first.

        What shows a hand twice counts once. What fits no hand followed becomes a new one, while
        there are fewer than `max_hands`.
        """
        likely = seen[seen.hand_score >= self.options.min_hand_score]
        expected = self._expected(stamp_s)
        likely = distinct_hands(expected, plausible_hands(likely, width_px, height_px)[0])
        partner = self._associator.pairs(expected, likely)
        mirrored = self.options.mirrored_input
        hands: list[Hand] = []
        ended: list[Track] = []
        for i, track in enumerate(self._tracks):
            if i in partner:
                hands.append(track.follow(likely[[partner[i]]], stamp_s, mirrored=mirrored))
            elif stamp_s - track.seen_s <= self.options.coast_s:
                hands.append(track.coast(stamp_s, mirrored=mirrored))
            else:
                ended.append(track)
        self._end(ended)
        unclaimed = sorted(set(range(len(likely))) - set(partner.values()))
        hands += self._take_up(likely[unclaimed], stamp_s)
        self.lost_track_ids = tuple(self._ended_ids)
        self._ended_ids.clear()
        return tuple(hands)

    def _take_up(self, seen: Observations, stamp_s: float) -> list[Hand]:
        """Start following what was seen for the first time, surest first, while there is room."""
        n_free = self.options.max_hands - len(self._tracks)
        new = np.flatnonzero(seen.hand_score >= self.options.start_score)[:n_free]
        hands = []
        for i in new:
            track = Track(next(self._track_ids), self.options.smoothing)
            self._tracks.append(track)
            hands.append(track.follow(seen[[i]], stamp_s, mirrored=self.options.mirrored_input))
        return hands

    def _expected(self, stamp_s: float) -> ExpectedHands:
        return ExpectedHands(
            xy_px=self._expected_xy_px(stamp_s),
            right_hand=np.array([track.right_hand for track in self._tracks], np.float64),
            unseen_s=np.array([stamp_s - track.seen_s for track in self._tracks], np.float64),
            least_score=np.where(
                self.is_in_view, self.options.min_hand_score, self.options.start_score
            ),
        )

    def _expected_xy_px(self, stamp_s: float) -> Array:
        """Where the landmarks of all hands are expected, (T, 21, 2) image px."""
        expected = [track.expected_xy_px(stamp_s) for track in self._tracks]
        return np.array(expected, np.float64).reshape(len(expected), N_LANDMARKS, 2)

    def _end(self, tracks: list[Track]) -> None:
        ended = {track.track_id for track in tracks}
        self._ended_ids += sorted(ended)
        self._tracks = [track for track in self._tracks if track.track_id not in ended]

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

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From what the model saw in each region to hands with identities, and back to the next regions.

The tracker holds what is known of the hands. Each frame it names the regions in which they are
expected (`boxes`) and turns the model's view of these, and of regions where a new hand may be,
into hands (`update`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .association import (
    Associator,
    ExpectedHands,
    are_alone,
    distinct_hands,
    other_side,
    others_than,
)
from .observations import Observations, are_plausible, plausible_hands
from .options import PipelineOptions
from .region import boxes_from_landmarks
from .smoothing import SMOOTHERS
from .topology import N_LANDMARKS
from .track import Track, follow_all
from .types import Hand, RotatedBoxes

_LOGGER = logging.getLogger(__name__)


_TRACKS_PER_HAND = 2
"""Hands followed or remembered for each one wanted; bounds memory and time."""

_MEMORY_OF_FOLLOWED = 2.0
"""A hand is remembered for so many times as long as it was followed, at most."""

_CONFUSED = 0.5
"""How surely a hand lately is of the other side than it was, and than another was, 0-1, before they
exchange their identities."""

_COASTING_SPEED = 4.5
"""A lost hand that went faster, hand sizes / s, is hardly where it is expected: 0.9 m/s."""


class HandTracker:
    """Follows up to `options.max_hands` hands.

    A hand is taken up at a score of `options.start_score` and kept down to `min_hand_score`.
    Below that it is lost: it coasts on its prediction for `coast_s`, unless it was fast or hardly
    there, then it is only remembered, and after `memory_s` it ends, unless it is seen again at
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
        """Those seen last come first."""
        self._stamp_s = -np.inf
        self._expected = self._expectation()
        """Of the tracks, in the image for which `boxes` was called last."""

    @property
    def ended_track_ids(self) -> tuple[int, ...]:
        """Ids of the hands that ended since the last update; the next one reports them as lost."""
        return tuple(self._ended_ids)

    @property
    def is_in_view(self) -> NDArray[np.bool_]:
        """Which of the hands whose regions `boxes` returned were seen in the last image."""
        looked_for = self._tracks[: self.options.max_hands]
        return np.array([track.is_in_view for track in looked_for], bool)

    @property
    def misses_a_hand(self) -> bool:
        """Whether a hand that was lost is remembered."""
        return any(not track.is_in_view for track in self._tracks)

    def reset(self) -> None:
        """End all hands; the next update reports their ids as lost."""
        self._end(self._tracks)
        self._stamp_s = -np.inf
        self._expected = self._expectation()

    def boxes(self, stamp_s: float, width_px: int, height_px: int) -> RotatedBoxes:
        """Return the regions in which the hands are expected in the image of that stamp and size.

        These are `max_hands` at most, of the hands seen last. Hands expected outside the image end.
        A stamp older than the last one resets the tracker.
        """
        if stamp_s < self._stamp_s:
            self._on_backward_stamp(stamp_s)
        self._stamp_s = stamp_s
        self._mend_identities()
        expected = self._expectation()
        boxes = boxes_from_landmarks(expected.xy_px)
        kept = np.flatnonzero(are_plausible(boxes, width_px, height_px)).tolist()
        most = self.options.max_hands
        kept = [i for n, i in enumerate(kept) if n < most or not self._tracks[i].is_in_view]
        kept = kept[: _TRACKS_PER_HAND * most]
        self._end([track for i, track in enumerate(self._tracks) if i not in kept])
        self._expected = expected[kept]
        return boxes[kept[:most]]

    def update(self, seen: Observations, width_px: int, height_px: int) -> tuple[Hand, ...]:
        """Take in what the image showed for which `boxes` was called, and return its hands.

        seen: in all regions, in any order; the hands are in the order of their ids. What shows a
        hand twice counts once. Hands that were in view before, or still coast, choose first, then
        those that are missing: lost for longer, or not where they were expected. What fits none
        becomes a new one, while fewer than `max_hands` are in view.
        """
        likely = seen[seen.hand_score >= self.options.min_hand_score]
        likely = plausible_hands(likely, width_px, height_px)[0]
        likely = distinct_hands(self._expected, likely)
        is_recent = ~self._expected.is_lost | (self._expected.unseen_s <= self.options.coast_s)
        most = self.options.max_hands
        hands, likely = self._follow(is_recent, likely, None, most)
        is_missing = np.array([track.seen_s < self._stamp_s for track in self._tracks], bool)
        is_inside = likely.is_inside(width_px, height_px)
        found, likely = self._follow(is_missing, likely, is_inside, most - len(hands))
        hands += found
        hands += self._take_up(likely, most - len(hands))
        hands += self._lose(most - len(hands))
        self._tracks.sort(key=lambda track: (-track.seen_s, track.track_id))
        self.lost_track_ids = tuple(self._ended_ids)
        self._ended_ids.clear()
        return tuple(sorted(hands, key=lambda hand: hand.track_id))

    def _follow(
        self,
        is_sought: NDArray[np.bool_],
        seen: Observations,
        is_inside: NDArray[np.bool_] | None,
        n_most: int,
    ) -> tuple[list[Hand], Observations]:
        """Go on with those of the tracks, of which is_sought (T,), that were seen: n_most at most.

        is_inside: (N,), as of Associator.pairs. Returns their hands, and the views that show none
        of these.
        """
        rows = np.flatnonzero(is_sought)
        if not len(rows) or not len(seen):
            return [], seen
        pairs = self._associator.pairs(self._expected[rows], seen, is_inside)
        partner = dict(sorted(pairs.items())[:n_most])
        claimed = list(partner.values())
        followed = rows[list(partner)]
        views = seen[claimed]
        is_alone = are_alone(views, self._expected, followed)
        tracks = [self._tracks[i] for i in followed]
        hands = self._go_on(tracks, seen, claimed, is_alone)
        is_claimed = np.isin(np.arange(len(seen)), claimed)
        return hands, others_than(views, seen[~is_claimed])

    def _go_on(
        self,
        tracks: Sequence[Track],
        seen: Observations,
        rows: Sequence[int],
        is_alone: NDArray[np.bool_],
    ) -> list[Hand]:
        smoother, mirrored = SMOOTHERS[self.options.smoothing], self.options.mirrored_input
        return follow_all(tracks, seen, rows, is_alone, self._stamp_s, smoother, mirrored=mirrored)

    def _take_up(self, seen: Observations, n_free: int) -> list[Hand]:
        """Start following what was seen for the first time, surest first, while there is room."""
        surest = np.flatnonzero(seen.hand_score >= self.options.start_score)[:n_free].tolist()
        new = [Track(next(self._track_ids)) for _ in surest]
        self._tracks += new
        return self._go_on(new, seen, surest, np.ones(len(new), bool))

    def _lose(self, n_free: int) -> list[Hand]:
        """Let hands that were not seen coast while there is room, be remembered, and then end."""
        hands: list[Hand] = []
        ended: list[Track] = []
        for track in self._tracks:
            unseen_s = self._stamp_s - track.seen_s
            if unseen_s == 0:
                continue
            may_coast = unseen_s <= self.options.coast_s
            track.lose(is_hidden=not may_coast)
            if may_coast:
                if len(hands) < n_free and _is_worth_reporting(track, unseen_s):
                    hands.append(track.coast(self._stamp_s, mirrored=self.options.mirrored_input))
            elif unseen_s > min(self.options.memory_s, _MEMORY_OF_FOLLOWED * track.followed_s):
                ended.append(track)
        self._end(ended)
        return hands

    def _mend_identities(self) -> None:
        """Let a left and a right hand exchange identities if each lately looks like the other side.

        That of a lost hand is not known lately; the one that may have taken its place is enough.
        By their colour they are not told apart here: where they changed places, they changed light.
        """
        in_view = [track for track in self._tracks if track.is_in_view]
        doubtful = [t for t in in_view if other_side(t.right_hand_lately, t.right_hand) > _CONFUSED]
        lost = [track for track in self._tracks if not track.is_in_view]
        for first, second in product(doubtful, [*doubtful, *lost]):
            if other_side(first.right_hand, second.right_hand) > _CONFUSED:
                _LOGGER.debug("hands %d and %d were confused", first.track_id, second.track_id)
                first.exchange_identity(second)
                return

    def _expectation(self) -> ExpectedHands:
        """Return what is expected of all tracks in the image of the last stamp."""
        tracks, stamp_s = self._tracks, self._stamp_s
        places = [track.expected_at(stamp_s) for track in tracks]
        is_lost = np.array([not track.is_in_view for track in tracks], bool)
        options = self.options
        return ExpectedHands(
            xy_px=np.array([xy_px for xy_px, _ in places], float).reshape(-1, N_LANDMARKS, 2),
            gone_px=np.array([gone_px for _, gone_px in places], float),
            right_hand=np.array([track.firm_right_hand for track in tracks], float),
            unseen_s=np.array([stamp_s - track.seen_s for track in tracks], float),
            is_lost=is_lost,
            least_score=np.where(is_lost, options.start_score, options.min_hand_score),
            colour=np.array([track.colour for track in tracks], float).reshape(-1, 3),
        )

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


def _is_worth_reporting(track: Track, unseen_s: float) -> bool:
    """Tell whether a hand that was lost so long ago may well be where it is expected.

    Not one that went fast, nor one that was there for a shorter time than it has been lost.
    """
    return track.speed <= _COASTING_SPEED and unseen_s <= track.followed_s

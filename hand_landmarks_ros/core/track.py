# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One hand followed over time: its motion, its filter, and the vote on its side."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .course import Course
from .filtering import Filter, Measurements, TimedHands, filtered
from .motion import MotionFilter, MovingHands
from .observations import Observations
from .topology import N_LANDMARKS
from .types import Array, Hand, Handedness

_MOTION_FILTER = MotionFilter()

_COURSE_S = 0.1
"""Time constant with which a hand leaves its course: it is expected to come to rest."""

_COLOUR_SHARE = 0.1
"""What a new view counts in the colour of the hand."""

_N_LATELY = 6
"""Clear views in a row that are of another side by no chance."""

_UNDECIDED = 0.05
"""Handedness within this of a coin's toss is called unknown."""


class HandednessVote:
    """Running mean of the log-odds that a hand is a right one.

    Views of one hand in a row are no independent witnesses, so their odds are averaged, not
    multiplied. Once the memory is full, old views fade.
    """

    MEMORY = 90
    """Views that count; old ones outweigh the few in which another hand was in the way."""

    UNTOLD = 3
    """Views that could not tell, before the first one: a hand that comes in is often blurred."""

    LARGEST_ODDS = 0.99
    """No single view counts as surer than this."""

    def __init__(self) -> None:
        self._log_odds = 0.0
        self._n_views = 0.0

    def add(self, right_hand: float, weight: float = 1.0) -> None:
        """Take in one view's probability of a right hand. weight: what it counts, 0-1."""
        right = min(max(right_hand, 1.0 - self.LARGEST_ODDS), self.LARGEST_ODDS)
        self._n_views = min(self._n_views + weight, self.MEMORY)
        if self._n_views > 0.0:
            news = math.log(right / (1.0 - right)) - self._log_odds
            self._log_odds += weight / self._n_views * news

    @property
    def right_hand(self) -> float:
        """Probability of a right hand."""
        return _probability(self._log_odds)

    @property
    def firm_right_hand(self) -> float:
        """The same, but nearer to a coin's toss after few views, as if UNTOLD had come before."""
        return _probability(self._log_odds * self._n_views / (self._n_views + self.UNTOLD))


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


def follow_all(
    tracks: Sequence[Track],
    seen: Observations,
    rows: Sequence[int],
    is_alone: NDArray[np.bool_],
    stamp_s: float,
    smoother: Filter[Any],
    *,
    mirrored: bool,
) -> list[Hand]:
    """Go on with one of the observations for each of N tracks and return the hands.

    rows: (N,), of the observations. is_alone: (N,), whether no other hand is near. All are filtered
    at once.
    """
    if not tracks:
        return []
    measured = Measurements(
        xy_px=seen.xy_px[rows],
        stamp_s=np.full(len(rows), stamp_s),
        score=seen.landmark_score[rows],
        size_px=seen.size_px[rows],
    )
    motions = filtered(_MOTION_FILTER, [track.motion for track in tracks], measured)
    smoothed = filtered(smoother, [track.smoothed for track in tracks], measured)
    return [
        track.follow(seen, row, *states, is_alone=bool(alone), mirrored=mirrored)
        for track, row, alone, *states in zip(
            tracks, rows, is_alone, motions, smoothed, strict=True
        )
    ]


class Track:
    """One hand followed over time. Where it will be is predicted by a filter of its own, whichever
    filter smooths its landmarks; once it is lost, by its course before."""

    def __init__(self, track_id: int) -> None:
        self.track_id = track_id
        self.seen_s = -np.inf
        self._first_seen_s = np.inf
        self.size_px = np.nan
        self.colour = np.zeros(3)
        """Mean of the views' skin_colours, in which old ones fade."""
        self.is_in_view = False
        self.motion: MovingHands | None = None
        """This one hand's; None before it is seen, and once it was hidden for long."""
        self.smoothed: TimedHands | None = None
        self._sides_lately: deque[float] = deque(maxlen=_N_LATELY)
        self._course = Course()
        self._vote = HandednessVote()

    @property
    def right_hand(self) -> float:
        """Probability, as seen in the images, that it is a right hand."""
        return self._vote.right_hand

    @property
    def firm_right_hand(self) -> float:
        """The same, less sure while there were few views."""
        return self._vote.firm_right_hand

    @property
    def right_hand_lately(self) -> float:
        """The same in the last clear views alone; NaN while these are too few."""
        views = self._sides_lately
        return sum(views) / _N_LATELY if len(views) == _N_LATELY else math.nan

    @property
    def followed_s(self) -> float:
        """Time from when it was first seen to when it was last seen."""
        return self.seen_s - self._first_seen_s

    @property
    def speed(self) -> float:
        """Speed at which it was last seen clearly, hand sizes / s."""
        return float(np.linalg.norm(self._course.velocity_px_s)) / self.size_px

    def expected_at(self, stamp_s: float) -> tuple[Array, float]:
        """Where the landmarks are expected, (21, 2) image px, and how far from the last clear view.

        That far, px, the hand is expected to have gone meanwhile; by its own size, if it was seen
        once only: it may have come in at any speed.
        """
        if self.motion is None or not self.is_in_view:
            xy_px = self._course.expected_xy_px(stamp_s)
            gone_px = self._course.expected_to_go_px(stamp_s)
        else:
            ahead_s = _COURSE_S * -math.expm1(-(stamp_s - self.seen_s) / _COURSE_S)
            xy_px = self.motion.expected_xy_px(self.seen_s + ahead_s)[0]
            gone_px = float(np.linalg.norm((xy_px - self.motion.xy_px[0]).mean(axis=0)))
        return xy_px, self.size_px if self.followed_s == 0.0 else gone_px

    def follow(
        self,
        seen: Observations,
        row: int,
        motion: MovingHands,
        smoothed: TimedHands,
        *,
        is_alone: bool,
        mirrored: bool,
    ) -> Hand:
        """Go on with one of the observations, by now filtered, and return the hand."""
        stamp_s = float(smoothed.stamp_s[0])
        self.motion, self.smoothed = motion, smoothed
        self.size_px = float(seen.size_px[row])
        clearness = float(seen.landmark_score[row].mean())
        self._course.add(seen.xy_px[row], clearness, stamp_s, is_alone=is_alone)
        share = 1.0 if np.isinf(self._first_seen_s) else _COLOUR_SHARE
        self.colour += share * (seen.colour[row] - self.colour)
        self.seen_s = stamp_s
        self._first_seen_s = min(self._first_seen_s, stamp_s)
        self.is_in_view = True
        self._vote.add(float(seen.right_hand[row]), float(seen.side_weight[row]))
        if seen.side_weight[row] >= 1.0:
            self._sides_lately.append(float(seen.right_hand[row]))
        side, side_score = self._side(mirrored)
        return Hand(
            track_id=self.track_id,
            handedness=side,
            handedness_score=side_score,
            score=float(seen.hand_score[row]),
            predicted=False,
            xy_px=smoothed.xy_px[0].astype(np.float32),
            z_px=seen.z_px[row],
            score_per_landmark=seen.landmark_score[row],
        )

    def coast(self, stamp_s: float, *, mirrored: bool) -> Hand:
        """Return a lost hand where it is expected; none of it was measured: all scores are 0."""
        side, side_score = self._side(mirrored)
        return Hand(
            track_id=self.track_id,
            handedness=side,
            handedness_score=side_score,
            score=0.0,
            predicted=True,
            xy_px=self.expected_at(stamp_s)[0].astype(np.float32),
            z_px=np.full(N_LANDMARKS, np.nan, np.float32),
            score_per_landmark=np.zeros(N_LANDMARKS, np.float32),
        )

    def exchange_identity(self, other: Track) -> None:
        """Be the other hand from now on, and the other this one: where they are, they stay."""
        self.track_id, other.track_id = other.track_id, self.track_id
        self.colour, other.colour = other.colour, self.colour
        self._vote, other._vote = other._vote, self._vote
        self._first_seen_s, other._first_seen_s = other._first_seen_s, self._first_seen_s

    def lose(self, *, is_hidden: bool) -> None:
        """Only remember the hand; after a while its motion says nothing of how it will move."""
        self.is_in_view = False
        if is_hidden:
            self.motion = self.smoothed = None

    def _side(self, mirrored: bool) -> tuple[Handedness, float]:
        """Return the side that the views voted for, and its probability."""
        right = 1.0 - self.right_hand if mirrored else self.right_hand
        if abs(right - 0.5) <= _UNDECIDED:
            return Handedness.UNKNOWN, max(right, 1.0 - right)
        return (Handedness.RIGHT, right) if right > 0.5 else (Handedness.LEFT, 1.0 - right)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How alike two views of hands are, and which view belongs to which hand followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .observations import Observations
from .region import HAND_REGION_SCALE
from .topology import N_LANDMARKS
from .types import Array, RotatedBoxes, Rows, check_shape

_SAME_VIEW_SPREAD = 0.1
"""Two looks at one hand differ by less, in hand sizes; a left hand over a right one by more."""

_SAME_VIEW = 0.5
"""Similarity, within _SAME_VIEW_SPREAD, from which on two views count as the same hand."""

_CLOSE_SPREAD = 0.4
"""Views of overlapping hands are alike within this spread, in hand sizes."""

_VAGUE_SHARE = 0.6
"""Beside a view so close, one with less than this share of its landmark score is a mixture."""

_MIXTURE = 0.2
"""A view mixed from two hands resembles both together by so much more than either alone, within
_SAME_VIEW_SPREAD. Such views err by a fifth of the hand, the predictions by less than half of
that."""

_MOTION_SPREAD = 0.25
"""How far a hand strays from where it is expected, in hand sizes."""

_STRAY_SPEED = 5.0
"""A hand at rest that has not been seen strays at this rate, hand sizes / s: 1 m/s."""

_LARGEST_STRAY = 1.0
"""However long a hand at rest has not been seen, it is looked for no further away, in hand sizes.
To one that was moving comes as much as it was to go: none of that is sure."""

_STRAY_SPEED_INSIDE = 20.0
_LARGEST_STRAY_INSIDE = 3.0
"""The same for views well inside the image. Hands come in over its border; one that appears inside
hardly is a new one, but the lost one that jerked away: 4 m/s."""

_LEAST_SIMILARITY = 0.1
"""A view less similar than this to where a hand is expected, is not that hand."""

_NEAR = 1.2
"""A view whose middle is nearer to another hand's, in sizes of the larger, may show some of it."""

_GROWTH_SPREAD = 0.5
"""By how much the logarithm of a hand's size changes as it opens, closes or comes nearer."""

_POSE_SPREAD = 0.15
_POSE_SPREAD_PER_S = 1.0
"""How far a landmark strays from its place in the hand in no time, and per second that the hand has
not been seen, in hand sizes."""

_COLOUR_SPREAD = 8.0
"""By how much a hand's colour changes with the light and with what is near it."""

_POSE_WEIGHT = 1.5
_OVERLAP_WEIGHT = 0.5
"""What pose and overlap count in the cost, where place, side and colour count 1 each. Where hands
meet, it is their poses that tell them apart."""

_UNSEEN = 2.0
"""Cost of a hand that goes unseen. No pair costs more, so none is forced upon a hand only because
its own view fits another hand too."""

_UNSEEN_ELSEWHERE = 2.2
"""The same for a hand in view that is not in its place, and a view that those in their places left
over: it shows a new hand, or this one after a jerk."""

_UNSEEN_INSIDE = 3.0
_UNSEEN_AT_BORDER = 1.5
"""The same for a lost hand, where the view lies well inside the image, or not. Inside it may well
be the lost hand, in another pose and light; new ones come in at the border."""


@dataclass(frozen=True, eq=False)
class ExpectedHands(Rows):
    """What is expected of T hands.

    xy_px: (T, 21, 2), image px. gone_px: (T,), how far each is expected to have gone since it was
    seen. right_hand: (T,), probability that a hand is a right one. unseen_s: (T,), for how long
    each has not been seen. is_lost: (T,), whether that is more than an image. least_score: (T,), of
    a view of it. colour: (T, 3), as of skin_colours.
    """

    xy_px: NDArray[np.float64]
    gone_px: NDArray[np.float64]
    right_hand: NDArray[np.float64]
    unseen_s: NDArray[np.float64]
    is_lost: NDArray[np.bool_]
    least_score: NDArray[np.float64]
    colour: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.xy_px)
        check_shape("xy_px", self.xy_px, (n, N_LANDMARKS, 2))
        check_shape("gone_px", self.gone_px, (n,))
        check_shape("right_hand", self.right_hand, (n,))
        check_shape("unseen_s", self.unseen_s, (n,))
        check_shape("is_lost", self.is_lost, (n,))
        check_shape("least_score", self.least_score, (n,))
        check_shape("colour", self.colour, (n, 3))


def landmark_similarity(first_px: Array, second_px: Array, spread: Array | float) -> Array:
    """Return the object keypoint similarity of all pairs, (N, M) in 0-1.

    first_px: (N, 21, 2), second_px: (M, 21, 2). spread: tolerance in hand sizes, broadcast to
    (N, M). As in the COCO keypoint metric, but with one spread for all landmarks, since the hand's
    motion errs and not its annotator; the size is the geometric mean of both hands'.
    """
    return np.asarray(_similarity_per_landmark(first_px, second_px, spread).mean(axis=-1))


def bounds_overlap(first: tuple[Array, Array], second: tuple[Array, Array]) -> Array:
    """Return the intersection over union of all pairs of upright boxes, (N, M) in 0-1.

    Each is given by its low and its high corner, (N, 2) and (M, 2).
    """
    (low, high), (other_low, other_high) = first, second
    shared = np.minimum(high[:, None], other_high) - np.maximum(low[:, None], other_low)
    intersection = np.maximum(shared, 0.0).prod(axis=-1)
    union = (high - low).prod(axis=-1)[:, None] + (other_high - other_low).prod(axis=-1)
    return np.asarray(intersection / np.maximum(union - intersection, 1e-9))


def region_overlap(first: RotatedBoxes, second: RotatedBoxes) -> Array:
    """Return how much of all pairs of regions overlaps where their hands are, (N, M) in 0-1.

    The regions' margins around the hands and their angles are left out.
    """

    def hand_bounds(boxes: RotatedBoxes) -> tuple[Array, Array]:
        half_px = boxes.side_px[:, None] / (2 * HAND_REGION_SCALE)
        return boxes.centre_px - half_px, boxes.centre_px + half_px

    return bounds_overlap(hand_bounds(first), hand_bounds(second))


def distinct_hands(expected: ExpectedHands, seen: Observations) -> Observations:
    """Return the observations, surest first, without those that show only what others show.

    That is the same hand a second time, or some landmarks of one hand and some of another beside
    it, be that seen or only expected. Surest is what has a good score and lies where a hand is
    expected. Of a hand partly behind another there is often no view but a mixture: its track had
    better coast until it is out again.
    """
    seen = seen[~(_are_vague_beside_clear(seen) | _are_mixtures(expected, seen))]
    as_expected = landmark_similarity(seen.xy_px, expected.xy_px, _MOTION_SPREAD)
    sureness = seen.hand_score + as_expected.max(axis=1, initial=0.0)
    seen = seen[np.argsort(-sureness, kind="stable")]
    alike = _similarity_per_landmark(seen.xy_px, seen.xy_px, _SAME_VIEW_SPREAD)
    kept: list[int] = []
    for i in range(len(seen)):
        if alike[i, kept].max(axis=0, initial=0.0).mean() < _SAME_VIEW:
            kept.append(i)
    return seen[kept]


def _are_vague_beside_clear(seen: Observations) -> NDArray[np.bool_]:
    """Tell which views, (N,), are much vaguer than one close to them."""
    clearness = seen.landmark_score.mean(axis=1)
    is_close = landmark_similarity(seen.xy_px, seen.xy_px, _CLOSE_SPREAD) >= _SAME_VIEW
    is_vaguer = clearness[:, None] < _VAGUE_SHARE * clearness
    return np.asarray((is_close & is_vaguer).any(axis=1))


def _are_mixtures(expected: ExpectedHands, seen: Observations) -> NDArray[np.bool_]:
    """Tell which views, (N,), show landmarks of several hands that were in view just before."""
    in_view_px = expected.xy_px[~expected.is_lost]
    alike = _similarity_per_landmark(seen.xy_px, in_view_px, _SAME_VIEW_SPREAD)
    together = alike.max(axis=1, initial=0.0).mean(axis=-1)
    alone = alike.mean(axis=-1).max(axis=1, initial=0.0)
    return np.asarray(together - alone > _MIXTURE)


def others_than(known: Observations, seen: Observations) -> Observations:
    """Return what was seen but for what may be another look at one of the known hands.

    In a region off its middle the model sees the same hand somewhat differently. A hand that comes
    into view hardly appears in the very place of another.
    """
    if not len(seen):
        return seen
    alike = landmark_similarity(seen.xy_px, known.xy_px, _MOTION_SPREAD)
    return seen[alike.max(axis=1, initial=0.0) < _SAME_VIEW]


def are_alone(
    seen: Observations, expected: ExpectedHands, own: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Tell near which observations, (N,), none of the hands is expected but their own.

    own: (N,), index of the hand that an observation shows.
    """
    middle_px, expected_px = seen.xy_px.mean(axis=1), expected.xy_px.mean(axis=1)
    reach_px = _NEAR * np.maximum(_sizes(seen.xy_px)[:, None], _sizes(expected.xy_px))
    is_near = np.linalg.norm(middle_px[:, None] - expected_px, axis=-1) <= reach_px
    is_near[np.arange(len(own)), own] = False
    return np.asarray(~is_near.any(axis=1))


def first_of_each(same: Array) -> NDArray[np.intp]:
    """Return the indices of the items that equal no earlier one returned; same: (N, N) bool."""
    kept: list[int] = []
    for i in range(len(same)):
        if not same[i, kept].any():
            kept.append(i)
    return np.array(kept, np.intp)


def other_side(right_hand: Array | float, other_right_hand: Array | float) -> Array:
    """Return how surely hands differ in side, 0-1; each is a right one with its probability."""
    agreement = (2.0 * np.asarray(right_hand) - 1.0) * (2.0 * np.asarray(other_right_hand) - 1.0)
    return np.asarray(np.maximum(0.0, -agreement))


def association_cost(
    expected: ExpectedHands, seen: Observations, is_inside: NDArray[np.bool_]
) -> Array:
    """Return what it costs to take each observation for each expected hand, (T, N).

    0 for an observation as expected in place and pose, of that colour and not of the other side;
    infinite beyond the gate. is_inside: (N,), which views lie well inside the image.
    """
    speed = np.where(is_inside, _STRAY_SPEED_INSIDE, _STRAY_SPEED)
    largest = np.where(is_inside, _LARGEST_STRAY_INSIDE, _LARGEST_STRAY)
    gone = expected.gone_px / np.maximum(_sizes(expected.xy_px), 1e-6)
    strayed = np.minimum(speed * expected.unseen_s[:, None], largest) + gone[:, None]
    similarity = landmark_similarity(expected.xy_px, seen.xy_px, _MOTION_SPREAD + strayed)
    growth = _log_sizes(seen.xy_px) - _log_sizes(expected.xy_px)[:, None]
    similarity = similarity * np.exp(-0.5 * (growth / _GROWTH_SPREAD) ** 2)
    pose_spread = _POSE_SPREAD + _POSE_SPREAD_PER_S * expected.unseen_s[:, None]
    other_pose = 1.0 - landmark_similarity(_poses(expected.xy_px), _poses(seen.xy_px), pose_spread)
    overlap = bounds_overlap(_bounds(expected.xy_px), _bounds(seen.xy_px))
    is_other_side = seen.side_weight * other_side(expected.right_hand[:, None], seen.right_hand)
    difference = np.linalg.norm(expected.colour[:, None] - seen.colour, axis=-1)
    other_colour = 1.0 - np.exp(-0.5 * (difference / _COLOUR_SPREAD) ** 2)
    cost = (1.0 - similarity) + is_other_side + other_colour
    cost += _POSE_WEIGHT * other_pose + _OVERLAP_WEIGHT * (1.0 - overlap)
    is_possible = similarity >= _LEAST_SIMILARITY
    is_sure = seen.hand_score >= expected.least_score[:, None]
    return np.asarray(np.where(is_possible & is_sure, cost, np.inf))


class Associator:
    """Pairs observations with expected hands so that the sum of the costs is least; some of
    either may stay alone.

    SciPy's assignment solver is loaded when one is made, so that no image has to wait for that.
    """

    def __init__(self) -> None:
        from scipy.optimize import linear_sum_assignment

        self._solve: Callable[[Array], tuple[Array, Array]] = linear_sum_assignment

    def pairs(
        self,
        expected: ExpectedHands,
        seen: Observations,
        is_inside: NDArray[np.bool_] | None = None,
    ) -> dict[int, int]:
        """Return the observation's index by the hand's.

        is_inside: as of association_cost, for hands that are missing; None for hands that were in
        view so lately that they have not got far, wherever a view lies.
        """
        if is_inside is None:
            cost = association_cost(expected, seen, np.zeros(len(seen), bool)) - _UNSEEN
        else:
            of_lost = np.where(is_inside, _UNSEEN_INSIDE, _UNSEEN_AT_BORDER)
            cost = association_cost(expected, seen, is_inside)
            cost -= np.where(expected.is_lost[:, None], of_lost, _UNSEEN_ELSEWHERE)
        rows, columns = self._solve(np.minimum(cost, 0.0))
        return {int(i): int(j) for i, j in zip(rows, columns, strict=True) if cost[i, j] < 0.0}


def _similarity_per_landmark(first_px: Array, second_px: Array, spread: Array | float) -> Array:
    size_px = np.sqrt(_sizes(first_px)[:, None] * _sizes(second_px))
    distance_px = np.linalg.norm(first_px[:, None] - second_px, axis=-1)
    tolerance_px = np.maximum(spread * size_px, 1e-6)
    return np.asarray(np.exp(-0.5 * (distance_px / tolerance_px[..., None]) ** 2))


def _poses(xy_px: Array) -> Array:
    """Return the landmarks relative to the middle of their hand, (N, 21, 2) px."""
    return np.asarray(xy_px - xy_px.mean(axis=1, keepdims=True))


def _bounds(xy_px: Array) -> tuple[Array, Array]:
    return xy_px.min(axis=1), xy_px.max(axis=1)


def _log_sizes(xy_px: Array) -> Array:
    return np.asarray(np.log(np.maximum(_sizes(xy_px), 1e-6)))


def _sizes(xy_px: Array) -> Array:
    """Return the longer side of each hand's upright box, (N,) px."""
    return np.asarray(np.ptp(xy_px, axis=1).max(axis=-1))

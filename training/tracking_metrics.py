# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How well hands keep their identities: IDF1, switches and the like, by py-motmetrics.

motmetrics is MIT-licensed and small, but brings pandas. TrackEval, the other library of the MOT
challenge, is not on PyPI; torchmetrics has no tracking metrics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.association import landmark_similarity
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import check_shape

from .datasets.records import ENOUGH_SEEN
from .datasets.sequences import TrueHands
from .evaluation.landmarks import LEAST_SIMILARITY, SIMILARITY_SPREAD, match

if TYPE_CHECKING:
    from motmetrics import MOTAccumulator

HIDDEN_SHARE = 0.05
"""A hand of which no more can be seen is fully hidden."""


@dataclass(frozen=True, eq=False)
class TrackedFrame:
    """What is true of one frame, and what a tracker made of it.

    track_id: (N,). found_px: (N, 21, 2), image px. score: (N, 21), NaN where it gives none.
    """

    stamp_s: float
    truth: TrueHands
    track_id: NDArray[np.int64]
    found_px: NDArray[np.float64]
    score: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.track_id)
        check_shape("found_px", self.found_px, (n, N_LANDMARKS, 2))
        check_shape("score", self.score, (n, N_LANDMARKS))

    @property
    def is_counted(self) -> NDArray[np.bool_]:
        """Which true hands must be found, (T,)."""
        return np.asarray(self.truth.seen_share >= ENOUGH_SEEN)


@dataclass(frozen=True)
class Pair:
    """Indices of a true hand and of the found one that it was given, in frame `frame`."""

    frame: int
    truth: int
    found: int


Tracked = Sequence[TrackedFrame]
"""One sequence."""


class IdentityScore:
    """Accumulates sequences; then says how well identities were kept over all of them."""

    def __init__(self) -> None:
        self._accumulators: list[MOTAccumulator] = []
        self._n_unforced_switches = 0

    def add(self, sequence: Tracked) -> list[Pair]:
        """Take in a sequence and return which true hands that count were found, and as which."""
        import motmetrics

        accumulator = motmetrics.MOTAccumulator()
        for n, frame in enumerate(sequence):
            real = _without_uncounted(frame)
            truth = np.flatnonzero(frame.is_counted)
            similarity = landmark_similarity(
                frame.truth.xy_px[truth], frame.found_px[real], SIMILARITY_SPREAD
            )
            # NaN: may not be paired.
            distance = np.where(similarity >= LEAST_SIMILARITY, 1.0 - similarity, np.nan)
            ids = frame.truth.identity[truth].tolist(), frame.track_id[real].tolist()
            accumulator.update(*ids, distance, frameid=n)
        self._accumulators.append(accumulator)
        self._n_unforced_switches += sum(1 for _ in _unforced_switches(accumulator, sequence))
        return list(_pairs(accumulator, sequence))

    def figures(self) -> dict[str, Any]:
        """Return the figures of all sequences together; at least one must have been added.

        idf1: share of hands given the right identity (Ristani et al. 2016). switches: how often a
        hand got another id than before; n_switches_in_view: those of hands that were not fully
        hidden since they were last found. fragmentations: how often a hand was lost and found
        again. recall, precision: of hands that count, whatever their id.
        """
        import motmetrics

        names = {
            "idf1": "idf1",
            "recall": "recall",
            "precision": "precision",
            "n_switches": "num_switches",
            "n_fragmentations": "num_fragmentations",
            "n_hands": "num_objects",
        }
        table = motmetrics.metrics.create().compute_many(
            self._accumulators, metrics=list(names.values()), generate_overall=True
        )
        overall = table.loc["OVERALL"]
        figures: dict[str, Any] = {
            ours: int(overall[theirs]) if ours.startswith("n_") else float(overall[theirs])
            for ours, theirs in names.items()
        }
        return figures | {"n_switches_in_view": self._n_unforced_switches}


def _without_uncounted(frame: TrackedFrame) -> NDArray[np.intp]:
    """Return the indices of the found hands but for those that show a true one that does not count.

    As in the MOT challenge, a found hand is given to the true one that it fits best, whether that
    counts or not; fully hidden ones get what is left.
    """
    is_seen = frame.truth.seen_share > HIDDEN_SHARE
    truth, found = match(frame.truth.xy_px[is_seen], frame.found_px)
    of_uncounted = found[~frame.is_counted[is_seen][truth]]
    everything = np.arange(len(frame.track_id))
    others = np.setdiff1d(everything, found)
    _, of_hidden = match(frame.truth.xy_px[~is_seen], frame.found_px[others])
    return np.setdiff1d(everything, [*of_uncounted, *others[of_hidden]])


def _matches(accumulator: MOTAccumulator) -> Iterator[tuple[int, int, int, bool]]:
    """Yield frame, identity, track id, and whether the id is another one than before."""
    events = accumulator.mot_events.reset_index()
    for event in events[events.Type.isin(["MATCH", "SWITCH"])].itertuples():
        yield int(event.FrameId), int(event.OId), int(event.HId), event.Type == "SWITCH"


def _pairs(accumulator: MOTAccumulator, sequence: Tracked) -> Iterator[Pair]:
    for n, identity, track_id, _ in _matches(accumulator):
        frame = sequence[n]
        (truth,) = np.flatnonzero(frame.truth.identity == identity)
        found = np.flatnonzero(frame.track_id == track_id)[0]
        yield Pair(n, int(truth), int(found))


def _unforced_switches(accumulator: MOTAccumulator, sequence: Tracked) -> Iterator[int]:
    """Yield the frames of switches of hands that were never hidden since they were last found."""
    by_identity = sorted(_matches(accumulator), key=lambda match: (match[1], match[0]))
    for identity, matches in groupby(by_identity, key=lambda match: match[1]):
        last_frame = 0
        for n, _, _, is_switch in matches:
            if is_switch and not _was_hidden(sequence[last_frame : n + 1], identity):
                yield n
            last_frame = n


def _was_hidden(frames: Tracked, identity: int) -> bool:
    shares = [frame.truth.seen_share[frame.truth.identity == identity] for frame in frames]
    return any(len(share) == 0 or share[0] <= HIDDEN_SHARE for share in shares)

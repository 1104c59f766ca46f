# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Jitter, lag, error in motion and time to acquire of tracked hands, against exact truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.region import HAND_REGION_SCALE, boxes_from_landmarks

from .tracking_metrics import Pair, Tracked

Floats = NDArray[np.float64]

SETTLING_FRAMES = 6
"""Frames of a stretch that jitter leaves out at its start, where a filter still settles."""

SHORTEST_FRAMES = 12
"""Shorter stretches, after settling, say little about jitter or lag."""

WHOLE_SHARE = 0.99
"""A hand at rest trembles while as much of it is seen. Where something passes in front of it, its
landmarks are guesses that wander off: no tremble, and no filter can tell it from a motion."""

LAGS_S = np.arange(-0.1, 0.2001, 0.002)
"""Lags that are tried."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """One hand found as one track in K consecutive frames.

    stamp_s: (K,). truth_px, found_px: (K, 21, 2), image px. score: (K, 21). is_still: (K,).
    seen_share: (K,) in 0-1, of the hand.
    """

    stamp_s: Floats
    truth_px: Floats
    found_px: Floats
    score: Floats
    is_still: NDArray[np.bool_]
    seen_share: Floats

    def __len__(self) -> int:
        return len(self.stamp_s)

    def __getitem__(self, frames: slice) -> Stretch:
        """Return a part of it."""
        return Stretch(
            self.stamp_s[frames],
            self.truth_px[frames],
            self.found_px[frames],
            self.score[frames],
            self.is_still[frames],
            self.seen_share[frames],
        )

    def with_found(self, found_px: Floats) -> Stretch:
        """Return the same with other landmarks, say filtered ones."""
        return replace(self, found_px=found_px)


def hand_sizes_px(xy_px: Floats) -> Floats:
    """Return the sizes of hands (K, 21, 2), (K, 1) px, as the tracker measures them."""
    return (boxes_from_landmarks(xy_px).side_px / HAND_REGION_SCALE)[:, None]


def stretches(sequence: Tracked, pairs: Sequence[Pair]) -> list[Stretch]:
    """Return the stretches in which a true hand was found with one id, without a gap."""
    tracks: dict[tuple[int, int], list[Pair]] = defaultdict(list)
    for pair in pairs:
        frame = sequence[pair.frame]
        key = int(frame.truth.identity[pair.truth]), int(frame.track_id[pair.found])
        tracks[key].append(pair)
    return [
        _stretch(sequence, run)
        for track in tracks.values()
        for run in _consecutive(sorted(track, key=lambda pair: pair.frame))
    ]


def jitter_px(parts: Sequence[Stretch]) -> float | None:
    """Return the root mean square by which landmarks of hands at rest tremble, image px.

    Only hands that are wholly seen count. Of each landmark's deviation from the truth its mean over
    the rest is taken away: a landmark that stands still in the wrong place does not tremble. None
    where no hand rests long enough.
    """
    squares, n = 0.0, 0
    for part in parts:
        for rest in _resting(part):
            error_px = (rest.found_px - rest.truth_px)[SETTLING_FRAMES:]
            deviation_px = error_px - error_px.mean(axis=0)
            squares += float((deviation_px**2).sum())
            n += error_px.shape[0] * error_px.shape[1]
    return float(np.sqrt(squares / n)) if n else None


def lag_s(parts: Sequence[Stretch]) -> float | None:
    """Return by how much the landmarks of moving hands come after the truth, s.

    That is where the normalised cross-correlation of both, without each landmark's mean, is
    largest; all stretches together, the truth interpolated between frames. None where no hand moves
    long enough.
    """
    products = np.zeros((3, len(LAGS_S)))  # found x truth, found^2, truth^2
    for part in parts:
        if len(part) >= SHORTEST_FRAMES and not part.is_still.all():
            products += _correlation_sums(part)
    if not products[2].all():
        return None
    correlation = products[0] / np.sqrt(products[1] * products[2])
    return float(LAGS_S[int(np.argmax(correlation))])


def moving_errors_px(parts: Sequence[Stretch]) -> Floats:
    """Return the distances of the landmarks of moving hands from the truth, (M,) image px.

    They show what lag hides: a filter that trails behind at every turn and catches up in between.
    """
    errors = [
        np.linalg.norm(part.found_px - part.truth_px, axis=-1)[~part.is_still] for part in parts
    ]
    return np.concatenate([np.zeros(0), *(one.ravel() for one in errors)])


def acquisition(sequence: Tracked, pairs: Sequence[Pair]) -> dict[str, list[float]]:
    """Return how long hands were in view until they were found, s; infinite for those never found.

    acquire_s: of hands new in the picture. reacquire_s: of those that had been hidden.
    """
    found = {(pair.frame, int(sequence[pair.frame].truth.identity[pair.truth])) for pair in pairs}
    times: dict[str, list[float]] = {"acquire_s": [], "reacquire_s": []}
    for identity, views in _views(sequence).items():
        for n, frames in enumerate(views):
            first = next((frame for frame in frames if (frame, identity) in found), None)
            start_s = sequence[frames[0]].stamp_s
            waited_s = np.inf if first is None else sequence[first].stamp_s - start_s
            times["reacquire_s" if n else "acquire_s"].append(float(waited_s))
    return times


def acquisition_figures(times: dict[str, list[float]]) -> dict[str, Any]:
    """Return median and 95th percentile of each kind, ms, over hands found; and how many never."""
    figures: dict[str, Any] = {}
    for kind, values in times.items():
        finite = [value for value in values if np.isfinite(value)]
        name = kind.removesuffix("_s")
        figures[f"n_{name}"] = len(values)
        figures[f"n_never_{name}d"] = len(values) - len(finite)
        if finite:
            figures[f"{name}_ms_median"] = 1e3 * float(np.median(finite))
            figures[f"{name}_ms_p95"] = 1e3 * float(np.percentile(finite, 95))
    return figures


def _consecutive(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    run = list(pairs[:1])
    for before, after in pairwise(pairs):
        if after.frame != before.frame + 1:
            yield run
            run = []
        run.append(after)
    yield run


def _stretch(sequence: Tracked, run: Sequence[Pair]) -> Stretch:
    frames = [sequence[pair.frame] for pair in run]
    return Stretch(
        stamp_s=np.array([frame.stamp_s for frame in frames]),
        truth_px=np.stack([f.truth.xy_px[p.truth] for f, p in zip(frames, run, strict=True)]),
        found_px=np.stack([f.found_px[p.found] for f, p in zip(frames, run, strict=True)]),
        score=np.stack([f.score[p.found] for f, p in zip(frames, run, strict=True)]),
        is_still=np.array([f.truth.is_still[p.truth] for f, p in zip(frames, run, strict=True)]),
        seen_share=np.array(
            [f.truth.seen_share[p.truth] for f, p in zip(frames, run, strict=True)]
        ),
    )


def _resting(part: Stretch) -> Iterator[Stretch]:
    """Yield the parts in which the hand rests, wholly seen, long enough."""
    is_resting = part.is_still & (part.seen_share >= WHOLE_SHARE)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_resting, [0]])))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start >= SETTLING_FRAMES + SHORTEST_FRAMES:
            yield part[start:stop]


def _correlation_sums(part: Stretch) -> Floats:
    """Return the three sums of the normalised cross-correlation at each lag, (3, len(LAGS_S)).

    The same frames count at every lag: those whose shifted truth is known.
    """
    late, early = max(LAGS_S), -min(LAGS_S)
    inner = (part.stamp_s - part.stamp_s[0] >= late) & (part.stamp_s[-1] - part.stamp_s >= early)
    if inner.sum() < 2:
        return np.zeros((3, len(LAGS_S)))
    found = part.found_px[inner].reshape(int(inner.sum()), -1)
    truth = part.truth_px.reshape(len(part), -1)
    found = found - found.mean(axis=0)
    sums = np.empty((3, len(LAGS_S)))
    for k, lag in enumerate(LAGS_S):
        shifted = _interpolated(part.stamp_s[inner] - lag, part.stamp_s, truth)
        shifted = shifted - shifted.mean(axis=0)
        sums[:, k] = (found * shifted).sum(), (found**2).sum(), (shifted**2).sum()
    return sums


def _interpolated(at_s: Floats, stamp_s: Floats, values: Floats) -> Floats:
    """Interpolate the columns of values (K, C) linearly."""
    right = np.clip(np.searchsorted(stamp_s, at_s), 1, len(stamp_s) - 1)
    share = (at_s - stamp_s[right - 1]) / (stamp_s[right] - stamp_s[right - 1])
    return np.asarray(values[right - 1] + share[:, None] * (values[right] - values[right - 1]))


def _views(sequence: Tracked) -> dict[int, list[list[int]]]:
    """Return for each identity the runs of frames in which it counts."""
    views: dict[int, list[list[int]]] = defaultdict(list)
    for n, frame in enumerate(sequence):
        for identity in frame.truth.identity[frame.is_counted].tolist():
            runs = views[identity]
            if runs and runs[-1][-1] == n - 1:
                runs[-1].append(n)
            else:
                runs.append([n])
    return views

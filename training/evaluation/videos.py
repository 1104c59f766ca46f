# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs trackers over labelled sequences, and sums up how they did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tqdm import tqdm

from hand_landmarks_ros.core.pipeline import HandPipeline
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import Hand, RgbImage

from ..datasets.sequences import LabelledSequence, TrueFrame
from ..motion_metrics import (
    Stretch,
    acquisition,
    acquisition_figures,
    hand_sizes_px,
    jitter_px,
    lag_s,
    moving_errors_px,
    stretches,
)
from ..tracking_metrics import IdentityScore, Pair, Tracked, TrackedFrame
from .mediapipe_peer import MediaPipeHands

Tracker = Callable[[LabelledSequence], Tracked]

_CHUNK = 32
"""Frames handed to MediaPipe's process at a time."""


@dataclass(frozen=True)
class FoundAs:
    """A true hand's identity, and the id under which it was found in a frame."""

    frame: int
    identity: int
    track_id: int


@dataclass
class VideoRun:
    """What a tracker made of some sequences.

    figures: over all of them. stretches: in which it followed hands without a gap. identities: as
    what it found the hands of each sequence, by its name.
    """

    figures: dict[str, Any] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)
    identities: dict[str, list[FoundAs]] = field(default_factory=dict)


def track_all(tracker: Tracker, sequences: Sequence[LabelledSequence], name: str = "") -> VideoRun:
    """Track all sequences and return the figures over all of them; those without value lack."""
    identities, run = IdentityScore(), VideoRun()
    times: dict[str, list[float]] = defaultdict(list)
    for sequence in tqdm(sequences, name, unit="film", leave=False):
        tracked = tracker(sequence)
        pairs = identities.add(tracked)
        run.stretches += stretches(tracked, pairs)
        run.identities[sequence.name] = [_found_as(tracked[pair.frame], pair) for pair in pairs]
        for kind, values in acquisition(tracked, pairs).items():
            times[kind] += values
    run.figures = {
        "n_sequences": len(sequences),
        "n_frames": sum(len(sequence.frames) for sequence in sequences),
        **identities.figures(),
        **motion_figures(run.stretches),
        **acquisition_figures(times),
    }
    return run


def motion_figures(parts: Sequence[Stretch]) -> dict[str, float]:
    """Return jitter_px, lag_ms and the medians moving_error_px and error_of_hand_size.

    Those without value lack.
    """
    jitter, lag, moving = jitter_px(parts), lag_s(parts), moving_errors_px(parts)
    figures = {} if jitter is None else {"jitter_px": jitter}
    if lag is not None:
        figures["lag_ms"] = 1e3 * lag
    if len(moving):
        figures["moving_error_px"] = float(np.median(moving))
    if parts:
        errors = [
            np.linalg.norm(part.found_px - part.truth_px, axis=-1) / hand_sizes_px(part.truth_px)
            for part in parts
        ]
        figures["error_of_hand_size"] = float(np.median(np.concatenate(errors)))
    return figures


def by_pipeline(make: Callable[[], HandPipeline]) -> Tracker:
    """Return a tracker that lets a new pipeline see each sequence."""

    def track(sequence: LabelledSequence) -> list[TrackedFrame]:
        pipeline = make()
        return [
            _tracked(frame, pipeline(image, frame.stamp_s))
            for frame, image in zip(sequence.frames, sequence.images(), strict=True)
        ]

    return track


def by_mediapipe(hands: MediaPipeHands) -> Tracker:
    """Return a tracker that lets MediaPipe see each sequence, in its video mode.

    MediaPipe names no identities. As its users do, the place of a hand in its list is taken.
    """

    def track(sequence: LabelledSequence) -> list[TrackedFrame]:
        frames: list[TrackedFrame] = []
        for images in _chunks(sequence.images()):
            is_new = not frames
            for found in hands(np.stack(images), is_new=is_new):
                truth = sequence.frames[len(frames)]
                xy_px = np.array([hand.xy_px for hand in found]).reshape(-1, N_LANDMARKS, 2)
                frames.append(
                    TrackedFrame(
                        stamp_s=truth.stamp_s,
                        truth=truth.hands,
                        track_id=np.arange(len(found)),
                        found_px=xy_px,
                        score=np.full(xy_px.shape[:2], np.nan),
                    )
                )
        return frames

    return track


def _found_as(frame: TrackedFrame, pair: Pair) -> FoundAs:
    identity, track_id = frame.truth.identity[pair.truth], frame.track_id[pair.found]
    return FoundAs(pair.frame, int(identity), int(track_id))


def _tracked(frame: TrueFrame, hands: Sequence[Hand]) -> TrackedFrame:
    return TrackedFrame(
        stamp_s=frame.stamp_s,
        truth=frame.hands,
        track_id=np.array([hand.track_id for hand in hands], np.int64),
        found_px=np.array([hand.xy_px for hand in hands], np.float64).reshape(-1, N_LANDMARKS, 2),
        score=np.array([hand.score_per_landmark for hand in hands], np.float64).reshape(
            -1, N_LANDMARKS
        ),
    )


def _chunks(images: Iterator[RgbImage]) -> Iterator[list[RgbImage]]:
    chunk: list[RgbImage] = []
    for image in images:
        chunk.append(image)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk

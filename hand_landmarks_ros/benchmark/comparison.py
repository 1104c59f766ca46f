# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""This package beside MediaPipe Hands, on the same images in the same minutes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

import numpy as np

from ..core.errors import HandLandmarksError
from ..core.topology import N_LANDMARKS
from ..core.types import Array, Hand, Handedness
from ..ros.recording import RecordedFrame, matched_hands, visible_hands
from .frames import Frames
from .rivals import OURS, MediaPipeHands, MediaPipeWorker, Ours, Rival, Run
from .settings import Settings
from .tables import Cell, Table
from .timing import N_WARM_UP, blocks, ratio, spread

_BLOCK = 25


def run(settings: Settings) -> Iterator[Table]:
    """Yield one table with every size of image; without MediaPipe ours stand there alone."""
    rows: list[dict[str, Cell]] = []
    notes = _NOTES
    for frames in settings.frames():
        with ExitStack() as stack:
            rivals: list[Rival] = [
                Ours(stack.enter_context(settings.load_backend(model=model)), frames)
                for model in settings.landmark_models
            ]
            try:
                worker = stack.enter_context(mediapipe_worker(settings, frames))
                rivals += [MediaPipeHands(worker, complexity) for complexity in (1, 0)]
            except HandLandmarksError as error:
                notes = (f"No comparison with MediaPipe: {error}",)
            runs = take_turns(rivals, settings.n_images)
        for rival, run in zip(rivals, runs, strict=True):
            compared = ratio(runs[0].block_durations_s, run.block_durations_s)
            cells = {"tracker": rival.name, "size": frames.size, **_cells(run, frames)}
            rows.append(cells if rival.name.startswith(OURS) else {**cells, **compared})
    yield Table("Tracking one hand", rows, notes)


_NOTES = (
    f"From an RGB array in memory to smoothed landmarks. All take turns in blocks of {_BLOCK} "
    "images; ours / theirs is the first model's, the median of the blocks' ratios (below 1: ours "
    "is faster). CPU is the mean time of all threads of the process for one image.",
    "Read the errors with care: the clip comes from the generator that also drew part of the "
    "training images of this package's model, and MediaPipe's landmarks follow a convention that "
    "differs a little from the clip's truth. The model card has the errors on real images. A hand "
    "counts as found when its landmarks are within half a hand's size of the truth on average.",
)


def take_turns(rivals: Sequence[Rival], n_images: int) -> list[Run]:
    """Let all track their images block by block; returns what came of it, in the same order."""
    for rival in rivals:
        rival.track(range(N_WARM_UP), Run())
    runs = [Run() for _ in rivals]
    for block in blocks(n_images, _BLOCK):
        for rival, run in zip(rivals, runs, strict=True):
            rival.track(range(N_WARM_UP + block.start, N_WARM_UP + block.stop), run)
    return runs


def accuracy(run: Run, frames: Frames, first: int) -> Mapping[str, Cell]:
    """Return the share of images in which the hand was found, and its landmarks' errors.

    first: which of the images that are played the run began with.
    """
    matches = []
    for n, landmarks_px in enumerate(run.landmarks_px, start=first):
        frame = RecordedFrame(
            stamp_s=n / frames.rate_hz,
            width=frames.width_px,
            height=frames.height_px,
            hands=() if landmarks_px is None else (_hand(landmarks_px),),
            truth=(frames.truth_of(n),),
        )
        matches += matched_hands(frame, visible_hands(frame))
    errors_px = np.concatenate([error for error, _ in matches]) if matches else None
    found: dict[str, Cell] = {"found_share": len(matches) / len(run.landmarks_px)}
    if matches:
        errors_px = np.concatenate([error for error, _ in matches])
        relative = np.concatenate([error / size_px for error, size_px in matches])
        found["median_error_px"], found["p95_error_px"] = np.percentile(errors_px, (50, 95))
        found["median_error_of_hand_size_share"] = float(np.median(relative))
    return found


def mediapipe_worker(settings: Settings, frames: Frames) -> MediaPipeWorker:
    """Start MediaPipe on images; raises HandLandmarksError where it is not installed."""
    if not settings.mediapipe_python.is_file():
        raise HandLandmarksError(
            f"there is no {settings.mediapipe_python}; `make bench` tries to install it, and "
            "--mediapipe-python takes the interpreter of an environment that has it"
        )
    return MediaPipeWorker(settings.mediapipe_python, frames)


def _cells(run: Run, frames: Frames) -> dict[str, Cell]:
    return {
        **spread(run.durations_s),
        "CPU_ms": 1e3 * run.cpu_s / len(run.durations_s),
        **accuracy(run, frames, N_WARM_UP),
    }


def _hand(xy_px: Array) -> Hand:
    """Return a hand of which nothing is known but its landmarks."""
    return Hand(
        track_id=1,
        handedness=Handedness.UNKNOWN,
        handedness_score=0.0,
        score=1.0,
        predicted=False,
        xy_px=xy_px,
        z_px=np.full(N_LANDMARKS, np.nan, np.float32),
        score_per_landmark=np.ones(N_LANDMARKS, np.float32),
    )

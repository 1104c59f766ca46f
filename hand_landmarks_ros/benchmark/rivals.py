# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is compared: each tracks the hand through the same images, RGB array in, landmarks out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..core.candidates import Detector
from ..core.detection import Detections
from ..core.inference import Backend
from ..core.pipeline import HandPipeline, PipelineOptions
from ..core.types import RgbImage
from ..mediapipe_process import MediaPipeProcess
from .frames import Frames, there_and_back
from .mediapipe_worker import IMAGES
from .timing import timed

OURS = "this package"

WORKER = Path(__file__).with_name("mediapipe_worker.py")


@dataclass
class Run:
    """What came of the images so far: durations of each block, s, CPU time in all, s, landmarks.

    landmarks_px: (21, 2) image px of one hand for each image, None where none was reported.
    n_hands: how many were reported. stage_times_s: the pipeline's stages, s, for each image, and
    n_detections: how often it ran its detector in each; empty for other trackers.
    """

    block_durations_s: list[list[float]] = field(default_factory=list)
    cpu_s: float = 0.0
    landmarks_px: list[NDArray[np.float32] | None] = field(default_factory=list)
    n_hands: list[int] = field(default_factory=list)
    stage_times_s: list[Mapping[str, float]] = field(default_factory=list)
    n_detections: list[int] = field(default_factory=list)

    @property
    def durations_s(self) -> list[float]:
        """Durations of all images."""
        return [duration for block in self.block_durations_s for duration in block]


class Rival(Protocol):
    """Tracks a hand through frames."""

    name: str

    def track(self, block: Sequence[int], run: Run) -> None:
        """Go on with the next images that are played, and add what came of it."""
        ...


class Ours:
    """This package's pipeline: smoothed landmarks."""

    def __init__(
        self,
        backend: Backend,
        frames: Frames,
        options: PipelineOptions | None = None,
        detector: Detector | None = None,
    ) -> None:
        self.name = f"{OURS}, {backend.card.name}"
        self._detector = _CountingDetector(detector) if detector else None
        self._pipeline = HandPipeline(backend, options, self._detector)
        self._frames = frames

    def track(self, block: Sequence[int], run: Run) -> None:
        """Go on with the next images."""
        durations_s = []
        cpu_start_s = process_time()
        for n in block:
            n_before = self._n_detections
            hands, duration_s = timed(self._pipeline, *self._frames.played(n))
            durations_s.append(duration_s)
            run.stage_times_s.append(self._pipeline.stage_times_s)
            run.n_detections.append(self._n_detections - n_before)
            run.n_hands.append(len(hands))
            run.landmarks_px.append(hands[0].xy_px if hands else None)
        run.cpu_s += process_time() - cpu_start_s
        run.block_durations_s.append(durations_s)

    @property
    def _n_detections(self) -> int:
        return self._detector.n_calls if self._detector else 0


class _CountingDetector:
    """A detector that counts its calls."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.n_calls = 0

    def __call__(self, image: RgbImage) -> Detections:
        self.n_calls += 1
        return self._detector(image)


class MediaPipeWorker(MediaPipeProcess):
    """MediaPipe with the images to track, which the requests name by index."""

    def __init__(self, python: Path, frames: Frames) -> None:
        self.frames = frames
        super().__init__(python, WORKER)
        np.save(self.folder / IMAGES, frames.images)


class MediaPipeHands:
    """MediaPipe Hands in tracking mode, smoothed as it does by default."""

    def __init__(self, worker: MediaPipeWorker, complexity: int, max_hands: int = 1) -> None:
        self.name = f"MediaPipe Hands, complexity {complexity}"
        self._worker = worker
        self._settings = {"complexity": complexity, "max_hands": max_hands}

    def track(self, block: Sequence[int], run: Run) -> None:
        """Go on with the next images."""
        frames = self._worker.frames
        indices = [there_and_back(n, len(frames.images)) for n in block]
        answer = self._worker.ask({**self._settings, "frames": indices})
        run.block_durations_s.append(answer["durations_s"])
        run.cpu_s += answer["cpu_s"]
        run.n_hands += answer["n_hands"]
        for landmarks in answer["landmarks"]:
            run.landmarks_px.append(_pixels(landmarks, frames) if landmarks else None)


def _pixels(landmarks: list[list[float]], frames: Frames) -> NDArray[np.float32]:
    """Return image px: MediaPipe counts from the first pixel's corner, we from its centre."""
    xy_px = np.array(landmarks) * (frames.width_px, frames.height_px) - 0.5
    return xy_px.astype(np.float32)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is compared: each tracks the hand through the same images, RGB array in, landmarks out."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..core.errors import HandLandmarksError
from ..core.inference import Backend
from ..core.pipeline import HandPipeline
from .frames import Frames, there_and_back
from .timing import timed

WORKER = Path(__file__).with_name("mediapipe_worker.py")


@dataclass
class Run:
    """What came of the images so far: durations of each block, s, CPU time in all, s, landmarks.

    landmarks: (21, 2) image px for each image, None where no hand was reported.
    """

    block_durations_s: list[list[float]] = field(default_factory=list)
    cpu_s: float = 0.0
    landmarks_px: list[NDArray[np.float32] | None] = field(default_factory=list)

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

    def __init__(self, backend: Backend, frames: Frames) -> None:
        self.name = f"this package, {backend.card.name}"
        self._pipeline = HandPipeline(backend)
        self._frames = frames

    def track(self, block: Sequence[int], run: Run) -> None:
        """Go on with the next images."""
        durations_s = []
        cpu_start_s = process_time()
        for n in block:
            hands, duration_s = timed(self._pipeline, *self._frames.played(n))
            durations_s.append(duration_s)
            run.landmarks_px.append(hands[0].xy_px if hands else None)
        run.cpu_s += process_time() - cpu_start_s
        run.block_durations_s.append(durations_s)


class MediaPipeWorker:
    """A process in MediaPipe's own environment; a context that ends it.

    Raises HandLandmarksError when MediaPipe does not start there.
    """

    def __init__(self, python: Path, frames: Frames) -> None:
        self.frames = frames
        self._folder = tempfile.TemporaryDirectory()
        images, log = (Path(self._folder.name) / name for name in ("images.npy", "log.txt"))
        np.save(images, frames.images)
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                # Isolated: it must not find modules of this folder or of our environment.
                [str(python), "-I", str(WORKER), str(images)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=_without_ros(),
                start_new_session=True,
            )
        self._log = log

    def __enter__(self) -> MediaPipeWorker:
        try:
            self._receive()
        except HandLandmarksError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and wait for the answer."""
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            last_words = self._log.read_text(encoding="utf-8", errors="replace").strip()[-500:]
            raise HandLandmarksError(f"MediaPipe ended with an error: {last_words}")
        return json.loads(line)


class MediaPipeHands:
    """MediaPipe Hands in tracking mode, smoothed as it does by default."""

    def __init__(self, worker: MediaPipeWorker, complexity: int) -> None:
        self.name = f"MediaPipe Hands, complexity {complexity}"
        self._worker = worker
        self._complexity = complexity

    def track(self, block: Sequence[int], run: Run) -> None:
        """Go on with the next images."""
        frames = self._worker.frames
        indices = [there_and_back(n, len(frames.images)) for n in block]
        answer = self._worker.ask({"complexity": self._complexity, "frames": indices})
        run.block_durations_s.append(answer["durations_s"])
        run.cpu_s += answer["cpu_s"]
        for landmarks in answer["landmarks"]:
            run.landmarks_px.append(_pixels(landmarks, frames) if landmarks else None)


def _pixels(landmarks: list[list[float]], frames: Frames) -> NDArray[np.float32]:
    """Return image px: MediaPipe counts from the first pixel's corner, we from its centre."""
    xy_px = np.array(landmarks) * (frames.width_px, frames.height_px) - 0.5
    return xy_px.astype(np.float32)


def _without_ros() -> dict[str, str]:
    """Return the environment without what ROS puts in for its own Python and libraries."""
    of_ros = ("LD_LIBRARY_PATH", "PYTHONPATH", "_ROS_WHEELS_BOOTSTRAP_COMPLETE")
    return {name: value for name, value in os.environ.items() if name not in of_ros}

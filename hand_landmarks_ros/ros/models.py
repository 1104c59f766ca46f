# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The models that a node runs, loaded as its parameters say."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from ..backends.background import LoadProgress
from ..backends.loader import load_backend
from ..core.detection import HandDetector
from ..core.errors import HandLandmarksError
from ..core.inference import Backend
from ..core.model_card import DETECTOR_MODEL, LANDMARK_MODEL
from ..core.options import NO_DETECTOR
from .parameters import NodeParameters


@dataclass(frozen=True)
class Models:
    """The landmark model, and the detector model where there is one."""

    landmarks: Backend
    detector: Backend | None

    def hand_detector(self, values: NodeParameters) -> HandDetector | None:
        """Return what finds hands with the detector model."""
        return HandDetector(self.detector, values.detector_options()) if self.detector else None

    def close(self) -> None:
        """Release both, also where one of them fails."""
        with ExitStack() as stack:
            stack.callback(self.landmarks.close)
            if self.detector is not None:
                stack.callback(self.detector.close)


def load_models(values: NodeParameters, progress: LoadProgress) -> Models:
    """Load what the parameters name; raises HandLandmarksError, then nothing stays loaded."""

    def load(model: str, kind: str) -> Backend:
        return load_backend(
            model,
            values.backend,
            values.precision,
            kind=kind,
            n_threads=values.n_threads,
            engine_options=values.engine_options(),
            progress=progress,
        )

    landmarks = load(values.model, LANDMARK_MODEL)
    try:
        detector = None
        if values.detector != NO_DETECTOR:
            detector = load(values.detector, DETECTOR_MODEL)
    except HandLandmarksError:
        landmarks.close()
        raise
    return Models(landmarks, detector)

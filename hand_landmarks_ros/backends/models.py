# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The models of a pipeline, loaded and released together."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ..core.detection import HandDetector
from ..core.errors import HandLandmarksError
from ..core.inference import Backend
from ..core.model_card import DETECTOR_MODEL, LANDMARK_MODEL
from ..core.options import NO_DETECTOR
from .loader import load_backend


@dataclass(frozen=True)
class Models:
    """The landmark model, and the detector model where there is one."""

    landmarks: Backend
    detector: Backend | None

    def hand_detector(self) -> HandDetector | None:
        """Return what finds hands with the detector model."""
        return HandDetector(self.detector) if self.detector else None

    def close(self) -> None:
        """Release both, also where one of them fails."""
        with ExitStack() as stack:
            stack.callback(self.landmarks.close)
            if self.detector is not None:
                stack.callback(self.detector.close)


def load_models(model: str, detector: str, **options: Any) -> Models:
    """Load a landmark model and a detector, or NO_DETECTOR; when one fails nothing stays loaded.

    options: backend, precision and what else `load_backend` takes. Raises HandLandmarksError.
    """
    landmarks = load_backend(model, kind=LANDMARK_MODEL, **options)
    if detector == NO_DETECTOR:
        return Models(landmarks, None)
    try:
        return Models(landmarks, load_backend(detector, kind=DETECTOR_MODEL, **options))
    except HandLandmarksError:
        landmarks.close()
        raise

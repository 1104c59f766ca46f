# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is measured, on what, and how often: shared by all suites."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..backends.loader import load_backend, model_card
from ..core.inference import Backend
from ..core.model_card import LANDMARK_MODEL
from ..core.options import NO_DETECTOR
from .frames import Frames, enlarged, one_hand_frames


@dataclass(frozen=True)
class Settings:
    """Choices of the command line.

    model: the landmark model that the pipeline runs; models: all that are measured as networks.
    detector: a model, or NO_DETECTOR. backend, precision: as for load_backend. n_images: how many
    images count in each measurement. clip: video with truth beside it. sizes_px: (width, height)
    that it is enlarged to. mediapipe_python: interpreter in whose environment MediaPipe is
    installed.
    """

    model: str
    models: tuple[str, ...]
    detector: str
    backend: str
    precision: str
    n_images: int
    clip: Path
    sizes_px: tuple[tuple[int, int], ...]
    mediapipe_python: Path

    def load_backend(
        self, n_threads: int = 0, *, model: str | None = None, kind: str = LANDMARK_MODEL
    ) -> AbstractContextManager[Backend]:
        """Load a model, by default the pipeline's; the context closes it."""
        backend = load_backend(
            model or self.model, self.backend, self.precision, kind=kind, n_threads=n_threads
        )
        return closing(backend)

    @property
    def landmark_models(self) -> list[str]:
        """Those of the models that give landmarks."""
        return [model for model in self.models if model_card(model).kind == LANDMARK_MODEL]

    def node_parameters(self) -> dict[str, str]:
        """The same choices as parameters of the node, which follows the clip's one hand."""
        return {
            "model": self.model,
            "detector": NO_DETECTOR,
            "backend": self.backend,
            "precision": self.precision,
        }

    def frames(self) -> Iterator[Frames]:
        """Yield the clip's images in each size."""
        for width_px, height_px in self.sizes_px:
            yield enlarged(_frames_of(self.clip), width_px, height_px)


@lru_cache(maxsize=1)
def _frames_of(clip: Path) -> Frames:
    return one_hand_frames(clip)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The models that a node runs, loaded as its parameters say."""

from __future__ import annotations

from ..backends import models
from ..backends.background import LoadProgress
from .parameters import NodeParameters


def load_models(values: NodeParameters, progress: LoadProgress) -> models.Models:
    """Load what the parameters name; raises HandLandmarksError, then nothing stays loaded."""
    return models.load_models(
        values.model,
        values.detector,
        backend=values.backend,
        precision=values.precision,
        n_threads=values.n_threads,
        engine_options=values.engine_options(),
        progress=progress,
    )

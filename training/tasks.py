# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Kinds of models that can be trained, by the name that configs and model cards give them."""

from __future__ import annotations

from hand_landmarks_ros.core.errors import ParameterError
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL, LANDMARK_MODEL

from .detector_module import DetectorModule
from .landmark_module import LandmarkModule
from .reference_module import FasterRcnnModule, SsdLiteModule
from .stage_module import StageModule

MODULES: dict[str, type[StageModule]] = {
    DETECTOR_MODEL: DetectorModule,
    LANDMARK_MODEL: LandmarkModule,
    "faster_rcnn": FasterRcnnModule,
    "ssdlite": SsdLiteModule,
}


def module_class(kind: str) -> type[StageModule]:
    """Return how a kind of model learns; raises ParameterError that names the kinds there are."""
    if kind not in MODULES:
        raise ParameterError(f"there is no kind of model {kind!r}; there are {sorted(MODULES)}")
    return MODULES[kind]

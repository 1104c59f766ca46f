# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures on their own: nothing is known of one from the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .core.detection import HandDetector
from .core.inference import Backend
from .core.pipeline import HandPipeline, PipelineOptions
from .core.types import Hand, RgbImage

_EVERY_REGION = 64
"""A still has no next frame in which to go on searching, so all of it is searched at once."""


def for_stills(options: PipelineOptions) -> PipelineOptions:
    """Return the options for pictures that have no next one."""
    return replace(options, smoothing="none", n_search_regions=_EVERY_REGION)


def finder_in_stills(
    backend: Backend, detector: HandDetector | None, max_hands: int
) -> Callable[[RgbImage], tuple[Hand, ...]]:
    """Return what finds the hands in a picture and forgets them before the next."""
    pipeline = HandPipeline(backend, for_stills(PipelineOptions(max_hands=max_hands)), detector)

    def find_hands(image: RgbImage) -> tuple[Hand, ...]:
        pipeline.reset()
        return pipeline(image, 0.0)

    return find_hands

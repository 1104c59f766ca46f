# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The networks alone: threads against batch sizes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from ..backends.loader import model_card
from ..core.crop import cut_crops
from ..core.detection import whole_image
from ..core.inference import Backend
from ..core.model_card import DETECTOR_MODEL, ModelCard
from ..core.region import boxes_from_landmarks
from .frames import Frames
from .settings import Settings
from .tables import Cell, Table
from .timing import N_WARM_UP, blocks, parts_of_inference_s, spread, timed

N_THREADS = (1, 2)
BATCH_SIZES = (1, 2, 4)

_BLOCK = 10


def run(settings: Settings) -> Iterator[Table]:
    """Yield a table for each model, with every number of threads and every batch size."""
    frames = next(settings.frames())
    for model in settings.models:
        card = model_card(model)
        with ExitStack() as stack:
            backends: dict[int, Backend] = {}
            for n_threads in N_THREADS:
                backends[n_threads] = stack.enter_context(
                    settings.load_backend(n_threads, model=model, kind=card.kind)
                )
                if parts_of_inference_s(backends[n_threads]):
                    break  # It runs on a GPU, which the CPU's threads do not speed up.
            inputs = inputs_of(frames, card)
            durations_s = time_calls(backends, inputs, settings.n_images)
        rows: list[dict[str, Cell]] = [
            {
                "threads": n_threads if len(backends) > 1 else None,
                "batch": batch,
                **spread(values),
                "per_image_median_ms": 1e3 * float(np.median(values)) / batch,
            }
            for (n_threads, batch), values in durations_s.items()
        ]
        title = f"Inference of {card.name} {card.version}, input of {card.input_size_px} px"
        yield Table(title, rows, _NOTES)


_NOTES = ("The settings take turns, ten calls each. What surrounds the network does not count.",)


def inputs_of(frames: Frames, card: ModelCard) -> NDArray[np.uint8]:
    """Return a model's inputs, as many as its largest batch: hands, or one whole image."""
    if card.kind == DETECTOR_MODEL:
        image = whole_image(frames.width_px, frames.height_px)
        return cut_crops(frames.images[0], image, card.input_size_px)[0]
    return crops_of(frames, card.input_size_px, max(BATCH_SIZES))


def crops_of(frames: Frames, size_px: int, n: int) -> NDArray[np.uint8]:
    """Return crops of n of the true hands, evenly spaced in time, (n, size_px, size_px, 3)."""
    chosen = np.linspace(0, len(frames.images) - 1, n).astype(int)
    return np.concatenate(
        [
            cut_crops(frames.images[i], boxes_from_landmarks(frames.truth[i].xy_px[None]), size_px)[
                0
            ]
            for i in chosen
        ]
    )


def time_calls(
    backends: Mapping[int, Backend], inputs: NDArray[np.uint8], n_calls: int
) -> dict[tuple[int, int], list[float]]:
    """Return the durations, s, of calls by number of threads and batch size."""
    sizes: Sequence[int] = [size for size in BATCH_SIZES if size <= len(inputs)]
    durations_s: dict[tuple[int, int], list[float]] = defaultdict(list)
    for block in (range(-N_WARM_UP, 0), *blocks(n_calls, _BLOCK)):
        for n_threads, backend in backends.items():
            for batch in sizes:
                for n in block:
                    _, duration_s = timed(backend, {"image": inputs[:batch]})
                    if n >= 0:
                        durations_s[n_threads, batch].append(duration_s)
    return durations_s

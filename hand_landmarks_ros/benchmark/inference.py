# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The network alone: threads against batch sizes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from ..core.crop import cut_crops
from ..core.inference import Backend
from ..core.region import boxes_from_landmarks
from .frames import Frames
from .settings import Settings
from .tables import Cell, Table
from .timing import N_WARM_UP, blocks, spread, timed

N_THREADS = (1, 2)
BATCH_SIZES = (1, 2, 4)

_BLOCK = 10


def run(settings: Settings) -> Iterator[Table]:
    """Yield one table with every number of threads and every batch size."""
    frames = next(settings.frames())
    with ExitStack() as stack:
        backends = {n: stack.enter_context(settings.load_backend(n)) for n in N_THREADS}
        card = backends[N_THREADS[0]].card
        crops = crops_of(frames, card.input_size_px)
        durations_s = time_calls(backends, crops, settings.n_images)
        rows: list[dict[str, Cell]] = [
            {
                "threads": n_threads,
                "batch": batch,
                **spread(values),
                "per_hand_median_ms": 1e3 * float(np.median(values)) / batch,
            }
            for (n_threads, batch), values in durations_s.items()
        ]
    title = f"Inference of {card.name} {card.version}, crops of {card.input_size_px} px"
    yield Table(title, rows, ("The settings take turns, ten calls each.",))


def crops_of(frames: Frames, size_px: int) -> NDArray[np.uint8]:
    """Return crops of the true hands, (N, size_px, size_px, 3), as many as the largest batch."""
    chosen = np.linspace(0, len(frames.images) - 1, max(BATCH_SIZES)).astype(int)
    return np.concatenate(
        [
            cut_crops(frames.images[n], boxes_from_landmarks(frames.truth[n].xy_px[None]), size_px)[
                0
            ]
            for n in chosen
        ]
    )


def time_calls(
    backends: dict[int, Backend], crops: NDArray[np.uint8], n_calls: int
) -> dict[tuple[int, int], list[float]]:
    """Return the durations, s, of calls by number of threads and batch size."""
    durations_s: dict[tuple[int, int], list[float]] = defaultdict(list)
    for block in (range(-N_WARM_UP, 0), *blocks(n_calls, _BLOCK)):
        for n_threads, backend in backends.items():
            for batch in BATCH_SIZES:
                inputs = {"image": crops[:batch]}
                for n in block:
                    _, duration_s = timed(backend, inputs)
                    if n >= 0:
                        durations_s[n_threads, batch].append(duration_s)
    return durations_s

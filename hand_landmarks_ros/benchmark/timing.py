# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Durations: how they are taken, and what is said of many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from ..core.inference import Backend

ResultT = TypeVar("ResultT")

N_WARM_UP = 10
"""Calls before the first one that counts: caches fill, buffers and threads come into being."""


_ENOUGH_FOR_P99 = 100


def timed(call: Callable[..., ResultT], *arguments: Any) -> tuple[ResultT, float]:
    """Return what a call returns and how long it took, s."""
    start_s = perf_counter()
    result = call(*arguments)
    return result, perf_counter() - start_s


def spread(durations_s: Sequence[float]) -> dict[str, float | int | None]:
    """Return the cells of a table row that describe durations; None where there are too few."""
    n = len(durations_s)
    cells: dict[str, float | int | None] = dict.fromkeys(("median_ms", "p95_ms", "p99_ms"))
    if n:
        cells["median_ms"], cells["p95_ms"] = 1e3 * np.percentile(durations_s, (50, 95))
    if n >= _ENOUGH_FOR_P99:
        cells["p99_ms"] = 1e3 * float(np.percentile(durations_s, 99))
    return {**cells, "n": n}


def parts_of_inference_s(backend: Backend) -> Mapping[str, float]:
    """Return how long the parts of a backend's last run took, s; empty if it does not time them.

    Backends on a GPU may have `stage_times_s`, with H2D, inference and D2H in that order.
    """
    return getattr(backend, "stage_times_s", {})


def blocks(n: int, block: int) -> Iterator[range]:
    """Cut range(n) into blocks; whoever is compared takes turns block by block.

    So a machine that slows down for a while does so for all of them.
    """
    for first in range(0, n, block):
        yield range(first, min(first + block, n))


def block_ratios(
    durations_s: Sequence[Sequence[float]], others_s: Sequence[Sequence[float]]
) -> list[float]:
    """Return, of each block in which both have durations, their median over the others'."""
    return [
        float(np.median(own) / np.median(other))
        for own, other in zip(durations_s, others_s, strict=True)
        if own and other
    ]


def ratio(
    ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]
) -> Mapping[str, float]:
    """Return ours / theirs, from the durations of each block: median and quartiles over the blocks.

    Within a block it is the ratio of the medians.
    """
    low, middle, high = np.percentile(block_ratios(ours, theirs), (25, 50, 75))
    return {"ours_over_theirs": middle, "lower_quartile": low, "upper_quartile": high}

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Durations: how they are taken, and what is said of many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

ResultT = TypeVar("ResultT")

N_WARM_UP = 10
"""Calls before the first one that counts: caches fill, buffers and threads come into being."""


def timed(call: Callable[..., ResultT], *arguments: Any) -> tuple[ResultT, float]:
    """Return what a call returns and how long it took, s."""
    start_s = perf_counter()
    result = call(*arguments)
    return result, perf_counter() - start_s


def spread(durations_s: Sequence[float]) -> dict[str, float | int | None]:
    """Return the cells of a table row that describe durations; None where there are none."""
    if not len(durations_s):
        return {"median_ms": None, "p95_ms": None, "n": 0}
    median_s, p95_s = np.percentile(durations_s, (50, 95))
    return {"median_ms": 1e3 * median_s, "p95_ms": 1e3 * p95_s, "n": len(durations_s)}


def blocks(n: int, block: int) -> Iterator[range]:
    """Cut range(n) into blocks; whoever is compared takes turns block by block.

    So a machine that slows down for a while does so for all of them.
    """
    for first in range(0, n, block):
        yield range(first, min(first + block, n))


def ratio(
    ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]
) -> Mapping[str, float]:
    """Return ours / theirs, from the durations of each block: median and quartiles over the blocks.

    Within a block it is the ratio of the medians.
    """
    ratios = [np.median(a) / np.median(b) for a, b in zip(ours, theirs, strict=True)]
    low, middle, high = np.percentile(ratios, (25, 50, 75))
    return {"ours_over_theirs": middle, "lower_quartile": low, "upper_quartile": high}

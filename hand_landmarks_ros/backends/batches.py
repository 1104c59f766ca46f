# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Batches of any size for what takes only so many at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..core.types import Array
from .signature import Tensor

Run = Callable[[Mapping[str, Array]], dict[str, Array]]


def run_in_batches(
    run: Run, inputs: Mapping[str, Array], outputs: Sequence[Tensor], max_batch: int | None
) -> dict[str, Array]:
    """Return the outputs for N inputs: of one run, of several if N > max_batch, empty for N = 0.

    max_batch: None where any number fits into one run.
    """
    n = len(inputs["image"])
    if n == 0:
        return {tensor.name: tensor.zeros(0) for tensor in outputs}
    step = max_batch or n
    parts = [
        run({name: array[i : i + step] for name, array in inputs.items()})
        for i in range(0, n, step)
    ]
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

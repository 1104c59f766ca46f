# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parts of batches, for what takes only so many at a time."""

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
    return joined([run(part_of(inputs, i, i + step)) for i in range(0, n, step)])


def part_of(inputs: Mapping[str, Array], start: int, end: int) -> dict[str, Array]:
    """Return the inputs from the one numbered start to before end."""
    return {name: array[start:end] for name, array in inputs.items()}


def joined(parts: Sequence[dict[str, Array]]) -> dict[str, Array]:
    """Return the outputs of one part, or more, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

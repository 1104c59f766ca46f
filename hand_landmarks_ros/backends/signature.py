# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The names, shapes and types a model's inputs and outputs must have, checked for every backend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.errors import ModelError
from ..core.model_card import ModelCard
from ..core.topology import N_LANDMARKS
from ..core.types import Array

BATCH = "N"
"""Stands for the free batch dimension."""

_REQUIRED_OUTPUTS = ("heatmaps", "presence", "handedness")


@dataclass(frozen=True)
class Tensor:
    """One input or output; `shape` starts with BATCH, `dtype` is numpy's name."""

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]

    def empty(self) -> Array:
        """Return what the tensor holds for a batch of none."""
        return np.empty([size if isinstance(size, int) else 0 for size in self.shape], self.dtype)


def expected_inputs(card: ModelCard) -> list[Tensor]:
    """Return what a landmark model with that card takes."""
    return [Tensor("image", "uint8", (BATCH, card.input_size_px, card.input_size_px, 3))]


def expected_outputs(card: ModelCard) -> list[Tensor]:
    """Return what a landmark model with that card gives; raises ModelError if it lacks a part."""
    size = card.codec().map_size_px
    known = {
        "heatmaps": Tensor("heatmaps", "float32", (BATCH, N_LANDMARKS, size, size)),
        "presence": Tensor("presence", "float32", (BATCH,)),
        "handedness": Tensor("handedness", "float32", (BATCH,)),
        "z": Tensor("z", "float32", (BATCH, N_LANDMARKS)),
    }
    if not set(_REQUIRED_OUTPUTS) <= set(card.outputs) <= set(known):
        raise ModelError(
            f"the model card lists the outputs {sorted(card.outputs)}, expected "
            f"{', '.join(_REQUIRED_OUTPUTS)} and at most z besides; export the model again"
        )
    return [known[name] for name in card.outputs]


def check_tensors(kind: str, found: Iterable[Tensor], expected: Sequence[Tensor]) -> None:
    """Raise ModelError unless the file has exactly the tensors its card promises.

    A dimension that is not a plain number is free, and only the batch may be.
    """
    tensors = {tensor.name: tensor for tensor in found}
    names = [tensor.name for tensor in expected]
    if sorted(tensors) != sorted(names):
        raise ModelError(
            f"the model has the {kind}s {sorted(tensors)}, its card promises {sorted(names)}; "
            "export the model again"
        )
    for want in expected:
        tensor = tensors[want.name]
        shape = tuple(size if isinstance(size, int) else BATCH for size in tensor.shape)
        if (tensor.dtype, shape) != (want.dtype, want.shape):
            raise ModelError(
                f"the model's {kind} '{want.name}' is {tensor.dtype} {shape}, its card promises "
                f"{want.dtype} {want.shape} with a free batch size N; export the model again"
            )

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The names, shapes and types a model's inputs and outputs must have, checked for every backend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.detection_codec import MAP_CHANNELS
from ..core.errors import ModelError
from ..core.model_card import DETECTOR_MODEL, ModelCard
from ..core.topology import N_LANDMARKS
from ..core.types import Array

BATCH = "N"
"""Stands for the open batch dimension."""


@dataclass(frozen=True)
class Tensor:
    """One input or output; `dtype` is numpy's name, what is no number in `shape` is left open."""

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]

    def zeros(self, n: int) -> Array:
        """Return a batch of n, all zero."""
        return np.zeros(self.shape_of(n), self.dtype)

    def shape_of(self, n: int) -> tuple[int, ...]:
        """Return the shape of a batch of n."""
        return tuple(size if isinstance(size, int) else n for size in self.shape)


def expected_inputs(card: ModelCard) -> list[Tensor]:
    """Return what a model with that card takes."""
    return [Tensor("image", "uint8", (BATCH, card.input_size_px, card.input_size_px, 3))]


def expected_outputs(card: ModelCard) -> list[Tensor]:
    """Return what a model with that card gives; raises ModelError if it lacks a part."""
    known, optional = (
        _detector_outputs(card) if card.kind == DETECTOR_MODEL else _landmark_outputs(card)
    )
    required = set(known) - optional
    if not required <= set(card.outputs) <= set(known):
        besides = f" and at most {', '.join(sorted(optional))} besides" if optional else ""
        raise ModelError(
            f"the model card lists the outputs {sorted(card.outputs)}, expected "
            f"{', '.join(name for name in known if name in required)}{besides}; export the model "
            "again"
        )
    return [known[name] for name in card.outputs]


def _landmark_outputs(card: ModelCard) -> tuple[dict[str, Tensor], set[str]]:
    size = card.codec().map_size_px
    tensors = [
        Tensor("heatmaps", "float32", (BATCH, N_LANDMARKS, size, size)),
        Tensor("presence", "float32", (BATCH,)),
        Tensor("handedness", "float32", (BATCH,)),
        Tensor("z", "float32", (BATCH, N_LANDMARKS)),
    ]
    return {tensor.name: tensor for tensor in tensors}, {"z"}


def _detector_outputs(card: ModelCard) -> tuple[dict[str, Tensor], set[str]]:
    codec = card.detection_codec()
    tensors = {
        name: Tensor(name, "float32", (BATCH, *codec.map_shape(name))) for name in MAP_CHANNELS
    }
    return tensors, set()


def check_tensors(kind: str, found: Iterable[Tensor], expected: Sequence[Tensor]) -> None:
    """Raise ModelError unless the file has exactly the tensors its card promises.

    A size that the file leaves open fits any; the batch must be open.
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
        fits = len(tensor.shape) == len(want.shape) and all(
            not isinstance(size, int) or size == wanted
            for size, wanted in zip(tensor.shape, want.shape, strict=True)
        )
        if not fits or tensor.dtype != want.dtype:
            raise ModelError(
                f"the model's {kind} '{want.name}' is {tensor.dtype} {tensor.shape}, its card "
                f"promises {want.dtype} {want.shape} with an open batch size N; export the model "
                "again"
            )


def check_trial(outputs: Mapping[str, Array], expected: Sequence[Tensor]) -> None:
    """Raise ModelError unless what came out of a trial with one crop has the promised sizes."""
    for want in expected:
        shape = (1, *want.shape[1:])
        if outputs[want.name].shape != shape:
            raise ModelError(
                f"for one crop the model gave '{want.name}' of shape {outputs[want.name].shape}, "
                f"its card promises {shape}; export the model again"
            )

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The seam between the pipeline and what runs its network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .model_card import ModelCard
from .types import Array


class Backend(Protocol):
    """Runs one model: named arrays in, named arrays out, the whole batch in one call.

    For a landmark model the input is `image` (N, S, S, 3) uint8 RGB. The outputs are `heatmaps`
    (N, 21, S / stride, S / stride) float32 in 0-1; `presence` (N,) and `handedness` (N,) float32,
    the probabilities that there is a hand and that it is a right one; and maybe `z` (N, 21),
    crop px.
    """

    @property
    def card(self) -> ModelCard:
        """What the model says of itself."""
        ...

    @property
    def description(self) -> str:
        """Backend, provider and precision, for logs and diagnostics."""
        ...

    def __call__(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Run the network; N = 0 gives empty outputs."""
        ...

    def close(self) -> None:
        """Release what the backend holds; a closed backend must not be called."""
        ...

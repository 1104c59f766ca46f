# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Lets the runtime's own code run a network that is still in training."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from hand_landmarks_ros.core.model_card import ModelCard
from hand_landmarks_ros.core.types import Array


class NetworkBackend:
    """A `core.inference.Backend` of PyTorch.

    deployed: gives the outputs that the card names, in that order, as an exported file would.
    """

    description = "PyTorch"

    def __init__(self, deployed: nn.Module, card: ModelCard) -> None:
        self._deployed = deployed
        self.card = card

    def __call__(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Run the network on `image` (N, S, S, 3) uint8."""
        device = next(self._deployed.parameters()).device
        with torch.no_grad():
            outputs = self._deployed(torch.from_numpy(inputs["image"]).to(device))
        return {
            name: values.float().cpu().numpy()
            for name, values in zip(self.card.outputs, outputs, strict=True)
        }

    def close(self) -> None:
        """Nothing to release."""

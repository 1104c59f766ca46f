# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Weights on disk: those of a finished stage and those within a Lightning checkpoint."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch

from hand_landmarks_ros.core.errors import ModelError

from .networks.landmark_network import LandmarkNetwork


def save_weights(network: LandmarkNetwork, path: Path) -> None:
    """Write the state dictionary of the bare network."""
    torch.save(network.state_dict(), path)


def load_weights(network: LandmarkNetwork, path: Path) -> None:
    """Load what `save_weights` wrote, or the averaged weights of a checkpoint.

    Raises ModelError when the file does not fit the network.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        # A Lightning checkpoint holds the averaged weights as its state_dict.
        prefix = "network." if "state_dict" in stored else ""
        stored = stored.get("state_dict", stored)
        network.load_state_dict(
            {name.removeprefix(prefix): value for name, value in stored.items()}
        )
    except (OSError, RuntimeError, AttributeError, pickle.UnpicklingError) as error:
        raise ModelError(f"{path} holds no weights of this network: {error}") from error

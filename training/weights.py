# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Weights on disk: of a finished stage, in a Lightning checkpoint, and in an exported model."""

from __future__ import annotations

import pickle
from pathlib import Path

import onnx
import torch
from google.protobuf.message import DecodeError
from torch import Tensor

from hand_landmarks_ros.core.errors import ModelError

from .networks.landmark_network import LandmarkNetwork

StateDict = dict[str, Tensor]


def save_weights(network: LandmarkNetwork, path: Path) -> None:
    """Write the state dictionary of the bare network."""
    torch.save(network.state_dict(), path)


def load_weights(network: LandmarkNetwork, path: Path) -> None:
    """Load what `save_weights` wrote, a checkpoint's averaged weights, or an exported model's.

    Raises ModelError when the file does not fit the network.
    """
    try:
        read = _onnx_weights if path.suffix == ".onnx" else _torch_weights
        network.load_state_dict(read(path, network.state_dict()))
    except (OSError, RuntimeError, AttributeError, pickle.UnpicklingError, DecodeError) as error:
        raise ModelError(f"{path} holds no weights of this network: {error}") from error


def _torch_weights(path: Path, own: StateDict) -> StateDict:
    """Return the weights of a bare state dictionary, or the averaged ones of a checkpoint."""
    stored = torch.load(path, map_location="cpu", weights_only=True)
    # A Lightning checkpoint holds the averaged weights as its state_dict.
    prefix = "network." if "state_dict" in stored else ""
    stored = stored.get("state_dict", stored)
    return {name.removeprefix(prefix): value for name, value in stored.items()}


def _onnx_weights(path: Path, own: StateDict) -> StateDict:
    """Return the weights of an exported model, whose initializers keep their names."""
    stored = {
        weight.name.removeprefix("network."): torch.from_numpy(
            onnx.numpy_helper.to_array(weight).copy()
        )
        for weight in onnx.load(path).graph.initializer
    }
    # How many batches have been averaged is no part of an exported model.
    counts = {name: value for name, value in own.items() if name.endswith("num_batches_tracked")}
    return {name: stored[name] for name in own if name in stored} | counts

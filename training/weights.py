# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Weights on disk: of a finished stage, in a Lightning checkpoint, and in an exported model."""

from __future__ import annotations

import pickle
from pathlib import Path

import onnx
import torch
from google.protobuf.message import DecodeError
from torch import Tensor, nn

from hand_landmarks_ros.core.errors import ModelError

from .mediapipe_weights import load_mediapipe
from .networks.landmark_network import LandmarkNetwork
from .networks.mobilenet_v2 import MobileNetV2

StateDict = dict[str, Tensor]


def save_weights(network: nn.Module, path: Path) -> None:
    """Write the state dictionary of the bare network."""
    torch.save(network.state_dict(), path)


def load_weights(network: nn.Module, path: Path) -> None:
    """Load what `save_weights` wrote, a checkpoint's averaged weights, or an exported model's.

    Of MediaPipe's .tflite the parts that fit are taken (`training.mediapipe_weights`). Raises
    ModelError when the file does not fit the network.
    """
    if path.suffix == ".tflite":
        if not isinstance(network, LandmarkNetwork):
            raise ModelError(f"{path} holds weights of a landmark model; a detector takes none")
        load_mediapipe(network, path)
        return
    try:
        read = _onnx_weights if path.suffix == ".onnx" else _torch_weights
        network.load_state_dict(read(path, network.state_dict()))
    except (OSError, RuntimeError, AttributeError, pickle.UnpicklingError, DecodeError) as error:
        raise ModelError(f"{path} holds no weights of this network: {error}") from error


def load_backbone(backbone: nn.Module, path: Path) -> None:
    """Start a backbone from that of an exported model (.onnx), or from ImageNet weights (.pt).

    The exported model's backbone may have more blocks. Raises ModelError when weights are missing.
    """
    if path.suffix != ".onnx":
        load_imagenet(backbone, path)
        return
    own = backbone.state_dict()
    try:
        named = {f"backbone.{name}": value for name, value in own.items()}
        stored = _onnx_weights(path, named)
        backbone.load_state_dict({n.removeprefix("backbone."): v for n, v in stored.items()})
    except (OSError, RuntimeError, DecodeError) as error:
        raise ModelError(f"{path} holds no weights of this backbone: {error}") from error


def load_imagenet(backbone: nn.Module, path: Path) -> None:
    """Start a backbone from ImageNet weights; raises ModelError if they are of another network."""
    if not isinstance(backbone, MobileNetV2):
        raise ModelError(
            f"{path}: ImageNet weights can be read for MobileNetV2 only, the backbone is a "
            f"{type(backbone).__name__}"
        )
    backbone.load_imagenet(path)


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

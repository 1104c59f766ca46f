# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Weights on disk: of a finished stage, in a Lightning checkpoint, and in an exported model."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    own = network.state_dict()
    with _expecting("weights of this network", path):
        network.load_state_dict(_for_training_only(own) | _read(path))


def load_average(network: nn.Module, paths: Sequence[Path]) -> None:
    """Load the mean of the weights in several files, of those each that have it.

    Weights that one run led to from another lie in one valley, and their mean is often better than
    either (model soups, Wortsman et al., ICML 2022). Raises ModelError as `load_weights` does.
    """
    found: dict[str, list[Tensor]] = {}
    for path in paths:
        with _expecting("weights of this network", path):
            for name, value in _read(path).items():
                found.setdefault(name, []).append(value)
    with _expecting("weights of this network", paths[0]):
        mean = {n: torch.stack(v).double().mean(dim=0).to(v[0].dtype) for n, v in found.items()}
        network.load_state_dict(_for_training_only(network.state_dict()) | mean)


def load_backbone(backbone: nn.Module, path: Path) -> None:
    """Start a backbone from that of an exported model (.onnx), or from ImageNet weights (.pt).

    The exported model's backbone may have more blocks. Raises ModelError when weights are missing.
    """
    if path.suffix != ".onnx":
        load_imagenet(backbone, path)
        return
    own = backbone.state_dict()
    with _expecting("weights of this backbone", path):
        stored = _read(path)
        taken = {name: stored[f"backbone.{name}"] for name in own if f"backbone.{name}" in stored}
        backbone.load_state_dict(_for_training_only(own) | taken)


def load_imagenet(backbone: nn.Module, path: Path) -> None:
    """Start a backbone from ImageNet weights; raises ModelError if they are of another network."""
    if not isinstance(backbone, MobileNetV2):
        raise ModelError(
            f"{path}: ImageNet weights can be read for MobileNetV2 only, the backbone is a "
            f"{type(backbone).__name__}"
        )
    backbone.load_imagenet(path)


@contextmanager
def _expecting(what: str, path: Path) -> Iterator[None]:
    """Raise ModelError instead of the many errors of a file that does not fit."""
    try:
        yield
    except (OSError, RuntimeError, AttributeError, pickle.UnpicklingError, DecodeError) as error:
        raise ModelError(f"{path} holds no {what}: {error}") from error


def _read(path: Path) -> StateDict:
    """Return all weights of a bare state dictionary, a checkpoint, or an exported model."""
    if path.suffix == ".onnx":
        # Weights keep their names, those of constants are paths.
        return {
            weight.name.removeprefix("network."): torch.from_numpy(
                onnx.numpy_helper.to_array(weight).copy()
            )
            for weight in onnx.load(path).graph.initializer
            if weight.name.startswith("network.")
        }
    stored = torch.load(path, map_location="cpu", weights_only=True)
    # A Lightning checkpoint holds the averaged weights as its state_dict.
    prefix = "network." if "state_dict" in stored else ""
    stored = stored.get("state_dict", stored)
    return {name.removeprefix(prefix): value for name, value in stored.items()}


def _for_training_only(own: StateDict) -> StateDict:
    """Return how many batches were averaged, which exported models do not tell, as it is."""
    return {name: value for name, value in own.items() if name.endswith("num_batches_tracked")}

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
from .networks.aligner import Aligner
from .networks.landmark_network import LandmarkNetwork
from .networks.mobilenet_v2 import MobileNetV2

StateDict = dict[str, Tensor]

_ALIGNER = "aligner."


def save_weights(network: nn.Module, path: Path) -> None:
    """Write the state dictionary of the bare network."""
    torch.save(network.state_dict(), path)


def load_weights(network: nn.Module, path: Path, *, keeps_aligner: bool = False) -> None:
    """Load what `save_weights` wrote, a checkpoint's averaged weights, or an exported model's.

    Of MediaPipe's .tflite the parts that fit are taken (`training.mediapipe_weights`).
    keeps_aligner: leave the aligner, which the file need not have. Raises ModelError when the file
    does not fit the network.
    """
    if path.suffix == ".tflite":
        if not isinstance(network, LandmarkNetwork):
            raise ModelError(f"{path} holds weights of a landmark model; a detector takes none")
        load_mediapipe(network, path)
        return
    own = network.state_dict()
    kept = {n: value for n, value in own.items() if keeps_aligner and n.startswith(_ALIGNER)}
    with _expecting("weights of this network", path):
        network.load_state_dict(_fitting(_read(path), own) | kept)


def load_average(network: nn.Module, paths: Sequence[Path]) -> None:
    """Load the mean of the weights in several files, of those each that have it.

    Weights that one run led to from another lie in one valley, and their mean is often better than
    either (model soups, Wortsman et al., ICML 2022). Raises ModelError as `load_weights` does.
    """
    own = network.state_dict()
    found: dict[str, list[Tensor]] = {name: [] for name in own}
    for path in paths:
        with _expecting("weights of this network", path):
            for name, value in _read(path).items():
                if name in found:
                    found[name].append(value)
    mean = {n: torch.stack(v).double().mean(dim=0).to(own[n].dtype) for n, v in found.items() if v}
    with _expecting("weights of this network", paths[0]):
        network.load_state_dict(_fitting(mean, own))


def load_aligner(aligner: Aligner, path: Path) -> None:
    """Start an aligner from another landmark model, ours (.onnx, .pt) or MediaPipe's (.tflite).

    Taken is its aligner if it has one, else its only look. Raises ModelError when that has another
    backbone, or no coordinate head.
    """
    if path.suffix == ".tflite":
        load_mediapipe(aligner, path)
        return
    own = {f"{_ALIGNER}{name}": value for name, value in aligner.state_dict().items()}
    with _expecting("weights of this aligner", path):
        stored = _read(path)
        if not any(name.startswith(_ALIGNER) for name in stored):
            stored = {f"{_ALIGNER}{name}": value for name, value in stored.items()}
        taken = _fitting(stored, own)
        aligner.load_state_dict({n.removeprefix(_ALIGNER): v for n, v in taken.items()})


def load_backbone(backbone: nn.Module, path: Path) -> None:
    """Start a backbone from that of an exported model (.onnx), or from ImageNet weights (.pt).

    The exported model's backbone may have more blocks. Raises ModelError when weights are missing.
    """
    if path.suffix != ".onnx":
        load_imagenet(backbone, path)
        return
    named = {f"backbone.{name}": value for name, value in backbone.state_dict().items()}
    with _expecting("weights of this backbone", path):
        taken = _fitting(_read(path), named)
        backbone.load_state_dict({n.removeprefix("backbone."): v for n, v in taken.items()})


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
        # Initializers keep their names.
        return {
            weight.name.removeprefix("network."): torch.from_numpy(
                onnx.numpy_helper.to_array(weight).copy()
            )
            for weight in onnx.load(path).graph.initializer
        }
    stored = torch.load(path, map_location="cpu", weights_only=True)
    # A Lightning checkpoint holds the averaged weights as its state_dict.
    prefix = "network." if "state_dict" in stored else ""
    stored = stored.get("state_dict", stored)
    return {name.removeprefix(prefix): value for name, value in stored.items()}


def _fitting(stored: StateDict, own: StateDict) -> StateDict:
    """Return what is stored of `own`, and from `own` what an exported model leaves out."""
    left_out = {name: value for name, value in own.items() if _serves_training_only(name)}
    return left_out | {name: stored[name] for name in own if name in stored}


def _serves_training_only(name: str) -> bool:
    """How many batches were averaged, and how sure the first look is: not in exported models."""
    return name.endswith("num_batches_tracked") or name.startswith(
        f"{_ALIGNER}coordinate_head.log_scale"
    )

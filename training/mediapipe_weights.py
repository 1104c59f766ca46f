# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Start from MediaPipe's hand landmark model: read its weights out of the .tflite file.

The files, hand_landmark_full.tflite and hand_landmark_lite.tflite (Apache-2.0, Google), lie in the
mediapipe wheel under mediapipe/modules/hand_landmark/. A network that starts from one must say so
in its model card.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import tflite
import torch
from numpy.typing import NDArray
from torch import nn

from hand_landmarks_ros.core.errors import ModelError
from hand_landmarks_ros.core.topology import N_LANDMARKS

from .networks.efficientnet_lite import EfficientNetLite
from .networks.landmark_network import LandmarkNetwork

Floats = NDArray[np.float32]
Layer = tuple[Floats, Floats]

_BROKEN = (AttributeError, IndexError, KeyError, TypeError, ValueError, struct.error)
"""What reading a damaged flatbuffer raises."""

_N_DENSE = 4  # presence, handedness, landmarks in the image, landmarks in metres


def load_mediapipe(network: LandmarkNetwork, path: Path) -> None:
    """Take the backbone, and the coordinate and depth heads where the network has them.

    Raises ModelError when the file or the network is of another architecture.
    """
    if not isinstance(network.backbone, EfficientNetLite):
        raise ModelError(
            f"MediaPipe's weights fit the backbones efficientnet_lite (full model) and "
            f"efficientnet_lite_small (lite), not {network.options.backbone}"
        )
    convolutions, dense = read_layers(path)
    own = [m for m in network.backbone.modules() if isinstance(m, nn.Conv2d)]
    if [m.weight.shape for m in own] != [w.shape for w, _ in convolutions]:
        raise ModelError(
            f"{path} has {len(convolutions)} convolutions of other shapes than the {len(own)} of "
            f"{network.options.backbone}; expected hand_landmark_full.tflite of mediapipe 0.10 for "
            "efficientnet_lite, hand_landmark_lite.tflite for efficientnet_lite_small"
        )
    for module, layer in zip(own, convolutions, strict=True):
        _fill(module, layer)
    if len(dense) != _N_DENSE:
        raise ModelError(f"{path} has {len(dense)} dense layers, expected {_N_DENSE}")
    weight, bias = (values.reshape(N_LANDMARKS, 3, -1) for values in dense[2])
    if network.options.head != "heatmaps":
        xy = weight[:, :2], bias[:, :2]
        _fill(network.coordinate_head.xy, (xy[0].reshape(2 * N_LANDMARKS, -1), xy[1].ravel()))
    if network.options.has_z:
        _fill(network.z_head, (weight[:, 2], bias[:, 2].ravel()))


def read_layers(path: Path) -> tuple[list[Layer], list[Layer]]:
    """Return (weight, bias) of the convolutions and of the dense layers, in the order they run.

    Convolution weights come as PyTorch has them: (out, in / groups, height, width).
    """
    try:
        model = tflite.Model.GetRootAs(path.read_bytes(), 0)
        return _layers(model)
    except (OSError, *_BROKEN) as error:
        raise ModelError(f"{path} is no TensorFlow Lite model: {error!r}") from error


def _layers(model: tflite.Model) -> tuple[list[Layer], list[Layer]]:
    graph = model.Subgraphs(0)
    kinds = tflite.BuiltinOperator
    convolutions: list[Layer] = []
    dense: list[Layer] = []
    stored_as: dict[int, int] = {}  # float32 tensor -> the float16 tensor that it is made from
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        kind = model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()
        inputs = [stored_as.get(int(i), int(i)) for i in operator.InputsAsNumpy()]
        if kind == kinds.DEQUANTIZE:
            stored_as[int(operator.OutputsAsNumpy()[0])] = inputs[0]
        elif kind in (kinds.CONV_2D, kinds.DEPTHWISE_CONV_2D):
            # out, height, width, in; of a depthwise one 1, height, width, channels
            axes = (0, 3, 1, 2) if kind == kinds.CONV_2D else (3, 0, 1, 2)
            weight, bias = (_constant(model, i) for i in inputs[1:3])
            convolutions.append((weight.transpose(axes), bias))
        elif kind == kinds.FULLY_CONNECTED:
            weight, bias = (_constant(model, i) for i in inputs[1:3])
            dense.append((weight, bias))
    return convolutions, dense


def _constant(model: tflite.Model, index: int) -> Floats:
    tensor = model.Subgraphs(0).Tensors(index)
    types = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.FLOAT16: np.float16}
    raw = model.Buffers(tensor.Buffer()).DataAsNumpy()
    values = np.frombuffer(raw.tobytes(), types[tensor.Type()])
    return values.reshape(tensor.ShapeAsNumpy()).astype(np.float32)


def _fill(module: nn.Module, layer: Layer) -> None:
    weight, bias = (torch.from_numpy(np.ascontiguousarray(values)) for values in layer)
    module.load_state_dict({"weight": weight, "bias": bias})

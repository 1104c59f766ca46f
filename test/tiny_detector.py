# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A detector that needs no training: it finds the white disk in the palm of drawn right hands.

Like tiny_model.py, a real .onnx file. It takes every hand for upright and of one size.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tiny_model import card_with, hand_xy_px

from hand_landmarks_ros.core.detection_codec import MAP_CHANNELS
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL
from hand_landmarks_ros.core.region import HAND_REGION_SCALE

SIZE_PX, STRIDE_PX = 256, 8
CARD = card_with(
    name="white_disks",
    kind=DETECTOR_MODEL,
    input_size_px=SIZE_PX,
    stride_px=STRIDE_PX,
    outputs=tuple(MAP_CHANNELS),
)


def save_tiny_detector(path: Path, *, hand_length_px: float, image_side_px: float) -> Path:
    """Write the model for hands of that length in images whose longer side is image_side_px."""
    cells_per_px = SIZE_PX / image_side_px / STRIDE_PX
    offset, box_size = _hand_around_disk(hand_length_px)
    offset, box_size = offset * cells_per_px, box_size * cells_per_px
    side = HAND_REGION_SCALE * box_size.max()
    maps = {
        "box": [*offset, *np.log(box_size)],
        "region": [*offset, np.log(side), 0.0, 1.0],
    }
    constants = {
        "black": 150.0,
        "gain": 1 / 60,
        "share": 3.0,
        "low": 0.0,
        "high": 1.0,
        "half": 0.5,
        **{f"{name}_values": np.reshape(values, (1, -1, 1, 1)) for name, values in maps.items()},
        **{f"{name}_zeros": np.zeros((1, len(values), 1, 1)) for name, values in maps.items()},
    }
    make = helper.make_node
    nodes = [
        make("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        make("ReduceMin", ["pixels"], ["darkest"], axes=[3], keepdims=0),
        make("Sub", ["darkest", "black"], ["above"]),
        make("Mul", ["above", "gain"], ["scaled"]),
        make("Clip", ["scaled", "low", "high"], ["white"]),
        make("Unsqueeze", ["white", "axis"], ["white_map"]),
        make(
            "AveragePool",
            ["white_map"],
            ["pooled"],
            kernel_shape=[STRIDE_PX] * 2,
            strides=[STRIDE_PX] * 2,
        ),
        make("Mul", ["pooled", "share"], ["peaks"]),
        make("Clip", ["peaks", "low", "high"], ["centre_map"]),
        make("Squeeze", ["centre_map", "axis"], ["centre"]),
        make("Mul", ["centre", "low"], ["nothing"]),
        make("Add", ["nothing", "half"], ["handedness"]),
    ]
    for name in maps:
        nodes += [
            make("Mul", ["centre_map", f"{name}_zeros"], [f"no_{name}"]),
            make("Add", [f"no_{name}", f"{name}_values"], [name]),
        ]
    _save(path, nodes, constants)
    return path


def _hand_around_disk(hand_length_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the centre of a hand's box, as seen from its disk, and the box's size, px."""
    xy_px = hand_xy_px((0.0, 0.0), hand_length_px)
    low, high = xy_px.min(axis=0), xy_px.max(axis=0)
    return (low + high) / 2 - xy_px[[0, 5, 17]].mean(axis=0), high - low


def _save(path: Path, nodes: list[onnx.NodeProto], constants: dict[str, object]) -> None:
    m = SIZE_PX // STRIDE_PX
    shapes = {
        name: ["N", m, m] if n_channels == 1 else ["N", n_channels, m, m]
        for name, n_channels in MAP_CHANNELS.items()
    }
    initialisers = [
        numpy_helper.from_array(np.asarray(value, np.float32), name)
        for name, value in constants.items()
    ]
    initialisers.append(numpy_helper.from_array(np.array([1], np.int64), "axis"))
    graph = helper.make_graph(
        nodes,
        "white_disks",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", SIZE_PX, SIZE_PX, 3])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items()],
        initialisers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    helper.set_model_props(model, CARD.to_metadata())
    onnx.save(model, str(path))

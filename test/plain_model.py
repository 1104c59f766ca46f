# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A landmark model of three operators with random weights: finds nothing, but runs in no time.

For tests of what runs a model, in float16 too (tiny_model's numbers are too large for that).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hand_landmarks_ros.core.model_card import ModelCard
from hand_landmarks_ros.core.topology import N_LANDMARKS

SIZE_PX, STRIDE_PX = 32, 4
MAP_SIZE_PX = SIZE_PX // STRIDE_PX

CARD = ModelCard(
    name="plain",
    version="1",
    input_size_px=SIZE_PX,
    stride_px=STRIDE_PX,
    sigma_px=1.5,
    outputs=("heatmaps", "presence", "handedness"),
    training_data="none",
    licence="Apache-2.0",
)


def save_plain_model(
    path: Path,
    *,
    seed: int = 0,
    first_operator: str = "Cast",
    domain: str = "",
    computes_padding: bool = False,
) -> Path:
    """Write a model.

    first_operator, domain: of the node that takes the uint8 image. computes_padding: pad as torch's
    exporter writes it, with arithmetic on constants.
    """
    weights = np.random.default_rng(seed).normal(0, 0.3, (N_LANDMARKS, 3, STRIDE_PX, STRIDE_PX))
    constants = {"scale": np.float32([1 / 255]), "weights": weights.astype(np.float32)}
    if first_operator == "Cast":
        begin = [
            helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT, domain=domain),
            helper.make_node("Transpose", ["pixels"], ["planes"], perm=[0, 3, 1, 2]),
        ]
    else:
        begin = [
            helper.make_node("Transpose", ["image"], ["turned"], perm=[0, 3, 1, 2], domain=domain),
            helper.make_node("Cast", ["turned"], ["planes"], to=TensorProto.FLOAT),
        ]
    padding = []
    if computes_padding:
        constants["no_padding"], constants["pairs"] = np.zeros(8, int), np.array([-1, 2])
        constants["flat"] = np.array([-1])
        padding = [
            helper.make_node("Reshape", ["no_padding", "pairs"], ["paired"]),
            helper.make_node("Reshape", ["paired", "flat"], ["pads"]),
            helper.make_node("Pad", ["unpadded", "pads"], ["bright"]),
        ]
    nodes = [
        *begin,
        helper.make_node("Mul", ["planes", "scale"], ["unpadded" if padding else "bright"]),
        *padding,
        helper.make_node("Conv", ["bright", "weights"], ["fit"], strides=[STRIDE_PX] * 2),
        helper.make_node("Sigmoid", ["fit"], ["heatmaps"]),
        helper.make_node("ReduceMean", ["heatmaps"], ["presence"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("ReduceMax", ["heatmaps"], ["handedness"], axes=[1, 2, 3], keepdims=0),
    ]
    shapes = {"heatmaps": ["N", N_LANDMARKS, MAP_SIZE_PX, MAP_SIZE_PX], "presence": ["N"]}
    shapes["handedness"] = ["N"]
    graph = helper.make_graph(
        nodes,
        "plain",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", SIZE_PX, SIZE_PX, 3])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in shapes.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 13)] + [helper.make_opsetid(domain, 1)] * bool(domain)
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    helper.set_model_props(model, CARD.to_metadata())
    onnx.save(model, str(path))
    return path


def random_crops(n: int, seed: int = 0) -> np.ndarray:
    """Return n crops of noise, (n, SIZE_PX, SIZE_PX, 3) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (n, SIZE_PX, SIZE_PX, 3), np.uint8)

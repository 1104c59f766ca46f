# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Computes beforehand what an exported network would compute from constants.

PyTorch's exporter writes a padding as a dozen operators on constants. ONNX Runtime folds them when
it loads the model; TensorRT's parser gives up on them ("IShuffleLayer applied to shape tensor must
have 0 or 1 reshape dimensions").
"""

from __future__ import annotations

from typing import Any

import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator


def fold_constants(model: onnx.ModelProto) -> None:
    """Replace each operator that depends on no input of the model by its value, in place.

    Weights keep their names.
    """
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    known: dict[str, Any] = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer
    }
    kept = []
    for node in graph.node:
        if all(name in known for name in node.input if name):
            feeds = {name: known[name] for name in node.input if name}
            values = ReferenceEvaluator(_as_model(node, model)).run(None, feeds)
            known.update(zip(node.output, list(values), strict=True))
        else:
            kept.append(node)
    needed = {name for node in kept for name in node.input} | {o.name for o in graph.output}
    del graph.node[:]
    graph.node.extend(kept)
    graph.initializer.extend(
        numpy_helper.from_array(value, name)
        for name, value in known.items()
        if name in needed and name not in weights
    )


def _as_model(node: onnx.NodeProto, model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model of one operator, of the same opset."""
    inputs = [onnx.helper.make_empty_tensor_value_info(name) for name in node.input if name]
    outputs = [onnx.helper.make_empty_tensor_value_info(name) for name in node.output]
    graph = onnx.helper.make_graph([node], "constant", inputs, outputs)
    return onnx.helper.make_model(graph, opset_imports=model.opset_import)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Leaves out of an exported network what need not be computed each time.

PyTorch's exporter writes a padding as a dozen operators on constants. ONNX Runtime folds them when
it loads the model; TensorRT's parser gives up on them ("IShuffleLayer applied to shape tensor must
have 0 or 1 reshape dimensions"). And PyTorch pads alike on both sides only, so that what is padded
on one side is padded apart; ONNX Runtime, whose convolutions work on blocks of channels, takes the
blocks apart for that and puts them together again: a fifth of a detector's time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
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
    del graph.node[:]
    graph.node.extend(kept)
    uses = _uses(graph)
    graph.initializer.extend(
        numpy_helper.from_array(value, name)
        for name, value in known.items()
        if name in uses and name not in weights
    )


def fold_paddings(model: onnx.ModelProto) -> None:
    """Let each convolution pad by itself what is padded with zeros for it alone, in place.

    Only paddings by constants can be folded: see fold_constants.
    """
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    uses = _uses(graph)
    for node in [node for node in graph.node if node.op_type == "Conv"]:
        padding = makers.get(node.input[0])
        if padding is None or padding.op_type != "Pad" or uses[node.input[0]] > 1:
            continue
        pads = _pads_of_zeros(padding, constants)
        attributes = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
        if pads is None or attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
            continue
        own_pads = attributes.get("pads", [0] * 4)
        attributes["pads"] = [own + more for own, more in zip(own_pads, pads, strict=True)]
        del node.attribute[:]
        node.attribute.extend(onnx.helper.make_attribute(*item) for item in attributes.items())
        node.input[0] = padding.input[0]
        graph.node.remove(padding)
    uses = _uses(graph)
    weights = [tensor for tensor in graph.initializer if tensor.name in uses]
    del graph.initializer[:]
    graph.initializer.extend(weights)


def _uses(graph: onnx.GraphProto) -> Counter[str]:
    """Return how often each value is an input of an operator or an output of the model."""
    uses = Counter(name for node in graph.node for name in node.input)
    uses.update(output.name for output in graph.output)
    return uses


def _pads_of_zeros(padding: onnx.NodeProto, constants: Mapping[str, Any]) -> list[int] | None:
    """Return how many rows and columns of zeros an image gets, as a convolution's `pads`.

    None for any other padding.
    """
    mode = {item.name: item.s for item in padding.attribute}.get("mode", b"constant")
    _, pads, value, axes = [*padding.input, "", ""][:4]
    is_of_zeros = mode == b"constant" and not (value and np.any(constants.get(value, 1)))
    if not is_of_zeros or axes or np.size(constants.get(pads, ())) != 8:
        return None
    before, after = constants[pads].reshape(2, 4).tolist()
    if any(before[:2] + after[:2]) or min(before + after) < 0:
        return None
    return [*before[2:], *after[2:]]


def _as_model(node: onnx.NodeProto, model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model of one operator, of the same opset."""
    inputs = [onnx.helper.make_empty_tensor_value_info(name) for name in node.input if name]
    outputs = [onnx.helper.make_empty_tensor_value_info(name) for name in node.output]
    graph = onnx.helper.make_graph([node], "constant", inputs, outputs)
    return onnx.helper.make_model(graph, opset_imports=model.opset_import)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From an ONNX file to a network."""

from __future__ import annotations

import math
from collections.abc import Iterator

import onnx
from google.protobuf.message import DecodeError

from .strict import Bound, Buffer, Made
from .types import HAS_STRONG_TYPING, HAS_WEAK_TYPING, DataType, Dims, ILogger

_DTYPES = {
    onnx.TensorProto.FLOAT: DataType.FLOAT,
    onnx.TensorProto.FLOAT16: DataType.HALF,
    onnx.TensorProto.UINT8: DataType.UINT8,
}


class ITensor(Made):
    """An input or output of a network."""

    name = property(lambda self: self._name)
    shape = property(lambda self: Dims._make(shape=self._shape))
    dtype = property(lambda self: self._dtype)


class INetworkDefinition(Made):
    """What the parser fills."""

    num_inputs = property(lambda self: len(self._inputs))
    num_outputs = property(lambda self: len(self._outputs))

    def get_input(self, index: int) -> ITensor:
        return self._inputs[index]

    def get_output(self, index: int) -> ITensor:
        return self._outputs[index]


class ParserError(Made):
    """Why a model could not be parsed."""

    def desc(self) -> str:
        return self._desc

    def node(self) -> int:
        return self._node

    if HAS_STRONG_TYPING:

        def node_name(self) -> str:
            return self._node_name

        def node_operator(self) -> str:
            return self._node_operator

    def __str__(self) -> str:
        return f"In node {self._node} ({self._node_operator}): UNSUPPORTED_NODE: {self._desc}"


class OnnxParser(Bound):
    """Reads ONNX into a network, without operators that TensorRT does not have."""

    num_errors = property(lambda self: len(self._errors))

    def __init__(self, network: INetworkDefinition, logger: ILogger) -> None:
        self._network, self._logger, self._errors = network, logger, []

    def parse(self, model: Buffer, path: str | None = None) -> bool:
        try:
            proto = onnx.ModelProto.FromString(model)
            nodes = proto.graph.node
        except DecodeError:
            nodes = []
        if not nodes:
            return self._refuse(-1, None, "Failed to parse the ONNX model: no protobuf of a model.")
        if HAS_WEAK_TYPING and not HAS_STRONG_TYPING and not self._network._has_explicit_batch:
            return self._refuse(0, nodes[0], "only supports networks with an explicit batch.")
        problem = next(_unsupported(proto.graph), None)
        if problem is not None:
            return self._refuse(*problem)
        self._network._inputs = [_tensor(value) for value in proto.graph.input]
        self._network._outputs = [_tensor(value) for value in proto.graph.output]
        self._network._onnx = model
        return True

    def get_error(self, index: int) -> ParserError:
        return self._errors[index]

    def _refuse(self, number: int, node: onnx.NodeProto | None, desc: str) -> bool:
        name, operator = (node.name, node.op_type) if node else ("", "")
        error = ParserError._make(desc=desc, node=number, node_name=name, node_operator=operator)
        self._errors.append(error)
        self._logger.log(ILogger.ERROR, f"ModelImporter.cpp:949: ERROR: {error}")
        return False


def _unsupported(graph: onnx.GraphProto) -> Iterator[tuple[int, onnx.NodeProto, str]]:
    """Yield number, node and reason of what TensorRT's parser does not take.

    uint8 may only go into a Cast (NVIDIA/TensorRT#3985). What is computed of constants alone is
    taken for a shape, and a shape has one dimension: so exporters' arithmetic on paddings fails.
    """
    uint8, constants = onnx.TensorProto.UINT8, {weight.name for weight in graph.initializer}
    from_uint8 = {v.name for v in graph.input if v.type.tensor_type.elem_type == uint8}
    n_dimensions = {weight.name: math.prod(weight.dims) for weight in graph.initializer}
    for number, node in enumerate(graph.node):
        if node.domain not in ("", "ai.onnx"):
            yield number, node, f"No importer registered for op: {node.op_type}."
        if from_uint8.intersection(node.input) and node.op_type != "Cast":
            yield number, node, "UINT8 is only supported as input of a Cast."
        if constants.issuperset(node.input):
            constants.update(node.output)
            if node.op_type == "Constant":
                (value,) = node.attribute
                n_dimensions[node.output[0]] = math.prod(value.t.dims)
            elif node.op_type == "Reshape" and n_dimensions.get(node.input[1], 0) > 1:
                yield (
                    number,
                    node,
                    "IShuffleLayer applied to shape tensor must have 0 or 1 reshape dimensions.",
                )


def _tensor(value: onnx.ValueInfoProto) -> ITensor:
    tensor_type = value.type.tensor_type
    shape = tuple(dim.dim_value if dim.dim_value else -1 for dim in tensor_type.shape.dim)
    return ITensor._make(name=value.name, shape=shape, dtype=_DTYPES[tensor_type.elem_type])

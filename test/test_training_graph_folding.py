# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Folding leaves a network that computes the same from fewer operators."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from training.graph_folding import fold_constants, fold_paddings


@pytest.fixture
def padded() -> onnx.ModelProto:
    """A convolution behind a padding as PyTorch's exporter writes it."""

    def constant(name, values, dtype=np.int64):
        tensor = numpy_helper.from_array(np.asarray(values, dtype), name)
        return helper.make_node("Constant", [], [name], value=tensor)

    nodes = [
        constant("given", [1, 0, 1, 0]),
        constant("n_missing", [4]),
        helper.make_node("ConstantOfShape", ["n_missing"], ["missing"]),
        helper.make_node("Cast", ["missing"], ["missing_integers"], to=TensorProto.INT64),
        helper.make_node("Concat", ["given", "missing_integers"], ["all"], axis=0),
        constant("pairs", [-1, 2]),
        helper.make_node("Reshape", ["all", "pairs"], ["by_axis"]),
        *(constant(name, [v]) for name, v in (("last", -1), ("first", -9), ("axis", 0))),
        helper.make_node("Slice", ["by_axis", "last", "first", "axis", "last"], ["turned"]),
        helper.make_node("Transpose", ["turned"], ["sides"], perm=[1, 0]),
        constant("flat", [-1]),
        helper.make_node("Reshape", ["sides", "flat"], ["pads"]),
        helper.make_node("Pad", ["x", "pads"], ["wide"]),
        helper.make_node("Conv", ["wide", "weight"], ["y"], strides=[2, 2]),
    ]
    weight = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        nodes,
        "padded",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 6, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4, 3, 3])],
        [numpy_helper.from_array(weight, "weight")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


def test_only_what_depends_on_an_input_is_left(padded):
    fold_constants(padded)
    onnx.checker.check_model(padded, full_check=True)
    assert [node.op_type for node in padded.graph.node] == ["Pad", "Conv"]
    assert {tensor.name for tensor in padded.graph.initializer} == {"weight", "pads"}


def test_the_outputs_are_the_same(padded):
    x = np.random.default_rng(1).normal(size=(2, 3, 6, 6)).astype(np.float32)
    (before,) = ReferenceEvaluator(padded).run(None, {"x": x})
    fold_constants(padded)
    (after,) = ReferenceEvaluator(padded).run(None, {"x": x})
    np.testing.assert_array_equal(after, before)


def test_to_fold_again_changes_nothing(padded):
    fold_constants(padded)
    once = padded.SerializeToString()
    fold_constants(padded)
    assert padded.SerializeToString() == once


def test_a_convolution_pads_by_itself(padded):
    x = np.random.default_rng(1).normal(size=(2, 3, 6, 6)).astype(np.float32)
    (before,) = ReferenceEvaluator(padded).run(None, {"x": x})
    fold_constants(padded)
    fold_paddings(padded)
    onnx.checker.check_model(padded, full_check=True)
    assert [node.op_type for node in padded.graph.node] == ["Conv"]
    assert [tensor.name for tensor in padded.graph.initializer] == ["weight"]
    (after,) = ReferenceEvaluator(padded).run(None, {"x": x})
    np.testing.assert_allclose(after, before, atol=1e-6)


def of_ones(padding):
    padding.input.append("one")


def by_reflection(padding):
    padding.attribute.append(helper.make_attribute("mode", "reflect"))


@pytest.mark.parametrize("change", [of_ones, by_reflection])
def test_a_padding_of_other_than_zeros_stays(padded, change):
    fold_constants(padded)
    padded.graph.initializer.append(numpy_helper.from_array(np.float32(1.0), "one"))
    change(padded.graph.node[0])
    fold_paddings(padded)
    assert [node.op_type for node in padded.graph.node] == ["Pad", "Conv"]


def test_a_padding_that_is_used_elsewhere_stays(padded):
    fold_constants(padded)
    wide = helper.make_tensor_value_info("wide", TensorProto.FLOAT, ["N", 3, 7, 7])
    padded.graph.output.append(wide)
    fold_paddings(padded)
    assert [node.op_type for node in padded.graph.node] == ["Pad", "Conv"]


def test_channels_are_padded_apart(padded):
    fold_constants(padded)
    (pads,) = (tensor for tensor in padded.graph.initializer if tensor.name == "pads")
    pads.CopyFrom(numpy_helper.from_array(np.array([0, 1, 0, 0, 0, 0, 1, 1]), "pads"))
    fold_paddings(padded)
    assert [node.op_type for node in padded.graph.node] == ["Pad", "Conv"]

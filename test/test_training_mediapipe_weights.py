# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""MediaPipe's weights: read out of a TensorFlow Lite file and put where they belong."""

import flatbuffers
import numpy as np
import pytest
import tflite
import torch
from torch import nn

from hand_landmarks_ros.core.errors import ModelError
from training import mediapipe_weights
from training.mediapipe_weights import load_mediapipe, read_layers
from training.networks.landmark_network import LandmarkNetwork, NetworkOptions
from training.weights import load_weights

OPERATORS = tflite.BuiltinOperator
FULL = NetworkOptions("efficientnet_lite_small", "fused", decoder_width=8, has_z=True)


def test_layers_come_in_the_order_they_run_and_as_pytorch_has_them(tmp_path):
    rng = np.random.default_rng(0)
    convolution = rng.normal(size=(4, 3, 3, 2)).astype(np.float16)  # out, height, width, in
    depthwise = rng.normal(size=(1, 5, 5, 4)).astype(np.float32)  # 1, height, width, channels
    dense = rng.normal(size=(6, 4)).astype(np.float32)
    biases = [rng.normal(size=n).astype(np.float32) for n in (4, 4, 6)]
    path = tmp_path / "model.tflite"
    path.write_bytes(
        tflite_model(
            [
                (OPERATORS.CONV_2D, convolution, biases[0]),
                (OPERATORS.DEPTHWISE_CONV_2D, depthwise, biases[1]),
                (OPERATORS.FULLY_CONNECTED, dense, biases[2]),
            ]
        )
    )
    convolutions, dense_layers = read_layers(path)
    (first, first_bias), (second, second_bias) = convolutions
    np.testing.assert_array_equal(first, convolution.transpose(0, 3, 1, 2).astype(np.float32))
    np.testing.assert_array_equal(second[:, 0], depthwise[0].transpose(2, 0, 1))
    np.testing.assert_array_equal(dense_layers[0][0], dense)
    for read, written in zip((first_bias, second_bias, dense_layers[0][1]), biases, strict=True):
        np.testing.assert_array_equal(read, written)


def test_backbone_coordinates_and_depth_go_where_they_belong(tmp_path, monkeypatch):
    donor, network = LandmarkNetwork(FULL).eval(), LandmarkNetwork(FULL).eval()
    landmarks = np.random.default_rng(0).normal(size=(63, 672)).astype(np.float32)
    other = np.zeros((1, 672), np.float32), np.zeros(1, np.float32)
    bias = np.arange(63, dtype=np.float32)
    layers = layers_of(donor), [other, other, (landmarks, bias), other]
    monkeypatch.setattr(mediapipe_weights, "read_layers", lambda path: layers)
    load_weights(network, tmp_path / "hand_landmark_lite.tflite")

    image = torch.randint(0, 256, (1, 64, 64, 3), dtype=torch.uint8)
    features = [net.backbone(image.permute(0, 3, 1, 2) / 255.0)[-1] for net in (donor, network)]
    assert torch.equal(*features)
    pooled = features[0].mean(dim=(2, 3)).detach().numpy()
    expected = (pooled @ landmarks.T + bias).reshape(21, 3) / 224
    predicted = network(image)
    np.testing.assert_allclose(
        predicted.coordinates.xy[0].detach(), expected[:, :2], rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(predicted.z[0].detach(), expected[:, 2], rtol=1e-4, atol=1e-4)


def test_what_does_not_fit_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "model.tflite"
    with pytest.raises(ModelError, match="not mobilenet_v2"):
        load_mediapipe(LandmarkNetwork(NetworkOptions()), path)
    for content in (b"", b"no model at all, just words"):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="is no TensorFlow Lite model"):
            load_mediapipe(LandmarkNetwork(FULL), path)
    full = LandmarkNetwork(NetworkOptions("efficientnet_lite", "fused", decoder_width=8))
    monkeypatch.setattr(mediapipe_weights, "read_layers", lambda path: (layers_of(full), []))
    with pytest.raises(ModelError, match=r"hand_landmark_lite.tflite for efficientnet_lite_small"):
        load_mediapipe(LandmarkNetwork(FULL), path)


def layers_of(network):
    """The convolutions of a network's backbone, in order."""
    own = [m for m in network.backbone.modules() if isinstance(m, nn.Conv2d)]
    return [(m.weight.detach().numpy(), m.bias.detach().numpy()) for m in own]


def tflite_model(layers) -> bytes:
    """Write layers (operator, weight, bias); a float16 weight is followed by its dequantisation."""
    builder = flatbuffers.Builder(1024)
    tensors, buffers, operators, codes = [], [vector(builder, b"")], [], []

    def tensor(values, dtype):
        buffers.append(vector(builder, values.tobytes() if values is not None else b""))
        shape = builder.CreateNumpyVector(np.array(np.shape(values), np.int32))
        tflite.TensorStart(builder)
        tflite.TensorAddShape(builder, shape)
        tflite.TensorAddType(builder, dtype)
        tflite.TensorAddBuffer(builder, len(buffers) - 1)
        tensors.append(tflite.TensorEnd(builder))
        return len(tensors) - 1

    def operator(kind, inputs, output):
        if kind not in codes:
            codes.append(kind)
        read = builder.CreateNumpyVector(np.array(inputs, np.int32))
        written = builder.CreateNumpyVector(np.array([output], np.int32))
        tflite.OperatorStart(builder)
        tflite.OperatorAddOpcodeIndex(builder, codes.index(kind))
        tflite.OperatorAddInputs(builder, read)
        tflite.OperatorAddOutputs(builder, written)
        operators.append(tflite.OperatorEnd(builder))

    place = tensor(None, tflite.TensorType.FLOAT32)
    for kind, weight, bias in layers:
        if weight.dtype == np.float16:
            stored = tensor(weight, tflite.TensorType.FLOAT16)
            weights = tensor(None, tflite.TensorType.FLOAT32)
            operator(OPERATORS.DEQUANTIZE, [stored], weights)
        else:
            weights = tensor(weight, tflite.TensorType.FLOAT32)
        biases = tensor(bias, tflite.TensorType.FLOAT32)
        after = tensor(None, tflite.TensorType.FLOAT32)
        operator(kind, [place, weights, biases], after)
        place = after

    all_tensors, all_operators = (tables(builder, part) for part in (tensors, operators))
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, all_tensors)
    tflite.SubGraphAddOperators(builder, all_operators)
    graphs = tables(builder, [tflite.SubGraphEnd(builder)])
    kinds = []
    for code in codes:
        tflite.OperatorCodeStart(builder)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, code)
        kinds.append(tflite.OperatorCodeEnd(builder))
    all_codes, all_buffers = tables(builder, kinds), tables(builder, buffers)
    tflite.ModelStart(builder)
    tflite.ModelAddOperatorCodes(builder, all_codes)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddBuffers(builder, all_buffers)
    builder.Finish(tflite.ModelEnd(builder))
    return bytes(builder.Output())


def vector(builder, content):
    """A buffer's table."""
    data = builder.CreateByteVector(content)
    tflite.BufferStart(builder)
    tflite.BufferAddData(builder, data)
    return tflite.BufferEnd(builder)


def tables(builder, offsets):
    """A vector of tables."""
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()

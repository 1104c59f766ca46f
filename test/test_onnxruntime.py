# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The ONNX Runtime backend loads our models and refuses everything else, saying why."""

import numpy as np
import pytest
from tiny_model import CARD, OUTPUT_SHAPES, card_with, draw_hand_image, hand_xy_px, save_tiny_model

from hand_landmarks_ros.backends.onnxruntime import OnnxRuntimeBackend
from hand_landmarks_ros.core.errors import ModelError, ParameterError

SIZE_PX = CARD.input_size_px


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


def images(n: int) -> np.ndarray:
    shifts_px = 3.0 * np.arange(n)
    drawn = [
        draw_hand_image(hand_xy_px((64 + s, 64), 90), SIZE_PX, SIZE_PX, 3.0) for s in shifts_px
    ]
    return np.array(drawn, np.uint8).reshape(n, SIZE_PX, SIZE_PX, 3)


def test_the_card_comes_with_the_model(model_path):
    assert OnnxRuntimeBackend(model_path).card == CARD


@pytest.mark.parametrize("n", [0, 1, 3])
def test_any_number_of_crops_goes_through_in_one_call(model_path, n):
    outputs = OnnxRuntimeBackend(model_path)({"image": images(n)})
    assert {name: values.shape for name, values in outputs.items()} == {
        "heatmaps": (n, 21, 32, 32),
        "presence": (n,),
        "handedness": (n,),
    }
    assert {values.dtype for values in outputs.values()} == {np.dtype(np.float32)}


def test_a_batch_gives_what_single_crops_give(model_path):
    backend = OnnxRuntimeBackend(model_path)
    batch = images(3)
    together = backend({"image": batch})["heatmaps"]
    alone = [backend({"image": crop[None]})["heatmaps"][0] for crop in batch]
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_number_of_threads_changes_nothing_in_the_result(model_path):
    one, two = (OnnxRuntimeBackend(model_path, n_threads=n) for n in (1, 2))
    np.testing.assert_allclose(
        one({"image": images(1)})["heatmaps"], two({"image": images(1)})["heatmaps"], atol=1e-5
    )


def test_the_description_names_version_provider_precision_and_threads(model_path):
    description = OnnxRuntimeBackend(model_path, n_threads=1).description
    assert "onnxruntime 1." in description
    assert "CPUExecutionProvider, fp32, 1 thread" in description


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"absent\.onnx"):
        OnnxRuntimeBackend(tmp_path / "absent.onnx")


@pytest.mark.parametrize("content", [b"", b"no model at all", bytes(range(256)) * 50])
def test_a_damaged_file_is_refused_with_what_to_do(tmp_path, content):
    path = tmp_path / "damaged.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"damaged\.onnx.*again"):
        OnnxRuntimeBackend(path)


def test_half_a_model_is_refused(tmp_path, model_path):
    path = tmp_path / "half.onnx"
    content = model_path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError):
        OnnxRuntimeBackend(path)


def test_a_model_that_is_not_one_of_ours_is_refused(tmp_path):
    path = save_tiny_model(tmp_path / "foreign.onnx", card=None)
    with pytest.raises(ModelError, match=r"author.*not a model of this package"):
        OnnxRuntimeBackend(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_name": "picture"}, "picture"),
        ({"card": card_with(input_size_px=64)}, r"input 'image' is uint8 .*128.*64"),
        ({"card": card_with(stride_px=8)}, r"output 'heatmaps' .*32.*16"),
        ({"card": card_with(outputs=("heatmaps", "presence"))}, "handedness"),
        ({"card": card_with(outputs=(*CARD.outputs, "colour"))}, "colour"),
        ({"card": card_with(outputs=(*CARD.outputs, "z"))}, r"outputs .*promises .*'z'"),
        ({"shapes": {**OUTPUT_SHAPES, "presence": [1]}}, r"'presence' .*\(1,\)"),
    ],
    ids=[
        "input name",
        "input size",
        "stride",
        "an output too few",
        "an unknown output",
        "an output the file lacks",
        "a fixed batch",
    ],
)
def test_a_file_that_does_not_keep_what_its_card_promises_is_refused(tmp_path, options, message):
    path = save_tiny_model(tmp_path / "broken.onnx", **options)
    with pytest.raises(ModelError, match=message):
        OnnxRuntimeBackend(path)


def test_sizes_that_the_file_leaves_open_are_tried_out(tmp_path):
    good = save_tiny_model(tmp_path / "good.onnx", open_sizes=True)
    assert OnnxRuntimeBackend(good)({"image": images(2)})["heatmaps"].shape == (2, 21, 32, 32)
    bad = save_tiny_model(tmp_path / "bad.onnx", open_sizes=True, card=card_with(stride_px=8))
    with pytest.raises(ModelError, match=r"gave 'heatmaps' .*32.*promises .*16"):
        OnnxRuntimeBackend(bad)


def test_a_provider_that_is_not_there_is_refused_with_those_that_are(model_path):
    with pytest.raises(ParameterError, match=r"no NoSuchProvider here.*CPUExecutionProvider"):
        OnnxRuntimeBackend(model_path, providers=("NoSuchProvider",))

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The ONNX Runtime backend loads our models and refuses everything else, saying why."""

import re

import numpy as np
import onnxruntime
import pytest
from tiny_model import CARD, OUTPUT_SHAPES, card_with, draw_hand_image, hand_xy_px, save_tiny_model

from hand_landmarks_ros.backends import execution_providers
from hand_landmarks_ros.backends.engine_options import EngineOptions
from hand_landmarks_ros.backends.onnxruntime import OnnxRuntimeBackend
from hand_landmarks_ros.backends.signature import BATCH, Tensor
from hand_landmarks_ros.core.errors import BackendError, ModelError, ParameterError

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


@pytest.mark.parametrize("n", [0, 1, 3, 17])
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


@pytest.mark.parametrize(
    ("provider", "sizes"), [("cpu", [1, 17]), ("tensorrt", [1, 4, 4, 4, 4, 1])]
)
def test_only_an_engine_of_tensorrt_takes_several_runs(
    model_path, monkeypatch, tmp_path, provider, sizes
):
    monkeypatch.setitem(execution_providers.PROVIDERS, "tensorrt", "CPUExecutionProvider")
    monkeypatch.setattr(
        "hand_landmarks_ros.backends.onnxruntime.provider_chain",
        lambda *_: ["CPUExecutionProvider"],
    )
    ran = []
    original = OnnxRuntimeBackend._run
    monkeypatch.setattr(
        OnnxRuntimeBackend,
        "_run",
        lambda self, inputs: ran.append(len(inputs["image"])) or original(self, inputs),
    )
    options = EngineOptions(max_batch=4, cache_directory=tmp_path)
    backend = OnnxRuntimeBackend(model_path, provider=provider, engine_options=options)
    outputs = backend({"image": images(17)})
    assert ran == sizes, "one crop is for the trial"
    np.testing.assert_allclose(
        outputs["heatmaps"][16:], backend({"image": images(17)[16:]})["heatmaps"], atol=1e-5
    )


def test_the_number_of_threads_changes_nothing_in_the_result(model_path):
    one, two = (OnnxRuntimeBackend(model_path, n_threads=n) for n in (1, 2))
    np.testing.assert_allclose(
        one({"image": images(1)})["heatmaps"], two({"image": images(1)})["heatmaps"], atol=1e-5
    )


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 7])
def test_crops_run_side_by_side_in_their_order(model_path, monkeypatch, n_threads, n):
    backend = OnnxRuntimeBackend(model_path, n_threads=n_threads)
    sizes = []
    original = backend._run_session
    monkeypatch.setattr(
        backend,
        "_run_session",
        lambda session, inputs: sizes.append(len(inputs["image"])) or original(session, inputs),
    )
    together = backend({"image": images(n)})["heatmaps"]
    n_each, n_together = (0, n) if n_threads == 1 else divmod(n, n_threads)
    parts = [n_each] * n_threads + [n_together]
    assert sorted(sizes) == sorted(size for size in parts if size)
    alone = [backend({"image": crop[None]})["heatmaps"][0] for crop in images(n)]
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_failure_of_one_of_several_crops_is_the_backends(model_path, monkeypatch):
    backend = OnnxRuntimeBackend(model_path, n_threads=2)

    def fail(names, inputs):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(backend._session_of_one_thread, "run", fail)
    with pytest.raises(BackendError, match=r"failed to run .*out of memory"):
        backend({"image": images(2)})
    assert len(backend({"image": images(1)})["presence"]) == 1


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


# GPUs: none is at hand, so another provider of the same library takes their place.

PROVIDER_THAT_RUNS_NOTHING = "AzureExecutionProvider"


def put_in_place_of_cuda(monkeypatch, name: str) -> None:
    monkeypatch.setitem(execution_providers.PROVIDERS, "cuda", name)


def test_a_provider_that_is_not_there_is_refused_with_those_that_are(model_path, monkeypatch):
    put_in_place_of_cuda(monkeypatch, "NoSuchProvider")
    with pytest.raises(ParameterError, match=r"no NoSuchProvider here, only .*CPUExecutionProv"):
        OnnxRuntimeBackend(model_path, provider="cuda")


@pytest.mark.skipif(
    PROVIDER_THAT_RUNS_NOTHING not in onnxruntime.get_available_providers(),
    reason="this onnxruntime has no provider that starts and runs nothing",
)
def test_a_session_that_quietly_runs_everything_on_the_cpu_is_refused(model_path, monkeypatch):
    put_in_place_of_cuda(monkeypatch, PROVIDER_THAT_RUNS_NOTHING)
    with pytest.raises(ParameterError, match=r"ran only 0 of \d+ operators .* \d+ on the CPU; ch"):
        OnnxRuntimeBackend(model_path, provider="cuda")


def test_a_provider_that_runs_the_model_says_how_much_of_it(model_path, monkeypatch, tmp_path):
    put_in_place_of_cuda(monkeypatch, "CPUExecutionProvider")
    options = EngineOptions(cache_directory=tmp_path)
    backend = OnnxRuntimeBackend(model_path, provider="cuda", engine_options=options)
    assert re.search(r"CPUExecutionProvider \((\d+) of \1 operators\), fp16", backend.description)
    np.testing.assert_array_equal(
        backend({"image": images(2)})["heatmaps"],
        OnnxRuntimeBackend(model_path)({"image": images(2)})["heatmaps"],
    )


def test_a_failure_of_the_gpu_is_not_taken_for_a_damaged_file(model_path, monkeypatch, tmp_path):
    put_in_place_of_cuda(monkeypatch, "CPUExecutionProvider")
    (tmp_path / "file").write_text("")
    options = EngineOptions(cache_directory=tmp_path / "file" / "x")
    with pytest.raises(BackendError, match=r"cannot run .*tiny\.onnx on .*doctor"):
        OnnxRuntimeBackend(model_path, provider="cuda", engine_options=options)


def test_a_failure_in_the_middle_of_a_stream_is_the_backends(model_path, monkeypatch):
    backend = OnnxRuntimeBackend(model_path)

    def fail(names, inputs):
        raise RuntimeError("CUDA failure 2:\nout of memory")

    monkeypatch.setattr(backend._session, "run", fail)
    with pytest.raises(BackendError, match=r"failed to run .*CUDA failure 2: out of memory"):
        backend({"image": images(1)})


def test_a_provider_that_did_not_start_is_refused():
    with pytest.raises(ParameterError, match="could not start CUDAExecutionProvider and would"):
        execution_providers.check_started("cuda", ["CPUExecutionProvider"])


@pytest.mark.parametrize(
    ("placement", "is_fine"),
    [
        ({("CUDAExecutionProvider", "Conv"): 9, ("CPUExecutionProvider", "Shape"): 3}, True),
        ({("CUDAExecutionProvider", "Add"): 9, ("CPUExecutionProvider", "Conv"): 3}, False),
        ({("CPUExecutionProvider", "Conv"): 9}, False),
    ],
    ids=["shapes on the CPU", "convolutions on the CPU", "all on the CPU"],
)
def test_only_small_work_about_shapes_may_be_left_to_the_cpu(placement, is_fine):
    if is_fine:
        described = execution_providers.described_placement("cuda", placement)
        assert described == "CUDAExecutionProvider (9 of 12 operators)"
    else:
        with pytest.raises(ParameterError, match="which was chosen"):
            execution_providers.described_placement("cuda", placement)


def test_tensorrt_gets_its_precision_its_cache_and_a_profile_for_every_batch(tmp_path):
    inputs = [Tensor("image", "uint8", (BATCH, 160, 160, 3))]
    chain = execution_providers.provider_chain(
        "tensorrt", "fp16", inputs, EngineOptions(), tmp_path
    )
    assert [name.removesuffix("ExecutionProvider") for name, _ in chain] == [
        *("Tensorrt", "CUDA", "CPU")
    ]
    options = chain[0][1]
    assert options["trt_profile_min_shapes"] == "image:1x160x160x3"
    assert options["trt_profile_max_shapes"] == "image:4x160x160x3"
    assert options["trt_fp16_enable"] == "True"
    assert options["trt_engine_cache_path"] == str(tmp_path)


@pytest.mark.parametrize(("precision", "tf32"), [("fp16", None), ("fp32", "0")])
def test_cuda_computes_in_full_precision_when_told_to(tmp_path, precision, tf32):
    (cuda, _) = execution_providers.provider_chain("cuda", precision, [], EngineOptions(), tmp_path)
    assert cuda[0] == "CUDAExecutionProvider" and cuda[1].get("use_tf32") == tf32

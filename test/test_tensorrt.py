# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The TensorRT backend, on fakes of each TensorRT that fail when the real API is misused."""

import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from plain_model import CARD, SIZE_PX, random_crops, save_plain_model
from tensorrt_fakes import VERSIONS, environment, fake_gpu

from hand_landmarks_ros.backends import cuda
from hand_landmarks_ros.backends.background import LoadCancelledError, LoadProgress
from hand_landmarks_ros.backends.engine_options import EngineOptions
from hand_landmarks_ros.backends.loader import load_backend, shipped_models
from hand_landmarks_ros.backends.onnxruntime import OnnxRuntimeBackend
from hand_landmarks_ros.backends.tensorrt import TensorRtBackend
from hand_landmarks_ros.benchmark.frames import one_hand_frames
from hand_landmarks_ros.benchmark.inference import crops_of
from hand_landmarks_ros.core.errors import (
    BackendError,
    HandLandmarksError,
    ModelError,
    ParameterError,
)
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL

HALF_PRECISION_TOLERANCE = 2e-3

SHIPPED_TOLERANCE = {"z": 0.5, "heatmaps": 0.05, "box": 0.1, "region": 0.1}
"""Of the shipped networks in float16: depths in px, peaks of height one, boxes in cells of 8 px;
the others are probabilities, 0.02."""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_plain_model(tmp_path_factory.mktemp("model") / "plain.onnx")


@pytest.fixture(scope="module")
def expected(model):
    """What ONNX Runtime gives for five crops."""
    return OnnxRuntimeBackend(model, n_threads=1)({"image": random_crops(5)})


@pytest.fixture
def load(tmp_path):
    """Load a model with its engine kept below tmp_path; max_batch is 3 unless said otherwise."""

    def load(path, *, precision="fp16", progress=None, **options):
        options = EngineOptions(**{"max_batch": 3, "cache_directory": tmp_path, **options})
        return TensorRtBackend(path, precision=precision, options=options, progress=progress)

    return load


def assert_same(outputs, expected, n, atol=0.0):
    assert list(outputs) == list(CARD.outputs)
    for name, values in outputs.items():
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, expected[name][:n], rtol=0, atol=atol, err_msg=name)


def engine_of(backend) -> tuple[dict, onnx.ModelProto]:
    """Return what the fake built: its options, and the network it was given."""
    from tensorrt import plan

    header, model = plan.unpack(backend.engine_file.read_bytes().partition(b"\n")[2])
    return header, onnx.ModelProto.FromString(model)


def weight_types(network: onnx.ModelProto) -> set[int]:
    return {weight.data_type for weight in network.graph.initializer}


# Results


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("cuda_graph", [False, True], ids=["launched", "graph"])
def test_the_outputs_equal_those_of_onnxruntime(model, expected, load, version, cuda_graph):
    is_half = version.startswith("11")
    with fake_gpu(version):
        backend = load(model, cuda_graph=cuda_graph)
        for n in (3, 0, 1, 2, 5, 1):
            outputs = backend({"image": random_crops(5)[:n]})
            assert_same(outputs, expected, n, HALF_PRECISION_TOLERANCE if is_half else 0)
        assert set(backend.stage_times_s) == {"H2D", "inference", "D2H"}
        assert all(time_s >= 0 for time_s in backend.stage_times_s.values())
        backend.close()


def test_outputs_stay_when_the_next_batch_runs(model, expected, load):
    with fake_gpu():
        backend = load(model)
        first = backend({"image": random_crops(5)[:2]})
        backend({"image": random_crops(3, seed=1)})
        assert_same(first, expected, 2)
        backend.close()


def test_card_and_description_say_what_runs(model, load):
    with fake_gpu("10.3.0"):
        backend = load(model)
        assert backend.card == CARD
        for words in ("tensorrt 10.3.0", "Orin", "8.7", "fp16", "1 to 3"):
            assert words in backend.description
        backend.close()


# Precision


@pytest.mark.parametrize("version", VERSIONS)
def test_half_precision_is_a_flag_or_else_the_types_of_the_model(model, load, version):
    with fake_gpu(version):
        backend = load(model, precision="fp16")
        header, network = engine_of(backend)
        backend.close()
    if version.startswith("11"):
        assert header["is_strongly_typed"] and "FP16" not in header["flags"]
        assert weight_types(network) == {onnx.TensorProto.FLOAT16}
    else:
        assert not header["is_strongly_typed"] and "FP16" in header["flags"]
        assert weight_types(network) == {onnx.TensorProto.FLOAT}


@pytest.mark.parametrize("version", VERSIONS)
def test_full_precision_is_full(model, expected, load, version):
    with fake_gpu(version):
        backend = load(model, precision="fp32")
        header, network = engine_of(backend)
        assert not {"FP16", "TF32"} & set(header["flags"])
        assert weight_types(network) == {onnx.TensorProto.FLOAT}
        assert_same(backend({"image": random_crops(5)[:3]}), expected, 3)
        backend.close()


def test_the_engine_is_built_for_the_batches_and_memory_that_were_asked_for(model, load):
    with fake_gpu():
        backend = load(model, max_batch=4, workspace_mib=64)
        header, _ = engine_of(backend)
        backend.close()
    shapes = [[n, SIZE_PX, SIZE_PX, 3] for n in (1, 2, 4)]
    assert header["profile"] == {"image": shapes}
    assert header["workspace_bytes"] == 64 << 20


@pytest.mark.parametrize("version", ["10.3.0", "11.4.0.106"])
@pytest.mark.parametrize("name", sorted(shipped_models()))
def test_every_shipped_model_runs(load, version, name):
    path = shipped_models()[name]
    size_px = OnnxRuntimeBackend(path, n_threads=1).card.input_size_px
    # A hand: in noise landmarks are a guess, which float16 changes.
    crops = crops_of(one_hand_frames(), size_px, 1)
    reference = OnnxRuntimeBackend(path, n_threads=1)({"image": crops})
    with fake_gpu(version):
        backend = load(path, max_batch=1)
        outputs = backend({"image": crops})
        backend.close()
    for output, values in outputs.items():
        atol = SHIPPED_TOLERANCE.get(output, 0.02)
        np.testing.assert_allclose(values, reference[output], atol=atol, err_msg=output)


# Threads, and models beside each other


def test_models_share_one_context(model, expected, load, tmp_path):
    other = save_plain_model(tmp_path / "other.onnx", seed=1)
    other_expected = OnnxRuntimeBackend(other, n_threads=1)({"image": random_crops(5)})
    with fake_gpu() as gpu:
        backends = [load(path) for path in (model, other, model)]
        assert gpu.primary.n_retained == 1
        for n in (1, 3):
            for backend, values in zip(backends, (expected, other_expected, expected), strict=True):
                assert_same(backend({"image": random_crops(5)[:n]}), values, n)
        backends.pop(0).close()
        assert_same(backends[0]({"image": random_crops(5)[:2]}), other_expected, 2)
        for backend in backends:
            backend.close()


def in_another_thread(function, *args):
    """Call it in a thread that ends before this returns."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *args).result()


def test_each_step_of_its_life_may_be_in_another_thread(model, expected, load):
    with fake_gpu() as gpu:
        backend = in_another_thread(load, model)
        assert_same(in_another_thread(backend, {"image": random_crops(5)[:2]}), expected, 2)
        assert_same(backend({"image": random_crops(5)[:3]}), expected, 3)
        in_another_thread(backend.close)
        assert not gpu.leaks()


def test_threads_that_call_at_once_take_turns(model, expected, load):
    barrier = threading.Barrier(2)
    with fake_gpu():
        backend = load(model)

        def call(n):
            barrier.wait()
            return [backend({"image": random_crops(5)[:n]}) for _ in range(5)]

        with ThreadPoolExecutor(2) as pool:
            for n, results in zip((1, 3), pool.map(call, (1, 3)), strict=True):
                for outputs in results:
                    assert_same(outputs, expected, n)
        backend.close()


# Release


@pytest.mark.parametrize("cuda_graph", [False, True], ids=["launched", "graph"])
def test_close_gives_everything_back_and_may_be_repeated(model, load, cuda_graph):
    with fake_gpu() as gpu:
        before = gpu.free_bytes()
        backend = load(model, cuda_graph=cuda_graph)
        assert gpu.leaks()
        backend.close()
        assert not gpu.leaks() and gpu.free_bytes() == before
        backend.close()


def test_a_closed_backend_says_so(model, load):
    with fake_gpu():
        backend = load(model)
        backend.close()
        with pytest.raises(BackendError, match="closed"):
            backend({"image": random_crops(1)})


def test_a_backend_that_nobody_closed_does_no_harm_when_the_program_ends(model, tmp_path):
    code = (
        "import sys, pathlib\n"
        "from plain_model import random_crops\n"
        "from hand_landmarks_ros.backends.engine_options import EngineOptions\n"
        "from hand_landmarks_ros.backends.tensorrt import TensorRtBackend\n"
        "options = EngineOptions(cache_directory=pathlib.Path(sys.argv[2]))\n"
        "backend = TensorRtBackend(pathlib.Path(sys.argv[1]), options=options)\n"
        "print(len(backend({'image': random_crops(2)})['presence']))"
    )
    command = [sys.executable, "-c", code, str(model), str(tmp_path)]
    result = subprocess.run(command, env=environment(), capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "2\n"), result.stderr


# Faults


@pytest.mark.parametrize(
    ("step", "n_before"),
    [
        ("mem_alloc", 0),
        ("mem_alloc", 2),
        ("pagelocked_empty", 0),
        ("pagelocked_empty", 3),
        ("create_execution_context", 0),
        ("create_execution_context", 2),
    ],
)
def test_memory_that_runs_out_at_the_start_is_said_and_given_back(
    model, expected, load, step, n_before
):
    with fake_gpu() as gpu:
        load(model).close()  # the engine is in the cache from here on
        gpu.let_fail(step, after=n_before)
        with pytest.raises(BackendError, match=r"memory.*lower max_hands"):
            load(model, cuda_graph=True)
        assert not gpu.leaks()
        backend = load(model, cuda_graph=True)
        assert_same(backend({"image": random_crops(5)[:3]}), expected, 3)
        backend.close()


@pytest.mark.parametrize(
    ("step", "cuda_graph", "message"),
    [
        ("execute", False, r"out of memory.*end other programs"),
        ("synchronize", False, r"unspecified launch failure.*restart"),
        ("synchronize", True, r"unspecified launch failure.*restart"),
    ],
)
def test_a_run_that_fails_is_said_and_the_next_one_works(
    model, expected, load, step, cuda_graph, message
):
    with fake_gpu() as gpu:
        backend = load(model, cuda_graph=cuda_graph)
        gpu.let_fail(step)
        with pytest.raises(BackendError, match=message):
            backend({"image": random_crops(2)})
        assert_same(backend({"image": random_crops(5)[:2]}), expected, 2)
        backend.close()


def test_a_gpu_that_keeps_failing_can_still_be_released(model, load):
    with fake_gpu() as gpu:
        backend = load(model)
        gpu.let_fail("synchronize", times=100)
        for _ in range(3):
            with pytest.raises(BackendError, match="unspecified launch failure"):
                backend({"image": random_crops(2)})
        backend.close()
        assert not gpu.leaks()


def test_a_graph_that_cannot_be_made_is_said(model, load):
    with fake_gpu() as gpu:
        gpu.let_fail("cuGraphInstantiate")
        with pytest.raises(BackendError, match=r"cuGraphInstantiate.*set cuda_graph to false"):
            load(model, cuda_graph=True)
        assert not gpu.leaks()


def test_memory_that_runs_out_in_a_build_is_said(model, load):
    with fake_gpu() as gpu:
        gpu.let_fail("build")
        with pytest.raises(BackendError, match=r"out of memory.*lower workspace_mib"):
            load(model)
        assert not gpu.leaks()
        load(model).close()
        assert gpu.n_builds == 2


@pytest.mark.parametrize("library", ["Builder", "Runtime"])
def test_a_tensorrt_that_does_not_start_is_said(model, load, library):
    with fake_gpu() as gpu:
        gpu.let_fail(library)
        with pytest.raises(BackendError, match="TensorRT"):
            load(model)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first_operator": "Transpose"}, "UINT8 is only supported"),
        ({"domain": "com.microsoft"}, "No importer registered for op: Cast"),
        ({"computes_padding": True}, "must have 0 or 1 reshape dimensions"),
    ],
)
def test_a_model_that_tensorrt_cannot_read_is_refused_with_its_reason(
    load, tmp_path, options, message
):
    path = save_plain_model(tmp_path / "strange.onnx", **options)
    with fake_gpu() as gpu:
        with pytest.raises(ModelError, match=f"{message}.*onnxruntime"):
            load(path)
        assert not gpu.n_builds


@pytest.mark.parametrize("content", [b"", b"no model at all", bytes(range(256)) * 50])
def test_a_damaged_model_is_refused(load, tmp_path, content):
    path = tmp_path / "damaged.onnx"
    path.write_bytes(content)
    with fake_gpu(), pytest.raises(ModelError):
        load(path)


def test_a_missing_model_is_named(load, tmp_path):
    with fake_gpu(), pytest.raises(ModelError, match=r"absent\.onnx"):
        load(tmp_path / "absent.onnx")


@pytest.mark.parametrize("shape", [(2, SIZE_PX, SIZE_PX, 4), (2, 8, 8, 3)])
def test_crops_of_another_size_are_refused_before_the_gpu_sees_them(model, expected, load, shape):
    with fake_gpu():
        backend = load(model)
        with pytest.raises(HandLandmarksError, match="image has shape"):
            backend({"image": np.zeros(shape, np.uint8)})
        with pytest.raises(TypeError):
            backend({"image": np.zeros((2, SIZE_PX, SIZE_PX, 3), np.float32)})
        assert_same(backend({"image": random_crops(5)[:2]}), expected, 2)
        backend.close()


def test_a_model_of_another_kind_is_released(model, tmp_path):
    options = EngineOptions(cache_directory=tmp_path)
    with fake_gpu() as gpu:
        with pytest.raises(ModelError, match="kind"):
            load_backend(model, "tensorrt", kind=DETECTOR_MODEL, engine_options=options)
        assert not gpu.leaks()


# What is there, and what is missing. What takes the place of a fake must end before it does:
# `monkeypatch`, which ends later, would bring the fake back.


def test_auto_takes_tensorrt_where_it_works_and_says_why_it_does_not(model, tmp_path, caplog):
    options = EngineOptions(cache_directory=tmp_path)
    with fake_gpu() as gpu:
        backend = load_backend(model, "auto", engine_options=options)
        assert backend.description.startswith("tensorrt 10.3.0")
        backend.close()
        assert not caplog.records
        cuda._contexts.clear()
        gpu.let_fail("init")
        backend = load_backend(model, "auto", engine_options=options)
        assert backend.description.startswith("onnxruntime")
        assert "cannot be used" in caplog.text and "no CUDA-capable device" in caplog.text


def test_a_missing_tensorrt_is_said_with_the_way_to_get_it(model, load):
    with fake_gpu(), pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "tensorrt", None)
        with pytest.raises(ParameterError, match=r"tensorrt.*apt install.*onnxruntime"):
            load(model)


def test_a_tensorrt_without_its_libraries_is_said(model, load, tmp_path):
    message = "libnvdla_compiler.so: cannot open shared object file: No such file or directory"
    (tmp_path / "tensorrt.py").write_text(f"raise ImportError({message!r})")
    with fake_gpu(), pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        with pytest.raises(ParameterError, match=r"does not load.*libnvdla_compiler\.so"):
            load(model)


def test_a_missing_pycuda_is_said_with_the_way_to_get_it(model, load):
    with fake_gpu(), pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pycuda.driver", None)
        with pytest.raises(ParameterError, match=r"pycuda.*pip3 install .*pycuda.*onnxruntime"):
            load(model)


def test_a_missing_gpu_is_said(model, load):
    with fake_gpu() as gpu:
        gpu.let_fail("init")
        with pytest.raises(ParameterError, match=r"no CUDA-capable device.*onnxruntime"):
            load(model)


# Progress


@pytest.mark.parametrize("version", VERSIONS)
def test_a_build_says_how_far_it_is_and_can_be_stopped(model, load, version):
    said = []

    class Progress(LoadProgress):
        def report(self, step):
            super().report(step)
            said.append(str(self))
            if "2/50" in step:
                self.cancel()

    with fake_gpu(version) as gpu:
        if version.startswith("8"):
            load(model, progress=Progress()).close()
            assert gpu.absent_names == {"tensorrt.IProgressMonitor"}
            return
        with pytest.raises(LoadCancelledError):
            load(model, progress=Progress())
        assert any("building the TensorRT engine of plain" in line for line in said)
        assert not gpu.leaks()
        backend = load(model)
        assert backend.build_time_s is not None
        backend.close()


def test_the_start_of_a_build_is_logged(model, load, caplog):
    with fake_gpu(), caplog.at_level(logging.INFO):
        load(model).close()
        assert "building the TensorRT engine" in caplog.text
        assert "saved to" in caplog.text
        caplog.clear()
        load(model).close()
        assert "building" not in caplog.text

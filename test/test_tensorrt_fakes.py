# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The fakes of TensorRT and pycuda notice each misuse, or tests that pass on them say nothing."""

import ctypes
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from plain_model import SIZE_PX, random_crops, save_plain_model
from tensorrt_fakes import VERSIONS, fake_gpu

SHAPE = (2, SIZE_PX, SIZE_PX, 3)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_plain_model(tmp_path_factory.mktemp("model") / "plain.onnx").read_bytes()


class Bench:
    """An engine, a stream and memory, made as the documentation of both libraries says."""

    def __init__(self, gpu, model):
        import fake_libcuda
        import tensorrt
        from pycuda import driver

        self.gpu, self.trt, self.driver, self.libcuda = gpu, tensorrt, driver, fake_libcuda
        driver.init()
        self.context = driver.Device(0).retain_primary_context()
        self.context.push()
        self.logged = logged = []

        class Logger(tensorrt.ILogger):
            def __init__(self):
                tensorrt.ILogger.__init__(self)

            def log(self, severity, msg):
                logged.append(msg)

        self.logger = Logger()
        self.plan = bytes(self.build(model))
        self.engine = tensorrt.Runtime(self.logger).deserialize_cuda_engine(self.plan)
        self.stream = driver.Stream()
        names = map(self.engine.get_tensor_name, range(self.engine.num_io_tensors))
        dtypes = {name: np.uint8 if name == "image" else np.float32 for name in names}
        shapes = {name: (2, *tuple(self.engine.get_tensor_shape(name))[1:]) for name in dtypes}
        self.host = {n: driver.pagelocked_empty(shapes[n], dtype) for n, dtype in dtypes.items()}
        self.device = {name: driver.mem_alloc(array.nbytes) for name, array in self.host.items()}
        self.execution = self.new_execution()

    def build(self, model):
        trt = self.trt
        builder = trt.Builder(self.logger)
        flags = trt.NetworkDefinitionCreationFlag
        network = builder.create_network(1 << int(getattr(flags, "EXPLICIT_BATCH", 0)))
        assert trt.OnnxParser(network, self.logger).parse(model)
        config = builder.create_builder_config()
        profile = builder.create_optimization_profile()
        profile.set_shape("image", *((n, *SHAPE[1:]) for n in (1, 2, 2)))
        config.add_optimization_profile(profile)
        return builder.build_serialized_network(network, config)

    def new_execution(self):
        execution = self.engine.create_execution_context()
        for name, memory in self.device.items():
            assert execution.set_tensor_address(name, int(memory))
        assert execution.set_input_shape("image", SHAPE)
        return execution

    def copy_in(self):
        self.driver.memcpy_htod_async(self.device["image"], self.host["image"], self.stream)

    def copy_out(self):
        for name in set(self.host) - {"image"}:
            self.driver.memcpy_dtoh_async(self.host[name], self.device[name], self.stream)

    def run(self):
        self.host["image"][:] = random_crops(2)
        self.copy_in()
        assert self.execution.execute_async_v3(self.stream.handle)
        self.copy_out()

    def noticed(self, *words):
        """Check that there was a misuse, described so, and forgive it."""
        text = "\n".join(self.gpu.misuses)
        assert text and all(word in text for word in words), text
        self.gpu.misuses.clear()

    def close(self):
        """Release everything; misuses that follow from an earlier one are forgiven."""
        self.execution = self.engine = self.stream = None
        for memory in (*self.device.values(), *(array.base for array in self.host.values())):
            memory.free()
        self.context.pop()
        self.context.detach()


@pytest.fixture
def bench(model):
    with fake_gpu() as gpu:
        bench = Bench(gpu, model)
        yield bench
        bench.close()


def in_another_thread(function, *args):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *args).result()


@pytest.mark.parametrize("version", VERSIONS)
def test_right_use_is_no_misuse(model, version):
    with fake_gpu(version) as gpu:
        bench = Bench(gpu, model)
        bench.run()
        bench.stream.synchronize()
        assert np.isfinite(bench.host["heatmaps"]).all()
        bench.close()
        assert not gpu.primary.n_retained


# Contexts and threads


@pytest.mark.parametrize(
    "use",
    [
        lambda bench: bench.driver.mem_alloc(16),
        lambda bench: bench.driver.Stream(),
        lambda bench: bench.copy_in(),
        lambda bench: bench.stream.synchronize(),
        lambda bench: bench.execution.execute_async_v3(bench.stream.handle),
        lambda bench: bench.execution.set_input_shape("image", SHAPE),
        lambda bench: bench.trt.Runtime(bench.logger).deserialize_cuda_engine(bench.plan),
    ],
    ids=["memory", "stream", "copy", "wait", "execute", "shape", "deserialize"],
)
def test_use_in_a_thread_without_the_context_is_noticed(bench, use):
    with pytest.raises((bench.driver.LogicError, AssertionError)):
        in_another_thread(use, bench)
    bench.noticed("context")


def test_use_in_another_context_is_noticed(bench):
    other = bench.driver.Device(0).make_context()
    with pytest.raises(AssertionError):
        bench.execution.execute_async_v3(bench.stream.handle)
    other.pop()
    other.detach()
    bench.noticed("another")


def test_a_context_that_stays_pushed_is_a_leak(bench):
    bench.context.push()
    assert "2 contexts pushed in a thread" in bench.gpu.leaks()
    bench.context.pop()


def test_a_pop_too_many_is_noticed(bench):
    with pytest.raises(bench.driver.LogicError, match="cannot pop non-current context"):
        in_another_thread(bench.context.pop)
    bench.noticed("cannot pop")


def test_what_is_released_in_a_thread_without_the_context_leaks(bench):
    memory = bench.driver.mem_alloc(16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        in_another_thread(memory.free)
    bench.noticed("DeviceAllocation in out-of-thread context could not be cleaned up")
    assert "16 bytes of device memory" in bench.gpu.leaks()
    bench.gpu.memories.popitem()


def test_a_context_released_before_what_lives_in_it_is_noticed(bench):
    bench.gpu.release_primary()
    bench.noticed("released before", "ICudaEngine", "bytes of device memory")
    bench.gpu.primary.n_retained += 1


# Streams and memory


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_default_stream_is_noticed(bench, number):
    with pytest.raises(AssertionError):
        bench.execution.execute_async_v3(number)
    bench.noticed("default stream")
    with pytest.raises(AssertionError):
        bench.driver.memcpy_htod_async(bench.device["image"], bench.host["image"])
    bench.noticed("default stream")


def test_results_are_not_there_before_the_stream_was_waited_for(bench):
    bench.run()
    assert np.isnan(bench.host["presence"]).all()
    bench.stream.synchronize()
    assert np.isfinite(bench.host["presence"]).all()


def test_a_host_array_changed_while_it_is_copied_is_noticed(bench):
    bench.copy_in()
    bench.host["image"][0, 0, 0, 0] ^= 1
    bench.stream.synchronize()
    bench.noticed("the host changed what is copied")


def test_a_host_array_written_where_results_arrive_is_noticed(bench):
    bench.run()
    bench.host["presence"][:] = 0
    bench.stream.synchronize()
    bench.noticed("the host wrote where results were to arrive")


@pytest.mark.parametrize("side", ["host", "device"])
def test_memory_freed_while_work_on_it_is_not_done_is_noticed(bench, side):
    bench.copy_in()
    if side == "host":
        bench.host.pop("image").base.free()
    else:
        bench.device.pop("image").free()
    bench.noticed("freed while work on it is not done: cuMemcpyHtoDAsync")
    bench.stream.synchronize()


def test_memory_used_after_it_was_freed_is_noticed(bench):
    memory = bench.driver.mem_alloc(64)
    address = int(memory)
    memory.free()
    with pytest.raises(bench.driver.LogicError):
        memory.free()
    bench.noticed("invalid resource handle")
    with pytest.raises(AssertionError):
        int(memory)
    bench.noticed("after it was freed")
    bench.execution.set_tensor_address("presence", address // 256 * 256)
    with pytest.raises(AssertionError):
        bench.execution.execute_async_v3(bench.stream.handle)
    bench.noticed("no device memory is allocated")


def test_a_copy_from_ordinary_memory_is_noticed(bench):
    with pytest.raises(AssertionError):
        bench.driver.memcpy_htod_async(bench.device["image"], random_crops(2), bench.stream)
    bench.noticed("no pinned memory")


def test_a_copy_past_the_end_is_noticed(bench):
    with pytest.raises(AssertionError):
        bench.driver.memcpy_htod_async(bench.device["presence"], bench.host["image"], bench.stream)
    bench.noticed("of 8 bytes of device memory")


def test_two_streams_that_use_the_same_memory_are_noticed(bench):
    other = bench.driver.Stream()
    bench.copy_in()
    with pytest.raises(AssertionError):
        bench.driver.memcpy_htod_async(bench.device["image"], bench.host["image"], other)
    bench.noticed("on another stream")
    bench.stream.synchronize()


def test_a_stream_destroyed_while_work_on_it_is_not_done_is_noticed(bench):
    bench.copy_in()
    bench.stream = None
    bench.noticed("a stream is destroyed while work on it is not done")
    for memory in bench.gpu.memories.values():
        memory.pending.clear()


def test_a_time_between_events_that_have_not_happened_is_noticed(bench):
    before, after = bench.driver.Event(), bench.driver.Event()
    before.record(bench.stream)
    after.record(bench.stream)
    with pytest.raises(bench.driver.RuntimeError, match="not ready"):
        after.time_since(before)
    bench.noticed("before they have happened")
    bench.stream.synchronize()
    assert after.time_since(before) >= 0


# TensorRT


def test_a_shape_or_address_that_is_not_set_is_noticed(bench):
    execution = bench.engine.create_execution_context()
    with pytest.raises(AssertionError):
        execution.execute_async_v3(bench.stream.handle)
    bench.noticed("the shape of image is not set")
    execution.set_input_shape("image", SHAPE)
    with pytest.raises(AssertionError):
        execution.execute_async_v3(bench.stream.handle)
    bench.noticed("the address of image is not set")


def test_a_shape_outside_the_profile_is_refused_and_cannot_be_run(bench):
    assert not bench.execution.set_input_shape("image", (3, *SHAPE[1:]))
    assert "not within the profile" in bench.logged[-1]
    with pytest.raises(AssertionError):
        bench.execution.execute_async_v3(bench.stream.handle)
    bench.noticed("the shape of image is not set")


def test_memory_too_small_for_a_tensor_is_noticed(bench):
    bench.execution.set_tensor_address("heatmaps", int(bench.device["presence"]))
    with pytest.raises(AssertionError):
        bench.execution.execute_async_v3(bench.stream.handle)
    bench.noticed("heatmaps", "of 8 bytes")


def test_an_input_that_nothing_was_copied_to_is_noticed(bench):
    bench.execution.execute_async_v3(bench.stream.handle)
    bench.stream.synchronize()
    bench.noticed("reads device memory that nothing was written to")


def test_an_engine_of_another_version_does_not_load_and_a_damaged_one_is_noticed(bench, model):
    with fake_gpu("10.16.1.11") as gpu:
        other = Bench(gpu, model)
        runtime = other.trt.Runtime(other.logger)
        assert runtime.deserialize_cuda_engine(bench.plan) is None
        assert "Version tag does not match" in other.logged[-1]
        with pytest.raises(AssertionError):
            runtime.deserialize_cuda_engine(other.plan[:-1])
        other.noticed("a damaged engine")
        other.close()


def test_what_is_not_released_is_a_leak(bench):
    for words in ("1 ICudaEngine", "1 IExecutionContext", "8 bytes of pinned memory", "stream 0x"):
        assert any(words in leak for leak in bench.gpu.leaks())


def test_calls_are_held_to_the_signatures_of_the_bindings(bench):
    flags = bench.trt.NetworkDefinitionCreationFlag
    for wrong in (
        lambda: 1 << flags.EXPLICIT_BATCH,
        lambda: bench.execution.set_tensor_address("image", 512.0),
        lambda: bench.execution.set_input_shape("image", 2),
        lambda: bench.execution.execute_async_v3(bench.stream),
        lambda: bench.trt.Builder(None),
        lambda: bench.trt.Runtime(type("Unready", (bench.trt.ILogger,), {"__init__": id})()),
        lambda: len(bench.build(b"")),
    ):
        with pytest.raises((TypeError, AssertionError)):
            wrong()
    with pytest.raises(AttributeError):
        bench.engine.num_bindings = 2
    assert bench.gpu.absent_names == {"ICudaEngine.num_bindings"}


# Graphs


def captured(bench):
    """Capture one run in a graph and return its handle."""
    graph, executable = ctypes.c_void_p(), ctypes.c_void_p()
    handle = bench.stream.handle
    assert bench.libcuda.cuStreamBeginCapture_v2(handle, bench.libcuda.THREAD_LOCAL) == 0
    try:
        bench.execution.execute_async_v3(handle)
    finally:
        assert bench.libcuda.cuStreamEndCapture(handle, ctypes.byref(graph)) == 0
        bench.libcuda.cuGraphInstantiateWithFlags(ctypes.byref(executable), graph, 0)
        bench.libcuda.cuGraphDestroy(graph)
    return executable


def test_a_graph_runs_when_it_is_launched_and_not_before(bench):
    bench.run()
    bench.stream.synchronize()
    before = bench.host["presence"].copy()
    executable = captured(bench)
    bench.host["image"][:] = random_crops(2, seed=1)
    bench.copy_in()
    bench.libcuda.cuGraphLaunch(executable, bench.stream.handle)
    bench.copy_out()
    bench.stream.synchronize()
    assert not np.array_equal(bench.host["presence"], before)
    bench.libcuda.cuGraphExecDestroy(executable)
    with pytest.raises(AssertionError):
        bench.libcuda.cuGraphLaunch(executable, bench.stream.handle)
    bench.noticed("not there")


def test_a_capture_before_the_first_run_is_noticed(bench):
    with pytest.raises(AssertionError):
        captured(bench)
    bench.noticed("captured in a graph before it ran once")
    bench.gpu.objects["CUgraphExec"] -= 1


def test_an_execution_context_changed_after_its_capture_is_noticed(bench):
    bench.run()
    bench.stream.synchronize()
    executable = captured(bench)
    bench.execution.set_input_shape("image", (1, *SHAPE[1:]))
    bench.libcuda.cuGraphLaunch(executable, bench.stream.handle)
    bench.stream.synchronize()
    bench.noticed("changed after it was captured")
    bench.libcuda.cuGraphExecDestroy(executable)

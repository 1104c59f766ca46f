# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From an engine file to results, which ONNX Runtime computes."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
import onnx
import onnxruntime
from fake_gpu import Operation, gpu

from . import plan
from .strict import Bound, Buffer, Made
from .types import DataType, Dims, ILogger, TensorIOMode

_NUMPY = {"FLOAT": np.float32, "HALF": np.float16, "UINT8": np.uint8}
_DEVICE_MEMORY_BYTES = 1 << 20
_ALIGNMENT = 256


class Runtime(Bound):
    """Reads engine files."""

    def __init__(self, logger: ILogger) -> None:
        if gpu.fails("Runtime"):
            logger.log(ILogger.ERROR, "createInferRuntime: Error Code 6: API Usage Error")
            raise TypeError("pybind11::init(): factory function returned nullptr")
        self._logger = logger

    def deserialize_cuda_engine(self, serialized_engine: Buffer) -> ICudaEngine:
        plan.check_context("deserialize_cuda_engine")
        unpacked = plan.unpack(serialized_engine)
        if gpu.fails("deserialize"):
            unpacked = "Error Code 1: Serialization failed"
        if isinstance(unpacked, str):
            self._logger.log(ILogger.ERROR, f"IRuntime::deserializeCudaEngine: {unpacked}")
            return None
        header, model = unpacked
        return ICudaEngine._make(
            runtime=self,
            logger=self._logger,
            header=header,
            session=_session(model),
            tensors=_tensors(onnx.ModelProto.FromString(model).graph),
        )


class ICudaEngine(Made):
    """A network that is ready to run."""

    num_io_tensors = property(lambda self: len(self._tensors))

    def get_tensor_name(self, index: int) -> str:
        return list(self._tensors)[index]

    def get_tensor_mode(self, name: str) -> TensorIOMode:
        return self._tensor(name)["mode"]

    def get_tensor_shape(self, name: str) -> Dims:
        sizes = self._tensor(name)["shape"]
        return Dims._make(shape=[size if isinstance(size, int) else -1 for size in sizes])

    def get_tensor_dtype(self, name: str) -> DataType:
        return self._tensor(name)["dtype"]

    def create_execution_context(self) -> IExecutionContext:
        plan.check_context("create_execution_context")
        if gpu.fails("create_execution_context") or gpu.free_bytes() < _DEVICE_MEMORY_BYTES:
            self._logger.log(
                ILogger.ERROR,
                "ICudaEngine::createExecutionContext: Error Code 2: OutOfMemory (Requested size "
                f"was {_DEVICE_MEMORY_BYTES} bytes.)",
            )
            return None
        return IExecutionContext._make(
            engine=self,
            memory=gpu.allocate("device", _DEVICE_MEMORY_BYTES, gpu.primary),
            shapes={},
            addresses={},
            is_warm=False,
            n_changes=0,
            lock=threading.Lock(),
        )

    def _tensor(self, name: str) -> dict[str, Any]:
        if name not in self._tensors:
            gpu.misuse(f"the engine has no tensor {name!r}, only {list(self._tensors)}")
        return self._tensors[name]


class IExecutionContext(Made):
    """Runs the network once at a time, with the shapes and addresses it was last given."""

    def set_input_shape(self, name: str, shape: Dims) -> bool:
        plan.check_context("set_input_shape")
        tensor = self._engine._tensor(name)
        low, _, high = self._engine._header["profile"][name]
        fits = len(shape) == len(low) and all(
            least <= size <= most for least, size, most in zip(low, shape, high, strict=True)
        )
        if tensor["mode"] != TensorIOMode.INPUT or not fits:
            self._log(f"setInputShape: {name} {shape} is not within the profile, {low} to {high}")
            self._shapes.pop(name, None)
            return False
        if self._shapes.get(name) != shape:
            self._is_warm = False
            self._n_changes += 1
        self._shapes[name] = shape
        return True

    def get_tensor_shape(self, name: str) -> Dims:
        sizes = self._engine._tensor(name)["shape"]
        open_sizes = self._open_sizes()
        shape = [size if isinstance(size, int) else open_sizes.get(size, -1) for size in sizes]
        return Dims._make(shape=shape)

    def set_tensor_address(self, name: str, memory: int) -> bool:
        plan.check_context("set_tensor_address")
        self._engine._tensor(name)
        if memory % _ALIGNMENT:
            gpu.misuse(f"the address of {name} is not aligned to {_ALIGNMENT} bytes")
        self._n_changes += self._addresses.get(name) != memory
        self._addresses[name] = memory
        return True

    def execute_async_v3(self, stream_handle: int) -> bool:
        plan.check_context("execute_async_v3")
        if not self._lock.acquire(blocking=False):
            gpu.misuse("two threads execute one IExecutionContext at the same time")
        try:
            queue = gpu.queue(stream_handle, "execute_async_v3")
            if gpu.fails("execute"):
                self._log("enqueueV3: Error Code 1: Cuda Runtime (out of memory)")
                return False
            is_captured = queue.captured is not None
            if is_captured and not self._is_warm:
                gpu.misuse("captured in a graph before it ran once with these shapes")
            gpu.enqueue(queue, self._operation(is_captured=is_captured))
            self._is_warm = True
            return True
        finally:
            self._lock.release()

    def _operation(self, *, is_captured: bool) -> Operation:
        """Return the work with what is set now; what is missing or does not fit is a misuse."""
        places: dict[str, tuple[Any, np.dtype, tuple[int, ...]]] = {}
        for name, tensor in self._engine._tensors.items():
            shape = tuple(self.get_tensor_shape(name))
            if -1 in shape:
                gpu.misuse(f"execute_async_v3: the shape of {name} is not set, it is {shape}")
            if name not in self._addresses:
                gpu.misuse(f"execute_async_v3: the address of {name} is not set")
            dtype = np.dtype(_NUMPY[tensor["dtype"].name])
            n_bytes = math.prod(shape) * dtype.itemsize
            memory = gpu.find("device", self._addresses[name], n_bytes, f"execute_async_v3: {name}")
            places[name] = memory, dtype, shape
        inputs, outputs = (
            {
                name: place
                for name, place in places.items()
                if self._engine.get_tensor_mode(name) == mode
            }
            for mode in (TensorIOMode.INPUT, TensorIOMode.OUTPUT)
        )
        session, n_changes = self._engine._session, self._n_changes

        def compute() -> None:
            if self._memory is None:
                gpu.note("an IExecutionContext is released before its work, or graph, has run")
            if is_captured and self._n_changes != n_changes:
                gpu.note("an IExecutionContext was changed after it was captured in a graph")
            feeds = {
                name: memory.content[start:stop].view(dtype).reshape(shape)
                for name, ((memory, start, stop), dtype, shape) in inputs.items()
            }
            for name, value in zip(outputs, session.run(list(outputs), feeds), strict=True):
                (memory, start, stop), _, _ = outputs[name]
                memory.content[start:stop] = np.ascontiguousarray(value).reshape(-1).view(np.uint8)

        reads = tuple(place[0] for place in inputs.values())
        writes = tuple(place[0] for place in outputs.values())
        scratch = (self._memory, 0, self._memory.content.nbytes)
        return Operation("execute_async_v3", compute, reads=reads, writes=(*writes, scratch))

    def _open_sizes(self) -> dict[str, int]:
        """The sizes that the model leaves open, as the inputs' shapes fix them."""
        return {
            name: size
            for tensor, shape in self._shapes.items()
            for name, size in zip(self._engine._tensor(tensor)["shape"], shape, strict=True)
            if isinstance(name, str)
        }

    def _log(self, message: str) -> None:
        self._engine._logger.log(ILogger.ERROR, f"IExecutionContext::{message}")

    def __del__(self) -> None:
        if gpu.current() is not gpu.primary:
            gpu.note("an IExecutionContext is released while its CUDA context is not current")
        gpu.free(self._memory)
        object.__setattr__(self, "_memory", None)
        super().__del__()


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _tensors(graph: onnx.GraphProto) -> dict[str, dict[str, Any]]:
    """Return mode, type and shape of inputs and outputs; open sizes are names."""
    types = {number: name for name, number in onnx.TensorProto.DataType.items()}
    names = {"FLOAT": DataType.FLOAT, "FLOAT16": DataType.HALF, "UINT8": DataType.UINT8}
    return {
        value.name: {
            "mode": mode,
            "dtype": names[types[value.type.tensor_type.elem_type]],
            "shape": [dim.dim_value or dim.dim_param for dim in value.type.tensor_type.shape.dim],
        }
        for mode, values in ((TensorIOMode.INPUT, graph.input), (TensorIOMode.OUTPUT, graph.output))
        for value in values
    }

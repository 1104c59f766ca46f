# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""An engine with everything it needs to run: memory, a stream, execution contexts."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from ..core.errors import BackendError, ModelError
from ..core.types import Array, check_shape
from .cuda import PrimaryContext, SharedArray, Stream, cuda_errors
from .cuda_graph import CudaGraph
from .signature import Tensor
from .tensorrt_api import tensorrt_logger

STAGES = ("H2D", "inference", "D2H")
"""Parts of a run: to the device, the network, back to the host."""


class TensorRtSession:
    """Runs an engine on batches of 1 to max_batch, from any thread, one call at a time.

    All memory is taken at the start and kept until `close`. uses_graphs: record the launches of
    each batch size once and replay them. Raises BackendError.
    """

    def __init__(
        self,
        trt: Any,
        gpu: PrimaryContext,
        engine: Any,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        max_batch: int,
        *,
        uses_graphs: bool = False,
    ) -> None:
        self._trt, self._gpu, self._engine = trt, gpu, engine
        self._inputs, self._outputs = inputs, outputs
        self.max_batch = max_batch
        self.stage_times_s: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        """How long the GPU took for each of STAGES in the last run."""
        self._lock = threading.Lock()
        self._resources = ExitStack()
        self._arrays: dict[str, SharedArray] = {}
        self._graphs: dict[int, CudaGraph] = {}
        try:
            with self._working("while the model was loaded"):
                self._allocate()
                self._warm_up()
                if uses_graphs:
                    self._record()
        except BaseException:
            self.close()
            raise

    def __call__(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the outputs for a batch of 1 to max_batch, in memory of their own."""
        n = len(inputs[self._inputs[0].name])
        with self._working("while the model ran"):
            for tensor in self._inputs:
                array = inputs[tensor.name]
                check_shape(tensor.name, array, tensor.shape_of(n))
                np.copyto(self._arrays[tensor.name].host[:n], array, casting="no")
            self._run(n)
            return {
                tensor.name: self._arrays[tensor.name].host[:n].copy() for tensor in self._outputs
            }

    def close(self) -> None:
        """Release everything; to close twice does no harm."""
        with self._lock:
            if self._engine is None:
                return
            with cuda_errors("while the model was released"), self._gpu.current():
                try:
                    self._resources.close()
                finally:
                    self._engine = None

    @contextmanager
    def _working(self, when: str) -> Iterator[None]:
        """Let one thread at a time use the GPU. when: for errors."""
        with self._lock:
            if self._engine is None:
                raise BackendError("the backend is closed; load the model again")
            with cuda_errors(when), self._gpu.current():
                yield

    def _allocate(self) -> None:
        driver = self._gpu.driver
        self._stream = Stream(driver, n_marks=len(STAGES) + 1)
        self._resources.callback(self._stream.free)
        for tensor in (*self._inputs, *self._outputs):
            array = SharedArray(driver, tensor.shape_of(self.max_batch), tensor.dtype)
            self._resources.callback(array.free)
            self._arrays[tensor.name] = array
        self._execution = self._new_execution()
        self._resources.callback(self._execution.release)

    def _warm_up(self) -> None:
        """Run once: TensorRT and CUDA put off some of their work until the first run."""
        for tensor in self._inputs:
            self._arrays[tensor.name].host[:] = 0
        for n in {1, self.max_batch}:
            self._run(n)

    def _record(self) -> None:
        """Record each batch size, with a context of its own that is not touched again.

        A recorded context must not be modified: TensorRT Developer Guide, "CUDA Graphs".
        """
        for n in range(1, self.max_batch + 1):
            execution, graph = self._new_execution(), CudaGraph()
            # Freed in reverse: a graph goes before the execution context whose memory it uses.
            self._resources.callback(execution.release)
            self._resources.callback(graph.free)
            execution.set_batch(n)
            execution.enqueue(self._stream.handle)
            self._stream.wait()
            with graph.capture(self._stream.handle):
                execution.enqueue(self._stream.handle)
            self._graphs[n] = graph

    def _new_execution(self) -> _Execution:
        addresses = {name: array.address for name, array in self._arrays.items()}
        return _Execution(self._trt, self._engine, self._inputs, self._outputs, addresses)

    def _run(self, n: int) -> None:
        """Copy, run and copy back n rows, and wait for the end."""
        stream = self._stream
        try:
            stream.mark(0)
            for tensor in self._inputs:
                self._arrays[tensor.name].to_device(n, stream)
            stream.mark(1)
            if n in self._graphs:
                self._graphs[n].launch(stream.handle)
            else:
                self._execution.set_batch(n)
                self._execution.enqueue(stream.handle)
            stream.mark(2)
            for tensor in self._outputs:
                self._arrays[tensor.name].to_host(n, stream)
            stream.mark(3)
        finally:
            # Even after an error: what is under way uses memory that is about to change.
            stream.wait()
        self.stage_times_s = dict(zip(STAGES, stream.durations_s(), strict=True))


class _Execution:
    """An execution context that reads and writes fixed addresses."""

    def __init__(
        self,
        trt: Any,
        engine: Any,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        addresses: Mapping[str, int],
    ) -> None:
        self._logger = tensorrt_logger(trt)
        self._inputs, self._outputs = inputs, outputs
        self._batch = 0
        self._context = engine.create_execution_context()
        if self._context is None:
            raise BackendError(
                f"TensorRT could not get ready to run ({self._logger.last_errors()}); if memory "
                "ran out, end other programs that use the GPU, or lower max_hands"
            )
        for name, address in addresses.items():
            self._check(self._context.set_tensor_address(name, address))

    def set_batch(self, n: int) -> None:
        """Take batches of n from now on.

        Raises ModelError for outputs of other sizes than the card promises: TensorRT would write
        beyond their memory.
        """
        if n == self._batch:
            return
        for tensor in self._inputs:
            self._check(self._context.set_input_shape(tensor.name, tensor.shape_of(n)))
        for tensor in self._outputs:
            shape = tuple(self._context.get_tensor_shape(tensor.name))
            if shape != tensor.shape_of(n):
                raise ModelError(
                    f"for a batch of {n} the model gives '{tensor.name}' of shape {shape}, its "
                    f"card promises {tensor.shape_of(n)}; export the model again"
                )
        self._batch = n

    def enqueue(self, stream_handle: int) -> None:
        """Put one run on a stream."""
        self._check(self._context.execute_async_v3(stream_handle))

    def release(self) -> None:
        """Free the context."""
        self._context = None

    def _check(self, succeeded: bool) -> None:
        if not succeeded:
            raise BackendError(
                f"TensorRT could not run the model ({self._logger.last_errors()}); if memory ran "
                "out, end other programs that use the GPU"
            )

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""CUDA graphs through the driver library, since pycuda does not know them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from ..core.errors import BackendError, ParameterError

_THREAD_LOCAL = 1
"""CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: what other threads do meanwhile is no error."""

_Handle = ctypes.c_void_p


@cache
def driver_library() -> ctypes.CDLL:
    """Return libcuda with the types of the functions used here declared."""
    try:
        library = ctypes.CDLL("libcuda.so.1")
        for name, argument_types in {
            "cuStreamBeginCapture_v2": [_Handle, ctypes.c_int],
            "cuStreamEndCapture": [_Handle, ctypes.POINTER(_Handle)],
            "cuGraphInstantiateWithFlags": [
                ctypes.POINTER(_Handle),
                _Handle,
                ctypes.c_ulonglong,
            ],
            "cuGraphLaunch": [_Handle, _Handle],
            "cuGraphDestroy": [_Handle],
            "cuGraphExecDestroy": [_Handle],
        }.items():
            getattr(library, name).argtypes = argument_types
    except (OSError, AttributeError) as error:
        raise ParameterError(
            f"cuda_graph needs a CUDA driver of version 11.4 or newer ({error}); set cuda_graph "
            "to false"
        ) from error
    return library


class CudaGraph:
    """Work recorded once on a stream, which `launch` repeats at the cost of one call.

    Everything with the context current.
    """

    def __init__(self) -> None:
        self._executable = _Handle()

    @contextmanager
    def capture(self, stream_handle: int) -> Iterator[None]:
        """Record what the block puts on the stream instead of running it; raises BackendError."""
        graph = _Handle()
        _call("cuStreamBeginCapture_v2", stream_handle, _THREAD_LOCAL)
        try:
            yield
        except BaseException:
            # Else the stream could never be used again.
            driver_library().cuStreamEndCapture(stream_handle, ctypes.byref(graph))
            if graph:
                _call("cuGraphDestroy", graph)
            raise
        _call("cuStreamEndCapture", stream_handle, ctypes.byref(graph))
        try:
            _call("cuGraphInstantiateWithFlags", ctypes.byref(self._executable), graph, 0)
        finally:
            _call("cuGraphDestroy", graph)

    def launch(self, stream_handle: int) -> None:
        """Put the recorded work on a stream."""
        _call("cuGraphLaunch", self._executable, stream_handle)

    def free(self) -> None:
        """Free the graph, if one was recorded."""
        if self._executable:
            _call("cuGraphExecDestroy", self._executable)
            self._executable = _Handle()


def _call(name: str, *arguments: object) -> None:
    status = getattr(driver_library(), name)(*arguments)
    if status:
        raise BackendError(
            f"{name} failed with CUDA error {status}; set cuda_graph to false if this keeps "
            "happening"
        )

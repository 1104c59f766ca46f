# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The functions of libcuda that capture and launch graphs, to stand in for the ctypes library.

They take what ctypes would: plain numbers, c_void_p, and byref() of one.
"""
# ruff: noqa: N802

from __future__ import annotations

import ctypes
from dataclasses import replace
from itertools import count
from typing import Any

from fake_gpu import Operation, gpu

SUCCESS, INVALID_VALUE, INVALID_HANDLE, ILLEGAL_STATE = 0, 1, 400, 401
THREAD_LOCAL = 1

_handles = count(0x9000, 16)
_graphs: dict[int, list[Operation]] = {}


def cuStreamBeginCapture_v2(stream: Any, mode: Any) -> int:
    queue = gpu.queue(_number(stream), "cuStreamBeginCapture")
    if _number(mode) != THREAD_LOCAL:
        gpu.misuse("a capture that is not thread-local breaks what other threads do meanwhile")
    if queue.captured is not None:
        gpu.misuse("a stream is captured twice at once")
    queue.captured = []
    return SUCCESS


def cuStreamEndCapture(stream: Any, graph: Any) -> int:
    queue = gpu.queue(_number(stream), "cuStreamEndCapture")
    if queue.captured is None:
        return ILLEGAL_STATE
    operations, queue.captured = queue.captured, None
    graph._obj.value = _new("CUgraph", operations)
    return SUCCESS


def cuGraphInstantiateWithFlags(executable: Any, graph: Any, flags: Any) -> int:
    if gpu.fails("cuGraphInstantiate"):
        return INVALID_VALUE
    executable._obj.value = _new("CUgraphExec", _graphs[_number(graph)])
    return SUCCESS


def cuGraphLaunch(executable: Any, stream: Any) -> int:
    queue = gpu.queue(_number(stream), "cuGraphLaunch")
    if _number(executable) not in _graphs:
        gpu.misuse("a graph is launched that is not there, or no more")
    for operation in _graphs[_number(executable)]:
        gpu.enqueue(queue, replace(operation))
    return SUCCESS


def cuGraphDestroy(graph: Any) -> int:
    return _destroy("CUgraph", graph)


def cuGraphExecDestroy(executable: Any) -> int:
    return _destroy("CUgraphExec", executable)


def _number(handle: Any) -> int:
    return (handle.value if isinstance(handle, ctypes.c_void_p) else handle) or 0


def _new(kind: str, operations: list[Operation]) -> int:
    gpu.objects[kind] += 1
    handle = next(_handles)
    _graphs[handle] = operations
    return handle


def _destroy(kind: str, handle: Any) -> int:
    gpu.check_current(gpu.primary, f"destroying a {kind}")
    if _graphs.pop(_number(handle), None) is None:
        return INVALID_HANDLE
    gpu.objects[kind] -= 1
    return SUCCESS

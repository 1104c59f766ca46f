# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The part of pycuda.driver that runs TensorRT, with the rules of pycuda's own C++ (cuda.hpp).

Where pycuda raises an exception, so does this; what the driver leaves undefined is a misuse.
"""
# ruff: noqa: F401

from __future__ import annotations

import time
from itertools import count

import numpy as np
from fake_gpu import gpu
from gpu_parts import Memory, Operation, Queue

from .context import (
    Context,
    Device,
    Error,
    LaunchError,
    LogicError,
    MemoryError,
    RuntimeError,
    device_attribute,
    get_driver_version,
    get_version,
    init,
)
from .context import Dependent as _Dependent
from .context import current_context as _current_context
from .context import logic_error as _logic_error

_handles = count(0x5000, 16)


class Stream(_Dependent):
    """A stream of its own; flags=1 lets it ignore the default stream."""

    def __init__(self, flags: int = 0) -> None:
        super().__init__()
        self.handle = next(_handles)
        gpu.queues[self.handle] = Queue(self.handle, self._context.driver_context)

    def synchronize(self) -> None:
        queue = gpu.queue(self.handle, "cuStreamSynchronize")
        if gpu.fails("synchronize"):
            gpu.run(queue, fails=True)
            raise LaunchError("cuStreamSynchronize failed: unspecified launch failure")
        gpu.run(queue)

    def __del__(self) -> None:
        if hasattr(self, "handle") and self.can_be_cleaned_up():
            queue = gpu.queues.pop(self.handle)
            if queue.operations:
                gpu.note("a stream is destroyed while work on it is not done")


class Event(_Dependent):
    """A moment in a stream."""

    def __init__(self, flags: int = 0) -> None:
        super().__init__()
        self._time_s: float | None = None
        gpu.objects["Event"] += 1

    def record(self, stream: Stream | None = None) -> Event:
        if stream is None:
            gpu.misuse("cuEventRecord: on the default stream")
        queue = gpu.queue(stream.handle, "cuEventRecord")
        gpu.enqueue(queue, Operation("cuEventRecord", self._happen))
        self._time_s = None
        return self

    def time_since(self, event: Event) -> float:
        """Milliseconds between two events that are both past."""
        gpu.check_current(self._context.driver_context, "cuEventElapsedTime")
        if self._time_s is None or event._time_s is None:
            gpu.note("the time between events is asked for before they have happened")
            raise RuntimeError("cuEventElapsedTime failed: device not ready")
        return (self._time_s - event._time_s) * 1e3

    def _happen(self) -> None:
        self._time_s = time.perf_counter()

    def __del__(self) -> None:
        if hasattr(self, "_time_s") and self.can_be_cleaned_up():
            gpu.objects["Event"] -= 1


class _Allocation(_Dependent):
    """Memory that can be freed once."""

    _memory: Memory | None = None

    def __init__(self, kind: str, n_bytes: int) -> None:
        super().__init__()
        self._memory = gpu.allocate(kind, n_bytes, self._context.driver_context)

    def free(self) -> None:
        if self._memory is None:
            raise _logic_error("device_allocation::free failed: invalid resource handle")
        memory, self._memory = self._memory, None
        if self.can_be_cleaned_up():
            gpu.free(memory)

    def __del__(self) -> None:
        if self._memory is not None:
            self.free()


class DeviceAllocation(_Allocation):
    """Memory of the GPU; it stands for its address."""

    def __int__(self) -> int:
        if self._memory is None:
            gpu.misuse("the address of device memory is asked for after it was freed")
        return self._memory.address

    __index__ = __int__


class PagelockedHostAllocation(_Allocation):
    """Base of the arrays of page-locked memory."""

    def _array(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """Return the memory as an array whose base is this object."""
        data = (self._memory.address, False)
        self.__array_interface__ = dict(data=data, shape=shape, typestr=dtype.str, version=3)
        return np.asarray(self)


def mem_alloc(n_bytes: int) -> DeviceAllocation:
    _current_context("cuMemAlloc")
    if n_bytes <= 0:
        raise _logic_error("cuMemAlloc failed: invalid argument")
    if gpu.fails("mem_alloc") or n_bytes > gpu.free_bytes():
        raise MemoryError("cuMemAlloc failed: out of memory")
    return DeviceAllocation("device", n_bytes)


def pagelocked_empty(shape, dtype, order: str = "C", mem_flags: int = 0) -> np.ndarray:
    _current_context("cuMemHostAlloc")
    if gpu.fails("pagelocked_empty"):
        raise MemoryError("cuMemHostAlloc failed: out of memory")
    if order != "C" or mem_flags:
        raise NotImplementedError("the fake has no other order, and no flags")
    sizes, dtype = np.atleast_1d(shape), np.dtype(dtype)
    allocation = PagelockedHostAllocation("pinned", int(sizes.prod()) * dtype.itemsize)
    return allocation._array(tuple(map(int, sizes)), dtype)


def memcpy_htod_async(dest, src, stream: Stream | None = None) -> None:
    _copy_async("cuMemcpyHtoDAsync", stream, device=dest, host=src, to_device=True)


def memcpy_dtoh_async(dest, src, stream: Stream | None = None) -> None:
    _copy_async("cuMemcpyDtoHAsync", stream, device=src, host=dest, to_device=False)


def _copy_async(what: str, stream: Stream | None, *, device, host, to_device: bool) -> None:
    _current_context(what)
    if stream is None:
        gpu.misuse(f"{what}: on the default stream")
    queue = gpu.queue(stream.handle, what)
    view = memoryview(host)
    if not view.contiguous or (view.readonly and not to_device):
        raise BufferError("ndarray is not contiguous or not writable")
    address = np.asarray(host).ctypes.data
    on_host = gpu.find("pinned", address, view.nbytes, f"{what}, host side")
    on_device = gpu.find("device", int(device), view.nbytes, f"{what}, device side")
    source, target = (on_host, on_device) if to_device else (on_device, on_host)

    def copy() -> None:
        (read, read_start, read_stop), (write, write_start, write_stop) = source, target
        write.content[write_start:write_stop] = read.content[read_start:read_stop]

    gpu.enqueue(queue, Operation(what, copy, reads=(source,), writes=(target,)))

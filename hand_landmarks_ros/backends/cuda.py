# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The one place that owns CUDA: the context of each GPU, and the memory shared with it."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..core.errors import BackendError, ParameterError

_lock = threading.Lock()
_contexts: dict[int, PrimaryContext] = {}


class PrimaryContext:
    """The primary context of one GPU: the one that TensorRT itself uses.

    pycuda's `autoinit` and `make_context` would make another one, current in one thread alone;
    rclpy calls from any thread. So whoever uses the GPU does so inside `current()`.
    """

    def __init__(self, driver: Any, index: int) -> None:
        self.driver = driver
        self.device = driver.Device(index)
        self._context = self.device.retain_primary_context()

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the context current in this thread, for as long as the block runs.

        pycuda also needs this where it frees: what is freed elsewhere leaks.
        """
        self._context.push()
        try:
            yield
        finally:
            self._context.pop()

    def describe(self) -> dict[str, str]:
        """Return what an engine depends on: GPU, its size, and the versions of CUDA."""
        device, driver = self.device, self.driver
        n_multiprocessors = device.get_attribute(driver.device_attribute.MULTIPROCESSOR_COUNT)
        return {
            "gpu": device.name(),
            "compute_capability": _dotted(device.compute_capability()),
            # All modules of a family share one name.
            "multiprocessors": str(n_multiprocessors),
            "cuda": _dotted(driver.get_version()),
            "cuda_driver": str(driver.get_driver_version()),
        }


def primary_context(index: int) -> PrimaryContext:
    """Return the context of a GPU, retained once in a process and shared by all its models.

    It stays until the process ends: pycuda cannot release it in another thread.
    Raises ParameterError where pycuda or such a GPU is missing, BackendError where the GPU fails.
    """
    with _lock:
        if index not in _contexts:
            driver = import_pycuda()
            n_devices = _initialise(driver)
            if index >= n_devices:
                raise ParameterError(
                    f"there is no GPU {index}, since CUDA finds {n_devices} of them; choose "
                    "another, or the backend onnxruntime"
                )
            with cuda_errors("while the GPU was opened"):
                _contexts[index] = PrimaryContext(driver, index)
        return _contexts[index]


def import_pycuda() -> Any:
    """Return pycuda's driver module; raises ParameterError with what to do."""
    try:
        return importlib.import_module("pycuda.driver")
    except ModuleNotFoundError as error:
        raise ParameterError(
            f"the backend tensorrt needs the Python package pycuda ({error}); compile it with "
            "CUDA's nvcc, `PATH=/usr/local/cuda/bin:$PATH pip3 install pycuda`, or choose the "
            "backend onnxruntime"
        ) from error
    except ImportError as error:
        raise ParameterError(
            f"pycuda is installed but does not load ({error}); if libcuda is missing, this "
            "machine has no GPU driver (in a container: start it with `--runtime nvidia`), else "
            "compile it anew, `PATH=/usr/local/cuda/bin:$PATH pip3 install --force-reinstall "
            "--no-deps --no-cache-dir --no-binary pycuda pycuda`; or choose the backend onnxruntime"
        ) from error


def _initialise(driver: Any) -> int:
    """Initialise CUDA and return the number of GPUs; raises ParameterError."""
    try:
        driver.init()
        n_devices: int = driver.Device.count()
    except driver.Error as error:
        raise ParameterError(
            f"CUDA finds no usable GPU ({error}); check the driver with `nvidia-smi` (in a "
            "container: start it with `--runtime nvidia`), or choose the backend onnxruntime"
        ) from error
    return n_devices


@contextmanager
def cuda_errors(when: str) -> Iterator[None]:
    """Raise what pycuda raises in the block as BackendError, with what to do."""
    driver = importlib.import_module("pycuda.driver")
    try:
        yield
    except driver.MemoryError as error:
        raise BackendError(
            f"the GPU's memory was full {when} ({error}); end other programs that use it (a "
            "Jetson's GPU shares the CPU's memory), or lower max_hands or workspace_mib"
        ) from error
    except driver.Error as error:
        raise BackendError(
            f"CUDA failed {when} ({error}); if it keeps failing, restart this program, and see "
            "`dmesg` for messages of the GPU's driver"
        ) from error


_NON_BLOCKING = 1
"""CU_STREAM_NON_BLOCKING: neither waits for the default stream, which others use, nor stops it."""


class Stream:
    """A stream of its own, with marks along it whose distance in time can be measured.

    Make, use and free it with the context current.
    """

    def __init__(self, driver: Any, n_marks: int) -> None:
        self.stream: Any = driver.Stream(_NON_BLOCKING)
        self._marks = [driver.Event() for _ in range(n_marks)]

    @property
    def handle(self) -> int:
        """The stream's address, for libraries other than pycuda."""
        handle: int = self.stream.handle
        return handle

    def mark(self, index: int) -> None:
        """Put a mark behind all work so far."""
        self._marks[index].record(self.stream)

    def durations_s(self) -> list[float]:
        """Return the times between one mark and the next; all must have been passed."""
        return [
            1e-3 * after.time_since(before)
            for before, after in zip(self._marks, self._marks[1:], strict=False)
        ]

    def wait(self) -> None:
        """Wait until all work is done; other threads of Python run meanwhile."""
        self.stream.synchronize()

    def free(self) -> None:
        """Free it: pycuda does that with the last reference."""
        self.stream = None
        self._marks.clear()


class SharedArray:
    """Page-locked host memory and device memory of one size, to be copied from one to the other.

    Make and free it with the context current.
    """

    def __init__(self, driver: Any, shape: Sequence[int], dtype: str) -> None:
        self._driver = driver
        self.host = driver.pagelocked_empty(tuple(shape), dtype)
        try:
            self._device_memory = driver.mem_alloc(self.host.nbytes)
        except driver.Error:
            self._free_host()
            raise

    @property
    def address(self) -> int:
        """Address on the device."""
        return int(self._device_memory)

    def to_device(self, n: int, stream: Stream) -> None:
        """Begin to copy the first n rows to the device."""
        self._driver.memcpy_htod_async(self._device_memory, self.host[:n], stream.stream)

    def to_host(self, n: int, stream: Stream) -> None:
        """Begin to copy the first n rows to the host."""
        self._driver.memcpy_dtoh_async(self.host[:n], self._device_memory, stream.stream)

    def free(self) -> None:
        """Free both; views of `host` become invalid."""
        self._device_memory.free()
        self._free_host()

    def _free_host(self) -> None:
        allocation = self.host.base
        del self.host
        allocation.free()


def _dotted(version: Sequence[int]) -> str:
    return ".".join(map(str, version))

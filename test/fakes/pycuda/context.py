# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Device and contexts of pycuda, and which thread may do what with them (as in its cuda.hpp)."""

from __future__ import annotations

import threading
import warnings

from fake_gpu import gpu
from gpu_parts import DriverContext


class Error(Exception):
    """Root of pycuda's exceptions."""


class MemoryError(Error):
    """The device or the host has no memory left."""


class LogicError(Error):
    """A call that makes no sense."""


class LaunchError(Error):
    """The GPU broke down."""


class RuntimeError(Error):
    """A call that failed."""


NO_CONTEXT = "failed: invalid device context"


def logic_error(message: str) -> LogicError:
    gpu.note(message)
    return LogicError(message)


_is_initialised = False


def init(flags: int = 0) -> None:
    global _is_initialised
    if gpu.fails("init"):
        raise RuntimeError("cuInit failed: no CUDA-capable device is detected")
    _is_initialised = True


def get_version() -> tuple[int, int, int]:
    """The CUDA version that pycuda was built with."""
    return gpu.driver_version // 1000, gpu.driver_version % 1000 // 10, 0


def get_driver_version() -> int:
    return gpu.driver_version


class device_attribute:  # noqa: N801
    """What can be asked of a device."""

    MULTIPROCESSOR_COUNT = 16


class Device:
    """The GPU."""

    def __init__(self, number: int) -> None:
        if not _is_initialised:
            raise logic_error("cuDeviceGet failed: initialization error")
        if number != 0:
            raise LogicError("cuDeviceGet failed: invalid device ordinal")

    @staticmethod
    def count() -> int:
        return 1

    def name(self) -> str:
        return gpu.name

    def compute_capability(self) -> tuple[int, int]:
        return tuple(gpu.compute_capability)

    def get_attribute(self, attribute: int) -> int:
        if attribute != device_attribute.MULTIPROCESSOR_COUNT:
            raise logic_error("cuDeviceGetAttribute failed: invalid argument")
        return gpu.n_multiprocessors

    def retain_primary_context(self) -> Context:
        gpu.primary.n_retained += 1
        return Context._of(gpu.primary)

    def make_context(self, flags: int = 0) -> Context:
        context = Context._of(DriverContext(is_primary=False))
        context.push()
        return context


class Context:
    """One wrapper of a driver's context; pycuda tells wrappers of the same context apart."""

    def __init__(self) -> None:
        raise Error("This class cannot be instantiated from Python")

    @classmethod
    def _of(cls, driver_context: DriverContext) -> Context:
        self = object.__new__(cls)
        self.driver_context = driver_context
        self._thread = threading.get_ident()
        self._is_valid = True
        return self

    def push(self) -> None:
        if not self._is_valid:
            raise logic_error("cuCtxPushCurrent failed: context is destroyed")
        gpu.stack().append(self)

    @staticmethod
    def pop() -> None:
        if not gpu.stack():
            raise logic_error(f"context::pop {NO_CONTEXT} - cannot pop non-current context")
        gpu.stack().pop()

    @staticmethod
    def getcurrent_context() -> Context | None:
        stack = gpu.stack()
        return stack[-1] if stack else None

    def detach(self) -> None:
        if not self._is_valid:
            raise logic_error(f"context::detach {NO_CONTEXT} - cannot detach from invalid context")
        self._is_valid = False
        if Context.getcurrent_context() is self:
            gpu.stack().pop()
        elif self._thread != threading.get_ident():
            gpu.note("a context is detached in a thread where it is not current: pycuda leaks it")
            return
        if any(self in stack for stack in gpu.stacks.values()):
            gpu.note("a context is detached while it is still pushed")
        if self.driver_context.is_primary:
            gpu.release_primary()

    def __del__(self) -> None:
        if getattr(self, "_is_valid", False):
            self.detach()


def current_context(what: str) -> Context:
    context = Context.getcurrent_context()
    if context is None:
        raise logic_error(f"{what} {NO_CONTEXT}")
    return context


class Dependent:
    """Something that lives in the context that was current when it was made."""

    def __init__(self) -> None:
        self._context = Context.getcurrent_context()
        if self._context is None:
            raise logic_error(
                f"explicit_context_dependent {NO_CONTEXT} - no currently active context?"
            )

    def can_be_cleaned_up(self) -> bool:
        """Pycuda cleans up only in the current context, or in the thread of the context's maker."""
        context = self._context
        if not context._is_valid:
            gpu.note(f"a {type(self).__name__} outlives its context")
            return False
        if context is not Context.getcurrent_context() and context._thread != threading.get_ident():
            message = f"{type(self).__name__} in out-of-thread context could not be cleaned up"
            gpu.note(message)
            warnings.warn(message, stacklevel=3)
            return False
        return True

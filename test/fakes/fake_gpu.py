# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The GPU under the fakes of pycuda and TensorRT: its memory, contexts and streams, and their laws.

Work that is put on a stream runs only when somebody waits for it. Until then its results are NaN,
what it touches must not be freed or changed, and so a missing synchronisation cannot go unnoticed.
Whatever breaks a law is noted in `gpu.misuses`, even where the caller swallows the exception.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import threading
from collections import Counter, deque
from dataclasses import dataclass, field

import numpy as np
from gpu_parts import UNWRITTEN, DriverContext, Memory, Operation, Queue

_ALIGNMENT = 512
_FIRST_ADDRESS = 0x7F00_0000_0000


class MisuseError(AssertionError):
    """Something that the real libraries answer with undefined behaviour."""


@dataclass(eq=False)
class Gpu:
    """One GPU and driver. Tests may change the values below, processes under test FAKE_GPU (JSON).

    build_s: what a build takes. build_until: a file without which no build ends. build_log: a file
    that gets a line for each build.
    is_checked_at_exit: whether the process ends with an error if there were misuses.
    """

    name: str = "Orin"
    compute_capability: tuple[int, int] = (8, 7)
    n_multiprocessors: int = 8
    memory_bytes: int = 8 << 30
    driver_version: int = 12060
    build_s: float = 0.0
    build_until: str = ""
    build_log: str = ""
    is_checked_at_exit: bool = True

    # What tests look at.
    misuses: list[str] = field(default_factory=list)
    absent_names: set[str] = field(default_factory=set)
    n_builds: int = 0
    timing_caches: list[list | None] = field(default_factory=list)
    """What each build's timing cache had been measured on; None for an empty one."""

    # The state of the machine.
    primary: DriverContext = field(default_factory=lambda: DriverContext(is_primary=True))
    stacks: dict[int, list] = field(default_factory=dict)
    queues: dict[int, Queue] = field(default_factory=dict)
    memories: dict[int, Memory] = field(default_factory=dict)
    objects: Counter[str] = field(default_factory=Counter)
    _freed: list[Memory] = field(default_factory=list)
    _failures: dict[str, deque[bool]] = field(default_factory=dict)
    _next_address: int = _FIRST_ADDRESS
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def note(self, message: str) -> None:
        """Remember a misuse that the caller reports in its own way, or cannot report."""
        self.misuses.append(f"[{threading.current_thread().name}] {message}")

    def misuse(self, message: str) -> None:
        """Remember a misuse and raise it."""
        self.note(message)
        raise MisuseError(message)

    def let_fail(self, step: str, *, after: int = 0, times: int = 1) -> None:
        """Let a step fail as it does when memory runs out or the GPU breaks down.

        step: "init", "mem_alloc", "pagelocked_empty", "synchronize", "cuGraphInstantiate",
        "Builder", "build", "Runtime", "deserialize", "create_execution_context" or "execute".
        after: how often it still succeeds.
        """
        self._failures[step] = deque([False] * after + [True] * times)

    def fails(self, step: str) -> bool:
        """Whether this step is to fail now."""
        return bool(self._failures.get(step)) and self._failures[step].popleft()

    def leaks(self) -> list[str]:
        """Everything that is still held, but for the primary context, retained once."""
        held = [f"{n} {name}" for name, n in sorted(self.objects.items()) if n]
        held += [f"{m.content.nbytes} bytes of {m.kind} memory" for m in self.memories.values()]
        held += [f"stream {handle:#x}" for handle in self.queues]
        held += [
            f"{len(stack)} contexts pushed in a thread" for stack in self.stacks.values() if stack
        ]
        if self.primary.n_retained > 1:
            held.append(f"the primary context, retained {self.primary.n_retained} times")
        return held

    # Contexts

    def stack(self) -> list:
        """The contexts (of pycuda) pushed in this thread."""
        return self.stacks.setdefault(threading.get_ident(), [])

    def current(self) -> DriverContext | None:
        """The context that is current in this thread."""
        stack = self.stack()
        return stack[-1].driver_context if stack else None

    def check_current(self, context: DriverContext, what: str) -> None:
        """A misuse unless that context is current in this thread."""
        if self.current() is not context:
            found = "another" if self.current() else "none"
            self.misuse(f"{what}: its CUDA context is not current in this thread, but {found}")

    def release_primary(self) -> None:
        """Give back one retained primary context; with the last one everything in it is gone."""
        self.primary.n_retained -= 1
        if self.primary.n_retained == 0:
            lost = [m for m in self.memories.values() if m.context is self.primary]
            lost += [q for q in self.queues.values() if q.context is self.primary]
            if lost or any(self.objects.values()):
                self.note(
                    f"the primary context is released before what lives in it: {self.leaks()}"
                )

    # Memory

    def free_bytes(self) -> int:
        """Memory of the device that nobody holds."""
        held = (m.content.nbytes for m in self.memories.values() if m.kind == "device")
        return self.memory_bytes - sum(held)

    def allocate(self, kind: str, n_bytes: int, context: DriverContext) -> Memory:
        """Return new memory, filled with UNWRITTEN; the caller has checked that it fits."""
        if any(queue.captured is not None for queue in self.queues.values()):
            self.misuse("allocates memory while a graph is captured")
        content = np.full(n_bytes, UNWRITTEN, np.uint8)
        if kind == "device":
            address = self._next_address
            # A gap, so that what runs past the end hits nothing.
            self._next_address += (n_bytes // _ALIGNMENT + 2) * _ALIGNMENT
        else:
            address = content.ctypes.data
        memory = Memory(kind, address, content, context)
        self.memories[address] = memory
        return memory

    def free(self, memory: Memory) -> None:
        """Give memory back."""
        if memory.pending:
            names = ", ".join(operation.name for operation in memory.pending)
            self.note(f"{memory.kind} memory is freed while work on it is not done: {names}")
        del self.memories[memory.address]
        # Kept, so that its address is not used again and shows who still has it.
        self._freed.append(memory)

    def find(self, kind: str, address: int, n_bytes: int, what: str) -> tuple[Memory, int, int]:
        """Return what lies at that address, or a misuse."""
        for memory in self.memories.values():
            start = address - memory.address
            if memory.kind == kind and 0 <= start < memory.content.nbytes:
                if start + n_bytes > memory.content.nbytes:
                    self.misuse(
                        f"{what}: {n_bytes} bytes at byte {start} of {memory.content.nbytes} bytes "
                        f"of {kind} memory"
                    )
                return memory, start, start + n_bytes
        self.misuse(f"{what}: no {kind} memory is allocated at {address:#x}")
        raise AssertionError("not reached")

    # Streams

    def queue(self, handle: int, what: str) -> Queue:
        """Return the stream of that handle, whose context must be current, or a misuse."""
        if handle in (0, 1, 2):
            self.misuse(f"{what}: on the default stream")
        if handle not in self.queues:
            self.misuse(f"{what}: there is no stream {handle:#x}")
        self.check_current(self.queues[handle].context, what)
        return self.queues[handle]

    def enqueue(self, queue: Queue, operation: Operation) -> None:
        """Put work on a stream, or into the graph that is captured from it."""
        if queue.captured is not None:
            queue.captured.append(operation)
            return
        with self._lock:
            for memory in operation.memories():
                elsewhere = [o for o in memory.pending if o not in queue.operations]
                if elsewhere:
                    self.misuse(
                        f"{operation.name}: touches memory that {elsewhere[0].name} on another "
                        "stream is not done with"
                    )
            operation = operation.watched(self.note)
            queue.operations.append(operation)
            for memory in operation.memories():
                memory.pending.append(operation)
            for memory, start, stop in operation.writes:
                if memory.kind == "pinned":
                    memory.content[start:stop] = UNWRITTEN

    def run(self, queue: Queue, *, fails: bool = False) -> None:
        """Do all the work on a stream, or drop it as after a failure."""
        if queue.captured is not None:
            self.misuse("waits for a stream while a graph is captured from it")
        with self._lock:
            while queue.operations:
                operation = queue.operations.popleft()
                for memory in operation.memories():
                    memory.pending.remove(operation)
                if not fails:
                    operation.work()
                for memory, _, _ in operation.writes:
                    memory.is_written = True


gpu = Gpu(**json.loads(os.environ.get("FAKE_GPU", "{}")))


@atexit.register
def _check_at_exit() -> None:
    """End as pycuda does when a context is still pushed; and tell what nobody has looked at."""
    if not gpu.is_checked_at_exit:
        return
    if any(gpu.stacks.values()):
        gpu.note("PyCUDA ERROR: The context stack was not empty upon module cleanup.")
    if gpu.misuses:
        sys.stderr.write("\n".join(["misuse of the fake GPU:", *gpu.misuses, ""]))
        sys.stderr.flush()
        os._exit(134)

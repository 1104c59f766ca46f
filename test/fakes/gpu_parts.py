# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the fake GPU is made of: contexts, memory, and the work on its streams."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

UNWRITTEN = 0xFF
"""Fills memory that nothing was written to: NaN, if read as floats."""


@dataclass(eq=False)
class DriverContext:
    """A CUDA context of the driver; the primary one may be retained many times."""

    is_primary: bool
    n_retained: int = 0


@dataclass(eq=False)
class Memory:
    """Memory of the device, or page-locked ("pinned") memory of the host."""

    kind: str
    address: int
    content: np.ndarray
    context: DriverContext
    is_written: bool = False
    pending: list[Operation] = field(default_factory=list)


@dataclass(eq=False)
class Operation:
    """Work on a stream, and the memory it touches: (memory, first byte, past the last byte)."""

    name: str
    work: Callable[[], None]
    reads: tuple[tuple[Memory, int, int], ...] = ()
    writes: tuple[tuple[Memory, int, int], ...] = ()

    def memories(self) -> list[Memory]:
        return [memory for memory, _, _ in self.reads + self.writes]

    def watched(self, note: Callable[[str], None]) -> Operation:
        """Return the work, which then notes what was done meanwhile to what it touches."""
        checksums = {
            (memory, start, stop): zlib.crc32(memory.content[start:stop])
            for memory, start, stop in self.reads
            if memory.kind == "pinned"
        }

        def work() -> None:
            for (memory, start, stop), checksum in checksums.items():
                if zlib.crc32(memory.content[start:stop]) != checksum:
                    note(f"{self.name}: the host changed what is copied, before it was")
            for memory, start, stop in self.writes:
                if memory.kind == "pinned" and (memory.content[start:stop] != UNWRITTEN).any():
                    note(f"{self.name}: the host wrote where results were to arrive")
            for memory, _, _ in self.reads:
                if not memory.is_written and memory.kind == "device":
                    note(f"{self.name}: reads device memory that nothing was written to")
            self.work()

        return replace(self, work=work)


@dataclass(eq=False)
class Queue:
    """A stream of the driver."""

    handle: int
    context: DriverContext
    operations: deque[Operation] = field(default_factory=deque)
    captured: list[Operation] | None = None

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Loading in a thread of its own, for callers that have other things to do meanwhile."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import Generic, TypeVar

from ..core.errors import HandLandmarksError

ResultT = TypeVar("ResultT")


class LoadCancelledError(HandLandmarksError):
    """Loading ended because `LoadProgress.cancel` asked for it."""


class LoadProgress:
    """What a load does that takes long: written by the thread that loads, read by any other."""

    def __init__(self) -> None:
        self._task, self._step = "", ""
        self._start_s = 0.0
        self._cancelled = Event()

    @contextmanager
    def task(self, task: str) -> Iterator[None]:
        """Say what is being done while the block runs."""
        self._task, self._step, self._start_s = task, "", monotonic()
        try:
            yield
        finally:
            self._task = ""

    def report(self, step: str) -> None:
        """Say what step of the task is being done."""
        self._step = step

    def __str__(self) -> str:
        """The task, the seconds it has taken, and its step; empty while nothing takes long."""
        if not self._task:
            return ""
        step = f": {self._step}" if self._step else ""
        return f"{self._task}, {monotonic() - self._start_s:.0f} s so far{step}"

    def cancel(self) -> None:
        """Ask the load to end soon."""
        self._cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether the load was asked to end."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise LoadCancelledError if the load was asked to end."""
        if self.is_cancelled:
            raise LoadCancelledError("loading was stopped")


class BackgroundLoad(Generic[ResultT]):
    """Calls `load(progress)` in a thread of its own, from now on.

    Who drops the result (`cancel`) has it closed by `discard`.
    """

    def __init__(
        self, load: Callable[[LoadProgress], ResultT], discard: Callable[[ResultT], None]
    ) -> None:
        self.progress = LoadProgress()
        self._future: Future[ResultT] = Future()
        self._load, self._discard = load, discard
        self._thread = Thread(target=self._run, name="load", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end, at most so long; return whether it is there."""
        self._thread.join(timeout_s)
        return self._future.done()

    def result(self) -> ResultT:
        """Return what was loaded, or raise what was raised; waits for the end."""
        return self._future.result()

    def cancel(self) -> None:
        """Ask the load to end, wait until it has, and discard what it may have loaded."""
        self.progress.cancel()
        self._thread.join()
        if self._future.exception() is None:
            self._discard(self._future.result())

    def _run(self) -> None:
        try:
            self._future.set_result(self._load(self.progress))
        except BaseException as error:  # noqa: BLE001 - `result` raises it
            _forget_locals(error)
            self._future.set_exception(error)


def _forget_locals(error: BaseException | None) -> None:
    """Clear the variables that a kept error keeps: they may hold memory of the GPU."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__

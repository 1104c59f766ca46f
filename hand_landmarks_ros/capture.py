# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A thread between a source and a consumer that may be slower."""

from __future__ import annotations

import threading
import time

from .core.errors import SourceError
from .sources import Frame, Source

_PAUSE_AFTER_ERROR_S = 0.1
"""Keeps a source that fails again and again from eating a core."""


class NewestFrame:
    """Reads a source in a thread of its own and hands out only the newest image.

    A consumer slower than the source skips images instead of falling behind. Sources that are not
    live are read at the pace of their stamps. Close it when done; that closes the source too.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._changed = threading.Condition()
        self._newest: Frame | SourceError | None = None
        self._ended = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether the source has ended and its last image was taken."""
        with self._changed:
            return self._ended and self._newest is None

    def take(self, timeout_s: float | None = None) -> Frame | None:
        """Wait for an image newer than the last one taken.

        Returns None when the source has ended or the time is up. Raises the SourceError of an image
        that could not be read; the next call goes on with the images after it.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ended, timeout_s)
            newest, self._newest = self._newest, None
        if isinstance(newest, SourceError):
            raise newest
        return newest

    def close(self) -> None:
        """Stop reading, and close the source."""
        self._stop.set()
        self._thread.join()
        self._source.close()

    def _run(self) -> None:
        start_s = time.monotonic()
        try:
            while not self._stop.is_set():
                frame = self._read()
                if frame is None:
                    return
                if isinstance(frame, SourceError):
                    self._put(frame)
                    self._stop.wait(_PAUSE_AFTER_ERROR_S)
                    continue
                if not self._source.is_live:
                    self._stop.wait(max(0.0, start_s + frame.stamp_s - time.monotonic()))
                self._put(frame)
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _read(self) -> Frame | SourceError | None:
        try:
            return self._source.read()
        except SourceError as error:
            return error

    def _put(self, frame: Frame | SourceError) -> None:
        with self._changed:
            self._newest = frame
            self._changed.notify_all()

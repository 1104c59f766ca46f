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
        self._newest: Frame | None = None
        self._error: Exception | None = None
        self._ended = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether the source has ended and its last image was taken."""
        with self._changed:
            return self._ended and not self._has_news()

    def take(self, timeout_s: float | None = None) -> Frame | None:
        """Wait for an image newer than the last one taken.

        Returns None when the source has ended or the time is up. Raises the SourceError of an image
        that could not be read; the next call goes on with the images around it. Raises whatever
        else the source raised, too, with which it has ended.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._has_news() or self._ended, timeout_s)
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            newest, self._newest = self._newest, None
        return newest

    def close(self) -> None:
        """Stop reading, and close the source."""
        self._stop.set()
        self._thread.join()
        self._source.close()

    def _has_news(self) -> bool:
        return self._newest is not None or self._error is not None

    def _run(self) -> None:
        try:
            self._read_to_the_end()
        except Exception as error:  # noqa: BLE001 - the consumer's to handle
            self._put_error(error)
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _read_to_the_end(self) -> None:
        start_s = time.monotonic()
        while not self._stop.is_set():
            try:
                frame = self._source.read()
            except SourceError as error:
                self._put_error(error)
                self._stop.wait(_PAUSE_AFTER_ERROR_S)
                continue
            if frame is None:
                return
            if not self._source.is_live:
                self._stop.wait(max(0.0, start_s + frame.stamp_s - time.monotonic()))
            self._put(frame)

    def _put(self, frame: Frame) -> None:
        with self._changed:
            self._newest = frame
            self._changed.notify_all()

    def _put_error(self, error: Exception) -> None:
        """Hand out an error beside the newest image, which may still wait to be taken."""
        with self._changed:
            self._error = error
            self._changed.notify_all()

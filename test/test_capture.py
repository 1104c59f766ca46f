# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The capture thread hands out the newest image and nothing older."""

import threading
import time

import numpy as np
import pytest

from hand_landmarks_ros.capture import NewestFrame
from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.sources import Frame

IMAGE = np.zeros((8, 8, 3), np.uint8)
DEADLINE_S = 100.0


class ScriptedSource:
    """Gives what a list holds, each when the test allows it."""

    is_sequence = True

    def __init__(self, *items, is_live=True) -> None:
        self.items = list(items)
        self.is_live = is_live
        self.allowed = threading.Semaphore(0)
        self.waiting = threading.Semaphore(0)
        self.is_closed = False

    def read(self):
        self.waiting.release()
        self.allowed.acquire()
        item = self.items.pop(0) if self.items else None
        if isinstance(item, Exception):
            raise item
        return item

    def give(self, n: int) -> None:
        """Let n items pass, and wait until the thread asks for the one after them."""
        for _ in range(n):
            assert self.waiting.acquire(timeout=DEADLINE_S)
            self.allowed.release()
        assert self.waiting.acquire(timeout=DEADLINE_S)
        self.waiting.release()

    def end(self) -> None:
        self.items.clear()
        self.allowed.release()

    def close(self) -> None:
        self.is_closed = True


def frame(index: int, stamp_s: float = 0.0) -> Frame:
    return Frame(IMAGE, stamp_s, index, str(index))


@pytest.fixture
def start():
    """Start a capture of a source, and end both after the test."""
    started = []

    def start(source):
        newest = NewestFrame(source)
        started.append((source, newest))
        return newest

    yield start
    for source, newest in started:
        source.end()
        newest.close()


def test_a_slow_consumer_gets_the_newest_image_only(start):
    source = ScriptedSource(*map(frame, range(5)))
    newest = start(source)
    source.give(3)
    assert newest.take(timeout_s=DEADLINE_S).index == 2
    source.give(2)
    assert newest.take(timeout_s=DEADLINE_S).index == 4


def test_no_image_is_given_twice(start):
    source = ScriptedSource(frame(0))
    newest = start(source)
    source.give(1)
    assert newest.take(timeout_s=DEADLINE_S).index == 0
    assert newest.take(timeout_s=0.01) is None
    assert not newest.ended


def test_the_last_image_is_still_given_after_the_end(start):
    source = ScriptedSource(frame(0))
    newest = start(source)
    source.give(1)
    source.end()
    assert newest.take(timeout_s=DEADLINE_S).index == 0
    assert newest.take(timeout_s=DEADLINE_S) is None
    assert newest.ended


def test_an_unreadable_image_is_raised_and_reading_goes_on(start):
    source = ScriptedSource(SourceError("torn"), frame(1))
    newest = start(source)
    source.give(1)
    with pytest.raises(SourceError, match="torn"):
        newest.take(timeout_s=DEADLINE_S)
    source.give(1)
    assert newest.take(timeout_s=DEADLINE_S).index == 1


def test_files_are_read_at_the_pace_of_their_stamps(start):
    source = ScriptedSource(frame(0, 0.0), frame(1, 0.2), is_live=False)
    start_s = time.monotonic()
    newest = start(source)
    source.give(2)
    newest.take(timeout_s=DEADLINE_S)
    assert time.monotonic() - start_s >= 0.2


def test_closing_ends_the_thread_and_closes_the_source():
    source = ScriptedSource(frame(0))
    newest = NewestFrame(source)
    source.end()
    newest.close()
    assert source.is_closed
    assert newest.ended


def test_an_unexpected_error_reaches_the_consumer_and_ends_the_source(start):
    source = ScriptedSource(ZeroDivisionError("a bug"))
    newest = start(source)
    source.allowed.release()
    with pytest.raises(ZeroDivisionError, match="a bug"):
        newest.take(timeout_s=DEADLINE_S)
    assert newest.take(timeout_s=DEADLINE_S) is None and newest.ended


def test_an_image_that_waits_outlives_the_error_after_it(start):
    source = ScriptedSource(frame(0), SourceError("broken"))
    newest = start(source)
    source.give(2)
    with pytest.raises(SourceError, match="broken"):
        newest.take(timeout_s=DEADLINE_S)
    assert newest.take(timeout_s=DEADLINE_S).index == 0

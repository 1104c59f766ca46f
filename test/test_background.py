# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Loading in the background: its result, its errors, its progress and its end."""

import threading
import weakref

import pytest

from hand_landmarks_ros.backends.background import (
    BackgroundLoad,
    LoadCancelledError,
    LoadProgress,
)
from hand_landmarks_ros.core.errors import ModelError


def test_the_result_is_given_when_the_load_has_ended():
    may_end = threading.Event()
    loading = BackgroundLoad(lambda progress: may_end.wait(60) and "model", discard=pytest.fail)
    assert not loading.wait(0.0)
    may_end.set()
    assert loading.wait(60.0)
    assert loading.result() == "model"


def test_an_error_is_raised_where_the_result_is_asked_for():
    def load(progress):
        raise ModelError("no such model")

    loading = BackgroundLoad(load, discard=pytest.fail)
    assert loading.wait(60.0)
    with pytest.raises(ModelError, match="no such model"):
        loading.result()


def test_a_cancelled_load_ends_and_nothing_is_discarded():
    def load(progress):
        while True:
            progress.check()

    loading = BackgroundLoad(load, discard=pytest.fail)
    loading.cancel()
    with pytest.raises(LoadCancelledError):
        loading.result()


def test_what_a_load_gives_although_it_was_cancelled_is_discarded():
    discarded = []
    loading = BackgroundLoad(lambda progress: "model", discarded.append)
    loading.cancel()
    assert discarded == ["model"]


def test_progress_names_task_and_step_and_is_empty_otherwise(monkeypatch):
    clock_s = iter([100.0, 100.2, 107.4])
    monkeypatch.setattr("hand_landmarks_ros.backends.background.monotonic", lambda: next(clock_s))
    progress = LoadProgress()
    assert not str(progress)
    with progress.task("building an engine"):
        assert str(progress) == "building an engine, 0 s so far"
        progress.report("timing kernels 3/7")
        assert str(progress) == "building an engine, 7 s so far: timing kernels 3/7"
    assert not str(progress)


def test_an_error_that_is_kept_keeps_no_memory_of_the_load():
    class Memory:
        pass

    references = []

    def load(progress):
        memory = Memory()
        references.append(weakref.ref(memory))
        try:
            raise ValueError("the cause")
        except ValueError as error:
            raise ModelError("no such model") from error

    loading = BackgroundLoad(load, discard=pytest.fail)
    assert loading.wait(60.0)
    assert references[0]() is None
    with pytest.raises(ModelError):
        loading.result()

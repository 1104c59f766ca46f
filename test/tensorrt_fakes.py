# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Puts the strict fakes of tensorrt and pycuda (test/fakes) in the place of the real ones."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from hand_landmarks_ros.backends import cuda, cuda_graph

FAKES = Path(__file__).resolve().parent / "fakes"

VERSIONS = ("8.6.1", "10.3.0", "10.16.1.11", "11.4.0.106")
"""JetPack 6.0, 6.1 and 6.2, 7.2, and what comes next."""

_MODULES = ("tensorrt", "pycuda", "fake_gpu", "fake_libcuda", "gpu_parts")


@contextmanager
def fake_gpu(version: str = "10.3.0") -> Iterator[Any]:
    """Install fakes of that TensorRT with a new GPU, and give the GPU.

    At the end nothing must have been misused and everything released.
    """
    with (
        mock.patch.object(sys, "path", [str(FAKES), *sys.path]),
        mock.patch.dict(os.environ, {"FAKE_TENSORRT_VERSION": version}),
        mock.patch.object(cuda, "_contexts", {}),
        _own_modules(),
    ):
        gpu = importlib.import_module("fake_gpu").gpu
        gpu.is_checked_at_exit = False
        libcuda = importlib.import_module("fake_libcuda")
        with mock.patch.object(cuda_graph, "driver_library", return_value=libcuda):
            yield gpu
        gc.collect()
        problems = [*gpu.misuses, *gpu.leaks()]
        assert not problems, "\n".join(problems)


@contextmanager
def _own_modules() -> Iterator[None]:
    """Import the fakes anew, and let nobody find them afterwards."""
    before = _pop_modules()
    try:
        yield
    finally:
        _pop_modules()
        sys.modules.update(before)


def _pop_modules() -> dict[str, Any]:
    names = [name for name in sys.modules if name.partition(".")[0] in _MODULES]
    return {name: sys.modules.pop(name) for name in names}


def environment(version: str = "10.3.0", **variables: str) -> dict[str, str]:
    """Return the environment of a process that is to find the fakes."""
    found = os.environ.get("PYTHONPATH", "")
    folders = (FAKES, FAKES.parent, FAKES.parents[1])
    path = os.pathsep.join([*map(str, folders), *filter(None, [found])])
    return {**os.environ, "PYTHONPATH": path, "FAKE_TENSORRT_VERSION": version, **variables}

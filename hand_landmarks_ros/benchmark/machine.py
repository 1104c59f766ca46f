# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the figures depend on: machine, versions, model."""

from __future__ import annotations

import os
import platform
import resource
from pathlib import Path

import cv2
import numpy as np

from ..core.inference import Backend
from ..doctor.jetson import clocks, listed_clocks, power_mode
from ..doctor.system import ThisMachine
from .settings import Settings

_BUSY_LOAD_PER_CORE = 0.3


def description(settings: Settings) -> dict[str, str]:
    """Return what a reader of the figures should know, by name."""
    with settings.load_backend() as backend:
        model = f"{backend.card.name} {backend.card.version} ({backend.card.input_size_px} px)"
        runs_on = backend.description
        engine = _engine_build(backend)
    load, n_cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    system = ThisMachine()
    busy = load > _BUSY_LOAD_PER_CORE * n_cores
    return {
        "machine": f"{_processor()}, {n_cores} cores, {platform.system()} {platform.machine()}",
        "load": f"{load:.1f}" + (" (busy: trust ratios rather than times)" if busy else ""),
        "model": model,
        "backend": runs_on,
        "engine build": engine,
        "power mode": power_mode(system) or "none known (no nvpmodel)",
        "clocks": listed_clocks(clocks(system)) or "not shown by this system",
        "versions": f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"OpenCV {cv2.__version__}",
        "ROS middleware": os.environ.get("RMW_IMPLEMENTATION", "the distribution's default"),
    }


def peak_memory() -> str:
    """Return the most memory that this process has held so far."""
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{kibibytes / 1024:.0f} MiB resident at most in this process"


def _engine_build(backend: Backend) -> str:
    """Return how long the engine took to build, or why there is no such time."""
    if not hasattr(backend, "build_time_s"):
        return "none: this backend does not say"
    if backend.build_time_s is None:
        return "none: the engine came from the cache (build_engine --force measures it)"
    return f"{backend.build_time_s:.1f} s"


def _processor() -> str:
    """Return the processor's name, where the system knows one."""
    # A Jetson and other ARM boards name the board instead.
    board = Path("/proc/device-tree/model")
    if board.is_file():
        return board.read_text(encoding="utf-8").strip("\0\n")
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"

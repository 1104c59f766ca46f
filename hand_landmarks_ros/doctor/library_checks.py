# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Checks of what the pipeline runs on: numpy, OpenCV, ONNX Runtime and the shipped models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..backends.loader import shipped_models
from .findings import Finding, fail, ok, skipped, warn
from .jetson import board
from .system import ProbeError, System

_OLDEST_NUMPY = (1, 21)
_OLDEST_OPENCV = (4, 5)
_NUMPY_1 = "python3 -m pip install 'numpy<2': apt's OpenCV and cv_bridge are built for numpy 1"


def numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: (10, 3, 0) for 10.3.0.post1."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def origin(file: str) -> str:
    """Return who installed a module, from where it lies."""
    return "apt" if file.startswith("/usr/lib/python3") else "pip"


def described(found: dict[str, Any]) -> str:
    """Return version, origin and place of a module."""
    return f"{found['version'] or 'no version'} from {origin(found['file'])} ({found['file']})"


def check_numpy(system: System) -> Iterator[Finding]:
    """Apt's libraries for Python are built for numpy 1 and break with numpy 2."""
    try:
        found = system.probe("module", "numpy")
    except ProbeError as error:
        yield fail(str(error), "sudo apt install python3-numpy")
        return
    version = numbers(found["version"])
    if version < _OLDEST_NUMPY:
        yield fail(f"{described(found)}, expected 1.21 or later", "sudo apt install python3-numpy")
    elif version >= (2,) and system.environment.get("ROS_DISTRO"):
        yield warn(f"{described(found)} beside ROS 2 from apt", _NUMPY_1)
    else:
        yield ok(described(found))


def check_opencv(system: System) -> Iterator[Finding]:
    """OpenCV of pip has no GStreamer, which a Jetson's CSI cameras need."""
    try:
        found = system.probe("opencv")
    except ProbeError as error:
        remedy = "sudo apt install python3-opencv"
        yield fail(str(error), _NUMPY_1 if _wants_another_numpy(error) else remedy)
        return
    gstreamer = "with GStreamer" if found["gstreamer"] else "without GStreamer"
    message = f"{described(found)}, {gstreamer}"
    if numbers(found["version"]) < _OLDEST_OPENCV:
        yield fail(f"{message}, expected 4.5 or later", "sudo apt install python3-opencv")
    elif board(system) and not found["gstreamer"]:
        yield warn(
            f"{message}: camera_node cannot open CSI cameras with it",
            "python3 -m pip uninstall opencv-python opencv-python-headless; "
            "sudo apt install python3-opencv",
        )
    else:
        yield ok(message)


def check_onnxruntime(system: System) -> Iterator[Finding]:
    """ONNX Runtime runs the models wherever TensorRT is not; a GPU needs its own build."""
    try:
        found = system.probe("onnxruntime")
    except ProbeError as error:
        remedy = "python3 -m pip install onnxruntime"
        if _wants_another_numpy(error):
            remedy = "python3 -m pip install --upgrade onnxruntime, of a build for this numpy"
        yield fail(str(error), remedy)
        return
    providers = ", ".join(name.removesuffix("ExecutionProvider") for name in found["providers"])
    yield ok(f"{described(found)}; providers: {providers}")


def check_models(system: System) -> Iterator[Finding]:
    """Each shipped model must load and run."""
    models = shipped_models()
    if not models:
        yield fail("no model is installed", "build the package again: models/*.onnx are missing")
    for name, path in models.items():
        try:
            found = system.probe("model", str(path))
        except ProbeError as error:
            if "No module named 'onnxruntime'" in str(error):
                yield skipped(f"{name} needs ONNX Runtime to be tried out")
            else:
                yield fail(
                    f"{name}: {error}",
                    f"fetch {path.name} again and build the package anew: the file is damaged",
                )
        else:
            yield ok(f"{name} {found['version']} runs on {found['backend']}")


def _wants_another_numpy(error: ProbeError) -> bool:
    """Whether a library does not load since it was built for another numpy."""
    return "multiarray" in str(error) or "_ARRAY_API" in str(error)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Imports run ros -> backends -> core and training -> core: as written, and as loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
RUNTIME = REPOSITORY / "hand_landmarks_ros"


def modules_of(folder: Path) -> list[str]:
    """Return the dotted name of every module below a folder of the repository."""
    paths = (path.relative_to(REPOSITORY).with_suffix("") for path in folder.rglob("*.py"))
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)


def loaded_with(modules: list[str]) -> set[str]:
    """Return the top-level names that a fresh interpreter has loaded after importing modules."""
    script = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print(json.dumps(list(sys.modules)))"
    )
    command = [sys.executable, "-c", script, json.dumps(modules)]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    loaded = json.loads(result.stdout)
    assert set(modules) <= set(loaded)
    return {name.partition(".")[0] for name in loaded}


def test_the_import_contracts_of_pyproject_hold() -> None:
    pytest.importorskip("importlinter")
    # In a process of its own, since it turns off the loggers of the one it runs in.
    script = (
        "import sys; from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports(no_cache=True))"
    )
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_core_loads_neither_ros_nor_torch_nor_an_inference_library() -> None:
    loaded = loaded_with(modules_of(RUNTIME / "core"))
    assert {"numpy", "cv2"} <= loaded
    assert loaded.isdisjoint({"rclpy", "onnxruntime", "tensorrt", "torch", "scipy", "training"})


def test_the_backends_load_an_inference_library_only_when_one_is_chosen() -> None:
    loaded = loaded_with(["hand_landmarks_ros.backends.loader"])
    assert loaded.isdisjoint({"rclpy", "onnxruntime", "tensorrt", "torch", "training"})


@pytest.mark.skipif(find_spec("rclpy") is None, reason="ROS 2 is not installed")
def test_the_whole_runtime_loads_neither_torch_nor_training_nor_cv_bridge() -> None:
    loaded = loaded_with(modules_of(RUNTIME))
    assert "rclpy" in loaded
    assert loaded.isdisjoint({"torch", "lightning", "training", "cv_bridge"})


def test_the_parameters_can_be_read_without_ros() -> None:
    assert "rclpy" not in loaded_with(["hand_landmarks_ros.ros.parameters"])


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_training_loads_no_ros() -> None:
    loaded = loaded_with(modules_of(REPOSITORY / "training"))
    assert loaded.isdisjoint({"rclpy", "hand_landmarks_msgs"})

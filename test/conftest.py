# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sets what ROS reads from the environment when it is first imported, and what is left out.

Processes that the tests start inherit it. Domain ids are given out by ros_graph.py. What pytest
6.2, which ROS 2 Humble has, cannot read from pyproject.toml is set here.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from ros_graph import Graph

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

# Every message field is checked, as Humble always does and later distributions only if asked.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
# No test hears another machine.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ.setdefault("ROS_LOG_DIR", str(HERE.parent / "build" / "log"))

# No property fails since the machine is slow, or by the luck of the draw.
settings.register_profile(
    "every machine",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("every machine")

# `colcon test` on a robot runs what needs neither; `make test` has both.
_MODEL_MAKERS = (
    "onnx|labelled_hands|plain_model|scripted_hands|small_training|tiny_detector|tiny_model"
)
_NEEDS_ONNX = re.compile(rf"^\s*(?:from|import) (?:{_MODEL_MAKERS})\b", re.MULTILINE)
_LEFT_OUT = {
    "torch": ["*training*"],
    "onnx": [
        path.name
        for path in sorted(HERE.glob("test_*.py"))
        if _NEEDS_ONNX.search(path.read_text(encoding="utf-8"))
    ],
}
_ABSENT = [package for package in _LEFT_OUT if find_spec(package) is None]
collect_ignore_glob = [pattern for package in _ABSENT for pattern in _LEFT_OUT[package]]


def pytest_configure(config: pytest.Config) -> None:
    """Make ragged arrays an error where numpy (1.25 and later) has a name for their warning."""
    if hasattr(np, "exceptions"):
        warning = "numpy.exceptions.VisibleDeprecationWarning"
        config.addinivalue_line("filterwarnings", f"error::{warning}")


def pytest_report_header() -> list[str]:
    """Say what is left out."""
    return [
        f"Left out, since {package} is not installed: {', '.join(_LEFT_OUT[package])}"
        for package in _ABSENT
    ]


# What these fixtures import is not on every machine.


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a landmark model that finds coloured disks."""
    from tiny_model import save_tiny_model

    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture(scope="module")
def ros_context() -> Iterator[None]:
    """Initialise ROS in a domain of the module's own."""
    from ros_graph import ros

    with ros():
        yield


@pytest.fixture
def graph(ros_context: None) -> Iterator[Graph]:
    """Give a graph, whose nodes end with the test."""
    from ros_graph import Graph

    graph = Graph()
    yield graph
    graph.close()

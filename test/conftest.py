# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sets what ROS reads from the environment when it is first imported.

Processes that the tests start inherit it. Domain ids are given out by ros_graph.py.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

# Every message field is checked, as Humble always does and later distributions only if asked.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
# No test hears another machine.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ.setdefault("ROS_LOG_DIR", str(Path(__file__).parents[1] / "build" / "log"))

# `colcon test` on a robot runs the other tests; `make test` always has PyTorch.
TRAINING_TESTS_RUN = find_spec("torch") is not None
collect_ignore_glob = [] if TRAINING_TESTS_RUN else ["*training*"]


def pytest_report_header() -> list[str]:
    """Say what is left out."""
    return [] if TRAINING_TESTS_RUN else ["Left out: tests of training (PyTorch is not installed)"]

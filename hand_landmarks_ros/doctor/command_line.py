# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The command line: all checks, a line each, and the exit status."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from .findings import Check, Status, examine
from .gpu_checks import check_cuda_driver, check_pycuda, check_tensorrt
from .library_checks import check_models, check_numpy, check_onnxruntime, check_opencv
from .platform_checks import (
    check_cache_directory,
    check_cameras,
    check_clocks,
    check_jetpack,
    check_power_mode,
    check_python,
)
from .ros_checks import check_messages, check_middleware, check_ros, check_topics
from .system import System, ThisMachine

CHECKS: dict[str, Check] = {
    "Python": check_python,
    "JetPack": check_jetpack,
    "ROS 2": check_ros,
    "middleware": check_middleware,
    "messages": check_messages,
    "numpy": check_numpy,
    "OpenCV": check_opencv,
    "ONNX Runtime": check_onnxruntime,
    "GPU": check_cuda_driver,
    "TensorRT": check_tensorrt,
    "pycuda": check_pycuda,
    "cache directory": check_cache_directory,
    "models": check_models,
    "cameras": check_cameras,
    "image topics": check_topics,
    "power mode": check_power_mode,
    "clocks": check_clocks,
}
"""In the order of the report: what others build on comes first."""


def main(arguments: Sequence[str] | None = None, system: System | None = None) -> int:
    """Run the checks and print what they find; returns 1 if anything fails, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m hand_landmarks_ros.doctor",
        description="Says what of the installation works, and for what does not, how to mend it. "
        "The exit status is 1 if anything fails; warnings do not count.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    parser.add_argument(
        "--only", nargs="+", choices=CHECKS, default=list(CHECKS), metavar="CHECK", help="run some"
    )
    values = parser.parse_args(arguments)
    lines = []
    for line in examine({name: CHECKS[name] for name in values.only}, system or ThisMachine()):
        lines.append(line)
        if not values.json:
            print(line.to_text(), flush=True)
    statuses = [line.finding.status for line in lines]
    if values.json:
        findings = [line.to_json() for line in lines]
        healthy = Status.FAIL not in statuses
        print(json.dumps({"healthy": healthy, "findings": findings}, indent=2))
    else:
        counts = ", ".join(f"{statuses.count(status)} {status.value}" for status in Status)
        print(f"\n{counts}")
    return int(Status.FAIL in statuses)

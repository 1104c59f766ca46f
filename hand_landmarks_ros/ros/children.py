# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Processes that a tool starts: the ROS environment they live in, and their end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LARGE_IMAGES_PROFILE = "fastdds_shm.xml"

PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
"""Name the profile to Fast DDS 2 and older (Humble, Jazzy), and to Fast DDS 3 (Kilted)."""

_STOP_TIMEOUT_S = 10.0


def environment_of_children(
    log_folder: Path, domain_id: int, *, large_images: bool = True
) -> dict[str, str]:
    """Return an environment for nodes that meet nobody but each other.

    large_images: whether what they publish goes through a segment of shared memory in which whole
    images have room (config/fastdds_shm.xml), instead of the middleware's default transports.
    """
    environment = {
        **os.environ,
        "ROS_DOMAIN_ID": str(domain_id),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "ROS_LOG_DIR": str(log_folder),
    }
    for name in PROFILE_VARIABLES:
        environment.pop(name, None)
        if large_images:
            environment[name] = str(_config() / LARGE_IMAGES_PROFILE)
    return environment


def parameter_arguments(**values: str | float) -> list[str]:
    """Return the command-line arguments that give a node its parameters."""
    arguments = ["--ros-args"]
    for name, value in values.items():
        # JSON is YAML, and quoted: a source named 0 stays a text.
        arguments += ["-p", f"{name}:={json.dumps(value)}"]
    return [*arguments, "--"]


def stop(processes: Sequence[subprocess.Popen[Any]]) -> None:
    """End processes as Ctrl-C would, and those that do not heed it by force."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    end_s = time.monotonic() + _STOP_TIMEOUT_S
    for process in processes:
        try:
            process.wait(max(0.0, end_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _config() -> Path:
    """Return the folder of configuration files, in a checkout or installed by colcon."""
    folder = Path(__file__).resolve().parents[2] / "config"
    if folder.is_dir():
        return folder
    from ament_index_python import get_package_share_path

    return get_package_share_path("hand_landmarks_ros") / "config"

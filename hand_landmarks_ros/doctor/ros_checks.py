# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Checks of ROS 2: distribution, middleware, message package, and the topics that carry images."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from ..ros.children import PROFILE_VARIABLES
from .findings import Finding, fail, ok, skipped, warn
from .system import ProbeError, System

_UBUNTU_OF_DISTRIBUTION = {"humble": "22.04", "jazzy": "24.04", "kilted": "24.04"}
_LARGE_BUFFER_BYTES = 8 << 20
_LISTEN_S = "2"
_NODE = "hand_landmarks"


def check_ros(system: System) -> Iterator[Finding]:
    """ROS must be sourced, be one that the package supports, and suit the Python that runs."""
    distribution = system.environment.get("ROS_DISTRO", "")
    try:
        found = system.probe("rclpy")
    except ProbeError as error:
        if distribution or "No module named 'rclpy'" not in str(error):
            yield fail(
                f"rclpy of {distribution or 'an unknown distribution'} does not load ({error})",
                "run the system's python3, for which ROS is built; "
                f"sudo apt install --reinstall ros-{distribution or 'DISTRIBUTION'}-ros-base",
            )
        else:
            yield warn(
                "not sourced: the node cannot run (`python -m hand_landmarks_ros` can)",
                "source /opt/ros/DISTRIBUTION/setup.bash, then install/setup.bash of the workspace",
            )
        return
    release = re.search(r'VERSION_ID="?([\d.]+)', system.read("/etc/os-release") or "")
    ubuntu = release.group(1) if release else "?"
    expected = _UBUNTU_OF_DISTRIBUTION.get(distribution)
    if not distribution:
        yield ok(f"rclpy from {found['file']}, without a sourced distribution (wheels of pip?)")
    elif expected is None:
        yield warn(f"{distribution}, which has not been tried", "take Humble, Jazzy or Kilted")
    elif ubuntu != expected:
        yield warn(
            f"{distribution} on Ubuntu {ubuntu}; its packages are made for {expected}",
            "use a container of the right Ubuntu (config/docker)",
        )
    else:
        yield ok(f"{distribution}, rclpy from {found['file']}")


def check_middleware(system: System) -> Iterator[Finding]:
    """Default settings of both common middlewares lose large images."""
    try:
        name = system.probe("rclpy")["middleware"]
    except ProbeError:
        yield skipped("rclpy does not load")
        return
    domain = f"domain {system.environment.get('ROS_DOMAIN_ID', '0')}"
    profiles = [system.environment.get(variable, "") for variable in PROFILE_VARIABLES]
    missing = [path for path in profiles if path and not system.may(path, os.R_OK)]
    buffer = system.read("/proc/sys/net/core/rmem_max") or ""
    if missing:
        yield warn(
            f"{name}, {domain}; its profile {missing[0]} cannot be read and is ignored",
            f"let {' or '.join(PROFILE_VARIABLES)} name config/fastdds_shm.xml",
        )
    elif "cyclonedds" in name and buffer.strip().isdecimal() and int(buffer) < _LARGE_BUFFER_BYTES:
        yield warn(
            f"{name}, {domain}; the kernel's receive buffer of {int(buffer) >> 10} KiB is smaller "
            "than an image",
            "sudo sysctl -w net.core.rmem_max=2147483647",
        )
    else:
        profile = "with" if any(profiles) else "without"
        hint = f", {profile} a profile for large images" if "fastrtps" in name else ""
        yield ok(f"{name}, {domain}{hint}")


def check_messages(system: System) -> Iterator[Finding]:
    """The message package must be built for this Python."""
    try:
        found = system.probe("module", "hand_landmarks_msgs.msg")
    except ProbeError as error:
        remedy = "colcon build, then source install/setup.bash"
        if "No module named 'hand_landmarks_msgs" not in str(error):
            remedy = (
                f"{remedy}; they were built for another Python or ROS: remove build/ and install/ "
                "first"
            )
        yield warn(f"{error}: the node cannot run", remedy)
        return
    yield ok(f"hand_landmarks_msgs from {found['file']}")


def check_topics(system: System) -> Iterator[Finding]:
    """Look at who publishes images, who listens, and whether they can meet."""
    try:
        topics = system.probe("topics", _LISTEN_S)["topics"]
    except ProbeError as error:
        yield skipped(f"the ROS graph cannot be looked at ({error})")
        return
    if not topics:
        yield skipped(
            f"no topic with images seen within {_LISTEN_S} s; start camera and node first to have "
            "them checked (same ROS_DOMAIN_ID?)"
        )
    for topic in topics:
        yield _finding_on(topic)


def _finding_on(topic: dict[str, Any]) -> Finding:
    name, publishers = topic["topic"], topic["publishers"]
    listeners = [end for end in topic["subscribers"] if end["node"] == _NODE]
    message = f"{name}: {_listed(publishers)} -> {_listed(topic['subscribers'])}"
    if listeners and not publishers:
        return warn(
            f"{message}; the node waits for images there",
            "start the camera, or launch with image:=TOPIC of your camera",
        )
    for listener in listeners:
        if any(end["type"] != listener["type"] for end in publishers):
            return fail(
                f"{message}; types differ",
                "image_transport:=compressed with the base topic, or the raw topic with raw",
            )
        if listener["reliability"] == "RELIABLE" and any(
            end["reliability"] == "BEST_EFFORT" for end in publishers
        ):
            return fail(
                f"{message}; a reliable listener never hears a best-effort publisher",
                f"remove the parameter qos_overrides.{name}.subscription.reliability",
            )
    return ok(message)


def _listed(ends: list[dict[str, Any]]) -> str:
    texts = [f"{end['node']} ({end['type'].split('/')[-1]}, {end['reliability']})" for end in ends]
    return ", ".join(texts) or "nobody"

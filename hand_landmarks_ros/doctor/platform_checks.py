# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the machine itself: Python, JetPack, power, clocks, cache directory, cameras."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ..backends.engine_cache import default_cache_directory
from .findings import Finding, fail, ok, skipped, warn
from .jetson import (
    board,
    clocks,
    fastest_power_mode,
    jetpack,
    l4t_version,
    listed_clocks,
    power_mode,
)
from .system import System

_OLDEST_PYTHON = (3, 10)
_NEWEST_TESTED_PYTHON = (3, 12)
_ROOM_FOR_ENGINES_BYTES = 500 << 20


def check_python(system: System) -> Iterator[Finding]:
    """Python must be new enough, and on a Jetson the one that JetPack's TensorRT is built for."""
    version = ".".join(map(str, system.python_version))
    pack = jetpack(system)
    if system.python_version < _OLDEST_PYTHON:
        yield fail(
            f"{version}, expected 3.10 or later",
            "use Ubuntu 22.04 or later (JetPack 6 or 7), or a virtual environment of Python 3.10",
        )
    elif pack and system.python_version[:2] != pack.python:
        yield warn(
            f"{version}, but JetPack {pack.name} has {pack.python[0]}.{pack.python[1]}",
            "run the system's python3: TensorRT and ROS of apt are built for that one only",
        )
    elif system.python_version[:2] > _NEWEST_TESTED_PYTHON:
        yield warn(f"{version}, which has not been tried", "use Python 3.10, 3.11 or 3.12")
    else:
        yield ok(version)


def check_jetpack(system: System) -> Iterator[Finding]:
    """Say which Jetson this is and what software it has."""
    name, version, pack = board(system), l4t_version(system), jetpack(system)
    if not name:
        yield skipped(f"no Jetson ({system.machine})")
    elif pack is None:
        yield warn(
            f"{name}, Jetson Linux {version or 'of unknown version'}",
            "this doctor knows JetPack 5 to 7.2; in a container mount /etc/nv_tegra_release",
        )
    elif pack.python < _OLDEST_PYTHON:
        yield fail(
            f"{name}, Jetson Linux {version} (JetPack {pack.name})",
            "install JetPack 6 or 7: this package needs Python 3.10",
        )
    else:
        yield ok(f"{name}, Jetson Linux {version} (JetPack {pack.name})")


def check_power_mode(system: System) -> Iterator[Finding]:
    """A Jetson may be held below what it can do."""
    if not board(system):
        yield skipped("no Jetson")
        return
    mode, fastest = power_mode(system), fastest_power_mode(system)
    if not mode:
        yield skipped("nvpmodel does not say (in a container it is not installed)")
    elif fastest and mode != fastest[1]:
        yield warn(f"{mode}; {fastest[1]} is faster", f"sudo nvpmodel -m {fastest[0]}")
    else:
        yield ok(mode)


def check_clocks(system: System) -> Iterator[Finding]:
    """Clocks that follow the load make the first images after a pause slower."""
    found = clocks(system) if board(system) else {}
    if not found:
        yield skipped("no Jetson" if not board(system) else "the system shows no clocks")
        return
    listed = listed_clocks(found)
    if all(clock.is_pinned for clock in found.values()):
        yield ok(f"{listed}, pinned")
    else:
        yield warn(f"{listed}, following the load", "sudo jetson_clocks pins them for even times")


def check_cache_directory(system: System) -> Iterator[Finding]:
    """Engines are built once and kept; without a place for them each start takes minutes."""
    folder = default_cache_directory()
    existing = next(path for path in (folder, *folder.parents) if system.may(str(path), os.F_OK))
    if not system.may(str(existing), os.R_OK | os.W_OK):
        yield fail(
            f"{folder} cannot be written ({existing} belongs to somebody else or is read-only)",
            f"sudo chown -R $USER {existing}, or set XDG_CACHE_HOME to a folder of your own",
        )
        return
    free_bytes = system.free_bytes(str(existing))
    if free_bytes < _ROOM_FOR_ENGINES_BYTES:
        yield warn(
            f"{folder} has {free_bytes >> 20} MiB left, expected "
            f"{_ROOM_FOR_ENGINES_BYTES >> 20} MiB for TensorRT's engines",
            "make room, or set XDG_CACHE_HOME to a folder on another disk",
        )
    else:
        yield ok(f"{folder}, {free_bytes >> 30} GiB free")


def check_cameras(system: System) -> Iterator[Finding]:
    """Cameras must be readable; a Jetson's CSI cameras speak raw Bayer and need Argus."""
    devices = system.paths("/dev/video*")
    if not devices:
        yield skipped("no /dev/video*; a camera driver elsewhere in the ROS graph needs none here")
    for device in devices:
        name = Path(device).name
        label = (system.read(f"/sys/class/video4linux/{name}/name") or "").strip() or "unnamed"
        if not system.may(device, os.R_OK | os.W_OK):
            yield warn(
                f"{device} ({label}) may not be opened by this user",
                "sudo usermod -aG video $USER, then log in again; in a container add "
                f"--device {device}",
            )
            continue
        listed = system.run("v4l2-ctl", "--device", device, "--list-formats") or ""
        formats = re.findall(r"'(\S+)'", listed)
        if any(re.fullmatch(r"(RG|BG|GR|GB)1\d", code) for code in formats):
            yield from _check_argus(system, f"{device} ({label}, {'/'.join(formats)})")
        elif listed and not formats:
            yield skipped(f"{device} ({label}) gives metadata, no images")
        else:
            yield ok(f"{device} ({label}{', ' if formats else ''}{'/'.join(formats)})")


def _check_argus(system: System, camera: str) -> Iterator[Finding]:
    if system.may("/tmp/argus_socket", os.F_OK):
        yield ok(f"{camera}: raw Bayer, to be read through Argus (docs/jetson.md)")
    else:
        yield warn(
            f"{camera}: raw Bayer, but nvargus-daemon does not run",
            "sudo systemctl restart nvargus-daemon; in a container mount /tmp/argus_socket",
        )

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The machine as the checks see it: files, commands, and libraries tried in a process of their own.

A broken library may end or hang the interpreter that imports it; so only a child does that.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

_COMMAND_TIMEOUT_S = 10.0
_PROBE_TIMEOUT_S = 60.0


class ProbeError(Exception):
    """A probe did not come to its end; the message says why."""


class System(Protocol):
    """What the checks may ask."""

    environment: Mapping[str, str]
    python_version: tuple[int, int, int]
    machine: str

    def read(self, path: str) -> str | None:
        """Return a file's text, None if it is not there or may not be read."""
        ...

    def paths(self, pattern: str) -> list[str]:
        """Return the paths that fit an absolute pattern, sorted."""
        ...

    def may(self, path: str, mode: int) -> bool:
        """Return whether a path is there and grants os.R_OK, os.W_OK or both."""
        ...

    def free_bytes(self, path: str) -> int:
        """Return the room left where an existing path lies."""
        ...

    def run(self, *command: str) -> str | None:
        """Return what a command prints, None if it is not installed or fails."""
        ...

    def probe(self, name: str, *arguments: str) -> dict[str, Any]:
        """Return what a function of `probes` says; raises ProbeError."""
        ...


class ThisMachine:
    """The machine that the doctor runs on."""

    def __init__(self) -> None:
        self.environment: Mapping[str, str] = os.environ
        self.python_version = sys.version_info[:3]
        self.machine = platform.machine()

    def read(self, path: str) -> str | None:
        """Return a file's text, None if it is not there or may not be read."""
        try:
            return Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    def paths(self, pattern: str) -> list[str]:
        """Return the paths that fit an absolute pattern, sorted."""
        return sorted(map(str, Path("/").glob(pattern.lstrip("/"))))

    def may(self, path: str, mode: int) -> bool:
        """Return whether a path is there and grants os.R_OK, os.W_OK or both."""
        return os.access(path, mode)

    def free_bytes(self, path: str) -> int:
        """Return the room left where an existing path lies."""
        return shutil.disk_usage(path).free

    def run(self, *command: str) -> str | None:
        """Return what a command prints, None if it is not installed or fails."""
        try:
            result = subprocess.run(
                command, capture_output=True, text=True, timeout=_COMMAND_TIMEOUT_S, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return result.stdout

    def probe(self, name: str, *arguments: str) -> dict[str, Any]:
        """Return what a function of `probes` says; raises ProbeError."""
        command = [sys.executable, "-m", f"{__package__}.probes", name, *arguments]
        try:
            result = subprocess.run(
                command, capture_output=True, text=True, timeout=_PROBE_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise ProbeError(f"no answer within {_PROBE_TIMEOUT_S:.0f} s") from None
        except OSError as error:
            raise ProbeError(str(error)) from error
        if result.returncode < 0:
            raise ProbeError(f"ended by {signal.Signals(-result.returncode).name}")
        if result.returncode:
            raise ProbeError(_last_line(result.stderr))
        # Libraries may print while they are imported; the answer comes last.
        answer: dict[str, Any] = json.loads(_last_line(result.stdout))
        return answer


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "no word of why"

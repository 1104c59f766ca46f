# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""MediaPipe for comparison, in a process of its own: it needs older libraries than ours."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, TypeVar

from .core.errors import HandLandmarksError

_Process = TypeVar("_Process", bound="MediaPipeProcess")


class MediaPipeProcess:
    """A script in MediaPipe's own environment, one JSON line out for one in.

    A context: entering it starts the script and waits for its first line, which says that it is
    ready; leaving it ends the script. folder: for files that both use; it is the script's first
    argument and goes with the process. Raises HandLandmarksError when the script ends by itself.
    """

    def __init__(self, python: Path, script: Path, *arguments: str) -> None:
        self._temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self._temporary.name)
        # Isolated: it must not find modules of the script's folder or of our environment.
        self._command = [str(python), "-I", str(script), str(self.folder), *arguments]
        self._log = self.folder / "log.txt"

    def __enter__(self: _Process) -> _Process:
        with self._log.open("w") as errors:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=_without_ros(),
                start_new_session=True,
            )
        try:
            self._receive()
        except HandLandmarksError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._temporary.cleanup()

    def ask(self, request: dict[str, Any]) -> Any:
        """Send a request and wait for the answer."""
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return self._receive()

    def _receive(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            last_words = self._log.read_text(encoding="utf-8", errors="replace").strip()[-500:]
            raise HandLandmarksError(f"MediaPipe ended with an error: {last_words}")
        return json.loads(line)


def _without_ros() -> dict[str, str]:
    """Return the environment without what ROS puts in for its own Python and libraries."""
    of_ros = ("LD_LIBRARY_PATH", "PYTHONPATH", "_ROS_WHEELS_BOOTSTRAP_COMPLETE")
    return {name: value for name, value in os.environ.items() if name not in of_ros}

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole path once: camera, hand landmarks node and recorder, each in its own process."""

# ruff: noqa: T201 - a command-line tool

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .core.errors import HandLandmarksError
from .ros.children import environment_of_children, parameter_arguments, stop
from .ros.domain import own_domain_id
from .ros.parameters import NodeParameters

_POLL_S = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit status, 0 when files were written and known hands found."""
    parser = argparse.ArgumentParser(prog="python -m hand_landmarks_ros.demo", description=__doc__)
    parser.add_argument(
        "--source", default="synthetic", help="synthetic, a webcam's index, a video or a folder"
    )
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="folder for the files")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--model", default="hand_landmarks", help="shipped name or .onnx file")
    parser.add_argument(
        "--detector", default=NodeParameters.detector, help="shipped name, file, or none"
    )
    parser.add_argument("--max-hands", type=int, default=NodeParameters.max_hands)
    values = parser.parse_args(arguments)
    values.out.mkdir(parents=True, exist_ok=True)
    try:
        with own_domain_id() as domain_id:
            return _run(values, environment_of_children(values.out / "log", domain_id))
    except HandLandmarksError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(values: argparse.Namespace, environment: dict[str, str]) -> int:
    """Start the processes and wait for the recorder; stop the others then, or when one fails."""
    node = {
        "model": values.model,
        "detector": values.detector,
        "max_hands": values.max_hands,
        # A PC of two cores has camera and recorder to run besides.
        "detector_rate_hz": 7.0,
    }
    commands = {
        "camera": ["ros.camera_node", *parameter_arguments(source=values.source)],
        "hand landmarks node": ["ros.node", *parameter_arguments(**node)],
        "recorder": ["ros.recorder", "--out", str(values.out), "--seconds", str(values.seconds)],
    }
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, (module, *arguments) in commands.items():
            command = [sys.executable, "-m", f"hand_landmarks_ros.{module}", *arguments]
            # In a session of its own Ctrl-C reaches only the demo, which stops all in order.
            processes[name] = subprocess.Popen(command, env=environment, start_new_session=True)
        while (status := processes["recorder"].poll()) is None:
            for name, process in processes.items():
                if process.poll():
                    raise HandLandmarksError(f"the {name} ended with an error; see above")
            time.sleep(_POLL_S)
        return status
    finally:
        stop(list(processes.values()))


if __name__ == "__main__":
    sys.exit(main())

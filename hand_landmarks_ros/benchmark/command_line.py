# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The command line: which suites run, on what; tables to the terminal and to files."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..backends.loader import BACKENDS, DEFAULT_MODEL, PRECISIONS
from ..core.errors import HandLandmarksError
from ..sources import SYNTHETIC_CLIP
from .machine import description
from .settings import Settings

SUITES = {
    "stages": "each stage of one image, and the node's callback",
    "transport": "from process to process over DDS",
    "inference": "the network by threads and batch size",
    "sessions": "ONNX Runtime's session options",
    "comparison": "beside MediaPipe Hands",
}
"""Modules of this folder that have `run(settings) -> Iterator[Table]`; imported when chosen."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; returns the exit status."""
    values = _parser().parse_args(arguments)
    try:
        _run(values)
    except (HandLandmarksError, OSError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hand_landmarks_ros.benchmark",
        description="Measures how fast this package is on this machine.",
    )
    suites = "; ".join(f"{name}: {what}" for name, what in SUITES.items())
    parser.add_argument("--only", nargs="+", choices=SUITES, default=list(SUITES), help=suites)
    parser.add_argument("--json", type=Path, metavar="DIR", help="also write DIR/SUITE.json")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="shipped name or .onnx file")
    parser.add_argument("--backend", default="auto", choices=BACKENDS)
    parser.add_argument("--precision", default=PRECISIONS[0], choices=PRECISIONS)
    parser.add_argument(
        "--images",
        type=_at_least_one,
        default=300,
        metavar="N",
        help="images that count in each measurement (default: %(default)s)",
    )
    parser.add_argument(
        "--sizes",
        nargs="+",
        type=_size_px,
        default=[(640, 480), (1280, 720)],
        metavar="WxH",
        help="sizes the clip is enlarged to (default: 640x480 1280x720)",
    )
    parser.add_argument(
        "--clip",
        type=Path,
        default=SYNTHETIC_CLIP,
        help="video with its truth beside it in a .jsonl file (default: the shipped one)",
    )
    parser.add_argument(
        "--mediapipe-python",
        type=Path,
        default=Path("build/mediapipe-venv/bin/python"),
        help="interpreter in whose environment MediaPipe is (default: %(default)s)",
    )
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _size_px(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 640x480")
    return int(width), int(height)


def _run(values: argparse.Namespace) -> None:
    settings = Settings(
        model=values.model,
        backend=values.backend,
        precision=values.precision,
        n_images=values.images,
        clip=values.clip,
        sizes_px=tuple(values.sizes),
        mediapipe_python=values.mediapipe_python,
    )
    conditions = description(settings)
    print("\n".join(f"{name}: {value}" for name, value in conditions.items()))
    for suite in values.only:
        tables = []
        for table in _suite(suite).run(settings):
            print(f"\n{table.to_markdown()}", flush=True)
            tables.append(table.to_json())
        if values.json:
            _write(values.json / f"{suite}.json", {"conditions": conditions, "tables": tables})


def _suite(name: str) -> Any:
    try:
        return importlib.import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        if error.name != "rclpy":
            raise
        raise HandLandmarksError(
            f"the suite {name} needs ROS 2 (rclpy), which this Python does not have; source its "
            "setup.bash, or take --only inference comparison"
        ) from error


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

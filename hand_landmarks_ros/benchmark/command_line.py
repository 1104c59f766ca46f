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

from ..backends.loader import BACKENDS, DEFAULT_MODEL, PRECISIONS, shipped_models
from ..core.errors import HandLandmarksError
from ..core.model_card import DETECTOR_MODEL
from ..core.options import NO_DETECTOR
from ..sources import SYNTHETIC_CLIP
from .machine import description, peak_memory
from .settings import Settings

SUITES = {
    "stages": "each stage of one image, and the node's callback",
    "transport": "from process to process over DDS",
    "parity": "landmarks of the backend against ONNX Runtime's on the CPU",
    "inference": "the networks by threads and batch size",
    "hands": "images with none, one, two and four hands",
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
    parser.add_argument(
        "--json", type=Path, metavar="DIR", help="also write DIR/SUITE.json and DIR/benchmark.md"
    )
    parser.add_argument(
        "--model",
        help=f"shipped name or .onnx file (default: {DEFAULT_MODEL}, and every shipped model where "
        "networks are measured alone)",
    )
    parser.add_argument(
        "--detector",
        default=DETECTOR_MODEL if DETECTOR_MODEL in shipped_models() else NO_DETECTOR,
        help="of the suite hands: shipped name, .onnx file or none (default: %(default)s)",
    )
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
        model=values.model or DEFAULT_MODEL,
        models=(values.model,) if values.model else tuple(shipped_models()),
        detector=values.detector,
        backend=values.backend,
        precision=values.precision,
        n_images=values.images,
        clip=values.clip,
        sizes_px=tuple(values.sizes),
        mediapipe_python=values.mediapipe_python,
    )
    conditions = description(settings)
    report = ["\n".join(f"- {name}: {value}" for name, value in conditions.items())]
    print(report[0])
    for suite in values.only:
        tables = []
        for table in _suite(suite).run(settings):
            report.append(table.to_markdown())
            print(f"\n{report[-1]}", flush=True)
            tables.append(table.to_json())
        if values.json:
            conditions = {**conditions, "memory": peak_memory()}
            content = json.dumps({"conditions": conditions, "tables": tables}, indent=2)
            _write(values.json / f"{suite}.json", content)
            _write(values.json / "benchmark.md", "\n\n".join(["# Benchmark", *report]))


def _suite(name: str) -> Any:
    try:
        return importlib.import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        if error.name != "rclpy":
            raise
        raise HandLandmarksError(
            f"the suite {name} needs ROS 2 (rclpy), which this Python does not have; source its "
            "setup.bash, or take --only parity inference hands comparison"
        ) from error


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n", encoding="utf-8")

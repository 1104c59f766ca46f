# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure models on labelled data.

    python -m training.evaluate --data DIR [DIR...] --model FILE.onnx [--model ...] [--plots DIR]

Protocol: every labelled hand is cut upright from its picture as a square around the 21 points'
tight box, 1.5 times the longer side; errors are pixels of that crop scaled to 224 px. With
`--crop detector` the whole pipeline sees the whole picture instead: detector, then landmarks. A
detector given as --model is measured by COCO's average precision. Several models stand in one
table, `--peer mediapipe` beside them.

    python -m training.evaluate --video DIR --model FILE.onnx [--smoothing kalman] [--plots DIR]

measures tracking on labelled sequences, of `training.synthesize --video`: IDF1, identity switches,
jitter, lag, time to acquire.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from hand_landmarks_ros.backends.loader import load_backend, model_card, resolve_model
from hand_landmarks_ros.core.detection import HandDetector
from hand_landmarks_ros.core.errors import ModelError
from hand_landmarks_ros.core.inference import Backend
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL, LANDMARK_MODEL
from hand_landmarks_ros.core.options import NO_DETECTOR, PipelineOptions
from hand_landmarks_ros.core.smoothing import SMOOTHERS

from .command_line import command
from .datasets.catalogue import read_sets
from .datasets.sequences import read_sequences
from .evaluation.comparison import Comparison, thinned
from .evaluation.contact_sheet import write_worst_hands
from .evaluation.landmarks import NetworkOnCrops
from .evaluation.mediapipe_peer import MEDIAPIPE_PYTHON, MediaPipeHands, MediaPipeOnCrops
from .evaluation.plots import write_landmark_plots
from .evaluation.report import Report, table
from .evaluation.results import HandResults
from .evaluation.video_comparison import VideoComparison, video_table, write_video_plots
from .export import write_card

ACCURACY_START = "<!-- accuracy -->"
ACCURACY_END = "<!-- /accuracy -->"


@command()
def main() -> None:
    """Read the command line, measure, print the table."""
    parser = _parser()
    arguments = parser.parse_args()
    arguments.model = arguments.model or ["hand_landmarks"]
    one_model_in_true_crops = (
        len(arguments.model) == 1
        and not arguments.peer
        and arguments.crop == "gt"
        and not arguments.video
    )
    if arguments.record and not one_model_in_true_crops:
        parser.error("--record takes the figures of one --model on --data, in the true crops")
    with ExitStack() as stack:
        if arguments.video:
            reports, text = _measure_tracking(arguments, stack)
        else:
            reports, text = _measure_pictures(arguments, stack)
    if not reports:
        folders = ", ".join(arguments.data)
        parser.error(f"no labelled hand in split {arguments.split!r} of {folders}")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        report = json.dumps(as_json(reports), indent=1)
        arguments.json.write_text(report + "\n", encoding="utf-8")
    if arguments.record:
        _record(resolve_model(arguments.model[0]), arguments.record, reports[0], arguments.split)
    sys.stdout.write(text + "\n")


def as_json(reports: Sequence[Report]) -> dict[str, Any]:
    """Return one report as it is, several below `models`."""
    return reports[0] if len(reports) == 1 else {"models": list(reports)}


def record_table(card: Path, text: str) -> None:
    """Replace what lies between the accuracy markers of a Markdown file by the table.

    Raises ModelError when the file has no such markers.
    """
    head, start, rest = card.read_text(encoding="utf-8").partition(ACCURACY_START)
    _, end, tail = rest.partition(ACCURACY_END)
    if not start or not end:
        raise ModelError(f"{card} has no lines {ACCURACY_START!r} and {ACCURACY_END!r}")
    card.write_text(f"{head}{start}\n{text}\n{end}{tail}", encoding="utf-8")


def _measure_pictures(arguments: argparse.Namespace, stack: ExitStack) -> tuple[list[Report], str]:
    """Measure every model, and the peers, on labelled pictures; write the plots."""
    sets = thinned(read_sets(arguments.data, arguments.split), arguments.images_per_set)
    comparison = Comparison()
    in_whole_pictures = arguments.crop == "detector"
    detector = _open_detector(arguments, stack) if in_whole_pictures else None
    for model in arguments.model:
        kind = model_card(model).kind
        backend = _open(model, kind, stack)
        if kind == DETECTOR_MODEL:
            comparison.add_detector(backend, sets)
        elif in_whole_pictures:
            max_hands = arguments.max_hands if detector else 1
            comparison.add_in_whole_pictures(backend, detector, max_hands, sets)
        else:
            comparison.add_in_true_crops(NetworkOnCrops(backend), sets)
    if "mediapipe" in arguments.peer:
        hands = MediaPipeHands(arguments.mediapipe_python, video=False, max_hands=2)
        comparison.add_in_true_crops(MediaPipeOnCrops(stack.enter_context(hands)), sets)
    if arguments.plots and comparison.runs:
        write_landmark_plots(arguments.plots, comparison.runs, comparison.reports)
        for model, results in comparison.runs.items():
            everything = HandResults.joined(list(results.values()))
            write_worst_hands(arguments.plots / f"worst_hands_{_file_name(model)}.jpg", everything)
    return comparison.reports, table(comparison.reports)


def _measure_tracking(arguments: argparse.Namespace, stack: ExitStack) -> tuple[list[Report], str]:
    """Measure every model's tracking, and the peers', on labelled sequences; write the plots."""
    sequences = read_sequences(arguments.video)[: arguments.sequences]
    comparison = VideoComparison(sequences)
    detector = _open_detector(arguments, stack)
    options = PipelineOptions(
        max_hands=arguments.max_hands if detector else 1, smoothing=arguments.smoothing
    )
    for model in arguments.model:
        comparison.add_pipeline(model, _open(model, LANDMARK_MODEL, stack), detector, options)
    if "mediapipe" in arguments.peer:
        hands = MediaPipeHands(
            arguments.mediapipe_python, video=True, max_hands=arguments.max_hands
        )
        comparison.add_mediapipe(stack.enter_context(hands))
    if arguments.plots:
        write_video_plots(arguments.plots, comparison)
    return comparison.reports, video_table(comparison.reports)


def _open(model: str, kind: str, stack: ExitStack) -> Backend:
    return stack.enter_context(closing(load_backend(model, "onnxruntime", kind=kind)))


def _open_detector(arguments: argparse.Namespace, stack: ExitStack) -> HandDetector | None:
    if arguments.detector == NO_DETECTOR:
        return None
    return HandDetector(_open(arguments.detector, DETECTOR_MODEL, stack))


def _record(path: Path, markdown: Path, report: Report, split: str) -> None:
    """Store the figures in the model file and in its Markdown card."""
    accuracy = {"split": split, **report["sets"], "overall": report["overall"]}
    write_card(path, dataclasses.replace(model_card(path), accuracy=accuracy))
    record_table(markdown, table([report]))


def _file_name(model: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in model)


def _parser() -> argparse.ArgumentParser:
    default = PipelineOptions()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", nargs="+", help="data sets, folders of them, or READER:DIR")
    source.add_argument("--video", type=Path, metavar="DIR", help="sequences")
    parser.add_argument(
        "--model",
        action="append",
        help="shipped name or .onnx file, of landmarks or a detector (hand_landmarks); repeatable",
    )
    parser.add_argument(
        "--detector",
        default="hand_detector",
        help="of --crop detector and --video: shipped name, .onnx file, or "
        f"{NO_DETECTOR!r} (hand_detector)",
    )
    parser.add_argument("--max-hands", type=int, default=4, help="with a detector (4)")
    parser.add_argument("--peer", action="append", default=[], choices=("mediapipe",))
    parser.add_argument(
        "--mediapipe-python",
        type=Path,
        default=MEDIAPIPE_PYTHON,
        help=f"interpreter of an environment with MediaPipe ({MEDIAPIPE_PYTHON})",
    )
    parser.add_argument("--plots", type=Path, metavar="DIR", help="write plots into this folder")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report here")
    pictures = parser.add_argument_group("pictures")
    pictures.add_argument("--split", default="val", choices=("train", "val"))
    pictures.add_argument(
        "--crop",
        default="gt",
        choices=("gt", "detector"),
        help="cut hands by their labels, or let the pipeline find them in the whole picture",
    )
    pictures.add_argument("--images-per-set", type=int, metavar="N", help="for a quick look")
    pictures.add_argument(
        "--record",
        type=Path,
        metavar="MODEL.md",
        help="store the figures in the model file and between the card's accuracy markers",
    )
    videos = parser.add_argument_group("sequences")
    videos.add_argument("--smoothing", default=default.smoothing, choices=tuple(SMOOTHERS))
    videos.add_argument("--sequences", type=int, metavar="N", help="the first N only")
    return parser


if __name__ == "__main__":
    main()

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure a model on labelled data: python -m training.evaluate --data DIR --model FILE.onnx.

Protocol: every labelled hand is cut upright from its picture as a square around the 21 points'
tight box, 1.5 times the longer side; errors are pixels of that crop scaled to 224 px.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from hand_landmarks_ros.backends.loader import load_backend, resolve_model
from hand_landmarks_ros.core.errors import ModelError
from hand_landmarks_ros.core.inference import Backend

from .command_line import command
from .datasets.labels_jsonl import read_sets
from .datasets.protocol import handedness_is_right, protocol_crops
from .datasets.records import ImageRecord
from .export import write_card
from .metrics import PCK_THRESHOLDS_PX, average, landmark_metrics

ACCURACY_START = "<!-- accuracy -->"
ACCURACY_END = "<!-- /accuracy -->"


def evaluate_set(
    backend: Backend, records: Sequence[ImageRecord], name: str = ""
) -> dict[str, Any]:
    """Measure one set with the ground-truth crop; empty when it has no labelled hand."""
    codec = backend.card.codec()
    errors_px, sides = [], []
    with_hands = [record for record in records if record.hands]
    progress = tqdm(with_hands, name, leave=False)
    for sample in protocol_crops(progress, codec.size_px):
        outputs = backend({"image": sample.crops})
        errors_px.append(sample.errors_px(codec.decode(outputs["heatmaps"])[0]))
        sides.append(handedness_is_right(sample.handedness, outputs["handedness"]))
    if not errors_px:
        return {}
    metrics = landmark_metrics(np.concatenate(errors_px))
    known = np.concatenate(sides)
    if len(known):
        metrics["handedness"] = float(known.mean())
    return metrics


def evaluate(backend: Backend, records: Mapping[str, Sequence[ImageRecord]]) -> dict[str, Any]:
    """Measure every set that has labelled hands; `overall` averages over sets."""
    sets = {name: evaluate_set(backend, records[name], name) for name in records}
    sets = {name: metrics for name, metrics in sets.items() if metrics}
    return {
        "model": backend.card.name,
        "sets": sets,
        "overall": average(list(sets.values())) if sets else {},
    }


def table(report: dict[str, Any]) -> str:
    """Render a report as a Markdown table, one row a set."""
    head = [
        "set",
        "hands",
        *(f"PCK@{t}" for t in PCK_THRESHOLDS_PX),
        "PCK@0.2",
        "AUC",
        "EPE px",
        "side",
    ]
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    for name, metrics in [*report["sets"].items(), ("**overall**", report["overall"])]:
        cells = [name, str(metrics["n_hands"])]
        cells += [f"{metrics['pck'][str(t)]:.3f}" for t in PCK_THRESHOLDS_PX]
        cells += [f"{metrics['pck_0.2']:.3f}", f"{metrics['auc']:.3f}", f"{metrics['epe_px']:.2f}"]
        cells += [f"{metrics['handedness']:.3f}" if "handedness" in metrics else "-"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def record_table(card: Path, text: str) -> None:
    """Replace what lies between the accuracy markers of a Markdown file by the table.

    Raises ModelError when the file has no such markers.
    """
    head, start, rest = card.read_text(encoding="utf-8").partition(ACCURACY_START)
    _, end, tail = rest.partition(ACCURACY_END)
    if not start or not end:
        raise ModelError(f"{card} has no lines {ACCURACY_START!r} and {ACCURACY_END!r}")
    card.write_text(f"{head}{start}\n{text}\n{end}{tail}", encoding="utf-8")


@command()
def main() -> None:
    """Read the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, help="data sets, or folders of them"
    )
    parser.add_argument("--model", default="hand_landmarks", help="shipped name or .onnx file")
    parser.add_argument("--split", default="val", choices=("train", "val"))
    parser.add_argument("--crop", default="gt", choices=("gt",), help="where hands are cut")
    parser.add_argument(
        "--record",
        type=Path,
        metavar="MODEL_CARD.md",
        help="store the figures in the model file and between the card's accuracy markers",
    )
    parser.add_argument("--json", type=Path, help="write the report here")
    arguments = parser.parse_args()
    path = resolve_model(arguments.model)
    backend = load_backend(path, "onnxruntime")
    report = evaluate(backend, read_sets(arguments.data, arguments.split))
    if not report["sets"]:
        folders = ", ".join(map(str, arguments.data))
        parser.error(f"no labelled hand in split {arguments.split!r} of {folders}")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if arguments.record:
        accuracy = {"split": arguments.split, **report["sets"], "overall": report["overall"]}
        write_card(path, dataclasses.replace(backend.card, accuracy=accuracy))
        record_table(arguments.record, table(report))
    sys.stdout.write(table(report) + "\n")


if __name__ == "__main__":
    main()

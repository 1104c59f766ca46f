# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Compare ways to read landmarks from heatmaps to a fraction of a pixel.

    python -m training.compare_decoders --data DIR [DIR...] --model FILE.onnx

All of `training/decoders.py` read the same heatmaps, of every labelled hand in the protocol's crop
of training.evaluate. Figures are means over the sets, each counting once. The time of a decoder is
that of one hand over the runtime's decoder's, median over the pictures: all take turns on each.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.backends.loader import load_backend
from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.geometry import apply, invert
from hand_landmarks_ros.core.inference import Backend

from .command_line import command
from .datasets.catalogue import read_sets
from .datasets.records import ImageRecord
from .decoders import DECODERS, RUNTIME
from .evaluation.comparison import thinned
from .evaluation.landmarks import true_crops
from .metrics import average, landmark_metrics

_COLUMNS_PX = (1, 3, 5)


@dataclass
class DecoderRun:
    """What a decoder made of the hands so far.

    errors_px: (n, 21) px of the 224-px crop for each picture, NaN where a landmark is not labelled.
    times_s: of one hand, for each picture.
    """

    errors_px: list[NDArray[np.float64]] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)


Runs = Mapping[str, DecoderRun]


@command()
def main() -> None:
    """Read the command line, measure, print the table."""
    arguments = _parser().parse_args()
    sets = thinned(read_sets(arguments.data, arguments.split), arguments.images_per_set)
    with closing(load_backend(arguments.model, "onnxruntime")) as backend:
        measured = {name: measure(backend, records, name) for name, records in sets.items()}
    runs = {name: of_set for name, of_set in measured.items() if of_set}
    if not runs:
        raise SourceError(
            f"no labelled hand in split {arguments.split!r} of {', '.join(arguments.data)}"
        )
    figures = summarise(runs)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(table(figures) + "\n")


def measure(backend: Backend, records: Sequence[ImageRecord], name: str = "") -> Runs:
    """Let all decoders read the heatmaps of every labelled hand; empty without any hand."""
    codec = backend.card.codec()
    runs: dict[str, DecoderRun] = defaultdict(DecoderRun)
    for unseen, crops, crop_from_image in true_crops(records, codec.size_px, name):
        heatmaps = backend({"image": crops})["heatmaps"]
        image_from_crop = invert(crop_from_image)
        for decoder, decode in DECODERS.items():
            start_s = perf_counter()
            xy_crop_px = decode(heatmaps, codec)
            runs[decoder].times_s.append((perf_counter() - start_s) / len(crops))
            found = replace(unseen, found_px=apply(image_from_crop, xy_crop_px))
            runs[decoder].errors_px.append(found.errors_px)
    return runs


def summarise(runs: Mapping[str, Runs]) -> dict[str, Any]:
    """Return each decoder's figures by set, their average, and its time over the runtime's."""
    times_s = {
        decoder: np.concatenate([of_set[decoder].times_s for of_set in runs.values()])
        for decoder in DECODERS
    }
    figures = {}
    for decoder in DECODERS:
        sets = {
            name: landmark_metrics(np.concatenate(of_set[decoder].errors_px))
            for name, of_set in runs.items()
        }
        figures[decoder] = {
            "sets": sets,
            "overall": average(list(sets.values())),
            "time_over_runtime": float(np.median(times_s[decoder] / times_s[RUNTIME])),
        }
    return figures


def table(figures: Mapping[str, Any]) -> str:
    """Render the averages as Markdown."""
    heads = [*(f"PCK@{limit}" for limit in _COLUMNS_PX), "error [px]", "time"]
    lines = [f"| decoder | {' | '.join(heads)} |", f"| --- |{' ---: |' * len(heads)}"]
    for decoder, of_decoder in figures.items():
        overall = of_decoder["overall"]
        cells = [
            *(f"{overall['pck'][str(limit)]:.4f}" for limit in _COLUMNS_PX),
            f"{overall['epe_px']:.3f}",
            f"{of_decoder['time_over_runtime']:.2f}",
        ]
        lines.append(f"| {decoder} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", nargs="+", required=True, help="data sets, folders of them, or READER:DIR"
    )
    parser.add_argument("--model", default="hand_landmarks", help="shipped name or .onnx file")
    parser.add_argument("--split", default="val")
    parser.add_argument(
        "--images-per-set", type=int, metavar="N", help="evenly spaced; by default all"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures by set")
    return parser


if __name__ == "__main__":
    main()

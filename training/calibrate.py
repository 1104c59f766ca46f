# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrate a model's landmark scores: python -m training.calibrate --data DIR --model FILE.onnx.

Afterwards the score of a landmark is the probability that it errs by less than 5 px of the 224-px
hand crop. The map is fitted on the training split's protocol crops, each set counting once, and
judged on the validation split; --record stores it in the model file.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Mapping
from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.backends.loader import load_backend, resolve_model
from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.inference import Backend
from hand_landmarks_ros.core.score_calibration import ScoreCalibration
from hand_landmarks_ros.core.topology import LANDMARK_NAMES

from .calibration import fit_calibration, reliability
from .command_line import command
from .datasets.catalogue import read_sets
from .evaluation.comparison import thinned
from .evaluation.landmarks import NetworkOnCrops, in_true_crops
from .evaluation.results import HandResults
from .export import write_card

Results = Mapping[str, HandResults]


@command()
def main() -> None:
    """Read the command line, fit, judge, store."""
    arguments = _parser().parse_args()
    path = resolve_model(arguments.model)
    with closing(load_backend(path, "onnxruntime")) as backend:
        card = backend.card
        calibration = fitted(_measured(backend, arguments, "train"))
        text = table(_measured(backend, arguments, "val"), calibration)
    if arguments.record:
        write_card(path, dataclasses.replace(card, score_calibration=calibration))
    sys.stdout.write(text + "\n")


def fitted(results: Results) -> ScoreCalibration:
    """Fit a calibration to the heights of peaks in some sets, each of which counts once."""
    together = HandResults.joined(list(results.values()))
    weight = np.concatenate([np.full(len(part), 1.0 / len(part)) for part in results.values()])
    return fit_calibration(together.score, together.errors_px, weight / weight.mean())


def table(results: Results, calibration: ScoreCalibration) -> str:
    """Render expected calibration errors before and after as Markdown, by set and by landmark."""
    lines = ["| set | hands | before | after |", "| --- | ---: | ---: | ---: |"]
    changes = []
    for name, part in results.items():
        change = _before_and_after(part, calibration, slice(None))
        changes.append(change)
        lines.append(f"| {name} | {len(part)} | {change[0]:.3f} | {change[1]:.3f} |")
    before, after = np.mean(changes, axis=0)
    n_hands = sum(len(part) for part in results.values())
    lines.append(f"| **mean of sets** | {n_hands} | {before:.3f} | {after:.3f} |")
    together = HandResults.joined(list(results.values()))
    for k, name in enumerate(LANDMARK_NAMES):
        if np.isfinite(together.errors_px[:, k]).any():
            before, after = _before_and_after(together, calibration, slice(k, k + 1))
            lines.append(f"| {name}, all sets | {n_hands} | {before:.3f} | {after:.3f} |")
    before, after = _before_and_after(together, calibration, slice(None))
    lines.append(f"| **all sets together** | {n_hands} | {before:.3f} | {after:.3f} |")
    return "\n".join(lines)


def _before_and_after(
    results: HandResults, calibration: ScoreCalibration, landmarks: slice
) -> NDArray[np.float64]:
    errors_px = results.errors_px[:, landmarks]
    return np.array(
        [
            reliability(score[:, landmarks], errors_px).expected_calibration_error
            for score in (results.score, calibration(results.score).astype(np.float64))
        ]
    )


def _measured(backend: Backend, arguments: argparse.Namespace, split: str) -> Results:
    sets = thinned(read_sets(arguments.data, split), arguments.images_per_set)
    model = NetworkOnCrops(backend, calibrated=False)
    found = {name: in_true_crops(model, sets[name], f"{split} {name}") for name in sets}
    results = {name: part for name, part in found.items() if part is not None}
    if not results:
        folders = ", ".join(arguments.data)
        raise SourceError(
            f"no labelled hand in split {split!r} of {folders}; a calibration is fitted on the "
            "split 'train' and judged on 'val'"
        )
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", nargs="+", required=True, help="data sets, folders of them, or READER:DIR"
    )
    parser.add_argument("--model", default="hand_landmarks", help="shipped name or .onnx file")
    parser.add_argument(
        "--images-per-set", type=int, default=300, metavar="N", help="evenly spaced (300)"
    )
    parser.add_argument("--record", action="store_true", help="store it in the model file")
    return parser


if __name__ == "__main__":
    main()

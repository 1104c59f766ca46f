# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrate a model's scores: python -m training.calibrate --data DIR --model FILE.onnx.

Afterwards the score of a landmark is the probability that it errs by less than 5 px of the 224-px
hand crop; that of a detector's box tells hands from what is none by the height and breadth of its
peak and by how sure the network is of the side, with one false box of 0.5 or more in 100 pictures
without a hand. The map is fitted on the training split, each set counting once, and judged on the
validation split; --record stores it in the model file.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.backends.loader import load_backend, model_card, resolve_model
from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.inference import Backend
from hand_landmarks_ros.core.model_card import LANDMARK_MODEL
from hand_landmarks_ros.core.peak_calibration import PeakCalibration
from hand_landmarks_ros.core.score_calibration import ScoreCalibration
from hand_landmarks_ros.core.topology import LANDMARK_NAMES

from .calibration import fit_calibration, reliability
from .command_line import command
from .config import read_config
from .datasets.catalogue import read_sets
from .evaluation.comparison import Sets, thinned
from .evaluation.landmarks import NetworkOnCrops, in_true_crops
from .evaluation.results import HandResults
from .export import write_card
from .peak_calibration import (
    LabelledPeaks,
    false_per_100,
    fit_peak_calibration,
    labelled_peaks,
    share_found,
)

Results = Mapping[str, HandResults]

LEAST_SCORES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Where a detector is judged."""


@command()
def main() -> None:
    """Read the command line, fit, judge, store."""
    arguments = _parser().parse_args()
    path = resolve_model(arguments.model)
    with closing(load_backend(path, "onnxruntime", kind=model_card(path).kind)) as backend:
        card = backend.card
        calibrate = _calibrate_landmarks if card.kind == LANDMARK_MODEL else _calibrate_detector
        calibration, text = calibrate(backend, arguments)
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
    sets = _sets(arguments, split)
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


def _calibrate_landmarks(
    backend: Backend, arguments: argparse.Namespace
) -> tuple[ScoreCalibration, str]:
    calibration = fitted(_measured(backend, arguments, "train"))
    return calibration, table(_measured(backend, arguments, "val"), calibration)


def _calibrate_detector(
    backend: Backend, arguments: argparse.Namespace
) -> tuple[PeakCalibration, str]:
    calibration = fit_peak_calibration(_peaks(backend, arguments, "train"))
    return calibration, detector_table(_peaks(backend, arguments, "val"), calibration)


def detector_table(peaks: Sequence[LabelledPeaks], calibration: PeakCalibration) -> str:
    """Render what is found, and what is false, from each score on, before and after."""
    lines = [
        "| least score | found, before | false in 100 pictures | found, after | false in 100 |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    together = LabelledPeaks.joined(peaks)
    for least_score in LEAST_SCORES:
        cells = [f"{least_score:.2f}"]
        for score in (lambda part: part.height, lambda part: calibration(part.features)):
            found = [share_found(part, score(part), least_score) for part in peaks if part.n_hands]
            cells.append(f"{np.mean(found):.3f}")
            cells.append(f"{false_per_100(together, score(together), least_score):.1f}")
        lines.append("| " + " | ".join(cells) + " |")
    n_hands = sum(part.n_hands for part in peaks)
    lines.append(f"\nFound: of {n_hands} hands, each set counting once.")
    lines.append(f"False: in {together.n_empty} pictures without a hand.")
    return "\n".join(lines)


def _peaks(backend: Backend, arguments: argparse.Namespace, split: str) -> list[LabelledPeaks]:
    sets = _sets(arguments, split)
    complete = {
        name: [record for record in records if record.is_complete] for name, records in sets.items()
    }
    peaks = [
        labelled_peaks(backend, records, f"{split} {name}")
        for name, records in complete.items()
        if records
    ]
    together = LabelledPeaks.joined(peaks) if peaks else None
    if together is None or not together.is_hand.any() or together.is_hand.all():
        folders = ", ".join(arguments.data)
        raise SourceError(
            f"the pictures marked as complete in split {split!r} of {folders} show no hand that "
            "the detector finds, or nothing that it takes for one; a calibration is fitted on the "
            "split 'train' and judged on 'val'"
        )
    return peaks


def _sets(arguments: argparse.Namespace, split: str) -> Sets:
    excluded = read_config(arguments.config).excluded_subjects if arguments.config else ()
    return thinned(read_sets(arguments.data, split, excluded), arguments.images_per_set)


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
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the model's, of training/configs: its `excluded_subjects` are left out",
    )
    parser.add_argument("--record", action="store_true", help="store it in the model file")
    return parser


if __name__ == "__main__":
    main()

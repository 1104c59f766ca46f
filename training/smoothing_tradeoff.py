# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Jitter of a resting hand against lag of a moving one, for many settings of the filters.

    python -m training.smoothing_tradeoff --video DIR --out hand_landmarks_ros/docs/smoothing.png

The pipeline tracks the sequences of `training.synthesize --video` once, without smoothing; then
every filter at every setting smooths the very same measurements.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from hand_landmarks_ros.backends.models import load_models
from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.options import NO_DETECTOR, PipelineOptions
from hand_landmarks_ros.core.pipeline import HandPipeline
from hand_landmarks_ros.core.smoothing import KalmanFilter, NoSmoothing, OneEuroFilter, Smoother

from .command_line import command
from .datasets.sequences import LabelledSequence, read_sequences
from .evaluation.videos import by_pipeline, track_all
from .motion_metrics import Stretch, hand_sizes_px, jitter_px, lag_s

MOST_JITTER_OF_RAW = 0.4
MOST_LAG_FRAMES = 1.0
"""What a filter should reach, both at once."""

_RAW = "raw"
_MARGIN_MS = 5.0

MakeSmoother = Callable[[], Smoother]


@dataclass(frozen=True)
class Setting:
    """What a filter does at one setting; `curve` names the settings that are joined by a line."""

    curve: str
    name: str
    jitter_px: float
    lag_ms: float


def settings() -> Iterator[tuple[str, str, MakeSmoother]]:
    """Yield curve, name and filter of each setting; those called "default" are what users get."""
    yield _RAW, _RAW, NoSmoothing
    for noise in np.geomspace(0.064, 0.001, 13).tolist():
        name = f"measurement noise {noise:.4f}"
        yield "Kalman filter", name, partial(KalmanFilter, measurement_noise=noise)
    for coefficient in (1.0, 4.0, 16.0):
        curve = f"One Euro filter, speed coefficient {coefficient:g}"
        for cutoff_hz in np.geomspace(0.2, 12.8, 7).tolist():
            filter_ = partial(OneEuroFilter, min_cutoff_hz=cutoff_hz, speed_coefficient=coefficient)
            yield curve, f"cut-off {cutoff_hz:.2f} Hz", filter_
    yield "Kalman filter, default", "default", KalmanFilter
    yield "One Euro filter, default", "default", OneEuroFilter


def smoothed(part: Stretch, make_smoother: MakeSmoother) -> Stretch:
    """Return the stretch with its measured landmarks filtered from its start on."""
    smoother = make_smoother()
    sizes_px = hand_sizes_px(part.found_px)[:, 0]
    filtered = [
        smoother.update(xy_px, score, float(stamp_s), float(size_px))
        for xy_px, score, stamp_s, size_px in zip(
            part.found_px, part.score, part.stamp_s, sizes_px, strict=True
        )
    ]
    return part.with_found(np.stack(filtered))


def sweep(parts: Sequence[Stretch]) -> list[Setting]:
    """Measure every setting on measured, unfiltered stretches.

    Raises SourceError when no hand rests, or none moves, long enough to measure.
    """
    swept = []
    for curve, name, make_smoother in tqdm(list(settings()), "settings", leave=False):
        filtered = [smoothed(part, make_smoother) for part in parts]
        jitter, lag = jitter_px(filtered), lag_s(filtered)
        if jitter is None or lag is None:
            raise SourceError(
                "in these sequences no hand rests, or none moves, for long enough while it is "
                f"tracked (jitter {jitter}, lag {lag}); take more or longer ones"
            )
        swept.append(Setting(curve, name, jitter, 1e3 * lag))
    return swept


def table(swept: Sequence[Setting]) -> str:
    """Render the settings as Markdown, jitter and lag beside those of the raw landmarks."""
    raw = _raw(swept)
    lines = [
        "| filter | setting | jitter px | of raw | lag ms | over raw |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for one in swept:
        lines.append(
            f"| {one.curve} | {one.name} | {one.jitter_px:.3f} "
            f"| {one.jitter_px / raw.jitter_px:.0%} | {one.lag_ms:.0f} "
            f"| {one.lag_ms - raw.lag_ms:+.0f} |"
        )
    return "\n".join(lines)


def draw(path: Path, swept: Sequence[Setting], frame_ms: float, title: str) -> None:
    """Plot the curves, and the corner that a filter should reach."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    raw = _raw(swept)
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    goal = Rectangle(
        (raw.lag_ms - _MARGIN_MS, 0),
        _MARGIN_MS + MOST_LAG_FRAMES * frame_ms,
        MOST_JITTER_OF_RAW * raw.jitter_px,
        color="C2",
        alpha=0.15,
        label=f"{MOST_JITTER_OF_RAW:.0%} of the raw jitter, {MOST_LAG_FRAMES:g} frame of lag",
    )
    axes.add_patch(goal)
    for curve in dict.fromkeys(one.curve for one in swept):
        points = [(one.lag_ms, one.jitter_px) for one in swept if one.curve == curve]
        is_point = len(points) == 1
        axes.plot(*zip(*points, strict=True), "o" if is_point else ".-", ms=8 if is_point else 4)
        axes.lines[-1].set_label(curve)
    axes.set(
        title=title,
        xlabel="lag of a moving hand, ms",
        ylabel="jitter of a resting hand, px RMS",
        ylim=(0, 1.1 * max(one.jitter_px for one in swept)),
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _raw(swept: Sequence[Setting]) -> Setting:
    return next(one for one in swept if one.curve == _RAW)


@command()
def main() -> None:
    """Read the command line, track, sweep, draw."""
    arguments = _parser().parse_args()
    sequences = read_sequences(arguments.video)[: arguments.sequences]
    models = load_models(arguments.model, arguments.detector, backend="onnxruntime")
    with closing(models):
        detector = models.hand_detector()
        options = PipelineOptions(max_hands=4 if detector else 1, smoothing="none")
        tracker = by_pipeline(lambda: HandPipeline(models.landmarks, options, detector=detector))
        parts = track_all(tracker, sequences, "tracking").stretches
    swept = sweep(parts)
    card = models.landmarks.card
    title = f"{card.name} {card.version} on {len(sequences)} synthetic sequences"
    draw(arguments.out, swept, _frame_ms(sequences), title)
    if arguments.json:
        text = json.dumps([asdict(one) for one in swept], indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(table(swept) + "\n")


def _frame_ms(sequences: Sequence[LabelledSequence]) -> float:
    stamps_s = [[frame.stamp_s for frame in sequence.frames] for sequence in sequences]
    return 1e3 * float(np.median(np.concatenate([np.diff(one) for one in stamps_s])))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--video", type=Path, required=True, metavar="DIR", help="sequences")
    parser.add_argument("--sequences", type=int, metavar="N", help="the first N only")
    parser.add_argument("--model", default="hand_landmarks", help="shipped name or .onnx file")
    parser.add_argument(
        "--detector",
        default="hand_detector",
        help=f"shipped name, .onnx file, or {NO_DETECTOR!r}",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    main()

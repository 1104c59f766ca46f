# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Jitter of a resting hand against lag and error of a moving one, for many settings of the filters.

    python -m training.smoothing_tradeoff --video DIR --out hand_landmarks_ros/docs/smoothing.png

The pipeline tracks the sequences of `training.synthesize --video` once, without smoothing; then
every filter at every setting smooths the very same measurements.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from hand_landmarks_ros.backends.models import load_models
from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.filtering import Filter, Measurements, filtered
from hand_landmarks_ros.core.options import NO_DETECTOR, PipelineOptions
from hand_landmarks_ros.core.pipeline import HandPipeline
from hand_landmarks_ros.core.smoothing import KalmanFilter, NoSmoothing, OneEuroFilter

from .command_line import command
from .datasets.sequences import LabelledSequence, read_sequences
from .evaluation.videos import by_pipeline, track_all
from .motion_metrics import Stretch, hand_sizes_px, jitter_px, lag_s, moving_errors_px

MOST_JITTER_OF_RAW = 0.4
MOST_LAG_FRAMES = 1.0
MOST_MOVING_OF_RAW = 1.02
"""What a filter should reach, all at once."""

_RAW = "raw"

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Setting:
    """What a filter does at one setting; `curve` names the settings that are joined by a line.

    moving_px, moving_p90_px: median and 90th percentile of the error of moving hands.
    """

    curve: str
    name: str
    jitter_px: float
    lag_ms: float
    moving_px: float
    moving_p90_px: float


def settings() -> Iterator[tuple[str, str, Filter[Any]]]:
    """Yield curve, name and filter of each setting; those called "default" are what users get."""
    yield _RAW, _RAW, NoSmoothing()
    for noise in np.geomspace(0.032, 0.0005, 13).tolist():
        name = f"measurement noise {noise:.4f}"
        yield "Kalman filter", name, KalmanFilter(measurement_noise=noise)
    for coefficient in (3.0, 10.0, 30.0):
        curve = f"One Euro filter, speed coefficient {coefficient:g}"
        for cutoff_hz in np.geomspace(0.05, 12.8, 9).tolist():
            filter_ = OneEuroFilter(min_cutoff_hz=cutoff_hz, speed_coefficient=coefficient)
            yield curve, f"cut-off {cutoff_hz:.2f} Hz", filter_
    yield "Kalman filter, default", "default", KalmanFilter()
    yield "One Euro filter, default", "default", OneEuroFilter()


def smoothed(part: Stretch, smoother: Filter[Any]) -> Stretch:
    """Return the stretch with its measured landmarks filtered from its start on."""
    sizes_px = hand_sizes_px(part.found_px)[:, 0]
    state, found_px = None, []
    for measured in Measurements(part.found_px, part.stamp_s, part.score, sizes_px).apart():
        (state,) = filtered(smoother, [state], measured)
        found_px.append(state.xy_px[0])
    return part.with_found(np.stack(found_px))


def sweep(parts: Sequence[Stretch]) -> list[Setting]:
    """Measure every setting on measured, unfiltered stretches.

    Raises SourceError when no hand rests, or none moves, long enough to measure.
    """
    swept = []
    for curve, name, smoother in tqdm(list(settings()), "settings", leave=False):
        calmed = [smoothed(part, smoother) for part in parts]
        jitter, lag = jitter_px(calmed), lag_s(calmed)
        if jitter is None or lag is None:
            raise SourceError(
                "in these sequences no hand rests, or none moves, for long enough while it is "
                f"tracked (jitter {jitter}, lag {lag}); take more or longer ones"
            )
        moving_px = np.percentile(moving_errors_px(calmed), (50, 90)).tolist()
        swept.append(Setting(curve, name, jitter, 1e3 * lag, *moving_px))
    return swept


def table(swept: Sequence[Setting]) -> str:
    """Render the settings as Markdown, each figure beside that of the raw landmarks."""
    raw = _raw(swept)
    lines = [
        "| filter | setting | jitter px | of raw | lag ms | over raw "
        "| error moving px | of raw | p90 px | of raw |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in swept:
        lines.append(
            f"| {one.curve} | {one.name} "
            f"| {one.jitter_px:.3f} | {one.jitter_px / raw.jitter_px:.0%} "
            f"| {one.lag_ms:.0f} | {one.lag_ms - raw.lag_ms:+.0f} "
            f"| {one.moving_px:.2f} | {one.moving_px / raw.moving_px:.0%} "
            f"| {one.moving_p90_px:.2f} | {one.moving_p90_px / raw.moving_p90_px:.0%} |"
        )
    return "\n".join(lines)


def draw(path: Path, swept: Sequence[Setting], frame_ms: float, title: str) -> None:
    """Plot jitter against lag, jitter against the error of moving hands, and the aim in both."""
    from matplotlib.figure import Figure

    raw = _raw(swept)
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, key in ((left, "lag_ms"), (right, "moving_px")):
        for curve in dict.fromkeys(one.curve for one in swept):
            settings_ = [one for one in swept if one.curve == curve]
            is_point = len(settings_) == 1
            axes.plot(
                [getattr(one, key) for one in settings_],
                [one.jitter_px for one in settings_],
                "o" if is_point else ".-",
                ms=8 if is_point else 4,
                label=curve,
            )
        axes.grid(alpha=0.3)
    most_px = MOST_JITTER_OF_RAW * raw.jitter_px
    most_ms = raw.lag_ms + MOST_LAG_FRAMES * frame_ms
    goal = f"{MOST_JITTER_OF_RAW:.0%} of the raw jitter"
    _shade(left, most_ms, most_px, "C2", f"{goal}, {MOST_LAG_FRAMES:g} frame of lag")
    more = f"at most {MOST_MOVING_OF_RAW - 1:.0%} more error"
    _shade(right, MOST_MOVING_OF_RAW * raw.moving_px, most_px, "C8", f"{goal}, {more}")
    left.set(
        xlabel="lag of a moving hand, ms",
        ylabel="jitter of a resting hand, px RMS",
        ylim=(0, 1.1 * max(one.jitter_px for one in swept)),
    )
    right.set(xlabel="error of a moving hand, px, median")
    figure.suptitle(title)
    handles = [*left.get_legend_handles_labels()[0], right.patches[-1]]
    figure.legend(handles=handles, fontsize=8, ncols=3, loc="outside lower center")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _shade(axes: Axes, most_x: float, most_jitter_px: float, colour: str, label: str) -> None:
    """Shade what a filter should reach: all that is left of and below the corner."""
    from matplotlib.patches import Rectangle

    left, right = axes.get_xlim()
    corner = Rectangle((left, 0), most_x - left, most_jitter_px, label=label)
    corner.set(color=colour, alpha=0.15)
    axes.add_patch(corner)
    axes.set_xlim(left, max(right, most_x + 0.05 * (most_x - left)))


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

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures trackers one after the other on the same labelled sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hand_landmarks_ros.core.detection import HandDetector
from hand_landmarks_ros.core.inference import Backend
from hand_landmarks_ros.core.pipeline import HandPipeline, PipelineOptions

from ..datasets.records import ENOUGH_SEEN
from ..datasets.sequences import LabelledSequence
from .mediapipe_peer import MediaPipeHands
from .report import Report
from .videos import VideoRun, by_mediapipe, by_pipeline, motion_figures, track_all

_COLUMNS = {
    "IDF1": ("idf1", ".3f"),
    "switches": ("n_switches", "d"),
    "of these in view": ("n_switches_in_view", "d"),
    "fragm.": ("n_fragmentations", "d"),
    "recall": ("recall", ".3f"),
    "precision": ("precision", ".3f"),
    "error of hand": ("error_of_hand_size", ".3f"),
    "jitter px": ("jitter_px", ".2f"),
    "raw": ("raw_jitter_px", ".2f"),
    "lag ms": ("lag_ms", ".0f"),
    "raw ": ("raw_lag_ms", ".0f"),
    "error moving px": ("moving_error_px", ".2f"),
    "raw  ": ("raw_moving_error_px", ".2f"),
    "acquire ms": ("acquire_ms_median", ".0f"),
    "p95": ("acquire_ms_p95", ".0f"),
    "reacquire ms": ("reacquire_ms_median", ".0f"),
    "p95 ": ("reacquire_ms_p95", ".0f"),
    "never found": ("n_never_acquired", "d"),
}


@dataclass
class VideoComparison:
    """What was measured so far: a report and a run for each tracker."""

    sequences: Sequence[LabelledSequence]
    reports: list[Report] = field(default_factory=list)
    runs: dict[str, VideoRun] = field(default_factory=dict)

    def add_pipeline(
        self, name: str, backend: Backend, detector: HandDetector | None, options: PipelineOptions
    ) -> None:
        """Measure the pipeline; where it smooths, a second run without gives the raw figures."""

        def run(options: PipelineOptions, label: str) -> VideoRun:
            tracker = by_pipeline(lambda: HandPipeline(backend, options, detector=detector))
            return track_all(tracker, self.sequences, label)

        label = f"{name}, {options.smoothing}"
        result = run(options, label)
        if options.smoothing != "none":
            raw = run(replace(options, smoothing="none"), f"{name}, raw")
            raw_figures = motion_figures(raw.stretches)
            result.figures |= {
                f"raw_{key}": raw_figures[key]
                for key in ("jitter_px", "lag_ms", "moving_error_px")
                if key in raw_figures
            }
        self._add(label, result)

    def add_mediapipe(self, hands: MediaPipeHands) -> None:
        """Measure MediaPipe in its video mode, smoothed as it does by default."""
        name = "MediaPipe Hands"
        self._add(name, track_all(by_mediapipe(hands), self.sequences, name))

    def _add(self, label: str, run: VideoRun) -> None:
        self.runs[label] = run
        self.reports.append({"model": label, **run.figures})


def video_table(reports: Sequence[Report]) -> str:
    """Render reports as a Markdown table; columns that apply to none are left out."""
    columns = {
        head: (key, form)
        for head, (key, form) in _COLUMNS.items()
        if any(key in report for report in reports)
    }
    lines = ["| tracker | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    for report in reports:
        cells = [
            format(report[key], form) if key in report else "-" for key, form in columns.values()
        ]
        lines.append("| " + " | ".join([report["model"], *cells]) + " |")
    return "\n".join(lines)


def write_video_plots(folder: Path, comparison: VideoComparison) -> list[Path]:
    """Write jitter against lag, and who was found as whom, as .png files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [_jitter_and_lag(folder / "jitter_and_lag.png", comparison.reports)]
    for sequence in comparison.sequences:
        path = folder / f"identities_{sequence.name}.png"
        written.append(_identities(path, sequence, comparison.runs))
    return written


def _jitter_and_lag(path: Path, reports: Sequence[Report]) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for k, report in enumerate(reports):
        for prefix, marker in (("", "o"), ("raw_", "x")):
            if {f"{prefix}lag_ms", f"{prefix}jitter_px"} <= report.keys():
                place = report[f"{prefix}lag_ms"], report[f"{prefix}jitter_px"]
                label = report["model"] + (", raw" if prefix else "")
                axes.plot(*place, marker, color=f"C{k}", label=label)
    axes.set(xlabel="lag of a moving hand, ms", ylabel="jitter of a hand at rest, px RMS")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend()
    figure.savefig(path, dpi=120)
    return path


def _identities(path: Path, sequence: LabelledSequence, runs: dict[str, VideoRun]) -> Path:
    """Draw a row for each true hand: grey while it counts, above it the ids it was found as."""
    from matplotlib.figure import Figure

    in_view: dict[int, list[int]] = {}
    for n, frame in enumerate(sequence.frames):
        for identity in frame.hands.identity[frame.hands.seen_share >= ENOUGH_SEEN].tolist():
            in_view.setdefault(identity, []).append(n)
    rows = {identity: row for row, identity in enumerate(sorted(in_view))}
    figure = Figure(figsize=(10, 1.2 + 0.5 * len(runs) * max(1, len(rows))), layout="constrained")
    grid = np.atleast_1d(figure.subplots(len(runs), 1, sharex=True))
    for axes, (name, run) in zip(grid, runs.items(), strict=True):
        for identity, row in rows.items():
            axes.plot(in_view[identity], [row - 0.2] * len(in_view[identity]), "|", color="0.7")
        for found in run.identities[sequence.name]:
            colour = f"C{found.track_id % 10}"
            axes.plot(found.frame, rows[found.identity] + 0.2, "|", color=colour)
        axes.set_yticks(list(rows.values()), [f"hand {identity}" for identity in rows])
        axes.set_title(name, fontsize=9)
    grid[-1].set_xlabel("frame; grey: in view, colours: ids")
    figure.savefig(path, dpi=100)
    return path

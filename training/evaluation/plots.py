# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Plots of landmark accuracy, one or more models in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hand_landmarks_ros.core.topology import LANDMARK_NAMES

from ..calibration import N_BINS, RIGHT_WITHIN_PX, Reliability, reliability
from ..metrics import AUC_LIMIT_PX
from .report import Report
from .results import HandResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Runs = Mapping[str, Mapping[str, HandResults]]
"""What each model made of each set."""

_GROUPINGS = {
    "pose": "hand pose",
    "hand_size_px": "longer side of the hand in the picture, px",
    "skin_tone": "Monk skin tone, synthetic hands, 0 is lightest",
    "view": "view, synthetic hands",
}


def write_landmark_plots(folder: Path, runs: Runs, reports: Sequence[Report]) -> list[Path]:
    """Write the plots that the data allow as .png files into `folder`; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [pck_curves(folder / "pck_curves.png", runs)]
    written.append(error_by_joint(folder / "error_by_joint.png", runs))
    for grouping, label in _GROUPINGS.items():
        if any(report["groups"].get(grouping) for report in reports):
            path = folder / f"error_by_{grouping.removesuffix('_px')}.png"
            written.append(error_by_group(path, reports, grouping, label))
    scored = {
        model: results
        for model, sets in runs.items()
        if np.isfinite((results := HandResults.joined(list(sets.values()))).score).any()
    }
    if scored:
        written.append(reliability_plot(folder / "reliability.png", scored))
        written.append(reliability_by_joint(folder / "reliability_by_joint.png", scored))
    return written


def pck_curves(path: Path, runs: Runs) -> Path:
    """Plot the share of landmarks within each error, averaged over sets; missed hands count."""
    figure, axes = _figure()
    limits_px = np.linspace(0, AUC_LIMIT_PX, 301)
    for model, sets in runs.items():
        shares = []
        for results in sets.values():
            errors_px = np.nan_to_num(results.errors_px, nan=np.inf)[results.counts]
            shares.append((errors_px[:, None] <= limits_px).mean(axis=0))
        axes.plot(limits_px, np.mean(shares, axis=0), label=model)
    axes.set(
        xlabel="error, px of the 224-px hand crop",
        ylabel="share of landmarks (PCK)",
        xlim=(0, AUC_LIMIT_PX),
        ylim=(0, 1),
    )
    axes.legend(loc="lower right")
    return _saved(figure, path)


def error_by_joint(path: Path, runs: Runs) -> Path:
    """Plot each landmark's mean error over the hands found, sets together."""
    figure, axes = _figure(width=9)
    means = {}
    for model, sets in runs.items():
        results = HandResults.joined(list(sets.values()))
        means[model] = [
            float(np.mean(column[np.isfinite(column)])) if np.isfinite(column).any() else 0.0
            for column in results.errors_px.T
        ]
    _bars(axes, means, [name.replace("_FINGER", "") for name in LANDMARK_NAMES])
    axes.set_ylabel("mean error, px of the 224-px crop")
    axes.tick_params(axis="x", rotation=90)
    return _saved(figure, path)


def error_by_group(path: Path, reports: Sequence[Report], grouping: str, label: str) -> Path:
    """Plot PCK@5 of each group of hands, with the number of hands below."""
    groups: dict[str, int] = {}
    for report in reports:
        for name, figures in report["groups"].get(grouping, {}).items():
            groups[name] = max(groups.get(name, 0), figures["n_hands"])
    figure, axes = _figure()
    heights = {
        report["model"]: [
            report["groups"].get(grouping, {}).get(name, {}).get("pck_5", 0.0) for name in groups
        ]
        for report in reports
    }
    _bars(axes, heights, [f"{name}\n{n} hands" for name, n in groups.items()])
    axes.set(xlabel=label, ylabel="PCK@5", ylim=(0, 1))
    return _saved(figure, path)


def reliability_plot(path: Path, runs: Mapping[str, HandResults]) -> Path:
    """Plot how often landmarks of like scores are right, with the expected calibration error."""
    figure, axes = _figure(width=5, height=5)
    _diagonal(axes)
    for model, results in runs.items():
        bins = _reliability(results, slice(None))
        error = bins.expected_calibration_error
        axes.plot(bins.score, bins.share_right, "o-", ms=3, label=f"{model}: ECE {error:.3f}")
    axes.set(
        xlabel=f"landmark score ({N_BINS} bins)",
        ylabel=f"share within {RIGHT_WITHIN_PX:.0f} px of the 224-px crop",
    )
    axes.legend(loc="upper left")
    return _saved(figure, path)


def reliability_by_joint(path: Path, runs: Mapping[str, HandResults]) -> Path:
    """Plot the same for each landmark."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 6.5), layout="constrained")
    grid = figure.subplots(3, 7, sharex=True, sharey=True).ravel()
    for k, (name, axes) in enumerate(zip(LANDMARK_NAMES, grid, strict=True)):
        _diagonal(axes)
        for model, results in runs.items():
            if not np.isfinite(results.errors_px[:, k]).any():
                continue
            bins = _reliability(results, k)
            label = f"{model}: {bins.expected_calibration_error:.2f}"
            axes.plot(bins.score, bins.share_right, "o-", ms=2, lw=1, label=label)
        axes.set_title(name, fontsize=8)
        axes.legend(fontsize=6, loc="upper left")
    figure.supxlabel("landmark score (legend: expected calibration error)")
    figure.supylabel(f"share within {RIGHT_WITHIN_PX:.0f} px")
    return _saved(figure, path)


def _reliability(results: HandResults, landmarks: slice | int) -> Reliability:
    found = results[results.is_found]
    return reliability(found.score[:, landmarks], found.errors_px[:, landmarks])


def _figure(width: float = 6, height: float = 4) -> tuple[Any, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.grid(alpha=0.3)
    return figure, axes


def _bars(axes: Axes, heights: Mapping[str, Sequence[float]], labels: Sequence[str]) -> None:
    """Draw a cluster of bars at each label, one bar a model."""
    width = 0.8 / len(heights)
    places = np.arange(len(labels))
    for k, (model, values) in enumerate(heights.items()):
        axes.bar(places + (k - (len(heights) - 1) / 2) * width, values, width, label=model)
    axes.set_xticks(places, labels)
    axes.legend()


def _diagonal(axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], color="grey", lw=0.8, ls="--")
    axes.set(xlim=(0, 1), ylim=(0, 1))


def _saved(figure: Any, path: Path) -> Path:
    figure.savefig(path, dpi=120)
    return path

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports as JSON and as Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..calibration import reliability
from ..metrics import PCK_THRESHOLDS_PX, average
from .groups import groupings
from .results import HandResults, group_summaries, summary

Report = dict[str, Any]

_Cell = Callable[[Mapping[str, Any]], str]


def landmark_report(
    model: str,
    sets: Mapping[str, HandResults],
    *,
    may_miss: bool,
    extra: Mapping[str, Mapping[str, float]] | None = None,
) -> Report:
    """Return the figures of each set, their average over sets, and those of groups of hands.

    extra: further figures by set, which may be a set without hands.
    """
    extra = extra or {}
    figures: dict[str, dict[str, Any]] = {
        name: {"n_hands": 0, **more} for name, more in extra.items() if more
    }
    for name, results in sets.items():
        figures[name] = {**summary(results, may_miss=may_miss), **extra.get(name, {})}
        if np.isfinite(results.score).any():
            found = results[results.is_found]
            ece = reliability(found.score, found.errors_px).expected_calibration_error
            figures[name]["ece"] = ece
    everything = HandResults.joined(list(sets.values())) if sets else None
    return {
        "model": model,
        "sets": figures,
        "overall": average(list(figures.values())) if figures else {},
        "groups": {
            name: group_summaries(everything, masks)
            for name, masks in groupings(everything).items()
        }
        if everything is not None
        else {},
    }


def detector_report(model: str, sets: Mapping[str, Mapping[str, Any]]) -> Report:
    """Return the figures of each set and their average over sets."""
    return {"model": model, "sets": dict(sets), "overall": average(list(sets.values()))}


def table(reports: Sequence[Report]) -> str:
    """Render reports as one Markdown table: a row for each set, and for each model in it.

    Columns that apply to none are left out.
    """
    names = list(dict.fromkeys(name for report in reports for name in report["sets"]))
    rows = [
        (name, report["model"], report["sets"][name])
        for name in names
        for report in reports
        if name in report["sets"]
    ]
    rows += [("**overall**", report["model"], report["overall"]) for report in reports]
    columns = {
        head: cell
        for head, (key, cell) in _columns().items()
        if any(key in metrics for _, _, metrics in rows)
    }
    head = ["set", *(["model"] if len(reports) > 1 else []), *columns]
    n_text = len(head) - len(columns)
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * n_text + " ---: |" * len(columns)]
    for name, model, metrics in rows:
        cells = [name, *([model] if len(reports) > 1 else [])]
        cells += [cell(metrics) for cell in columns.values()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def group_table(reports: Sequence[Report], grouping: str) -> str:
    """Render one way to group hands as a Markdown table, PCK@5 of each model."""
    groups = list(
        dict.fromkeys(name for report in reports for name in report["groups"].get(grouping, {}))
    )
    head = [grouping.replace("_", " "), "hands", *(f"PCK@5 {r['model']}" for r in reports)]
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    for name in groups:
        found = [report["groups"].get(grouping, {}).get(name) for report in reports]
        n_hands = max(group["n_hands"] for group in found if group)
        cells = [f"{group['pck_5']:.3f}" if group else "-" for group in found]
        lines.append("| " + " | ".join([name, str(n_hands), *cells]) + " |")
    return "\n".join(lines)


def _columns() -> dict[str, tuple[str, _Cell]]:
    """Return by head the key that a column needs, and how its cells are written."""
    return {
        "hands": ("n_hands", _number("n_hands", 0)),
        **{f"PCK@{t}": ("pck", _pck(str(t))) for t in PCK_THRESHOLDS_PX},
        "PCK@0.2": ("pck_0.2", _number("pck_0.2", 3)),
        "AUC": ("auc", _number("auc", 3)),
        "EPE px": ("epe_px", _number("epe_px", 2)),
        "side": ("handedness", _number("handedness", 3)),
        "ECE": ("ece", _number("ece", 3)),
        "recall": ("recall", _number("recall", 3)),
        "false per 100 images": ("false_per_100_images", _number("false_per_100_images", 1)),
        "false per 100 without hand": (
            "false_per_100_images_without_hand",
            _number("false_per_100_images_without_hand", 1),
        ),
        "AP@0.5": ("ap50", _number("ap50", 3)),
        "AP@[.5:.95]": ("ap", _number("ap", 3)),
    }


def _pck(threshold: str) -> _Cell:
    return lambda metrics: f"{metrics['pck'][threshold]:.3f}" if "pck" in metrics else "-"


def _number(key: str, n_digits: int) -> _Cell:
    return lambda metrics: f"{metrics[key]:.{n_digits}f}" if key in metrics else "-"

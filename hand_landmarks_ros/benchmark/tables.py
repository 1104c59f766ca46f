# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Results as tables: Markdown for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

Cell = str | float | int | None

_UNITS = {"_ms": " [ms]", "_px": " [px]", "_share": " [%]"}
"""How the end of a column's name is shown."""

_NOTHING = "-"


@dataclass(frozen=True)
class Table:
    """Rows that may lack some columns; the first row that has a column gives its place.

    A column's name ends with its unit: _ms, _px, or _share for 0-1 (shown in percent).
    """

    title: str
    rows: Sequence[dict[str, Cell]]
    notes: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what json.dumps can write."""
        return asdict(self)

    def to_markdown(self) -> str:
        """Return title, aligned table and notes."""
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        cells = [[_heading(name) for name in columns]]
        cells += [[_text(name, row.get(name)) for name in columns] for row in self.rows]
        is_number = [
            all(not isinstance(row.get(name), str) for row in self.rows) for name in columns
        ]
        widths = [max(2, *map(len, column)) for column in zip(*cells, strict=True)]
        lines = [_line(row, widths, is_number) for row in cells]
        rule = [
            "-" * (width - 1) + (":" if number else "-")
            for width, number in zip(widths, is_number, strict=True)
        ]
        lines.insert(1, _line(rule, widths, is_number))
        notes = [f"\n{note}" for note in self.notes]
        return "\n".join([f"### {self.title}", "", *(lines if self.rows else ()), *notes])


def _heading(column: str) -> str:
    for suffix, unit in _UNITS.items():
        if column.endswith(suffix):
            return column.removesuffix(suffix).replace("_", " ") + unit
    return column.replace("_", " ")


def _text(column: str, value: Cell) -> str:
    if value is None:
        return _NOTHING
    if isinstance(value, (str, int)):
        return str(value)
    if column.endswith("_share"):
        return f"{100 * value:.1f}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"


def _line(cells: Sequence[str], widths: Sequence[int], is_number: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if number else cell.ljust(width)
        for cell, width, number in zip(cells, widths, is_number, strict=True)
    ]
    return f"| {' | '.join(padded)} |"

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reader of stills from films, which `python -m training.synthesize --video` writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .records import ImageRecord
from .sequences import FRAMES, TRUTH, LabelledSequence, read_sequences

STEP_S = 0.2
"""Time between two frames that are taken; those between look alike."""

_STAMP_TOLERANCE_S = 1e-3
"""Stamps are rounded."""


def recognises(folder: Path) -> bool:
    """Whether the folder is a film, or has films right below it."""
    return any((path.parent / FRAMES).is_dir() for path in _truths(folder))


def read(folder: Path) -> list[ImageRecord]:
    """Read the stills; raises SourceError naming file and line."""
    return [record for film in read_sequences(folder) for record in _stills(film)]


def _stills(film: LabelledSequence) -> Iterator[ImageRecord]:
    next_s = -np.inf
    for frame in film.frames:
        if frame.stamp_s >= next_s:
            yield frame.record
            next_s = frame.stamp_s + STEP_S - _STAMP_TOLERANCE_S


def _truths(folder: Path) -> list[Path]:
    return [path for path in (folder / TRUTH, *folder.glob(f"*/{TRUTH}")) if path.is_file()]

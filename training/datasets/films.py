# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reader of stills from films, which `python -m training.synthesize --video` writes."""

from __future__ import annotations

from pathlib import Path

from .records import ImageRecord
from .sequences import FRAMES, TRUTH, read_sequences

STEP = 6
"""Every sixth frame is taken, at 30 Hz one in 0.2 s: those between look alike."""


def recognises(folder: Path) -> bool:
    """Whether the folder is a film, or has films right below it."""
    return any((path.parent / FRAMES).is_dir() for path in _truths(folder))


def read(folder: Path) -> list[ImageRecord]:
    """Read the stills; raises SourceError naming file and line."""
    return [frame.record for film in read_sequences(folder) for frame in film.frames[::STEP]]


def _truths(folder: Path) -> list[Path]:
    return [path for path in (folder / TRUTH, *folder.glob(f"*/{TRUTH}")) if path.is_file()]

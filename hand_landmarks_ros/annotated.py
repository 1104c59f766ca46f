# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of annotated images and videos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2

from .core.drawing import draw_hands
from .core.errors import SourceError
from .core.types import Hand
from .sources import Frame


class AnnotatedImages:
    """Writes each image with its hands as a .png into a folder; names in `taken` get a number."""

    def __init__(self, folder: Path, taken: set[Path]) -> None:
        self._folder = folder
        self._taken = taken
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, frame: Frame, hands: Sequence[Hand]) -> None:
        """Write one image; raises SourceError when the file cannot be written."""
        image = frame.image.copy()
        draw_hands(image, hands)
        path = free_path(self._folder / f"{Path(frame.name).stem}.png", self._taken)
        if not cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR)):
            raise SourceError(f"{path} cannot be written; is the disk full or read-only?")


class AnnotatedVideo:
    """Writes images with their hands as the frames of an .mp4; the first image sets its size."""

    def __init__(self, path: Path, rate_hz: float) -> None:
        self._path = path
        self._rate_hz = rate_hz
        self._writer: cv2.VideoWriter | None = None
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, frame: Frame, hands: Sequence[Hand]) -> None:
        """Write one frame; raises SourceError when the file cannot be written."""
        if self._writer is None:
            height_px, width_px = frame.image.shape[:2]
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            size = (width_px, height_px)
            self._writer = cv2.VideoWriter(str(self._path), codec, self._rate_hz, size)
            if not self._writer.isOpened():
                raise SourceError(f"{self._path} cannot be written; is the disk full or read-only?")
        image = frame.image.copy()
        draw_hands(image, hands)
        self._writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()


def free_path(path: Path, taken: set[Path]) -> Path:
    """Return the path, with a number if it is taken, and take it."""
    free, n = path, 1
    while free in taken:
        n += 1
        free = path.with_stem(f"{path.stem}_{n}")
    taken.add(free)
    return free

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of annotated images and videos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from .core.drawing import draw_hands
from .core.errors import SourceError
from .core.types import Hand, RgbImage
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
    """Writes images with their hands as the frames of an .mp4.

    The first image sets its size; later ones of another size are scaled to fit, on black.
    """

    def __init__(self, path: Path, rate_hz: float) -> None:
        self._path = path
        self._rate_hz = rate_hz
        self._writer: cv2.VideoWriter | None = None
        self._size_px = (0, 0)
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, frame: Frame, hands: Sequence[Hand]) -> None:
        """Write one frame; raises SourceError when the file cannot be written."""
        if self._writer is None:
            height_px, width_px = frame.image.shape[:2]
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            self._size_px = (width_px, height_px)
            self._writer = cv2.VideoWriter(str(self._path), codec, self._rate_hz, self._size_px)
            if not self._writer.isOpened():
                raise SourceError(f"{self._path} cannot be written; is the disk full or read-only?")
        image = frame.image.copy()
        draw_hands(image, hands)
        # OpenCV drops a frame of another size without a word.
        fitted = letterboxed(image, *self._size_px)
        self._writer.write(cv2.cvtColor(fitted, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()


def letterboxed(image: RgbImage, width_px: int, height_px: int) -> RgbImage:
    """Return the image scaled to fit the size, its shape kept, centred on black."""
    height, width = image.shape[:2]
    if (width, height) == (width_px, height_px):
        return image
    scale = min(width_px / width, height_px / height)
    fitted_width, fitted_height = max(1, round(scale * width)), max(1, round(scale * height))
    x, y = (width_px - fitted_width) // 2, (height_px - fitted_height) // 2
    boxed = np.zeros((height_px, width_px, 3), np.uint8)
    boxed[y : y + fitted_height, x : x + fitted_width] = cv2.resize(
        image, (fitted_width, fitted_height), interpolation=cv2.INTER_AREA
    )
    return boxed


def free_path(path: Path, taken: set[Path]) -> Path:
    """Return the path, with a number if it is taken, and take it."""
    free, n = path, 1
    while free in taken:
        n += 1
        free = path.with_stem(f"{path.stem}_{n}")
    taken.add(free)
    return free

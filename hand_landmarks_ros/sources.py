# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where images come from without ROS: files, folders, videos, cameras and the shipped clip."""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from .core.errors import SourceError
from .core.types import RgbImage

_LOGGER = logging.getLogger(__name__)

SYNTHETIC = "synthetic"
"""Name of the shipped clip as a source."""

SYNTHETIC_CLIP = Path(__file__).resolve().parent / "clips" / "demo.mp4"

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")

_STILLS_RATE_HZ = 30.0
_USUAL_VIDEO_RATE_HZ = 30.0


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of a source.

    stamp_s: for files, time since the source's start; for cameras, the clock's time of capture.
    index: number of the image within its file or folder, from 0; it starts over when a source
    loops, while the stamps go on. name: for people.
    """

    image: RgbImage
    stamp_s: float
    index: int
    name: str


class Source(Protocol):
    """Gives images one after the other."""

    @property
    def is_live(self) -> bool:
        """Whether images arrive in their own time, so that nobody needs to wait between them."""
        ...

    @property
    def is_sequence(self) -> bool:
        """Whether each image continues the one before; stills are independent."""
        ...

    def read(self) -> Frame | None:
        """Return the next image, or None at the end; raises SourceError for one that is broken.

        After an error the next call goes on with the next image.
        """
        ...

    def close(self) -> None:
        """Release the device or file; not while another thread reads."""
        ...


def open_source(text: str, *, rate_hz: float | None = None, loop: bool = False) -> Source:
    """Open what a user wrote: "synthetic", a camera's number, device or URL, a file or a folder.

    rate_hz: images per second of anything that is not live; None takes a video's own. loop: start
    again at the end. Raises SourceError, which says what to do.
    """
    if text == SYNTHETIC:
        return VideoFile(SYNTHETIC_CLIP, rate_hz=rate_hz, loop=loop)
    if text.isdecimal():
        return Camera(int(text))
    path = Path(text).expanduser()
    if "://" in text or path.is_char_device():
        return Camera(text)
    if path.is_dir():
        return StillImages(images_in(path), rate_hz=rate_hz, loop=loop)
    if not path.exists():
        raise SourceError(
            f"there is no source {text!r}; give an image, a video, a folder of images, a camera's "
            f"number or '{SYNTHETIC}'"
        )
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return StillImages([path], rate_hz=rate_hz, loop=loop)
    return VideoFile(path, rate_hz=rate_hz, loop=loop)


def images_in(folder: Path) -> list[Path]:
    """Return a folder's images as people count: image2 before image10; raises SourceError."""
    paths = [path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES]
    if not paths:
        raise SourceError(f"no image in {folder}; expected files of {', '.join(IMAGE_SUFFIXES)}")
    return sorted(paths, key=_natural_order)


def _natural_order(path: Path) -> list[tuple[int, str]]:
    """Sort key that compares numbers within names as numbers."""
    return [
        (int(part), "") if part.isdecimal() else (0, part)
        for part in re.split(r"(\d+)", path.name.lower())
    ]


def read_image(path: Path) -> RgbImage:
    """Read an image file as RGB, 8 bits a channel; raises SourceError.

    Grey becomes RGB, 16 bits become 8, transparency is dropped, and EXIF orientation is honoured.
    """
    try:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise SourceError(f"{path} cannot be read as an image: {error}") from error
    if image is None:
        raise SourceError(f"{path} cannot be read as an image; is it damaged or of another kind?")
    return _rgb_from_bgr(image)


def _rgb_from_bgr(image: Any) -> RgbImage:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


class StillImages:
    """Image files, each on its own; a loop of nothing but broken ones ends after one round."""

    is_live = False
    is_sequence = False

    def __init__(
        self, paths: Sequence[Path], *, rate_hz: float | None = None, loop: bool = False
    ) -> None:
        self._paths = paths
        self._period_s = 1.0 / (rate_hz or _STILLS_RATE_HZ)
        self._loop = loop
        self._n_read = 0
        self._has_image = False

    def read(self) -> Frame | None:
        """Return the next image, or None after the last one; raises SourceError."""
        if self._n_read >= len(self._paths) and not (self._loop and self._has_image):
            return None
        index = self._n_read % len(self._paths)
        stamp_s = self._n_read * self._period_s
        self._n_read += 1
        path = self._paths[index]
        image = read_image(path)
        self._has_image = True
        return Frame(image, stamp_s, index, path.name)

    def close(self) -> None:
        """Nothing is held."""


class VideoFile:
    """A video file that OpenCV can decode; stamps follow from its frame rate."""

    is_live = False
    is_sequence = True

    def __init__(self, path: Path, *, rate_hz: float | None = None, loop: bool = False) -> None:
        self._path = path
        self._loop = loop
        self._capture = self._opened()
        self.rate_hz = rate_hz or self._own_rate_hz()
        self._index = 0
        self._n_read = 0
        self._has_failed = False

    def read(self) -> Frame | None:
        """Return the next image, or None after the last; raises SourceError if there is none."""
        found, image = self._decode()
        if not found and self._loop and self._index > 0:
            self._capture.release()
            self._capture = self._opened()
            self._index = 0
            found, image = self._decode()
        if not found:
            if self._index == 0 and not self._has_failed:
                self._has_failed = True
                raise SourceError(f"{self._path} holds no image that can be decoded")
            return None
        frame = Frame(
            _rgb_from_bgr(image),
            self._n_read / self.rate_hz,
            self._index,
            f"{self._path.name}#{self._index}",
        )
        self._index += 1
        self._n_read += 1
        return frame

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _decode(self) -> tuple[bool, Any]:
        try:
            return self._capture.read()
        except cv2.error as error:
            # Released, it reads as if it had ended here.
            self._capture.release()
            self._has_failed = True
            raise SourceError(f"{self._path} cannot be decoded any further: {error}") from error

    def _opened(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self._path))
        if not capture.isOpened():
            raise SourceError(
                f"{self._path} cannot be opened as a video; is it damaged, or of a format that "
                "OpenCV was built without?"
            )
        return capture

    def _own_rate_hz(self) -> float:
        rate_hz = float(self._capture.get(cv2.CAP_PROP_FPS))
        if math.isfinite(rate_hz) and 0.0 < rate_hz <= 1000.0:
            return rate_hz
        _LOGGER.warning(
            "%s states a frame rate of %s; assuming %s Hz",
            self._path,
            rate_hz,
            _USUAL_VIDEO_RATE_HZ,
        )
        return _USUAL_VIDEO_RATE_HZ


class Camera:
    """A webcam or network stream that is opened again whenever it drops out.

    device: number, device file or URL. The first opening must succeed, else SourceError.
    clock: gives the stamp of each image, as it arrives. open_capture: opens a device; tests put
    theirs in its place.
    """

    is_live = True
    is_sequence = True

    def __init__(
        self,
        device: int | str,
        *,
        reconnect_period_s: float = 1.0,
        clock: Callable[[], float] = time.time,
        open_capture: Callable[[Any], Any] = cv2.VideoCapture,
    ) -> None:
        self._device = device
        self._reconnect_period_s = reconnect_period_s
        self._clock = clock
        self._open_capture = open_capture
        self._index = 0
        self._capture = open_capture(device)
        if not self._capture.isOpened():
            raise SourceError(
                f"camera {device!r} cannot be opened; is it plugged in, free, and may this user "
                "read it (group video)?"
            )

    def read(self) -> Frame:
        """Wait for the next image; raises SourceError while the camera is away.

        Each call while it is away waits for reconnect_period_s and then tries to open it again.
        """
        if not self._capture.isOpened():
            time.sleep(self._reconnect_period_s)
            self._capture = self._open_capture(self._device)
        found, image, reason = False, None, ""
        try:
            found, image = self._capture.read()
        except cv2.error as error:
            reason = f" ({error})"
        if not found:
            self._capture.release()
            raise SourceError(
                f"camera {self._device!r} gives no image{reason}; trying to open it again every "
                f"{self._reconnect_period_s:g} s"
            )
        stamp_s, index = self._clock(), self._index
        self._index += 1
        return Frame(_rgb_from_bgr(image), stamp_s, index, f"{self._device}")

    def close(self) -> None:
        """Release the camera."""
        self._capture.release()

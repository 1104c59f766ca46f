# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pictures that a capture looks at: from any source, no more a second than asked for."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from hand_landmarks_ros.core.errors import HandLandmarksError, ImageError, SourceError
from hand_landmarks_ros.sources import Frame, Source, open_source

from .bag import BagImages, is_bag


def open_pictures(text: str, topic: str | None = None) -> Source:
    """Open a camera's number, a video, a folder of images or a recording; raises SourceError."""
    path = Path(text).expanduser()
    return BagImages(path, topic) if is_bag(path) else open_source(text)


def frames(
    source: Source, rate_hz: float, *, is_mirrored: bool
) -> Generator[Frame | HandLandmarksError, None, None]:
    """Yield pictures, at most rate_hz of each second of a sequence, and errors of broken ones.

    is_mirrored: the pictures come from a mirror, and are turned back. Closes the source.
    """
    next_s = -np.inf
    with closing(source):
        while True:
            try:
                frame = source.read()
            except (ImageError, SourceError) as error:
                yield error
                continue
            if frame is None:
                return
            if source.is_sequence and frame.stamp_s < next_s:
                continue
            next_s = frame.stamp_s + 1.0 / rate_hz
            if is_mirrored:
                frame = replace(frame, image=np.ascontiguousarray(frame.image[:, ::-1]))
            yield frame

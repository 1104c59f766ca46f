# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reading the files of a data set, with errors that name the file and what was expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from hand_landmarks_ros.core.errors import SourceError


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; raises SourceError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SourceError(f"{path} is missing; was the whole archive unpacked?") from error
    except ValueError as error:
        raise SourceError(f"{path} is not JSON ({error}); download it again") from error


def names_in(folder: Path) -> set[str]:
    """Return the names of a folder's entries, to look many files up at once."""
    if not folder.is_dir():
        raise SourceError(f"the folder {folder} is missing; was the whole archive unpacked?")
    return {path.name for path in folder.iterdir()}


_EXIF_ORIENTATION = 0x0112
_LYING = range(5, 9)
"""Orientations in which the stored picture lies on its side."""


def size_px(path: Path) -> tuple[int, int]:
    """Return a picture's (width, height) as `read_image` gives it, without decoding it."""
    try:
        with Image.open(path) as image:
            width_px, height_px = image.size
            orientation = image.getexif().get(_EXIF_ORIENTATION)
    except (OSError, UnidentifiedImageError) as error:
        raise SourceError(f"{path} cannot be read as an image: {error}") from error
    return (height_px, width_px) if orientation in _LYING else (width_px, height_px)

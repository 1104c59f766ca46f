# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reader of EgoHands (Bambach et al., ICCV 2015): boxes of hands seen by the one or the other.

Layout: _LABELLED_SAMPLES/VIDEO/frame_*.jpg with polygons.mat: a struct a frame, in the order of the
files' names, with the outlines `myleft`, `myright`, `yourleft`, `yourright`, (N, 2) or empty.
VIDEO is ACTIVITY_LOCATION_VIEWER_PARTNER.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.types import Handedness

from .files import size_px
from .hands import hand_with_box
from .records import ImageRecord, LabelledHand
from .splits import split_of

SAMPLES = "_LABELLED_SAMPLES"
POLYGONS = "polygons.mat"
SIDES = {
    "myleft": Handedness.LEFT,
    "myright": Handedness.RIGHT,
    "yourleft": Handedness.LEFT,
    "yourright": Handedness.RIGHT,
}


def recognises(folder: Path) -> bool:
    """Whether the folder looks like EgoHands."""
    return (folder / SAMPLES).is_dir()


def read(folder: Path) -> list[ImageRecord]:
    """Read all labelled frames; hands have boxes only. Raises SourceError.

    Split by session: the two people filmed each other, so two videos show the same game.
    """
    files = sorted((folder / SAMPLES).glob(f"*/{POLYGONS}"))
    if not files:
        raise SourceError(f"no {POLYGONS} below {folder / SAMPLES}; expected an unpacked EgoHands")
    return [record for path in files for record in _read_video(path)]


def session_of(video: str) -> str:
    """Return the name that the videos of both people in a game share."""
    activity, location, *people = video.split("_")
    return "_".join([activity, location, *sorted(people)])


def _read_video(path: Path) -> list[ImageRecord]:
    frames = _read_polygons(path)
    pictures = sorted(path.parent.glob("frame_*.jpg"))
    if len(pictures) != len(frames):
        raise SourceError(
            f"{path} labels {len(frames)} frames, but {path.parent} has {len(pictures)} pictures "
            "frame_*.jpg; unpack the archive again"
        )
    session = session_of(path.parent.name)
    width_px, height_px = size_px(pictures[0])
    return [
        ImageRecord(
            picture,
            width_px,
            height_px,
            tuple(_hands(frame, width_px, height_px)),
            session,
            split_of(session),
            is_complete=True,
        )
        for picture, frame in zip(pictures, frames, strict=True)
    ]


def _read_polygons(path: Path) -> list[Mapping[str, Any]]:
    # Imported late: scipy takes a while, and no other reader needs it.
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        frames = np.atleast_1d(loadmat(path, simplify_cells=True)["polygons"])
    except (MatReadError, ValueError, KeyError, TypeError, OSError) as error:
        raise SourceError(f"{path} holds no polygons of EgoHands: {error!r}") from error
    for number, frame in enumerate(frames, start=1):
        if not isinstance(frame, dict) or not frame.keys() >= SIDES.keys():
            raise SourceError(f"{path}, frame {number}: expected the outlines {', '.join(SIDES)}")
    return list(frames)


def _hands(frame: Mapping[str, Any], width_px: int, height_px: int) -> list[LabelledHand]:
    last_px = np.array([width_px, height_px]) - 1.0
    hands = []
    for name, side in SIDES.items():
        outline = np.asarray(frame[name], np.float64)
        if outline.size:
            xy_px = outline.reshape(-1, 2) - 1.0  # Matlab counts pixels from 1
            corners = [np.clip(xy_px.min(0), 0, last_px), np.clip(xy_px.max(0), 0, last_px)]
            hands.append(hand_with_box(np.concatenate(corners), side))
    return hands

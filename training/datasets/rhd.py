# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reader of the Rendered Hand Pose Dataset (Zimmermann and Brox, ICCV 2017): drawn people.

Layout: training/anno_training.pickle, training/color/%05d.png, and the same with evaluation. An
annotation has 42 points, the left hand's 21 first: `uv_vis` px and visibility, `xyz` m, `K`.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import Handedness

from .files import names_in
from .hands import HIDDEN, VISIBLE, hand_from_points, hand_with_box, relative_depth_px
from .records import ImageRecord, LabelledHand

SIZE_PX = (320, 320)
SPLITS = {"training": "train", "evaluation": "val"}

ORDER = np.array([0, *(finger + joint for finger in range(1, 21, 4) for joint in (3, 2, 1, 0))])
"""Our landmarks in RHD's order, which runs along each finger from the tip to the palm."""

MIN_VISIBLE = 5
"""With fewer visible landmarks a hand is behind something: nobody could learn its landmarks."""


def recognises(folder: Path) -> bool:
    """Whether the folder looks like RHD."""
    return any(_annotations(folder, part).is_file() for part in SPLITS)


def read(folder: Path) -> list[ImageRecord]:
    """Read all pictures; raises SourceError.

    Hidden landmarks count as labelled. A hand behind something has a box only, and one of which no
    landmark lies in the picture or is visible is left out. `evaluation` is the split val: it shows
    other characters than `training`.
    """
    parts = [part for part in SPLITS if _annotations(folder, part).is_file()]
    if not parts:
        raise SourceError(
            f"{_annotations(folder, 'training')} is missing; expected an unpacked RHD"
        )
    return [record for part in parts for record in _read_part(folder, part)]


def _annotations(folder: Path, part: str) -> Path:
    return folder / part / f"anno_{part}.pickle"


def _read_part(folder: Path, part: str) -> list[ImageRecord]:
    path = _annotations(folder, part)
    images = folder / part / "color"
    present = names_in(images)
    records = []
    for index, annotation in _read_pickle(path).items():
        file = f"{index:05d}.png"
        if file not in present:
            raise SourceError(f"{images / file} is missing; unpack the archive again")
        try:
            hands = _hands(annotation)
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise SourceError(
                f"{path}, picture {index}: expected uv_vis (42, 3), xyz (42, 3) and K (3, 3): "
                f"{error!r}"
            ) from error
        records.append(
            ImageRecord(images / file, *SIZE_PX, hands, "", SPLITS[part], is_complete=True)
        )
    return records


def _hands(annotation: dict[str, Any]) -> tuple[LabelledHand, ...]:
    uv_vis = np.asarray(annotation["uv_vis"], np.float64).reshape(2, N_LANDMARKS, 3)[:, ORDER]
    xyz_m = np.asarray(annotation["xyz"], np.float64).reshape(2, N_LANDMARKS, 3)[:, ORDER]
    focal_px = float(np.asarray(annotation["K"])[0, 0])
    sides = (Handedness.LEFT, Handedness.RIGHT)
    hands = []
    for side, points, points_m in zip(sides, uv_vis, xyz_m, strict=True):
        is_visible = points[:, 2] > 0.5
        hand = hand_from_points(
            points[:, :2],
            np.where(is_visible, VISIBLE, HIDDEN),
            side,
            SIZE_PX,
            z_px=relative_depth_px(points_m, focal_px),
        )
        if hand is None or not is_visible.any():
            continue
        if is_visible.sum() < MIN_VISIBLE:
            hand = hand_with_box(hand.bounds_px, side)
        hands.append(hand)
    return tuple(hands)


def _read_pickle(path: Path) -> dict[int, Any]:
    with path.open("rb") as file:
        try:
            annotations = _ArraysOnly(file).load()
        except (pickle.UnpicklingError, EOFError, ValueError, TypeError) as error:
            raise SourceError(f"{path} cannot be read: {error}; unpack it again") from error
    if not isinstance(annotations, dict):
        raise SourceError(f"{path} holds a {type(annotations).__name__}, expected a dict")
    return annotations


class _ArraysOnly(pickle.Unpickler):
    """Loads numbers and numpy arrays; a pickle from the net may otherwise run any program."""

    _ALLOWED = frozenset(
        {
            ("numpy", "dtype"),
            ("numpy", "ndarray"),
            *((f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")),
            *((f"numpy.{core}.multiarray", "scalar") for core in ("core", "_core")),
            *((f"numpy.{core}.numeric", "_frombuffer") for core in ("core", "_core")),
            ("_codecs", "encode"),
        }
    )

    def __init__(self, file: BinaryIO) -> None:
        # RHD was written by Python 2; its arrays need latin1.
        super().__init__(file, encoding="latin1")

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"it wants {module}.{name}, expected numpy arrays only")
        return super().find_class(module, name)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reader of FreiHAND (Zimmermann et al., ICCV 2019): right hands before a green screen.

Layout: training_K.json, training_xyz.json, training/rgb/%08d.jpg, and the same with evaluation_.
Every training sample comes with four backgrounds: of n samples, picture i is sample i before the
green screen, i + n has it homogenised, i + 2n and i + 3n coloured automatically with and without
sample points.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import Handedness

from .files import names_in, read_json
from .hands import VISIBLE, hand_from_points, relative_depth_px
from .records import ImageRecord, LabelledHand

SIZE_PX = (224, 224)
BACKGROUNDS = {"training": ("gs", "hom", "sample", "auto"), "evaluation": ("gs",)}
SPLITS = {"training": "train", "evaluation": "val"}


def recognises(folder: Path) -> bool:
    """Whether the folder looks like FreiHAND."""
    return any((folder / f"{part}_xyz.json").is_file() for part in SPLITS)


def read(folder: Path) -> list[ImageRecord]:
    """Read all samples that have labels, each with all its backgrounds; raises SourceError.

    Who is shown is not published, so `subject` is empty; `evaluation` is the split val. What is
    hidden is not published either: every landmark in the picture counts as visible.
    """
    parts = [part for part in SPLITS if (folder / f"{part}_xyz.json").is_file()]
    if not parts:
        raise SourceError(f"{folder} has no training_xyz.json; expected an unpacked FreiHAND")
    return [record for part in parts for record in _read_part(folder, part)]


def _read_part(folder: Path, part: str) -> list[ImageRecord]:
    hands = _hands(folder, part)
    images = folder / part / "rgb"
    present = names_in(images)
    records = []
    for k, background in enumerate(BACKGROUNDS[part]):
        files = [f"{k * len(hands) + i:08d}.jpg" for i in range(len(hands))]
        missing = [file for file in files if file not in present]
        if k > 0 and len(missing) == len(files):
            break  # the archive of version 1 has the green screen only
        if missing:
            raise SourceError(
                f"{images / missing[0]} is missing, and {len(missing) - 1} more pictures of "
                f"background {background!r}; unpack the archive again"
            )
        records += [
            ImageRecord(images / file, *SIZE_PX, hand, "", SPLITS[part], is_complete=True)
            for file, hand in zip(files, hands, strict=True)
        ]
    return records


def _hands(folder: Path, part: str) -> list[tuple[LabelledHand, ...]]:
    """Return the hand of every sample; the pictures of its backgrounds share it."""
    k_path, xyz_path = folder / f"{part}_K.json", folder / f"{part}_xyz.json"
    intrinsics, points = read_json(k_path), read_json(xyz_path)
    if len(intrinsics) != len(points):
        raise SourceError(
            f"{k_path} has {len(intrinsics)} entries, {xyz_path} has {len(points)}; expected as "
            "many"
        )
    hands = []
    for i, (k, xyz) in enumerate(zip(intrinsics, points, strict=True)):
        try:
            camera = np.array(k, np.float64).reshape(3, 3)
            xyz_m = np.array(xyz, np.float64).reshape(N_LANDMARKS, 3)
        except (ValueError, TypeError) as error:
            raise SourceError(f"{xyz_path}, entry {i}: expected 21 points: {error}") from error
        hands.append(_hand(camera, xyz_m))
    return hands


def _hand(camera: NDArray[np.float64], xyz_m: NDArray[np.float64]) -> tuple[LabelledHand, ...]:
    """Return the hand, (3, 3) intrinsics, (21, 3) points in our order; empty if out of sight."""
    projected = xyz_m @ camera.T
    hand = hand_from_points(
        projected[:, :2] / projected[:, 2:],
        np.full(N_LANDMARKS, VISIBLE),
        Handedness.RIGHT,
        SIZE_PX,
        z_px=relative_depth_px(xyz_m, camera[0, 0]),
    )
    return (hand,) if hand else ()

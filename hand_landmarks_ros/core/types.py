# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Value objects of the pipeline: arrays with a validated shape."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .errors import HandLandmarksError
from .topology import N_LANDMARKS

RgbImage = NDArray[np.uint8]
"""(H, W, 3) uint8, channels red, green, blue; integer coordinates are pixel centres."""

Array = NDArray[Any]


def check_shape(name: str, array: Array, expected: tuple[int | str, ...]) -> None:
    """Raise unless `array` has the expected shape; equal letters must have equal sizes.

    `expected` mixes sizes and letters for free sizes: `check_shape("xy", xy, ("N", 21, 2))`.
    """
    shape = np.shape(array)
    if shape == expected:  # the usual case by far, dozens of times an image
        return
    free: dict[str, int] = {}
    matches = len(shape) == len(expected) and all(
        size == (free.setdefault(want, size) if isinstance(want, str) else want)
        for size, want in zip(shape, expected, strict=True)
    )
    if not matches:
        wanted = ", ".join(str(size) for size in expected)
        raise HandLandmarksError(f"{name} has shape {shape}, expected ({wanted})")


class Handedness(IntEnum):
    """Which of a person's own hands it is; values as in hand_landmarks_msgs/HandLandmarks."""

    UNKNOWN = 0
    LEFT = 1
    RIGHT = 2


_SomeRows = TypeVar("_SomeRows", bound="Rows")


@dataclass(frozen=True, eq=False)
class Rows:
    """N items as columns: every field has one entry, or row, for each item."""

    def __getitem__(self: _SomeRows, selected: Array | list[int] | slice) -> _SomeRows:
        """Return the items that a mask, a slice, an index array or a list of indices selects."""
        return type(self)(*[column[selected] for column in self._columns()])

    def replaced(self: _SomeRows, rows: Array, others: _SomeRows) -> _SomeRows:
        """Return the items with those of some rows, (M,) indices, replaced by M others."""
        columns = [column.copy() for column in self._columns()]
        for column, other in zip(columns, others._columns(), strict=True):
            column[rows] = other
        return type(self)(*columns)

    @classmethod
    def joined(cls: type[_SomeRows], *parts: _SomeRows) -> _SomeRows:
        """Return the items of all parts, one at least, in one."""
        if len(parts) == 1:
            return parts[0]
        columns = zip(*[part._columns() for part in parts], strict=True)
        return cls(*[np.concatenate(column) for column in columns])

    def apart(self: _SomeRows) -> list[_SomeRows]:
        """Return each item for itself."""
        columns = self._columns()
        return [
            type(self)(*[column[i : i + 1] for column in columns]) for i in range(len(columns[0]))
        ]

    def _columns(self) -> list[Any]:
        # dataclasses.fields would take longer than all else here.
        return [getattr(self, name) for name in self.__dataclass_fields__]


@dataclass(frozen=True, eq=False)
class RotatedBoxes(Rows):
    """N square regions of an image.

    centre_px: (N, 2) float64, image px. side_px: (N,) float64, px, positive.
    angle_rad: (N,) float64; 0 is upright, positive turns the box clockwise on the screen, so that
    its x axis points along (cos, sin) in the image, whose y axis points down.
    """

    centre_px: NDArray[np.float64]
    side_px: NDArray[np.float64]
    angle_rad: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("centre_px", "side_px", "angle_rad"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        check_shape("centre_px", self.centre_px, ("N", 2))
        check_shape("side_px", self.side_px, (len(self.centre_px),))
        check_shape("angle_rad", self.angle_rad, (len(self.centre_px),))
        if not np.all(self.side_px > 0):
            raise HandLandmarksError(f"side_px must be positive, found {self.side_px}")

    @classmethod
    def none(cls) -> RotatedBoxes:
        """Return no boxes."""
        return cls(np.zeros((0, 2)), np.zeros(0), np.zeros(0))

    def __len__(self) -> int:
        return len(self.side_px)


@dataclass(frozen=True, eq=False)
class Hand:
    """One tracked hand in one image.

    xy_px: (21, 2) float32, image px. z_px: (21,) float32, depth relative to the wrist scaled like
    x, smaller is nearer, NaN where the model gives none. score_per_landmark: (21,) float32, 0-1.
    `predicted` is true while a lost hand coasts on its filter. `track_id` is never reused. xyz_m:
    (21, 3) float32, m, in the camera's optical frame, NaN for a landmark without depth; None
    without a depth image.
    """

    track_id: int
    handedness: Handedness
    handedness_score: float
    score: float
    predicted: bool
    xy_px: NDArray[np.float32]
    z_px: NDArray[np.float32]
    score_per_landmark: NDArray[np.float32]
    xyz_m: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        check_shape("xy_px", self.xy_px, (N_LANDMARKS, 2))
        check_shape("z_px", self.z_px, (N_LANDMARKS,))
        check_shape("score_per_landmark", self.score_per_landmark, (N_LANDMARKS,))
        if self.xyz_m is not None:
            check_shape("xyz_m", self.xyz_m, (N_LANDMARKS, 3))

    @property
    def bounds_px(self) -> tuple[float, float, float, float]:
        """The tight box (x0, y0, x1, y1) of the landmarks, image px."""
        x0, y0 = self.xy_px.min(axis=0)
        x1, y1 = self.xy_px.max(axis=0)
        return float(x0), float(y0), float(x1), float(y1)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A pinhole camera without distortion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """Square pixels; `centre_px` is the principal point, integer = pixel centre."""

    focal_px: float
    centre_px: tuple[float, float]
    width_px: int
    height_px: int

    def project(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (..., 2) pixels of (..., 3) points in the optical frame, in front of it."""
        in_focus = points_m[..., :2] / points_m[..., 2:]
        return np.asarray(self.focal_px * in_focus + np.array(self.centre_px))

    def contains(self, xy_px: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which (..., 2) points fall on a pixel of the image."""
        size = np.array([self.width_px, self.height_px])
        return np.asarray(((xy_px >= -0.5) & (xy_px < size - 0.5)).all(-1))

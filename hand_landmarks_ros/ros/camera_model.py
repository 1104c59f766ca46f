# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From pixels to rays: the camera that a CameraInfo describes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo

from ..core.errors import HandLandmarksError
from ..core.types import Array

_N_COEFFICIENTS = {
    "plumb_bob": (4, 5),
    "rational_polynomial": (8, 12, 14),
    "equidistant": (4,),
}
"""Distortion models of sensor_msgs, and how many coefficients each may have."""


@dataclass(frozen=True, eq=False)
class Camera:
    """A camera model that turns pixels into rays; made by `camera_from_info`.

    matrix: (3, 3), of the image as it arrives. distortion: (n,), empty when rectified.
    is_fisheye: the distortion is the equidistant model.
    """

    matrix: NDArray[np.float64]
    distortion: NDArray[np.float64]
    is_fisheye: bool

    def rays(self, xy_px: Array) -> NDArray[np.float64]:
        """Return the points where the rays through pixels (K, 2) cross the plane z = 1, (K, 2)."""
        points = np.asarray(xy_px, np.float64)[:, None]
        undistort = cv2.fisheye.undistortPoints if self.is_fisheye else cv2.undistortPoints
        return undistort(points, self.matrix, self.distortion)[:, 0]


def camera_from_info(info: CameraInfo, width: int, height: int, *, is_rectified: bool) -> Camera:
    """Return the camera of an image of width x height px.

    K and D count for a raw image, P for a rectified one; both are of the full sensor, so that
    binning and region of interest of the image are applied here (REP-104, and the formulas of
    image_geometry). Raises HandLandmarksError when the camera is not calibrated, its model is not
    known or the sizes do not agree.
    """
    roi, binning = info.roi, np.maximum((info.binning_x, info.binning_y), 1)
    full = (roi.width, roi.height) if roi.width and roi.height else (info.width, info.height)
    expected = tuple(int(size) for size in full // binning)
    if expected != (width, height):
        raise HandLandmarksError(
            f"camera_info describes an image of {expected[0]} x {expected[1]}, the image has "
            f"{width} x {height}; publish the camera_info that belongs to the image"
        )
    matrix = (
        np.array(info.p, np.float64).reshape(3, 4)[:, :3].copy()
        if is_rectified
        else np.array(info.k, np.float64).reshape(3, 3)
    )
    if matrix[0, 0] <= 0 or matrix[1, 1] <= 0:
        raise HandLandmarksError("camera_info has no focal length; calibrate the camera")
    n_coefficients = _N_COEFFICIENTS.get(info.distortion_model, ())
    if not is_rectified and info.d and len(info.d) not in n_coefficients:
        raise HandLandmarksError(
            f"camera_info has the distortion model '{info.distortion_model}' with {len(info.d)} "
            f"coefficients, expected one of {_N_COEFFICIENTS}; publish rectified images"
        )
    matrix[:2, 2] -= (roi.x_offset, roi.y_offset)
    matrix[:2] /= binning[:, None]
    distortion = np.zeros(4) if is_rectified or not info.d else np.array(info.d, np.float64)
    return Camera(matrix, distortion, info.distortion_model == "equidistant" and not is_rectified)

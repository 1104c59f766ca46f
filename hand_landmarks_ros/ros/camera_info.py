# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a camera's CameraInfo comes from: a calibration file, or a guess."""

from __future__ import annotations

import math
from pathlib import Path

import yaml
from sensor_msgs.msg import CameraInfo

from ..core.errors import ParameterError


def camera_info_from_file(path: Path) -> CameraInfo:
    """Read a calibration as camera_calibration writes it; raises ParameterError."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        return CameraInfo(
            width=values["image_width"],
            height=values["image_height"],
            distortion_model=values["distortion_model"],
            d=_floats(values["distortion_coefficients"]),
            k=_floats(values["camera_matrix"]),
            r=_floats(values["rectification_matrix"]),
            p=_floats(values["projection_matrix"]),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AssertionError) as error:
        raise ParameterError(
            f"camera_info_file {path} cannot be read ({type(error).__name__}: {error}); expected a "
            "YAML file as written by camera_calibration"
        ) from error


def guessed_camera_info(width: int, height: int, horizontal_fov_rad: float) -> CameraInfo:
    """Return an ideal pinhole camera that looks through the centre of the image."""
    focal_px = width / 2 / math.tan(horizontal_fov_rad / 2)
    centre_x_px, centre_y_px = (width - 1) / 2, (height - 1) / 2
    return CameraInfo(
        width=width,
        height=height,
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=[focal_px, 0.0, centre_x_px, 0.0, focal_px, centre_y_px, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[focal_px, 0.0, centre_x_px, 0.0, 0.0, focal_px, centre_y_px, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


def _floats(matrix: dict) -> list[float]:
    return [float(value) for value in matrix["data"]]

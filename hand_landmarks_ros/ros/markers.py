# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Hands as RViz markers in the camera's optical frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Vector3
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from ..core.errors import HandLandmarksError
from ..core.topology import BONES, INDEX_FINGER_MCP, MIDDLE_FINGER_MCP, PINKY_MCP, WRIST
from ..core.types import Array, Hand, Handedness

LIFETIME = Duration(nanosec=500_000_000)
"""Markers vanish after this time, should their deletion get lost."""

PALM_LENGTH_OVER_BREADTH = 1.4
"""Wrist to middle finger MCP over index to pinky finger MCP, as in images of open hands."""

_N_COEFFICIENTS = {
    "plumb_bob": (4, 5),
    "rational_polynomial": (8, 12, 14),
    "equidistant": (4,),
}
"""Distortion models of sensor_msgs, and how many coefficients each may have."""

_COLOUR = {
    Handedness.UNKNOWN: ColorRGBA(r=0.7, g=0.7, b=0.7, a=1.0),
    Handedness.LEFT: ColorRGBA(r=0.1, g=0.7, b=1.0, a=1.0),
    Handedness.RIGHT: ColorRGBA(r=1.0, g=0.6, b=0.1, a=1.0),
}


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


def joints_in_camera(hand: Hand, camera: Camera, palm_length_m: float) -> NDArray[np.float64]:
    """Place a hand at the distance at which its palm would have its size in the image.

    Returns (21, 3), m, in the camera's optical frame. The palm's size is the larger of its length
    and its scaled breadth, so that a palm tilted about either axis keeps its distance. Relative
    depth is added where the model gives it.
    """
    rays = camera.rays(hand.xy_px)
    length = np.linalg.norm(rays[MIDDLE_FINGER_MCP] - rays[WRIST])
    breadth = np.linalg.norm(rays[PINKY_MCP] - rays[INDEX_FINGER_MCP])
    palm = max(length, PALM_LENGTH_OVER_BREADTH * breadth, 1e-6)
    distance_m = palm_length_m / palm
    metres_per_px = distance_m / camera.matrix[0, 0]
    z_m = distance_m + np.nan_to_num(hand.z_px.astype(np.float64)) * metres_per_px
    return np.concatenate([rays * z_m[:, None], z_m[:, None]], axis=-1)


def markers_from_hands(
    hands: Sequence[Hand],
    header: Header,
    camera: Camera,
    palm_length_m: float,
    gone_track_ids: Sequence[int] = (),
) -> MarkerArray:
    """Return joints and bones of each hand, and the deletion of those of hands that are gone."""
    markers = [
        Marker(header=header, ns=namespace, id=_marker_id(track_id), action=Marker.DELETE)
        for track_id in gone_track_ids
        for namespace in ("joints", "bones")
    ]
    for hand in hands:
        points = [
            Point(x=x, y=y, z=z)
            for x, y, z in joints_in_camera(hand, camera, palm_length_m).tolist()
        ]
        thickness_m = 0.15 * palm_length_m
        joints = _marker(hand, header, "joints", Marker.SPHERE_LIST, thickness_m)
        joints.points = points
        bones = _marker(hand, header, "bones", Marker.LINE_LIST, thickness_m / 2)
        bones.points = [points[index] for bone in BONES for index in bone]
        markers += [joints, bones]
    return MarkerArray(markers=markers)


def _marker(hand: Hand, header: Header, namespace: str, kind: int, size_m: float) -> Marker:
    marker = Marker(header=header, ns=namespace, id=_marker_id(hand.track_id), type=kind)
    marker.scale = Vector3(x=size_m, y=size_m, z=size_m)
    marker.color = _COLOUR[hand.handedness]
    marker.lifetime = LIFETIME
    return marker


def _marker_id(track_id: int) -> int:
    """Return a track id within the int32 of Marker.id."""
    return track_id & 0x7FFFFFFF

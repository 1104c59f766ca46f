# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Hands as RViz markers in the camera's optical frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Vector3
from numpy.typing import NDArray
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from ..core.topology import BONES, INDEX_FINGER_MCP, MIDDLE_FINGER_MCP, PINKY_MCP, WRIST
from ..core.types import Hand, Handedness
from .camera_model import Camera

LIFETIME = Duration(nanosec=500_000_000)
"""Markers vanish after this time, should their deletion get lost."""

PALM_LENGTH_OVER_BREADTH = 1.4
"""Wrist to middle finger MCP over index to pinky finger MCP, as in images of open hands."""

_COLOUR = {
    Handedness.UNKNOWN: ColorRGBA(r=0.7, g=0.7, b=0.7, a=1.0),
    Handedness.LEFT: ColorRGBA(r=0.1, g=0.7, b=1.0, a=1.0),
    Handedness.RIGHT: ColorRGBA(r=1.0, g=0.6, b=0.1, a=1.0),
}


def joints_in_camera(hand: Hand, camera: Camera, palm_length_m: float) -> NDArray[np.float64]:
    """Place a hand at its measured distance, else where its palm would have its size in the image.

    Returns (21, 3), m, in the camera's optical frame. Measured is the median over the landmarks
    with depth. Relative depth is added where the model gives it.
    """
    rays = camera.rays(hand.xy_px)
    relative_px = np.nan_to_num(hand.z_px.astype(np.float64))
    is_measured = np.zeros(len(rays), bool) if hand.xyz_m is None else np.isfinite(hand.xyz_m[:, 2])
    if hand.xyz_m is not None and is_measured.any():
        distance_m = float(np.median(hand.xyz_m[is_measured, 2]))
        relative_px -= np.median(relative_px[is_measured])
    else:
        distance_m = _distance_by_size_m(rays, palm_length_m)
    metres_per_px = distance_m / camera.matrix[0, 0]
    z_m = distance_m + relative_px * metres_per_px
    return np.concatenate([rays * z_m[:, None], z_m[:, None]], axis=-1)


def _distance_by_size_m(rays: NDArray[np.float64], palm_length_m: float) -> float:
    """Return how far away the palm is if it has that length, m.

    Its size is the larger of its length and its scaled breadth, so that a palm tilted about either
    axis keeps its distance.
    """
    length = np.linalg.norm(rays[MIDDLE_FINGER_MCP] - rays[WRIST])
    breadth = np.linalg.norm(rays[PINKY_MCP] - rays[INDEX_FINGER_MCP])
    return float(palm_length_m / max(length, PALM_LENGTH_OVER_BREADTH * breadth, 1e-6))


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

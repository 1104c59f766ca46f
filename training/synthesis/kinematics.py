# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Joint angles of an arm to the rigid transform of each bone (forward kinematics)."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_model import ArmModel
from training.synthesis.arm_shape import ArmShape
from training.synthesis.compiled import compiled
from training.synthesis.vectors import unit

Floats = NDArray[np.float64]

N_BONES = 24
PALM_CUP_SHARE = (0.0, 0.0, 0.4, 1.0)
"""How much of the cupping each metacarpal takes, index to little finger."""
FOREARM_TWIST_SHARE = (0.35, 0.8)
"""How much of the pronation the upper and lower half of the forearm's skin take."""


@dataclass(frozen=True, slots=True, eq=False)
class HandPose:
    """How an arm is held; all angles in radians.

    `fingers_rad` is (5, 4), thumb to little finger: flexion at the base (CMC of the thumb, else
    MCP), abduction there, flexion of the next two joints. Zero is a straight finger in line with
    the palm; for the base of the thumb it is its rest pose. Positive flexion closes the hand.
    """

    fingers_rad: Floats
    thumb_twist_rad: float
    wrist_flexion_rad: float
    wrist_deviation_rad: float
    pronation_rad: float
    elbow_rad: float
    palm_cup_rad: float

    def vector(self) -> Floats:
        """Return all 26 angles: the fingers' 20, then the other fields in order."""
        others = (
            self.thumb_twist_rad,
            self.wrist_flexion_rad,
            self.wrist_deviation_rad,
            self.pronation_rad,
            self.elbow_rad,
            self.palm_cup_rad,
        )
        return np.append(self.fingers_rad, others)

    @staticmethod
    def from_vector(angles_rad: Floats) -> "HandPose":
        """Undo `vector`."""
        return HandPose(angles_rad[:20].reshape(5, 4).copy(), *map(float, angles_rad[20:]))


class Rig(NamedTuple):
    """Pivots and axes of one left arm at rest (metres, unit vectors, radians)."""

    elbow_m: Floats
    wrist_m: Floats
    finger_joints_m: Floats
    """(5, 4, 3): three joints and the tip of each finger."""
    hand_axes: Floats
    """(3, 3) rows: radial (towards the thumb), distal (towards the fingers), dorsal."""
    forearm_direction: Floats
    elbow_axis: Floats
    flexion_axes: Floats
    """(5, 3, 3)"""
    thumb_abduction_axis: Floats
    thumb_direction: Floats
    """Along the thumb's metacarpal, which twists about it."""
    rest_flexion_rad: Floats
    """(5, 3) flexion the rest pose already has; subtracted, so that angle 0 is straight."""


def make_rig(model: ArmModel, shape: ArmShape) -> Rig:
    """Find the axes about which the joints of this arm turn."""

    def joint(name: str) -> Floats:
        return np.asarray(shape.joints_m[model.joint(name)])

    wrist, elbow, shoulder = joint("hand"), joint("elbow"), joint("shoulder")
    fingers = np.array([[joint(f"finger-{f}-{k}") for k in (1, 2, 3, 4)] for f in range(1, 6)])
    distal = unit(fingers[2, 0] - wrist)
    across = fingers[1, 0] - fingers[4, 0]
    radial = unit(across - distal * (across @ distal))
    phalanges = unit(np.diff(fingers, axis=1))
    flexion_axes = np.zeros((5, 3, 3))
    rest_flexion = np.zeros((5, 3))
    for finger, (first, second, third) in enumerate(phalanges):
        bend = np.cross(first, second) + np.cross(first, third) + np.cross(second, third)
        axis = unit(bend) if finger == 0 else unit(unit(bend) * 0.5 - radial)
        for k, phalanx in enumerate((first, second, third)):
            flexion_axes[finger, k] = unit(axis - phalanx * (axis @ phalanx))
        if finger > 0:
            in_plane = first - radial * (first @ radial)
            rest_flexion[finger, 0] = _angle(distal, in_plane, -radial)
        rest_flexion[finger, 1] = _angle(first, second, flexion_axes[finger, 1])
        rest_flexion[finger, 2] = _angle(second, third, flexion_axes[finger, 2])
    forearm = unit(wrist - elbow)
    return Rig(
        elbow_m=elbow,
        wrist_m=wrist,
        finger_joints_m=fingers,
        hand_axes=np.stack([radial, distal, np.cross(radial, distal)]),
        forearm_direction=forearm,
        elbow_axis=unit(np.cross(elbow - shoulder, forearm)),
        flexion_axes=flexion_axes,
        thumb_abduction_axis=unit(np.cross(flexion_axes[0, 0], phalanges[0, 0])),
        thumb_direction=phalanges[0, 0],
        rest_flexion_rad=rest_flexion,
    )


def _angle(start: Floats, end: Floats, axis: Floats) -> float:
    return float(np.arctan2(np.cross(start, end) @ axis, start @ end))


@compiled
def bone_transforms(rig: Rig, angles_rad: Floats) -> Floats:
    """Return the (24, 3, 4) transform of each bone, from rest to posed, in rest coordinates.

    `angles_rad` is `HandPose.vector()`. Bones are in the order of `ArmAsset.bone_names`.
    """
    twist, wrist_flexion, wrist_deviation = angles_rad[20], angles_rad[21], angles_rad[22]
    pronation, elbow, cup = angles_rad[23], angles_rad[24], angles_rad[25]
    radial, dorsal, forearm = rig.hand_axes[0], rig.hand_axes[2], rig.forearm_direction
    bones = np.zeros((N_BONES, 3, 4))
    for bone in range(2):
        for k in range(3):
            bones[bone, k, k] = 1.0
    for half in range(2):
        _turn(bones[0], rig.elbow_m, rig.elbow_axis, elbow, bones[2 + half])
        turn = FOREARM_TWIST_SHARE[half] * pronation
        _turn(bones[2 + half], rig.elbow_m, forearm, turn, bones[2 + half])
    hand = bones[4]
    _turn(bones[0], rig.elbow_m, rig.elbow_axis, elbow, hand)
    _turn(hand, rig.elbow_m, forearm, pronation, hand)
    _turn(hand, rig.wrist_m, radial, -wrist_flexion, hand)
    _turn(hand, rig.wrist_m, dorsal, wrist_deviation, hand)
    for finger in range(1, 5):
        cupping = PALM_CUP_SHARE[finger - 1] * cup
        _turn(hand, rig.wrist_m, radial, -cupping, bones[4 + finger])
    for finger in range(5):
        base_flexion, abduction = angles_rad[4 * finger], angles_rad[4 * finger + 1]
        middle, last = angles_rad[4 * finger + 2], angles_rad[4 * finger + 3]
        joints = rig.finger_joints_m[finger]
        axes, rest = rig.flexion_axes[finger], rig.rest_flexion_rad[finger]
        first = bones[9 + 3 * finger]
        if finger == 0:
            _turn(hand, joints[0], rig.thumb_abduction_axis, abduction, first)
            _turn(first, joints[0], axes[0], base_flexion, first)
            _turn(first, joints[0], rig.thumb_direction, twist, first)
        else:
            _turn(bones[4 + finger], joints[0], dorsal, abduction, first)
            _turn(first, joints[0], axes[0], base_flexion - rest[0], first)
        _turn(first, joints[1], axes[1], middle - rest[1], bones[10 + 3 * finger])
        _turn(bones[10 + 3 * finger], joints[2], axes[2], last - rest[2], bones[11 + 3 * finger])
    return bones


@compiled
def _turn(parent: Floats, pivot: Floats, axis: Floats, angle: float, out: Floats) -> None:
    """Set `out` to `parent` after a rotation about a unit axis through a pivot.

    parent, out: (3, 4), may be the same.
    """
    x, y, z = axis[0], axis[1], axis[2]
    sine, cosine = np.sin(angle), np.cos(angle)
    rest = 1.0 - cosine
    rotation = (
        (cosine + x * x * rest, x * y * rest - z * sine, x * z * rest + y * sine),
        (y * x * rest + z * sine, cosine + y * y * rest, y * z * rest - x * sine),
        (z * x * rest - y * sine, z * y * rest + x * sine, cosine + z * z * rest),
    )
    for row in range(3):
        a, b, c, shift = parent[row, 0], parent[row, 1], parent[row, 2], parent[row, 3]
        shift += a * pivot[0] + b * pivot[1] + c * pivot[2]
        for k in range(3):
            value = a * rotation[0][k] + b * rotation[1][k] + c * rotation[2][k]
            out[row, k] = value
            shift -= value * pivot[k]
        out[row, 3] = shift

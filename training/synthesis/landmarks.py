# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the 21 landmarks sit on the bones: the labelling convention as a value."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_model import FINGER_BONES, METACARPAL_BONES
from training.synthesis.kinematics import Rig

WRIST_BONE = 4
PARENT_BONES = np.array(
    [WRIST_BONE]
    + [
        bone
        for finger, phalanges in enumerate(FINGER_BONES)
        for bone in ((WRIST_BONE, *METACARPAL_BONES)[finger], *phalanges)
    ]
)
"""(21,) the bone before each joint (its own position does not depend on which side is taken)."""


@dataclass(frozen=True, slots=True)
class LandmarkConvention:
    """Offsets from the joint centres, as fractions of bone lengths, rigid on the bones."""

    wrist_towards_middle_mcp: float
    thumb_cmc_towards_mcp: float
    tip_inset: tuple[float, float, float, float, float]
    """How far the tip lies back from the end of the distal phalanx, thumb to little finger."""


JOINT_CENTRES = LandmarkConvention(0.0, 0.0, (0.0, 0.0, 0.0, 0.0, 0.0))
MEDIAPIPE = LandmarkConvention(0.09, 0.25, (0.20, 0.22, 0.22, 0.22, 0.20))
"""Fitted to the ratios of bone lengths in 2,346 real frontal hands labelled by MediaPipe."""


def landmarks_at_rest(rig: Rig, convention: LandmarkConvention) -> NDArray[np.float64]:
    """Return the (21, 3) landmarks of a resting arm, in metres."""
    joints_m = np.concatenate([rig.wrist_m[None], rig.finger_joints_m.reshape(20, 3)])
    landmarks_m = joints_m.copy()
    landmarks_m[0] += convention.wrist_towards_middle_mcp * (joints_m[9] - joints_m[0])
    landmarks_m[1] += convention.thumb_cmc_towards_mcp * (joints_m[2] - joints_m[1])
    for finger, inset in enumerate(convention.tip_inset):
        tip = 4 + 4 * finger
        landmarks_m[tip] += inset * (joints_m[tip - 1] - joints_m[tip])
    return landmarks_m


def carrying_bones(convention: LandmarkConvention) -> NDArray[np.int64]:
    """Return the (21,) bone each landmark moves with."""
    bones = PARENT_BONES.copy()
    if convention.thumb_cmc_towards_mcp > 0:
        bones[1] = FINGER_BONES[0][0]
    return bones


def move_with_bones(
    points_m: NDArray[np.float64], transforms: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Apply one (N, 3, 4) transform to each of N points."""
    moved = np.einsum("nij,nj->ni", transforms[:, :, :3], points_m) + transforms[:, :, 3]
    return np.asarray(moved)

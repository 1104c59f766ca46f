# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A shape and a pose to skin, normals, contact shadows and landmarks."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_model import FINGER_BONES, METACARPAL_BONES, ArmModel
from training.synthesis.arm_shape import ArmShape
from training.synthesis.compiled import compiled
from training.synthesis.kinematics import HandPose, Rig, bone_transforms, make_rig
from training.synthesis.landmarks import (
    MEDIAPIPE,
    PARENT_BONES,
    WRIST_BONE,
    LandmarkConvention,
    carrying_bones,
    landmarks_at_rest,
    move_with_bones,
)

Floats = NDArray[np.float64]

FINGER_RADIUS_M = np.array([0.0095, 0.00825, 0.0085, 0.008, 0.007])
"""(5,) half thickness of thumb to little finger on a hand of the neutral size."""
NEUTRAL_PALM_M = 0.0917
"""Wrist to middle knuckle of the neutral hand."""
OCCLUSION_STRENGTH = 1.6
OCCLUSION_FLOOR = 0.12
PALM_CAPSULE_RADIUS_M = 0.012
PALM_CAPSULE_START = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class PosedArm:
    """An arm in metres (any one frame). V vertices after subdivision."""

    vertices_m: Floats
    """(V, 3)"""
    normals: Floats
    """(V, 3) unit, outward."""
    occlusion: Floats
    """(V,) share of the ambient light that reaches the skin, 0-1."""
    landmarks_m: Floats
    """(21, 3)"""
    elbow_m: Floats
    shoulder_m: Floats
    """(3,) each."""
    palm_scale: float
    """Size of the hand relative to the neutral one."""

    def turned(self, turn: Floats) -> "PosedArm":
        """Apply an orthogonal (3, 3) matrix; a mirror makes it the other arm."""
        return replace(
            self,
            vertices_m=self.vertices_m @ turn.T,
            normals=self.normals @ turn.T,
            landmarks_m=self.landmarks_m @ turn.T,
            elbow_m=turn @ self.elbow_m,
            shoulder_m=turn @ self.shoulder_m,
        )

    def shifted(self, shift_m: Floats) -> "PosedArm":
        """Move by (3,) metres."""
        return replace(
            self,
            vertices_m=self.vertices_m + shift_m,
            landmarks_m=self.landmarks_m + shift_m,
            elbow_m=self.elbow_m + shift_m,
            shoulder_m=self.shoulder_m + shift_m,
        )


class Poser:
    """Poses one arm: everything that depends on the shape alone is computed once."""

    def __init__(
        self, model: ArmModel, shape: ArmShape, convention: LandmarkConvention = MEDIAPIPE
    ) -> None:
        self.model = model
        self.shape = shape
        self.rig: Rig = make_rig(model, shape)
        self._joints_m = np.concatenate(
            [self.rig.wrist_m[None], self.rig.finger_joints_m.reshape(20, 3)]
        )
        self._landmarks_m = landmarks_at_rest(self.rig, convention)
        self._carrying_bones = carrying_bones(convention)
        palm_m = float(np.linalg.norm(self._joints_m[9] - self._joints_m[0]))
        self.palm_scale = palm_m / NEUTRAL_PALM_M
        self.finger_radius_m = FINGER_RADIUS_M * self.palm_scale
        self._dominant_bone = np.argmax(model.skin_weights, axis=1)

    def joints_m(self, pose: HandPose) -> Floats:
        """Return the (21, 3) joint centres alone (quick: no skin)."""
        bones = bone_transforms(self.rig, pose.vector())
        return move_with_bones(self._joints_m, bones[PARENT_BONES])

    def landmarks_m(self, pose: HandPose) -> Floats:
        """Return the (21, 3) landmarks alone."""
        bones = bone_transforms(self.rig, pose.vector())
        return move_with_bones(self._landmarks_m, bones[self._carrying_bones])

    def __call__(self, pose: HandPose) -> PosedArm:
        """Pose the arm, in the coordinates of the rest pose."""
        bones = bone_transforms(self.rig, pose.vector())
        cage_m = self._skinned_m(bones)
        vertices_m = np.asarray(self.model.subdivision @ cage_m)
        joints_m = move_with_bones(self._joints_m, bones[PARENT_BONES])
        elbow_m = move_with_bones(self.rig.elbow_m[None], bones[2:3])[0]
        return PosedArm(
            vertices_m,
            vertex_normals(vertices_m, self.model.triangles),
            self._occlusion(cage_m, joints_m),
            move_with_bones(self._landmarks_m, bones[self._carrying_bones]),
            elbow_m,
            self.shape.joints_m[self.model.joint("shoulder")],
            self.palm_scale,
        )

    def _skinned_m(self, bones: Floats) -> Floats:
        """Linear blend skinning of the cage."""
        blended = (self.model.skin_weights @ bones.reshape(len(bones), 12)).reshape(-1, 3, 4)
        return move_with_bones(self.shape.cage_m, blended)

    def _occlusion(self, cage_m: Floats, joints_m: Floats) -> Floats:
        """Darken the skin near other fingers and the palm, which stand in as capsules."""
        starts, ends = joints_m[CAPSULE_STARTS], joints_m[CAPSULE_ENDS]
        start_points_m = starts + CAPSULE_INSET[:, None] * (ends - starts)
        fingers = np.repeat(0.9 * self.finger_radius_m, 3)
        palm = np.full(4, PALM_CAPSULE_RADIUS_M * self.palm_scale)
        radii_m = np.concatenate([fingers, palm])
        normals = vertex_normals(cage_m, self.model.cage_triangles)
        covered = _capsule_cover(
            cage_m, normals, self._dominant_bone, start_points_m, ends, radii_m, CAPSULE_IGNORES
        )
        light = self.model.subdivision @ np.exp(-OCCLUSION_STRENGTH * covered)
        return np.asarray(np.clip(light, OCCLUSION_FLOOR, 1.0))


def _capsules() -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, NDArray[np.bool_]]:
    """Return the start and end joints, inset, and (19, 24) bones each capsule does not shade."""
    starts, ends, inset, ignores = [], [], [], []
    palm = {WRIST_BONE, *METACARPAL_BONES}
    for finger, phalanges in enumerate(FINGER_BONES):
        for k in range(3):
            own = {phalanges[k], phalanges[max(k - 1, 0)], phalanges[min(k + 1, 2)]}
            if k == 0 and finger > 0:
                own |= {WRIST_BONE, METACARPAL_BONES[finger - 1]}
            starts.append(1 + 4 * finger + k)
            ends.append(2 + 4 * finger + k)
            inset.append(0.0)
            ignores.append(own)
    for finger in range(1, 5):
        starts.append(0)
        ends.append(1 + 4 * finger)
        inset.append(PALM_CAPSULE_START)
        ignores.append(palm | {phalanges[0] for phalanges in FINGER_BONES})
    table = np.array([[bone in own for bone in range(24)] for own in ignores])
    return np.array(starts), np.array(ends), np.array(inset), table


CAPSULE_STARTS, CAPSULE_ENDS, CAPSULE_INSET, CAPSULE_IGNORES = _capsules()


@compiled
def _capsule_cover(
    points_m: Floats,
    normals: Floats,
    bone_of_point: NDArray[np.int64],
    starts_m: Floats,
    ends_m: Floats,
    radii_m: Floats,
    ignores: NDArray[np.bool_],
) -> Floats:
    """Return the (N,) summed cover of each point's sky by the capsules that face it."""
    cover = np.zeros(len(points_m))
    for capsule in range(len(radii_m)):
        radius = radii_m[capsule]
        length_squared = 0.0
        for k in range(3):
            length_squared += (ends_m[capsule, k] - starts_m[capsule, k]) ** 2
        for point in range(len(points_m)):
            if ignores[capsule, bone_of_point[point]]:
                continue
            along = 0.0
            for k in range(3):
                axis = ends_m[capsule, k] - starts_m[capsule, k]
                along += (points_m[point, k] - starts_m[capsule, k]) * axis
            along = min(max(along / length_squared, 0.0), 1.0)
            distance_squared, facing = 1e-18, 0.0
            for k in range(3):
                axis = ends_m[capsule, k] - starts_m[capsule, k]
                offset = starts_m[capsule, k] + along * axis - points_m[point, k]
                distance_squared += offset * offset
                facing += offset * normals[point, k]
            distance = np.sqrt(distance_squared)
            facing = min(max(facing / distance + 0.15, 0.0), 1.0)
            nearness = radius / max(distance, 0.9 * radius)
            cover[point] += facing * min(nearness * nearness, 1.0)
    return cover


@compiled
def vertex_normals(vertices_m: Floats, triangles: NDArray[np.int32]) -> Floats:
    """Return the (V, 3) unit normals, triangles weighted by area."""
    normals = np.zeros_like(vertices_m)
    for triangle in range(len(triangles)):
        a, b, c = triangles[triangle, 0], triangles[triangle, 1], triangles[triangle, 2]
        for k in range(3):
            i, j = (k + 1) % 3, (k + 2) % 3
            cross = (vertices_m[b, i] - vertices_m[a, i]) * (vertices_m[c, j] - vertices_m[a, j])
            cross -= (vertices_m[b, j] - vertices_m[a, j]) * (vertices_m[c, i] - vertices_m[a, i])
            normals[a, k] += cross
            normals[b, k] += cross
            normals[c, k] += cross
    for vertex in range(len(normals)):
        x, y, z = normals[vertex, 0], normals[vertex, 1], normals[vertex, 2]
        scale = 1.0 / (np.sqrt(x * x + y * y + z * z) + 1e-20)
        normals[vertex, 0] = x * scale
        normals[vertex, 1] = y * scale
        normals[vertex, 2] = z * scale
    return normals

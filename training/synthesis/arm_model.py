# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The arm as a rig: corrected knuckles and skin weights, subdivided mesh, texture coordinates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.synthesis.arm_asset import ArmAsset, load_arm_asset
from training.synthesis.subdivision import subdivide_linearly, subdivide_surface

FIRST_HAND_BONE = 4
"""Bones from the wrist on belong to the hand."""
FINGER_BONES = tuple(tuple(9 + 3 * finger + k for k in range(3)) for finger in range(5))
"""Bone indices of the three phalanges of thumb to little finger."""
METACARPAL_BONES = (5, 6, 7, 8)
"""Bone indices of the metacarpals of index to little finger."""

# MakeHuman bends the fingers 10 to 13 mm beyond the knuckles. Each proximal joint moves this far
# (at the size of the neutral hand) towards the carpal joint it hangs on, which gives proximal
# phalanges of anatomical length and knuckles that stand out in a fist.
KNUCKLE_SHIFT_M = {
    "finger-2-1": ("hand-3", 0.0125),
    "finger-3-1": ("hand-3", 0.0105),
    "finger-4-1": ("hand-2", 0.0095),
    "finger-5-1": ("hand-2", 0.0130),
}
THUMB_CMC_TOWARDS_WRIST = 0.33
THUMB_MCP_TOWARDS_IP = 0.17
KNUCKLE_BLEND_M = (-0.007, 0.010)
"""Skin turns with the finger from here (along the finger, knuckle = 0) on to here."""
KNUCKLE_LATERAL_SIGMA_M = 0.0085


@dataclass(frozen=True, slots=True, eq=False)
class ArmModel:
    """What all arms share. C cage vertices, V vertices and T triangles after subdivision."""

    asset: ArmAsset
    joint_mix: NDArray[np.float64]
    """(J, J) corrected joints from the centres of the helper cubes."""
    skin_weights: NDArray[np.float64]
    """(C, B) linear blend skinning, corrected at the knuckles."""
    subdivision: sparse.csr_matrix
    """(V, C)"""
    cage_triangles: NDArray[np.int32]
    """(2F, 3) indices of cage vertices."""
    triangles: NDArray[np.int32]
    """(T, 3) vertex indices."""
    triangle_uv: NDArray[np.float32]
    """(T, 3, 2) atlas coordinates of the triangles' corners."""
    hand_weight: NDArray[np.float64]
    """(V,) 1 on the hand, 0 on the forearm, in between at the wrist."""
    hand_triangles: NDArray[np.int32]
    """(H, 3) those of `triangles` that lie on the hand."""

    def joints_m(self, vertices_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the (J, 3) joints of a shape given all its (V, 3) asset vertices."""
        return np.asarray(self.joint_mix @ vertices_m[self.asset.joint_vertices].mean(1))

    def joint(self, name: str) -> int:
        """Return the row of a joint such as "hand" or "finger-2-1" in `joints_m`."""
        return self.asset.joint_names.index(name)


def load_arm_model(asset: ArmAsset | None = None, is_fine: bool = True) -> ArmModel:
    """Build the model from arm.npz with one level of subdivision (8,420 quads).

    The coarse model keeps the cage's own quads (2,105), its vertices where the fine surface has
    them: quicker, and good enough for hands of up to about 150 px.
    """
    asset = asset or load_arm_asset()
    neutral_m = neutral_vertices_m(asset)
    joint_mix = _corrected_joints(asset, neutral_m)
    weights = _corrected_weights(asset, neutral_m, joint_mix)
    subdivision, quads = subdivide_surface(asset.quads, asset.n_skin_vertices)
    uv_subdivision, quad_uv = subdivide_linearly(asset.quad_uv, len(asset.uv))
    if not is_fine:  # the cage's own vertices come first in both
        subdivision, quads = subdivision[: asset.n_skin_vertices], asset.quads
        uv_subdivision, quad_uv = uv_subdivision[: len(asset.uv)], asset.quad_uv
    uv = np.asarray(uv_subdivision @ asset.uv, np.float32)
    triangles = _triangles(quads)
    hand_weight = np.asarray(subdivision @ weights[:, FIRST_HAND_BONE:].sum(1))
    return ArmModel(
        asset=asset,
        joint_mix=joint_mix,
        skin_weights=weights,
        subdivision=subdivision,
        cage_triangles=_triangles(asset.quads),
        triangles=triangles,
        triangle_uv=uv[_triangles(quad_uv)],
        hand_weight=hand_weight,
        hand_triangles=triangles[(hand_weight[triangles] > 0.5).all(1)],
    )


def neutral_vertices_m(asset: ArmAsset) -> NDArray[np.float64]:
    """Return the (V, 3) vertices of the average adult: both sexes and all origins, mean build."""
    weights = np.zeros(len(asset.target_names))
    for row, name in enumerate(asset.target_names):
        kind, *rest = name.split("/")
        if kind == "race" and rest[2] == "young":
            weights[row] = 1 / 6
        elif kind == "body" and rest[1:] == ["young", "average", "average"]:
            weights[row] = 1 / 2
    return asset.vertices_m + np.tensordot(weights, asset.targets_m, 1)


def _triangles(quads: NDArray[np.int64]) -> NDArray[np.int32]:
    halves = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return np.ascontiguousarray(halves, np.int32)


def _corrected_joints(asset: ArmAsset, neutral_m: NDArray[np.float64]) -> NDArray[np.float64]:
    index = asset.joint_names.index
    raw_m = neutral_m[asset.joint_vertices].mean(1)
    mix = np.eye(len(asset.joint_names))

    def move(joint: str, towards: str, fraction: float) -> None:
        mix[index(joint)] += fraction * (mix[index(towards)] - mix[index(joint)])

    for joint, (towards, shift_m) in KNUCKLE_SHIFT_M.items():
        distance_m = np.linalg.norm(raw_m[index(towards)] - raw_m[index(joint)])
        move(joint, towards, shift_m / float(distance_m))
    move("finger-1-1", "hand", THUMB_CMC_TOWARDS_WRIST)
    move("finger-1-2", "finger-1-3", THUMB_MCP_TOWARDS_IP)
    return mix


def _corrected_weights(
    asset: ArmAsset, neutral_m: NDArray[np.float64], joint_mix: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share the skin around the moved knuckles between metacarpals and proximal phalanges anew."""
    joints_m = joint_mix @ neutral_m[asset.joint_vertices].mean(1)
    skin_m = neutral_m[: asset.n_skin_vertices]
    weights = asset.skin_weights.copy()
    proximal = [FINGER_BONES[finger][0] for finger in range(1, 5)]
    to_share = weights[:, [*proximal, *METACARPAL_BONES]].sum(1)
    nearness = np.zeros((len(skin_m), 4))
    beyond_knuckle = np.zeros((len(skin_m), 4))
    for column, finger in enumerate(range(2, 6)):
        knuckle_m = joints_m[asset.joint_names.index(f"finger-{finger}-1")]
        direction = joints_m[asset.joint_names.index(f"finger-{finger}-2")] - knuckle_m
        direction /= np.linalg.norm(direction)
        along_m = (skin_m - knuckle_m) @ direction
        aside_m = np.linalg.norm(skin_m - knuckle_m - along_m[:, None] * direction, axis=1)
        nearness[:, column] = np.exp(-((aside_m / KNUCKLE_LATERAL_SIGMA_M) ** 2)) + 1e-9
        start_m, end_m = KNUCKLE_BLEND_M
        ramp = np.clip((along_m - start_m) / (end_m - start_m), 0, 1)
        beyond_knuckle[:, column] = ramp * ramp * (3 - 2 * ramp)
    share = to_share[:, None] * nearness / nearness.sum(1, keepdims=True)
    weights[:, proximal] = share * beyond_knuckle
    weights[:, METACARPAL_BONES] = share * (1 - beyond_knuckle)
    return _smoothed(weights, asset.quads, np.clip(1.5 * to_share, 0, 1))


def _smoothed(
    weights: NDArray[np.float64], quads: NDArray[np.int64], strength: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Average skin weights with their neighbours' twice, where `strength` (C,) asks for it."""
    ends = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    ends = np.unique(np.concatenate([ends, ends[:, ::-1]]), axis=0)
    shape = (len(weights), len(weights))
    adjacency = sparse.csr_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape)
    averaging = sparse.diags(1 / np.asarray(adjacency.sum(1)).ravel()) @ adjacency
    blend = 0.5 * strength[:, None]
    for _ in range(2):
        weights = weights * (1 - blend) + blend * (averaging @ weights)
    return np.asarray(weights / weights.sum(1, keepdims=True))

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The stored arm: MakeHuman's left arm (CC0), its shape targets, skin weights and joints."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ARM_ASSET_PATH = Path(__file__).with_name("arm.npz")
"""Written by `build_arm_model`; see README.md beside it."""

METRES_PER_DECIMETRE = 0.1
TARGET_UNIT_M = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class ArmAsset:
    """A left arm at rest, in metres, in MakeHuman's body frame (x left, y up, z front).

    The first `n_skin_vertices` of the V vertices are skin, the rest are the helper cubes whose
    centres are the joints; both move with the shape targets.
    """

    vertices_m: NDArray[np.float64]
    """(V, 3)"""
    n_skin_vertices: int
    quads: NDArray[np.int64]
    """(F, 4) vertex indices."""
    quad_uv: NDArray[np.int64]
    """(F, 4) indices into `uv`."""
    uv: NDArray[np.float64]
    """(U, 2) in the hand's atlas: 0-1 over the hand, outside it on the forearm."""
    skin_weights: NDArray[np.float64]
    """(n_skin_vertices, B), rows sum to 1."""
    joint_vertices: NDArray[np.int64]
    """(J, 8) corners of each joint's helper cube."""
    joint_names: tuple[str, ...]
    bone_names: tuple[str, ...]
    targets_m: NDArray[np.float64]
    """(T, V, 3) displacement of every vertex at weight 1."""
    target_names: tuple[str, ...]
    nail_mask: NDArray[np.uint8]
    """(512, 512) fingernails in the hand's atlas, 0-255."""


def load_arm_asset(path: Path = ARM_ASSET_PATH) -> ArmAsset:
    """Read the arrays that `build_arm_model` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        weights = arrays["skin_weights"].astype(np.float64)
        return ArmAsset(
            vertices_m=arrays["vertices_dm"].astype(np.float64) * METRES_PER_DECIMETRE,
            n_skin_vertices=int(arrays["n_skin_vertices"]),
            quads=arrays["quads"].astype(np.int64),
            quad_uv=arrays["quad_uv"].astype(np.int64),
            uv=arrays["uv"].astype(np.float64),
            skin_weights=weights / weights.sum(1, keepdims=True),
            joint_vertices=arrays["joint_vertices"].astype(np.int64),
            joint_names=tuple(map(str, arrays["joint_names"])),
            bone_names=tuple(map(str, arrays["bone_names"])),
            targets_m=arrays["target_units"].astype(np.float64) * TARGET_UNIT_M,
            target_names=tuple(map(str, arrays["target_names"])),
            nail_mask=arrays["nail_mask"],
        )

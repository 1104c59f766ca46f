# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Meshes of an arm and of the sleeve it wears."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_model import ArmModel
from training.synthesis.arm_shape import neutral_shape
from training.synthesis.noise import noise_at
from training.synthesis.posing import PosedArm, vertex_normals
from training.synthesis.renderer import Material, Mesh
from training.synthesis.skin import Skin
from training.synthesis.vectors import unit

SLEEVE_OWNER_OFFSET = 10
"""A sleeve's owner in the object map is its arm's plus this."""
CUFF_BLEND = 0.12
CUFF_LIFT_M = 0.002
FOLD_STRENGTH = 0.35
SKIN_MOTTLE, SKIN_MOTTLE_M = 0.05, 0.012
CLOTH_MOTTLE, CLOTH_MOTTLE_M = 0.09, 0.020
"""Strength and wavelength of the variation of brightness."""


@dataclass(frozen=True, slots=True, eq=False)
class Sleeve:
    """Cloth from `cuff_level` (wrist 0, elbow 1) upwards, `thickness_m` off the skin."""

    cuff_level: float
    thickness_m: float
    folds: float
    colour: NDArray[np.float64]
    stripe_colour: NDArray[np.float64]
    stripes: float

    @property
    def material(self) -> Material:
        """Return its cloth."""
        return Material(self.colour, self.stripe_colour, self.stripes)


class ArmMesher:
    """Turns posed arms into meshes; keeps what does not depend on the pose."""

    def __init__(self, model: ArmModel) -> None:
        shape = neutral_shape(model)
        self._triangles = model.triangles
        self._triangle_uv = model.triangle_uv
        rest_m = np.asarray(model.subdivision @ shape.cage_m)
        wrist, elbow = (shape.joints_m[model.joint(name)] for name in ("hand", "elbow"))
        forearm_m = np.linalg.norm(elbow - wrist)
        along = (rest_m - wrist) @ unit(elbow - wrist) / forearm_m
        self._level = np.clip(along, -1, 2)
        self._skin_mottle = _mottle(rest_m, SKIN_MOTTLE, SKIN_MOTTLE_M)
        self._cloth_mottle = _mottle(rest_m, CLOTH_MOTTLE, CLOTH_MOTTLE_M)
        self._waves = np.sin(38 * self._level + 90 * rest_m[:, 0])
        self._waves += 0.6 * np.sin(160 * rest_m[:, 2] + 23 * self._level)
        outside_atlas = ((model.triangle_uv < 0) | (model.triangle_uv > 1)).any(-1)
        self._hand_weight = model.hand_weight.copy()
        self._hand_weight[model.triangles[outside_atlas]] = 0.0

    def arm(self, arm: PosedArm, is_right: bool, skin: Skin, owner: int) -> Mesh:
        """Return the skin of an arm; a right one is a mirror image."""
        return Mesh(
            vertices_m=arm.vertices_m,
            normals=arm.normals,
            occlusion=arm.occlusion,
            mottle=self._skin_mottle,
            hand_weight=self._hand_weight,
            level=self._level,
            triangles=self._triangles,
            triangle_uv=self._triangle_uv,
            material=Material.of_skin(skin),
            owner=owner,
            front=1 if is_right else -1,
        )

    def sleeve(self, arm: PosedArm, sleeve: Sleeve, owner: int) -> Mesh:
        """Return the cloth around an arm: its own surface, lifted and folded."""
        used = (self._level[self._triangles] >= sleeve.cuff_level).any(1)
        triangles = self._triangles[used]
        ramp = np.clip((self._level - sleeve.cuff_level) / CUFF_BLEND, 0, 1)
        ramp = ramp * ramp * (3 - 2 * ramp)
        lift_m = sleeve.thickness_m * (1 + FOLD_STRENGTH * sleeve.folds * self._waves)
        lift_m = lift_m + CUFF_LIFT_M * (1 - ramp)
        vertices_m = arm.vertices_m + arm.normals * lift_m[:, None]
        normals = vertex_normals(vertices_m, triangles)
        normals *= np.sign((normals * arm.normals).sum(1, keepdims=True))
        return Mesh(
            vertices_m=vertices_m,
            normals=normals,
            occlusion=np.ones(len(vertices_m)),
            mottle=self._cloth_mottle,
            hand_weight=np.zeros(len(vertices_m)),
            level=self._level,
            triangles=triangles,
            triangle_uv=self._triangle_uv[used],
            material=sleeve.material,
            owner=owner + SLEEVE_OWNER_OFFSET,
            min_level=sleeve.cuff_level,
            casts_shadow=False,
        )


def _mottle(
    rest_m: NDArray[np.float64], strength: float, wavelength_m: float
) -> NDArray[np.float64]:
    """Return (V,) brightness about 1 that sticks to the resting (V, 3) vertices."""
    noise = noise_at(rest_m.astype(np.float32), wavelength_m, 0.0)
    return np.asarray(1 + strength * noise.astype(np.float64))

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What hands wear: rings, watches and bracelets, gloves."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_meshes import SLEEVE_OWNER_OFFSET
from training.synthesis.arm_model import ArmModel
from training.synthesis.posing import PosedArm
from training.synthesis.props import sample_paint
from training.synthesis.renderer import Material, Mesh
from training.synthesis.skin import Skin
from training.synthesis.solids import ball, ring
from training.synthesis.vectors import unit
from training.synthesis.views import hand_axes

Floats = NDArray[np.float64]

PROBABILITY_OF_RING, PROBABILITY_OF_WATCH, PROBABILITY_OF_GLOVES = 0.18, 0.18, 0.06
METALS = np.array([[0.55, 0.38, 0.12], [0.5, 0.5, 0.5], [0.45, 0.27, 0.2], [0.05, 0.05, 0.055]])
"""Gold, silver, copper and blackened steel; linear."""
METAL_ROUGHNESS, METAL_SHINE = 0.3, 12.0
RING_PLACE = (0.3, 0.6)
"""Between the knuckle and the next joint."""
WATCH_PLACE_M = (0.025, 0.05)
"""From the wrist towards the elbow."""
SLICE_M = 0.004
"""Half the thickness of the slice of skin that a band is fitted to."""


def sample_worn(arm: PosedArm, model: ArmModel, rng: np.random.Generator) -> tuple[Mesh, ...]:
    """Sample ring and watch of an arm; their owners are relative to the arm's."""
    worn: list[Mesh] = []
    if rng.random() < PROBABILITY_OF_RING:
        finger = int(rng.integers(1, 5))
        start_m, end_m = arm.landmarks_m[1 + 4 * finger], arm.landmarks_m[2 + 4 * finger]
        place_m = start_m + rng.uniform(*RING_PLACE) * (end_m - start_m)
        half_width_m = rng.uniform(0.001, 0.003)
        reach_m = 0.5 * float(np.linalg.norm(arm.landmarks_m[5] - arm.landmarks_m[9]))
        on_hand = arm.vertices_m[model.hand_weight > 0.5]
        band = _band(on_hand, place_m, unit(end_m - start_m), reach_m)
        if band is not None:
            worn.append(ring(*band, half_width_m, 0.0012, _metal(rng), 0))
    if rng.random() < PROBABILITY_OF_WATCH:
        worn += _watch(arm, model, rng)
    return tuple(worn)


def sample_gloves(skin: Skin, rng: np.random.Generator) -> Skin:
    """Sample gloves over somebody's hands; they end at the wrist."""
    paint = sample_paint(rng)
    texture = skin.texture.copy()
    relief = texture[..., 3] / max(float(np.abs(texture[..., 3]).max()), 1e-9)
    texture[..., :3] = paint.colour * (1 + 0.15 * relief[..., None])
    texture[..., 4] = 0
    return replace(skin, texture=texture, roughness=rng.uniform(0.5, 0.9))


def _metal(rng: np.random.Generator) -> Material:
    colour = METALS[int(rng.integers(len(METALS)))]
    return Material(colour, colour, roughness=METAL_ROUGHNESS, specular=METAL_SHINE)


def _watch(arm: PosedArm, model: ArmModel, rng: np.random.Generator) -> list[Mesh]:
    """Return a bracelet, often with a dial on the back of the wrist."""
    owner = SLEEVE_OWNER_OFFSET
    wrist_m = arm.landmarks_m[0]
    axis = unit(arm.elbow_m - wrist_m)
    place_m = wrist_m + rng.uniform(*WATCH_PLACE_M) * axis
    band = _band(arm.vertices_m[model.hand_weight < 0.5], place_m, axis, 0.06)
    if band is None:
        return []
    strap = _metal(rng) if rng.random() < 0.4 else sample_paint(rng)
    meshes = [ring(*band, rng.uniform(0.003, 0.010), 0.003, strap, owner)]
    if rng.random() < 0.7:
        centre_m, _, (_, reach_m), across = band
        dorsal = np.cross(axis, across)
        dorsal = dorsal * np.sign(dorsal @ hand_axes(arm.landmarks_m)[2])
        turn = np.stack([across, axis, dorsal], axis=1)
        dial_m = np.array([0.017, 0.017, 0.005])
        meshes.append(ball(centre_m + dorsal * reach_m, dial_m, turn, _metal(rng), owner))
    return meshes


def _band(
    skin_m: Floats, place_m: Floats, axis: Floats, reach_m: float
) -> tuple[Floats, Floats, tuple[float, float], Floats] | None:
    """Fit an ellipse to a slice of skin across an axis: centre, axis, radii, first direction.

    Returns None where the slice holds too little skin.
    """
    offset_m = skin_m - place_m
    along_m = offset_m @ axis
    aside_m = offset_m - along_m[:, None] * axis
    near = (np.abs(along_m) < SLICE_M) & (np.linalg.norm(aside_m, axis=1) < reach_m)
    if np.count_nonzero(near) < 6:
        return None
    points_m = aside_m[near]
    middle_m = (points_m.min(0) + points_m.max(0)) / 2
    _, _, directions = np.linalg.svd(points_m - points_m.mean(0), full_matrices=False)
    first = unit(directions[0] - axis * (directions[0] @ axis))
    second = np.cross(axis, first)
    centred_m = points_m - middle_m
    radii_m = (float(np.abs(centred_m @ first).max()), float(np.abs(centred_m @ second).max()))
    return place_m + middle_m, axis, radii_m, first

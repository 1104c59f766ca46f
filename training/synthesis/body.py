# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The person behind the hands, coarsely: upper arms, torso, neck, head with a face and hair."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.synthesis.posing import PosedArm
from training.synthesis.renderer import Material, Mesh
from training.synthesis.skin import Skin
from training.synthesis.solids import ball, tube
from training.synthesis.vectors import rotation

Floats = NDArray[np.float64]
Triple = tuple[float, float, float]

BODY_OWNER = 200
UPPER_ARM_RADIUS_M = 0.046
SHOULDER_INSET_M, SHOULDER_DROP_M = 0.17, 0.20
TORSO_RADII_M = np.array([0.20, 0.36, 0.12])
HEAD_RADII_M = np.array([0.075, 0.112, 0.095])
NECK_M, HEAD_M = 0.30, 0.47
"""Heights of the neck's foot and of the head's centre above the torso's centre."""
BEHIND_HANDS_M = 0.10
"""The body stays at least this far behind what is seen of the hands."""
EYE_WHITE, IRIS = np.array([0.6, 0.58, 0.55]), np.array([0.02, 0.015, 0.01])
LIPS = np.array([0.45, 0.12, 0.11])


def sample_body(
    arms: Sequence[PosedArm],
    sides: Sequence[bool],
    skin: Skin,
    cloth: Material | None,
    rng: np.random.Generator,
) -> tuple[Mesh, ...]:
    """Sample who faces the camera behind one or two arms in the camera frame.

    sides: whether each arm is a right one. cloth: the sleeves', or None for bare arms.
    """
    bare = Material.of_skin(skin)
    meshes = [_upper_arm(arm, cloth or bare) for arm in arms]
    inward = np.array([1.0 if is_right else -1.0 for is_right in sides])  # in the image
    shoulders_m = np.array([arm.shoulder_m for arm in arms])
    centre_m = shoulders_m.mean(0)
    centre_m += np.array([SHOULDER_INSET_M * inward.mean(), SHOULDER_DROP_M, 0.0])
    hands_depth_m = max(float(arm.landmarks_m[:, 2].max()) for arm in arms)
    centre_m[2] = max(centre_m[2], hands_depth_m + BEHIND_HANDS_M + TORSO_RADII_M[2])
    shirt = cloth or _shirt(rng)
    lean = rotation([0, 0, 1], rng.normal(0, 0.12))
    size = rng.uniform(0.85, 1.1)
    meshes.append(ball(centre_m, TORSO_RADII_M * size, lean, shirt, BODY_OWNER))
    up = -lean[:, 1]
    neck_m, head_m = centre_m + size * NECK_M * up, centre_m + size * HEAD_M * up
    meshes.append(tube(neck_m, head_m, 0.055 * size, bare, BODY_OWNER))
    turn = lean @ rotation([0, 1, 0], rng.normal(0, 0.5)) @ rotation([1, 0, 0], rng.normal(0, 0.2))
    return (*meshes, *_head(head_m, size * HEAD_RADII_M, turn, bare, rng))


def _upper_arm(arm: PosedArm, material: Material) -> Mesh:
    radius_m = UPPER_ARM_RADIUS_M * arm.palm_scale
    return tube(arm.elbow_m, arm.shoulder_m, radius_m, material, BODY_OWNER)


def _shirt(rng: np.random.Generator) -> Material:
    colour = np.clip(rng.uniform(0.02, 0.8) * (1 + rng.normal(0, 0.4, 3)), 0.01, 0.9)
    return Material(colour, colour)


def _head(
    centre_m: Floats, radii_m: Floats, turn: Floats, skin: Material, rng: np.random.Generator
) -> list[Mesh]:
    """Draw a head that looks along -z of its turn, with eyes, brows, nose, mouth and hair."""

    def part(place: Triple, radii: Triple) -> tuple[Floats, Floats]:
        return centre_m + turn @ (np.array(place) * radii_m), np.array(radii) * radii_m

    hair_colour = rng.uniform(0.005, 0.25) * np.array([1.0, rng.uniform(0.5, 0.9), 0.45])
    hair, white = Material(hair_colour, hair_colour), Material(EYE_WHITE, EYE_WHITE)
    iris, lips = Material(IRIS, IRIS), Material(LIPS, LIPS)
    parts: list[tuple[Triple, Triple, Material]] = [
        ((0, 0, 0), (1, 1, 1), skin),
        ((0, -0.18, 0.22), (1.12, 1.0, 0.98), hair),
        ((0, 0.12, -0.95), (0.16, 0.2, 0.22), skin),
        ((0, 0.5, -0.86), (0.36, 0.07, 0.1), lips),
    ]
    for side in (-1, 1):
        parts += [
            ((0.38 * side, -0.12, -0.88), (0.18, 0.08, 0.08), white),
            ((0.38 * side, -0.12, -0.95), (0.07, 0.07, 0.05), iris),
            ((0.38 * side, -0.3, -0.88), (0.25, 0.04, 0.08), hair),
        ]
    return [
        ball(*part(place, radii), turn, material, BODY_OWNER) for place, radii, material in parts
    ]

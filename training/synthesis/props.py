# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Things held in a hand: rods, cups and boxes."""

import numpy as np
from numpy.typing import NDArray

from training.synthesis.posing import vertex_normals
from training.synthesis.renderer import Material, Mesh
from training.synthesis.vectors import unit

Floats = NDArray[np.float64]

PROP_OWNER = 100
N_SIDES = 32
FINGERTIPS, KNUCKLES = [8, 12, 16, 20], [5, 9, 13, 17]


def held_prop(landmarks_m: Floats, thin: bool, rng: np.random.Generator) -> Mesh:
    """Put a rod or box between fingers and palm, roughly along the row of knuckles.

    landmarks_m: (21, 3) in the camera frame; `thin` for grasps that close far.
    """
    axis = unit(landmarks_m[5] - landmarks_m[17] + rng.normal(0, 0.01, 3))
    centre = 0.45 * landmarks_m[KNUCKLES].mean(0) + 0.35 * landmarks_m[FINGERTIPS].mean(0)
    centre = centre + 0.2 * landmarks_m[4]
    room_m = float(np.linalg.norm(landmarks_m[9] - centre))
    radius_m = 0.006 if thin else max(0.008, 0.8 * min(room_m, 0.04) - 0.008)
    half_length_m = rng.uniform(0.06, 0.12)
    centre = centre + axis * rng.normal(0, 0.02)
    outline = _circle() if rng.random() < 0.7 else _rectangle(rng.uniform(0.5, 1.0))
    return _prism(outline * radius_m, half_length_m, centre, axis, rng)


def _circle() -> Floats:
    angle = np.linspace(0, 2 * np.pi, N_SIDES, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _rectangle(aspect: float) -> Floats:
    corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [1.0, aspect]
    steps = np.linspace(0, 1, N_SIDES // 4, endpoint=False)[:, None]
    sides = [corners[k] * (1 - steps) + corners[(k + 1) % 4] * steps for k in range(4)]
    return np.concatenate(sides)


def _prism(
    outline_m: Floats, half_length_m: float, centre: Floats, axis: Floats, rng: np.random.Generator
) -> Mesh:
    """Sweep an (N, 2) outline along the axis; walls and caps have their own vertices."""
    across = unit(np.cross(axis, [0.3, 0.5, 0.8]))
    frame = np.stack([across, np.cross(axis, across), axis])
    n = len(outline_m)
    ends = [np.column_stack([outline_m, np.full(n, z)]) for z in (-half_length_m, half_length_m)]
    local = np.concatenate([*ends, *ends, [[0, 0, -half_length_m], [0, 0, half_length_m]]])
    i = np.arange(n)
    j = (i + 1) % n
    walls = [np.stack([i, j, n + j], 1), np.stack([i, n + j, n + i], 1)]
    caps = [
        np.stack([2 * n + j, 2 * n + i, np.full(n, 4 * n)], 1),
        np.stack([3 * n + i, 3 * n + j, np.full(n, 4 * n + 1)], 1),
    ]
    triangles = np.concatenate([*walls, *caps]).astype(np.int32)
    vertices_m = local @ frame + centre
    colour = np.clip(rng.uniform(0.02, 0.8) * (1 + rng.normal(0, 0.5, 3)), 0.01, 0.9)
    return Mesh(
        vertices_m=vertices_m,
        normals=vertex_normals(vertices_m, triangles),
        occlusion=np.ones(len(local)),
        mottle=np.ones(len(local)),
        hand_weight=np.zeros(len(local)),
        level=local[:, 2],
        triangles=triangles,
        triangle_uv=np.zeros((len(triangles), 3, 2), np.float32),
        material=Material(False, colour, colour),
        owner=PROP_OWNER,
    )

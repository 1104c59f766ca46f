# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Simple closed meshes: prisms, balls and rings."""

import functools

import numpy as np
from numpy.typing import NDArray

from training.synthesis.posing import vertex_normals
from training.synthesis.renderer import Material, Mesh
from training.synthesis.vectors import unit

Floats = NDArray[np.float64]

BALL_RINGS, BALL_SIDES = 12, 20
RING_SIDES, RING_CORNERS = 24, 8


def prism(
    outline_m: Floats,
    half_length_m: float,
    centre_m: Floats,
    axis: Floats,
    material: Material,
    owner: int,
) -> Mesh:
    """Sweep an (N, 2) outline along the axis; walls and caps have their own vertices."""
    n = len(outline_m)
    ends = [np.column_stack([outline_m, np.full(n, z)]) for z in (-half_length_m, half_length_m)]
    local_m = np.concatenate([*ends, *ends, [[0, 0, -half_length_m], [0, 0, half_length_m]]])
    i = np.arange(n)
    j = (i + 1) % n
    walls = [np.stack([i, j, n + j], 1), np.stack([i, n + j, n + i], 1)]
    caps = [
        np.stack([2 * n + j, 2 * n + i, np.full(n, 4 * n)], 1),
        np.stack([3 * n + i, 3 * n + j, np.full(n, 4 * n + 1)], 1),
    ]
    triangles = np.concatenate([*walls, *caps]).astype(np.int32)
    vertices_m = local_m @ frame_along(axis) + centre_m
    return solid(vertices_m, triangles, material, owner, level=local_m[:, 2])


def ball(centre_m: Floats, radii_m: Floats, turn: Floats, material: Material, owner: int) -> Mesh:
    """Return an ellipsoid; the columns of the (3, 3) turn are its axes."""
    points, triangles = _unit_ball()
    return solid(points * radii_m @ turn.T + centre_m, triangles, material, owner)


def tube(start_m: Floats, end_m: Floats, radius_m: float, material: Material, owner: int) -> Mesh:
    """Return a round bar between two points."""
    length_m = float(np.linalg.norm(end_m - start_m))
    return prism(
        circle(BALL_SIDES) * radius_m,
        length_m / 2,
        (start_m + end_m) / 2,
        unit(end_m - start_m),
        material,
        owner,
    )


def ring(
    centre_m: Floats,
    axis: Floats,
    radii_m: tuple[float, float],
    first: Floats,
    half_width_m: float,
    thickness_m: float,
    material: Material,
    owner: int,
) -> Mesh:
    """Return a band about an axis; its inner radii along `first` (across the axis) and athwart."""
    around = np.linspace(0, 2 * np.pi, RING_SIDES, endpoint=False)
    section = np.linspace(0, 2 * np.pi, RING_CORNERS, endpoint=False)
    out_m = thickness_m * (0.5 + 0.5 * np.cos(section))
    along_m = half_width_m * np.sin(section)
    second = np.cross(axis, first)
    direction = np.cos(around)[:, None] * first + np.sin(around)[:, None] * second
    inner_m = np.cos(around)[:, None] * first * radii_m[0]
    inner_m = inner_m + np.sin(around)[:, None] * second * radii_m[1]
    vertices_m = inner_m[:, None] + out_m[:, None] * direction[:, None] + along_m[:, None] * axis
    i, j = np.meshgrid(np.arange(RING_SIDES), np.arange(RING_CORNERS), indexing="ij")
    a, b = i * RING_CORNERS + j, i * RING_CORNERS + (j + 1) % RING_CORNERS
    c = (i + 1) % RING_SIDES * RING_CORNERS + j
    d = (i + 1) % RING_SIDES * RING_CORNERS + (j + 1) % RING_CORNERS
    triangles = np.concatenate([np.stack([a, b, d], -1), np.stack([a, d, c], -1)]).reshape(-1, 3)
    vertices_m = vertices_m.reshape(-1, 3) + centre_m
    return solid(vertices_m, triangles.astype(np.int32), material, owner)


def solid(
    vertices_m: Floats,
    triangles: NDArray[np.int32],
    material: Material,
    owner: int,
    level: Floats | None = None,
) -> Mesh:
    """Return a mesh of one material without texture; `level` is where its stripes lie."""
    n = len(vertices_m)
    return Mesh(
        vertices_m=vertices_m,
        normals=vertex_normals(vertices_m, triangles),
        occlusion=np.ones(n),
        mottle=np.ones(n),
        hand_weight=np.zeros(n),
        level=np.zeros(n) if level is None else level,
        triangles=triangles,
        triangle_uv=np.zeros((len(triangles), 3, 2), np.float32),
        material=material,
        owner=owner,
    )


def circle(n_sides: int) -> Floats:
    """Return the (N, 2) outline of a circle of radius 1."""
    angle = np.linspace(0, 2 * np.pi, n_sides, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def frame_along(axis: Floats) -> Floats:
    """Return (3, 3) orthonormal rows, the last along a unit axis."""
    across = unit(np.cross(axis, [0.3, 0.5, 0.8]))
    return np.stack([across, np.cross(axis, across), axis])


@functools.cache
def _unit_ball() -> tuple[Floats, NDArray[np.int32]]:
    polar = np.linspace(0, np.pi, BALL_RINGS + 1)
    around = np.linspace(0, 2 * np.pi, BALL_SIDES, endpoint=False)
    points = np.stack(
        [
            np.outer(np.sin(polar), np.cos(around)),
            np.repeat(np.cos(polar)[:, None], BALL_SIDES, axis=1),
            np.outer(np.sin(polar), np.sin(around)),
        ],
        axis=-1,
    )
    i, j = np.meshgrid(np.arange(BALL_RINGS), np.arange(BALL_SIDES), indexing="ij")
    a, b = i * BALL_SIDES + j, i * BALL_SIDES + (j + 1) % BALL_SIDES
    c, d = a + BALL_SIDES, b + BALL_SIDES
    triangles = np.concatenate([np.stack([a, b, d], -1), np.stack([a, d, c], -1)]).reshape(-1, 3)
    return points.reshape(-1, 3), triangles.astype(np.int32)

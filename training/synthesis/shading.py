# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Samples to light: what surface each sample sees, of what colour, bump and material.

Bumps tilt the normal as in Blinn, "Simulation of wrinkled surfaces", SIGGRAPH 1978.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.synthesis.compiled import compiled, inlined
from training.synthesis.reflection import Lighting, Shadow, lit_share, reflect, unit3

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Indices = NDArray[np.int32]

NO_SKIN = -1
"""In place of a texture's row: the material is cloth, metal, wood …"""
NAIL_ROUGHNESS = 0.25
WRIST_BLEND = 0.12
"""Hand weight from which on the texture alone shows."""
EDGE_STEP_M = 0.006
"""Samples of a pixel whose depths differ by more are shaded one by one."""


class Surface(NamedTuple):
    """All meshes of a scene, concatenated: V vertices (camera frame, metres), T triangles."""

    vertices_m: Floats
    normals: Floats
    occlusion: Floats
    mottle: Floats
    """(V,) brightness of cloth and of the forearm's skin, about 1."""
    hand_weight: Floats
    """(V,) how much of the skin's texture shows; the rest is the arm's plain colour."""
    level: Floats
    """(V,) position along the arm, wrist 0 to elbow 1, on which stripes lie."""
    triangles: Indices
    triangle_uv: Floats
    """(T, 3, 2) atlas coordinates."""
    material: Indices
    """(T,) row in `Materials`."""


class Materials(NamedTuple):
    """M materials and the K skin textures they take."""

    skin: Indices
    """(M,) row in `textures`, or NO_SKIN."""
    colour: Doubles
    """(M, 3) linear: of the forearm's skin, or of the cloth."""
    stripe_colour: Doubles
    stripes: Doubles
    """(M,) stripes of cloth: radians per unit of `level`; 0 for none."""
    roughness: Doubles
    specular: Doubles
    """(M,) each."""
    textures: Floats
    """(K, S, S, 5), see `skin.Skin`."""


class Samples(NamedTuple):
    """What the rasteriser left, `per_pixel` samples along either side of a pixel."""

    triangle: Indices
    barycentric: Floats
    inverse_depth: Floats
    """0 where nothing is; the other two mean nothing there."""
    per_pixel: int


@compiled
def shade_image(
    samples: Samples,
    surface: Surface,
    materials: Materials,
    lighting: Lighting,
    shadow: Shadow,
    out: Floats,
) -> None:
    """Fill `out` (H, W, 4) with linear light, premultiplied, and coverage.

    Pixels on an edge take all their samples. Pixels inside a surface take one, the first or last by
    turns as on a chessboard, so that on average it lies at the pixel's centre.
    """
    n = samples.per_pixel
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            n_covered, nearest, farthest = 0, 0.0, 1e9
            first = -1
            same = True
            for s in range(n * n):
                y, x = row * n + s // n, column * n + s % n
                if samples.inverse_depth[y, x] <= 0:
                    continue
                n_covered += 1
                material = surface.material[samples.triangle[y, x]]
                same = same and (first == -1 or first == material)
                first = material
                nearest = max(nearest, samples.inverse_depth[y, x])
                farthest = min(farthest, samples.inverse_depth[y, x])
            if n_covered == 0:
                continue
            inside = same and n_covered == n * n and 1 / farthest - 1 / nearest < EDGE_STEP_M
            n_shaded = 0
            red = green = blue = 0.0
            only = (n * n - 1) * ((row + column) % 2) if inside else -1
            for s in range(n * n):
                y, x = row * n + s // n, column * n + s % n
                if samples.inverse_depth[y, x] <= 0 or (inside and s != only):
                    continue
                r, g, b = _shade(samples, y, x, surface, materials, lighting, shadow)
                red, green, blue = red + r, green + g, blue + b
                n_shaded += 1
            cover = n_covered / (n * n)
            out[row, column, 0] = red / n_shaded * cover
            out[row, column, 1] = green / n_shaded * cover
            out[row, column, 2] = blue / n_shaded * cover
            out[row, column, 3] = cover


@compiled
def owner_of_pixels(samples: Samples, owner_of_triangle: Indices) -> Indices:
    """Return the (H, W) largest owner among each pixel's samples, 0 where nothing is seen."""
    n = samples.per_pixel
    height, width = samples.triangle.shape
    owners = np.zeros((height // n, width // n), np.int32)
    for y in range(height):
        for x in range(width):
            if samples.inverse_depth[y, x] > 0:
                owner = owner_of_triangle[samples.triangle[y, x]]
                owners[y // n, x // n] = max(owner, owners[y // n, x // n])
    return owners


@inlined
def _shade(
    samples: Samples,
    y: int,
    x: int,
    surface: Surface,
    materials: Materials,
    lighting: Lighting,
    shadow: Shadow,
) -> tuple[float, float, float]:
    """Return the light of one sample towards the viewer."""
    triangle = samples.triangle[y, x]
    material = surface.material[triangle]
    skin = materials.skin[material]
    cloth = skin == NO_SKIN
    a = surface.triangles[triangle, 0]
    b = surface.triangles[triangle, 1]
    c = surface.triangles[triangle, 2]
    wa, wb = samples.barycentric[y, x, 0], samples.barycentric[y, x, 1]
    wc = 1 - wa - wb
    px, py, pz = _mix3(surface.vertices_m, a, b, c, wa, wb, wc)
    nx, ny, nz = unit3(*_mix3(surface.normals, a, b, c, wa, wb, wc))
    vx, vy, vz = unit3(-px, -py, -pz)
    if cloth and nx * vx + ny * vy + nz * vz < 0:
        nx, ny, nz = -nx, -ny, -nz  # the inside of a cuff
    occlusion = wa * surface.occlusion[a] + wb * surface.occlusion[b] + wc * surface.occlusion[c]
    mottle = wa * surface.mottle[a] + wb * surface.mottle[b] + wc * surface.mottle[c]
    level = wa * surface.level[a] + wb * surface.level[b] + wc * surface.level[c]
    red, green, blue = _plain_colour(materials, material, level, mottle)
    roughness, specular = materials.roughness[material], materials.specular[material]
    hand = wa * surface.hand_weight[a] + wb * surface.hand_weight[b] + wc * surface.hand_weight[c]
    hand = min(max(hand / WRIST_BLEND, 0.0), 1.0)
    hand = hand * hand * (3 - 2 * hand)
    bx, by, bz = nx, ny, nz
    if hand > 0 and not cloth:
        u, v = _uv(surface.triangle_uv, triangle, wa, wb, wc)
        tr, tg, tb, nail, dh_du, dh_dv = _texel(materials.textures, skin, u, v)
        red = red * (1 - hand) + tr * hand
        green = green * (1 - hand) + tg * hand
        blue = blue * (1 - hand) + tb * hand
        roughness = roughness + (NAIL_ROUGHNESS - roughness) * nail * hand
        strength = lighting.bump * hand
        bx, by, bz = _bumped(
            surface, triangle, a, b, c, nx, ny, nz, strength * dh_du, strength * dh_dv
        )
    lit = 1 - lighting.shadow_strength * (1 - lit_share(shadow, px, py, pz))
    return reflect(
        red, green, blue, bx, by, bz, nx, ny, nz, vx, vy, vz,
        lit, occlusion, roughness, specular, cloth, lighting,
    )  # fmt: skip


@inlined
def _mix3(
    values: Floats, a: int, b: int, c: int, wa: float, wb: float, wc: float
) -> tuple[float, float, float]:
    return (
        wa * values[a, 0] + wb * values[b, 0] + wc * values[c, 0],
        wa * values[a, 1] + wb * values[b, 1] + wc * values[c, 1],
        wa * values[a, 2] + wb * values[b, 2] + wc * values[c, 2],
    )


@inlined
def _plain_colour(
    materials: Materials, material: int, level: float, mottle: float
) -> tuple[float, float, float]:
    stripe = 0.0
    if materials.stripes[material] > 0:
        stripe = np.sin(level * materials.stripes[material]) * 5 + 0.5
        stripe = min(max(stripe, 0.0), 1.0)
    first, second = materials.colour, materials.stripe_colour
    return (
        (first[material, 0] * (1 - stripe) + second[material, 0] * stripe) * mottle,
        (first[material, 1] * (1 - stripe) + second[material, 1] * stripe) * mottle,
        (first[material, 2] * (1 - stripe) + second[material, 2] * stripe) * mottle,
    )


@inlined
def _uv(triangle_uv: Floats, triangle: int, wa: float, wb: float, wc: float) -> tuple[float, float]:
    u = wa * triangle_uv[triangle, 0, 0] + wb * triangle_uv[triangle, 1, 0]
    v = wa * triangle_uv[triangle, 0, 1] + wb * triangle_uv[triangle, 1, 1]
    u += wc * triangle_uv[triangle, 2, 0]
    v += wc * triangle_uv[triangle, 2, 1]
    return u, v


@inlined
def _texel(
    textures: Floats, k: int, u: float, v: float
) -> tuple[float, float, float, float, float, float]:
    """Return bilinear red, green, blue, nail, and the height's derivatives by u and v."""
    size = textures.shape[1]
    x = min(max(u * size - 0.5, 0.0), size - 1.001)
    y = min(max(v * size - 0.5, 0.0), size - 1.001)
    i, j = int(x), int(y)
    fx, fy = x - i, y - j
    wx, wy = 1 - fx, 1 - fy
    t = textures
    red, green, blue, nail = 0.0, 0.0, 0.0, 0.0
    for corner in range(4):
        column, row = i + (corner & 1), j + (corner >> 1)
        weight = (fx if corner & 1 else wx) * (fy if corner >> 1 else wy)
        red += weight * t[k, row, column, 0]
        green += weight * t[k, row, column, 1]
        blue += weight * t[k, row, column, 2]
        nail += weight * t[k, row, column, 4]
    here, right_of, below = t[k, j, i, 3], t[k, j, i + 1, 3], t[k, j + 1, i, 3]
    opposite = t[k, j + 1, i + 1, 3]
    top, bottom = right_of - here, opposite - below
    left, right = below - here, opposite - right_of
    dh_du = size * (top * wy + bottom * fy)
    dh_dv = size * (left * wx + right * fx)
    return red, green, blue, nail, dh_du, dh_dv


@inlined
def _bumped(
    surface: Surface,
    triangle: int,
    a: int,
    b: int,
    c: int,
    nx: float,
    ny: float,
    nz: float,
    dh_du: float,
    dh_dv: float,
) -> tuple[float, float, float]:
    """Tilt the normal against the slope of the height."""
    points, uv = surface.vertices_m, surface.triangle_uv
    u1, v1 = uv[triangle, 1, 0] - uv[triangle, 0, 0], uv[triangle, 1, 1] - uv[triangle, 0, 1]
    u2, v2 = uv[triangle, 2, 0] - uv[triangle, 0, 0], uv[triangle, 2, 1] - uv[triangle, 0, 1]
    determinant = u1 * v2 - u2 * v1
    if abs(determinant) < 1e-12:
        return nx, ny, nz
    ex, ey, ez = (
        points[b, 0] - points[a, 0],
        points[b, 1] - points[a, 1],
        points[b, 2] - points[a, 2],
    )
    gx, gy, gz = (
        points[c, 0] - points[a, 0],
        points[c, 1] - points[a, 1],
        points[c, 2] - points[a, 2],
    )
    ux, uy, uz = (ex * v2 - gx * v1), (ey * v2 - gy * v1), (ez * v2 - gz * v1)
    vx, vy, vz = (gx * u1 - ex * u2), (gy * u1 - ey * u2), (gz * u1 - ez * u2)
    cx, cy, cz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    area = np.sqrt(cx * cx + cy * cy + cz * cz)
    if area < 1e-20:
        return nx, ny, nz
    scale = determinant / area
    if cx * nx + cy * ny + cz * nz < 0:
        scale = -scale
    fu, fv = dh_du * scale, dh_dv * scale
    return unit3(
        nx + fu * (ny * vz - nz * vy) + fv * (uy * nz - uz * ny),
        ny + fu * (nz * vx - nx * vz) + fv * (uz * nx - ux * nz),
        nz + fu * (nx * vy - ny * vx) + fv * (ux * ny - uy * nx),
    )

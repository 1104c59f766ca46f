# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Samples to light: skin and cloth under two lights, a shadow map and ambient light.

Specular reflection is GGX with the height-correlated approximation of Karis (2013); skin softens
its diffuse reflection by wrapping it, most in red, which stands in for scattering below the skin.
Bumps tilt the normal as in Blinn, "Simulation of wrinkled surfaces", SIGGRAPH 1978.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.synthesis.compiled import compiled, inlined

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Indices = NDArray[np.int32]

SKIN, CLOTH = 0, 1
"""Kinds of material."""
DIFFUSE_WRAP = (0.42, 0.20, 0.12)
SHADOW_GLOW = (0.18, 0.04, 0.02)
"""Light that seeps into the shadow through the skin, red to blue."""
CLOTH_WRAP = 0.05
CLOTH_ROUGHNESS, NAIL_ROUGHNESS = 0.9, 0.25
CLOTH_SHEEN = 0.2
REFLECTANCE = 0.028
SHADOW_BIAS_M = 0.004
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
    """M materials and the one skin texture they share."""

    kind: Indices
    colour: Doubles
    """(M, 3) linear: of the forearm's skin, or of the cloth."""
    stripe_colour: Doubles
    stripes: Doubles
    """(M,) stripes of cloth: radians per unit of `level`; 0 for none."""
    texture: Floats
    """(S, S, 5), see `skin.Skin`."""
    roughness: float
    specular: float


class Lighting(NamedTuple):
    """Two directional lights and an ambient light in spherical harmonics (camera frame)."""

    directions: Doubles
    """(2, 3) unit vectors towards the lights; the first casts shadows."""
    colours: Doubles
    """(2, 3)"""
    ambient: Doubles
    """(9, 3) coefficients of 1, y, z, x, xy, yz, 3z²-1, xz, x²-y²."""
    bump: float
    subsurface: float
    shadow_strength: float


class Shadow(NamedTuple):
    """The first light's view: (3, 4) matrix from metres to (column, row, depth in m), its map."""

    matrix: Doubles
    nearest_m: Floats


class Samples(NamedTuple):
    """What the rasteriser left, `per_pixel` samples along either side of a pixel."""

    triangle: Indices
    barycentric: Floats
    inverse_depth: Floats
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
                triangle = samples.triangle[y, x]
                if triangle < 0:
                    continue
                n_covered += 1
                material = surface.material[triangle]
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
                if samples.triangle[y, x] < 0 or (inside and s != only):
                    continue
                r, g, b = _shade(samples, y, x, surface, materials, lighting, shadow)
                red, green, blue = red + r, green + g, blue + b
                n_shaded += 1
            cover = n_covered / (n * n)
            out[row, column, 0] = red / n_shaded * cover
            out[row, column, 1] = green / n_shaded * cover
            out[row, column, 2] = blue / n_shaded * cover
            out[row, column, 3] = cover


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
    triangle = samples.triangle[y, x]
    a = surface.triangles[triangle, 0]
    b = surface.triangles[triangle, 1]
    c = surface.triangles[triangle, 2]
    wa, wb = samples.barycentric[y, x, 0], samples.barycentric[y, x, 1]
    wc = 1 - wa - wb
    px, py, pz = _mix3(surface.vertices_m, a, b, c, wa, wb, wc)
    nx, ny, nz = _unit3(*_mix3(surface.normals, a, b, c, wa, wb, wc))
    mottle = wa * surface.mottle[a] + wb * surface.mottle[b] + wc * surface.mottle[c]
    vx, vy, vz = _unit3(-px, -py, -pz)
    if nx * vx + ny * vy + nz * vz < 0 and materials.kind[surface.material[triangle]] == CLOTH:
        nx, ny, nz = -nx, -ny, -nz  # the inside of a cuff
    material = surface.material[triangle]
    lit = _lit_share(shadow, px, py, pz)
    lit = 1 - lighting.shadow_strength * (1 - lit)
    if materials.kind[material] == CLOTH:
        level = wa * surface.level[a] + wb * surface.level[b] + wc * surface.level[c]
        red, green, blue = _cloth_colour(materials, material, level, mottle)
        return _reflect(
            red, green, blue, nx, ny, nz, nx, ny, nz, vx, vy, vz, lit, 1.0,
            CLOTH_ROUGHNESS, CLOTH_SHEEN * materials.specular, True, lighting,
        )  # fmt: skip
    occlusion = wa * surface.occlusion[a] + wb * surface.occlusion[b] + wc * surface.occlusion[c]
    hand = wa * surface.hand_weight[a] + wb * surface.hand_weight[b] + wc * surface.hand_weight[c]
    hand = min(max(hand / 0.12, 0.0), 1.0)
    hand = hand * hand * (3 - 2 * hand)
    red = materials.colour[material, 0] * mottle
    green = materials.colour[material, 1] * mottle
    blue = materials.colour[material, 2] * mottle
    roughness = materials.roughness
    bx, by, bz = nx, ny, nz
    if hand > 0:
        u, v = _uv(surface.triangle_uv, triangle, wa, wb, wc)
        tr, tg, tb, nail, dh_du, dh_dv = _texel(materials.texture, u, v)
        red = red * (1 - hand) + tr * hand
        green = green * (1 - hand) + tg * hand
        blue = blue * (1 - hand) + tb * hand
        roughness = roughness + (NAIL_ROUGHNESS - roughness) * nail * hand
        strength = lighting.bump * hand
        bx, by, bz = _bumped(
            surface, triangle, a, b, c, nx, ny, nz, strength * dh_du, strength * dh_dv
        )
    return _reflect(
        red, green, blue, bx, by, bz, nx, ny, nz, vx, vy, vz, lit, occlusion,
        roughness, materials.specular, False, lighting,
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
def _unit3(x: float, y: float, z: float) -> tuple[float, float, float]:
    scale = 1 / np.sqrt(x * x + y * y + z * z + 1e-20)
    return x * scale, y * scale, z * scale


@inlined
def _cloth_colour(
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
def _texel(texture: Floats, u: float, v: float) -> tuple[float, float, float, float, float, float]:
    """Return bilinear red, green, blue, nail, and the height's derivatives by u and v."""
    size = texture.shape[0]
    x = min(max(u * size - 0.5, 0.0), size - 1.001)
    y = min(max(v * size - 0.5, 0.0), size - 1.001)
    i, j = int(x), int(y)
    fx, fy = x - i, y - j
    wx, wy = 1 - fx, 1 - fy
    t = texture
    red, green, blue, nail = 0.0, 0.0, 0.0, 0.0
    for corner in range(4):
        column, row = i + (corner & 1), j + (corner >> 1)
        weight = (fx if corner & 1 else wx) * (fy if corner >> 1 else wy)
        red += weight * t[row, column, 0]
        green += weight * t[row, column, 1]
        blue += weight * t[row, column, 2]
        nail += weight * t[row, column, 4]
    top, bottom = t[j, i + 1, 3] - t[j, i, 3], t[j + 1, i + 1, 3] - t[j + 1, i, 3]
    left, right = t[j + 1, i, 3] - t[j, i, 3], t[j + 1, i + 1, 3] - t[j, i + 1, 3]
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
    return _unit3(
        nx + fu * (ny * vz - nz * vy) + fv * (uy * nz - uz * ny),
        ny + fu * (nz * vx - nx * vz) + fv * (uz * nx - ux * nz),
        nz + fu * (nx * vy - ny * vx) + fv * (ux * ny - uy * nx),
    )


@inlined
def _lit_share(shadow: Shadow, x: float, y: float, z: float) -> float:
    """Return the share (0-1) of 3 x 3 shadow map samples that the light reaches."""
    m = shadow.matrix
    column = m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3]
    row = m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3]
    depth = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3] - SHADOW_BIAS_M
    size = shadow.nearest_m.shape[0]
    i, j = int(np.floor(column + 0.5)), int(np.floor(row + 0.5))
    if i < 1 or j < 1 or i >= size - 1 or j >= size - 1:
        return 1.0
    n_lit = 0
    for dj in range(-1, 2):
        for di in range(-1, 2):
            if depth <= shadow.nearest_m[j + dj, i + di]:
                n_lit += 1
    return n_lit / 9


@inlined
def _specular(
    lx: float, ly: float, lz: float, vx: float, vy: float, vz: float,
    nx: float, ny: float, nz: float, roughness: float,
) -> float:  # fmt: skip
    """Return the GGX lobe of one light, times the cosine."""
    n_l = nx * lx + ny * ly + nz * lz
    if n_l <= 0:
        return 0.0
    alpha = roughness * roughness
    k = (alpha + 1) * (alpha + 1) / 8
    n_v = max(nx * vx + ny * vy + nz * vz, 1e-3)
    hx, hy, hz = _unit3(lx + vx, ly + vy, lz + vz)
    n_h = max(nx * hx + ny * hy + nz * hz, 0.0)
    h_v = min(max(vx * hx + vy * hy + vz * hz, 0.0), 1.0)
    peak = n_h * n_h * (alpha * alpha - 1) + 1
    distribution = alpha * alpha / (np.pi * peak * peak)
    masking = 1 / ((n_l * (1 - k) + k) * (n_v * (1 - k) + k))
    grazing = 1 - h_v
    grazing_squared = grazing * grazing
    fresnel = REFLECTANCE + (1 - REFLECTANCE) * grazing_squared * grazing_squared * grazing
    return distribution * masking * fresnel * 0.25 * n_l


@inlined
def _ambient(sh: Doubles, k: int, x: float, y: float, z: float) -> float:
    value: float = sh[0, k] + sh[1, k] * y + sh[2, k] * z + sh[3, k] * x
    value += sh[4, k] * x * y + sh[5, k] * y * z + sh[6, k] * (3 * z * z - 1)
    value += sh[7, k] * x * z + sh[8, k] * (x * x - y * y)
    return value if value > 0 else 0.0


@inlined
def _reflect(
    red: float, green: float, blue: float,
    bx: float, by: float, bz: float,
    nx: float, ny: float, nz: float,
    vx: float, vy: float, vz: float,
    lit: float, occlusion: float, roughness: float, specular: float, cloth: bool,
    lighting: Lighting,
) -> tuple[float, float, float]:  # fmt: skip
    """Return the light towards the viewer; b is the bumped normal, n the smooth one, v the view."""
    kx, ky, kz = lighting.directions[0, 0], lighting.directions[0, 1], lighting.directions[0, 2]
    fx, fy, fz = lighting.directions[1, 0], lighting.directions[1, 1], lighting.directions[1, 2]
    key_bumped = bx * kx + by * ky + bz * kz
    key_smooth = nx * kx + ny * ky + nz * kz
    fill_bumped = bx * fx + by * fy + bz * fz
    key_lobe = _specular(kx, ky, kz, vx, vy, vz, bx, by, bz, roughness)
    fill_lobe = _specular(fx, fy, fz, vx, vy, vz, bx, by, bz, roughness)
    n_v = min(max(bx * vx + by * vy + bz * vz, 0.0), 1.0)
    grazing = (1 - n_v) * (1 - n_v)
    rim = REFLECTANCE + 0.3 * grazing * grazing * (1 - n_v) * (1 - roughness)
    rx, ry, rz = 2 * n_v * bx - vx, 2 * n_v * by - vy, 2 * n_v * bz - vz
    sh = lighting.ambient
    light_0 = light_1 = light_2 = 0.0
    for k in range(3):
        albedo = red if k == 0 else (green if k == 1 else blue)
        wrap, glow, sky = CLOTH_WRAP, 0.0, occlusion
        if not cloth:
            wrap = DIFFUSE_WRAP[k] * lighting.subsurface
            glow = SHADOW_GLOW[k] * lighting.subsurface
            if k == 0:
                sky = np.sqrt(occlusion * np.sqrt(occlusion))  # light between fingers turns red
        facing = max((key_bumped * (1 - wrap) + key_smooth * wrap + wrap) / (1 + wrap), 0.0)
        from_key = (0.4 * sky + 0.6) * facing * (lit * (1 - glow) + glow)
        from_fill = sky * max((fill_bumped + wrap) / (1 + wrap), 0.0)
        diffuse = sky * _ambient(sh, k, bx, by, bz)
        diffuse += lighting.colours[0, k] * from_key + lighting.colours[1, k] * from_fill
        mirror = lighting.colours[0, k] * key_lobe * lit + lighting.colours[1, k] * fill_lobe
        around = max(sh[0, k] + sh[1, k] * ry + sh[2, k] * rz + sh[3, k] * rx, 0.0)
        light = albedo * diffuse + specular * (mirror + occlusion * rim * around)
        if k == 0:
            light_0 = light
        elif k == 1:
            light_1 = light
        else:
            light_2 = light
    return light_0, light_1, light_2

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How skin and cloth reflect two lights, one of which casts shadows, and ambient light.

Specular reflection is GGX with the approximations of Karis, "Real shading in Unreal Engine 4",
SIGGRAPH 2013; skin softens its diffuse reflection by wrapping it, most in red, which stands in for
scattering below the skin.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.synthesis.compiled import inlined

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

DIFFUSE_WRAP = (0.42, 0.20, 0.12)
SHADOW_GLOW = (0.18, 0.04, 0.02)
"""Light that seeps into the shadow through the skin, red to blue."""
CLOTH_WRAP = 0.05
REFLECTANCE = 0.028
SHADOW_BIAS_M = 0.004


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


@inlined
def unit3(x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return a vector scaled to length 1."""
    scale = 1 / np.sqrt(x * x + y * y + z * z + 1e-20)
    return x * scale, y * scale, z * scale


@inlined
def lit_share(shadow: Shadow, x: float, y: float, z: float) -> float:
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
    hx, hy, hz = unit3(lx + vx, ly + vy, lz + vz)
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
def reflect(
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

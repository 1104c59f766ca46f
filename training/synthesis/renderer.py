# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Meshes, materials, lights and a camera to linear light, coverage and an object map."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.synthesis.camera import Camera
from training.synthesis.rasteriser import rasterise, rasterise_shadow
from training.synthesis.reflection import Lighting, Shadow
from training.synthesis.shading import (
    NO_SKIN,
    Materials,
    Samples,
    Surface,
    owner_of_pixels,
    shade_image,
)
from training.synthesis.skin import Skin
from training.synthesis.vectors import unit

Doubles = NDArray[np.float64]

NEAR_M = 0.02
"""Triangles with a corner nearer to the camera than this are not drawn."""
SHADOW_MAP_PX = 320
NO_CUT = -1e9


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What a mesh is made of; linear colours. Cloth unless it says otherwise."""

    colour: Doubles
    stripe_colour: Doubles
    stripes: float = 0.0
    roughness: float = 0.9
    specular: float = 0.2
    skin: Skin | None = None
    """Whose texture the hand takes; `colour` is then the forearm's."""

    @staticmethod
    def of_skin(skin: Skin) -> "Material":
        """Return the material of one person's arm."""
        colour = skin.arm_colour
        return Material(colour, colour, 0.0, skin.roughness, skin.specular, skin)


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """One thing to draw; V vertices in metres in the camera frame, T triangles.

    `owner` names in the object map what the thing is; `min_level` cuts it off along `level`.
    """

    vertices_m: Doubles
    normals: Doubles
    occlusion: Doubles
    mottle: Doubles
    """(V,) brightness of the material, about 1."""
    hand_weight: Doubles
    level: Doubles
    triangles: NDArray[np.int32]
    triangle_uv: NDArray[np.float32]
    material: Material
    owner: int
    front: int = 0
    """See `rasteriser.rasterise`: -1 for a closed mesh whose triangles turn anticlockwise seen from
    outside, 1 for its mirror image, 0 to draw both sides."""
    min_level: float = NO_CUT
    casts_shadow: bool = True

    def turned(self, turn: Doubles) -> "Mesh":
        """Apply an orthogonal (3, 3) matrix; a mirror suits meshes that are drawn on both sides."""
        return replace(self, vertices_m=self.vertices_m @ turn.T, normals=self.normals @ turn.T)

    def shifted(self, shift_m: Doubles) -> "Mesh":
        """Move by (3,) metres."""
        return replace(self, vertices_m=self.vertices_m + shift_m)


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """light (H, W, 3) float32, linear, premultiplied; coverage (H, W) 0-1; and what is where."""

    light: NDArray[np.float32]
    coverage: NDArray[np.float32]
    samples: Samples
    owner_of_triangle: NDArray[np.int32]

    def owners(self) -> NDArray[np.int32]:
        """Return the (H, W) largest owner among each pixel's samples, 0 where nothing is seen."""
        return owner_of_pixels(self.samples, self.owner_of_triangle)

    def surface_at(self, xy_px: Doubles) -> tuple[NDArray[np.int32], Doubles]:
        """Return owner and depth in metres of what is seen at (N, 2) pixels, clipped to the image.

        Where nothing is seen, the owner is 0 and the depth infinite.
        """
        n = self.samples.per_pixel
        last = np.array(self.samples.triangle.shape[::-1]) - 1
        columns, rows = np.clip(np.round((xy_px + 0.5) * n - 0.5), 0, last).astype(np.int64).T
        inverse_depth = self.samples.inverse_depth[rows, columns].astype(np.float64)
        owner = self.owner_of_triangle[self.samples.triangle[rows, columns]]
        with np.errstate(divide="ignore"):
            return np.where(inverse_depth > 0, owner, 0), 1 / inverse_depth


def render(
    meshes: Sequence[Mesh], lighting: Lighting, camera: Camera, samples_per_pixel: int
) -> Rendering:
    """Draw the meshes; every pixel has `samples_per_pixel` squared samples."""
    surface, materials = _surface(meshes), _materials(meshes)
    samples = _rasterise(meshes, surface, camera, samples_per_pixel)
    shadow = _shadow(meshes, surface, lighting)
    out = np.zeros((camera.height_px, camera.width_px, 4), np.float32)
    shade_image(samples, surface, materials, lighting, shadow, out)
    owners = np.array([mesh.owner for mesh in meshes], np.int32)
    return Rendering(out[..., :3], out[..., 3], samples, owners[surface.material])


def _surface(meshes: Sequence[Mesh]) -> Surface:
    def joined(name: str) -> NDArray[np.float32]:
        return np.asarray(np.concatenate([getattr(mesh, name) for mesh in meshes]), np.float32)

    starts = np.cumsum([0, *(len(mesh.vertices_m) for mesh in meshes)])
    return Surface(
        vertices_m=joined("vertices_m"),
        normals=joined("normals"),
        occlusion=joined("occlusion"),
        mottle=joined("mottle"),
        hand_weight=joined("hand_weight"),
        level=joined("level"),
        triangles=np.concatenate(
            [mesh.triangles + start for mesh, start in zip(meshes, starts, strict=False)]
        ).astype(np.int32),
        triangle_uv=joined("triangle_uv"),
        material=np.repeat(
            np.arange(len(meshes), dtype=np.int32), [len(mesh.triangles) for mesh in meshes]
        ),
    )


def _materials(meshes: Sequence[Mesh]) -> Materials:
    materials = [mesh.material for mesh in meshes]
    skins = tuple(dict.fromkeys(item.skin for item in materials if item.skin is not None))
    rows = {skin: row for row, skin in enumerate(skins)}
    return Materials(
        skin=np.array(
            [NO_SKIN if item.skin is None else rows[item.skin] for item in materials], np.int32
        ),
        colour=np.array([item.colour for item in materials]),
        stripe_colour=np.array([item.stripe_colour for item in materials]),
        stripes=np.array([float(item.stripes) for item in materials]),
        roughness=np.array([float(item.roughness) for item in materials]),
        specular=np.array([float(item.specular) for item in materials]),
        textures=_textures(skins),
    )


@functools.lru_cache(maxsize=1)
def _textures(skins: tuple[Skin, ...]) -> NDArray[np.float32]:
    """Stack the textures; kept for the next frame, which shows the same people."""
    if not skins:
        return np.zeros((1, 2, 2, 5), np.float32)
    return np.stack([skin.texture for skin in skins])


def _rasterise(meshes: Sequence[Mesh], surface: Surface, camera: Camera, n: int) -> Samples:
    depth_m = surface.vertices_m[:, 2]
    in_front = depth_m > NEAR_M
    inverse_depth = np.where(in_front, 1 / np.maximum(depth_m, NEAR_M), -1).astype(np.float32)
    xy_px = surface.vertices_m[:, :2] * inverse_depth[:, None] * camera.focal_px
    xy_px = xy_px + np.array(camera.centre_px)
    screen = ((xy_px + 0.5) * n - 0.5).astype(np.float32)
    shape = (camera.height_px * n, camera.width_px * n)
    samples = Samples(
        triangle=np.zeros(shape, np.int32),  # zeros cost nothing where nothing is drawn
        barycentric=np.zeros((*shape, 2), np.float32),
        inverse_depth=np.zeros(shape, np.float32),
        per_pixel=n,
    )
    first = 0
    for mesh in meshes:
        rasterise(
            screen,
            inverse_depth,
            surface.triangles[first : first + len(mesh.triangles)],
            first,
            surface.level,
            mesh.min_level,
            mesh.front,
            samples.inverse_depth,
            samples.triangle,
            samples.barycentric,
        )
        first += len(mesh.triangles)
    return samples


def _shadow(meshes: Sequence[Mesh], surface: Surface, lighting: Lighting) -> Shadow:
    """Draw the depth map that the first light sees of everything within its reach."""
    towards_light = lighting.directions[0]
    across = unit(np.cross([0.01, 1.0, 0.02], towards_light))
    axes = np.stack([across, np.cross(towards_light, across), -towards_light])
    points = surface.vertices_m @ axes.T.astype(np.float32)
    of_hand = surface.hand_weight > 0.5
    framed = points[of_hand] if of_hand.any() else points
    low, high = framed.min(0), framed.max(0)
    margin = 0.05
    scale = (SHADOW_MAP_PX - 1) / (float((high - low)[:2].max()) + 2 * margin)
    matrix = np.zeros((3, 4))
    matrix[:, :3] = axes * np.array([scale, scale, 1])[:, None]
    matrix[:2, 3] = -scale * (low[:2] - margin)
    screen = (points[:, :2] * scale + matrix[:2, 3]).astype(np.float32)
    nearest_m = np.full((SHADOW_MAP_PX, SHADOW_MAP_PX), np.inf, np.float32)
    depth_m = np.ascontiguousarray(points[:, 2], np.float32)
    first = 0
    for mesh in meshes:
        last = first + len(mesh.triangles)
        if mesh.casts_shadow:
            rasterise_shadow(screen, depth_m, surface.triangles[first:last], nearest_m)
        first = last
    return Shadow(matrix, nearest_m)

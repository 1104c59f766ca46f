# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Exact labels of a scene: pixels, visibility, relative depth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_meshes import SLEEVE_OWNER_OFFSET
from training.synthesis.arm_model import ArmModel
from training.synthesis.camera import Camera
from training.synthesis.people import ArmInScene
from training.synthesis.posing import FINGER_RADIUS_M
from training.synthesis.rasteriser import rasterise_shadow
from training.synthesis.renderer import Rendering
from training.synthesis.scene import Scene

Floats = NDArray[np.float64]

OUTSIDE, HIDDEN, VISIBLE = 0, 1, 2
SHARE_CELLS = 48
"""Cells along the longer side of a hand's outline, of which the seen ones are counted."""
WRIST_DEPTH_M, KNUCKLE_DEPTH_M = 0.035, 0.030
JOINT_DEPTH_OF_RADIUS = (2.2, 1.7, 1.4)
"""PIP, DIP and tip (MCP, IP and tip of the thumb), relative to the finger's half thickness."""
MAX_DEPTH_M = np.array(
    [WRIST_DEPTH_M]
    + [
        depth_m
        for radius_m in FINGER_RADIUS_M
        for depth_m in (KNUCKLE_DEPTH_M, *(radius_m * factor for factor in JOINT_DEPTH_OF_RADIUS))
    ]
)
"""(21,) how deep below the skin that faces the camera a landmark may lie, at the neutral size.
A finger behind another one is deeper than that: two half thicknesses more."""


@dataclass(frozen=True, slots=True, eq=False)
class HandLabel:
    """One hand: (21, 2) pixels, (21,) visibility (0 outside the image, 1 hidden, 2 visible),
    (21,) depth relative to the wrist in pixels (smaller is nearer), box (x0, y0, x1, y1)."""

    xy_px: Floats
    visibility: NDArray[np.int64]
    z_px: Floats
    bounds_px: tuple[float, float, float, float]
    handedness: str
    gesture: str
    seen_share: float
    """Share of the hand's outline in which the hand is seen: neither hidden by something else nor
    outside the image."""

    @property
    def size_px(self) -> float:
        """Return the longer side of the box around the landmarks."""
        return float(np.ptp(self.xy_px, axis=0).max())

    @property
    def visible_share(self) -> float:
        """Return the share of landmarks that can be seen."""
        return float((self.visibility == VISIBLE).mean())


def label_hands(
    scene: Scene, rendering: Rendering, occluder: NDArray[np.bool_] | None, model: ArmModel
) -> tuple[HandLabel, ...]:
    """Label every arm of a rendered scene; `occluder` as in `photo.Photo`."""
    return tuple(
        _label(scene, item, owner, rendering, occluder, model)
        for owner, item in enumerate(scene.arms, start=1)
    )


def _label(
    scene: Scene,
    item: ArmInScene,
    owner: int,
    rendering: Rendering,
    occluder: NDArray[np.bool_] | None,
    model: ArmModel,
) -> HandLabel:
    camera = scene.camera
    landmarks_m = item.arm.landmarks_m
    xy_px = camera.project(landmarks_m)
    seen = _seen(landmarks_m, xy_px, item.arm.palm_scale, owner, rendering)
    seen &= ~_covered(xy_px, occluder)
    visibility = np.where(camera.contains(xy_px), np.where(seen, VISIBLE, HIDDEN), OUTSIDE)
    depth_m = landmarks_m[:, 2]
    vertices_px = camera.project(item.arm.vertices_m)
    skin_px = vertices_px[model.hand_weight > 0.5]
    last_px = np.array([camera.width_px, camera.height_px]) - 1.0
    low, high = np.clip(skin_px.min(0), 0, last_px), np.clip(skin_px.max(0), 0, last_px)
    return HandLabel(
        xy_px=xy_px,
        visibility=visibility,
        z_px=(depth_m - depth_m[0]) * camera.focal_px / depth_m[0],
        bounds_px=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        handedness="right" if item.is_right else "left",
        gesture=item.gesture,
        seen_share=_seen_share(vertices_px, owner, camera, rendering, occluder, model),
    )


def _covered(xy_px: Floats, occluder: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Return which (N, 2) points the occluder hides."""
    if occluder is None:
        return np.zeros(len(xy_px), np.bool_)
    columns, rows = np.round(np.clip(xy_px, 0, np.array(occluder.shape[::-1]) - 1)).T
    return np.asarray(occluder[rows.astype(int), columns.astype(int)])


def _seen_share(
    vertices_px: Floats,
    owner: int,
    camera: Camera,
    rendering: Rendering,
    occluder: NDArray[np.bool_] | None,
    model: ArmModel,
) -> float:
    """Draw the hand alone on a coarse grid, and look who is seen at its cells."""
    skin_px = vertices_px[model.hand_weight > 0.5]
    low_px = skin_px.min(0)
    step_px = float((skin_px.max(0) - low_px).max()) / SHARE_CELLS
    grid = np.full((SHARE_CELLS + 1, SHARE_CELLS + 1), np.inf, np.float32)
    screen = ((vertices_px - low_px) / step_px).astype(np.float32)
    rasterise_shadow(screen, np.zeros(len(screen), np.float32), model.hand_triangles, grid)
    rows, columns = np.nonzero(np.isfinite(grid))
    xy_px = low_px + step_px * np.stack([columns, rows], axis=1)
    owners, _ = rendering.surface_at(xy_px)
    seen = (owners == owner) | (owners == 0)  # 0: an edge between samples
    return float((seen & camera.contains(xy_px) & ~_covered(xy_px, occluder)).mean())


def _seen(
    landmarks_m: Floats, xy_px: Floats, scale: float, owner: int, rendering: Rendering
) -> NDArray[np.bool_]:
    """Return which landmarks (21,) lie just below the surface that the camera sees there.

    Where nothing is drawn at a landmark (a thin finger between samples), nothing hides it.
    """
    owners, depth_m = rendering.surface_at(xy_px)
    on_surface = landmarks_m[:, 2] - depth_m < MAX_DEPTH_M * scale
    own = owners == owner
    own[0] |= owners[0] == owner + SLEEVE_OWNER_OFFSET  # a cuff over the wrist
    return np.asarray((own & on_surface) | (owners == 0))

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Anatomy on the hand's texture atlas: palm and back, creases, wrinkles, redness, tendons, nails.

Everything is computed once, on the neutral hand; N is the number of texels that skin covers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_model import ArmModel
from training.synthesis.arm_shape import neutral_shape
from training.synthesis.kinematics import Rig, make_rig
from training.synthesis.noise import noise_at
from training.synthesis.posing import vertex_normals
from training.synthesis.rasteriser import rasterise
from training.synthesis.vectors import unit

Floats = NDArray[np.float32]

MIN_HAND_WEIGHT = 0.02
MM_PER_M = 1000.0
FINE_M, SPOT_M, MOTTLE_M, BLOTCH_M, BROAD_M = 0.003, 0.006, 0.015, 0.045, 0.110
"""Wavelengths of the noise that breaks up the skin."""
N_NOISE_FIELDS = 5
"""Independent fields a wavelength; a subject mixes them with weights of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class SkinRegions:
    """Fields over the N covered texels of an atlas of (size, size); all weights are 0-1."""

    fill: NDArray[np.int64]
    """(size, size) index of the nearest covered texel, which spreads values over the seams."""
    palmar: Floats
    distal: Floats
    """1 on hand and fingers, fading to 0 at the wrist."""
    back: Floats
    """The back of the hand without the fingers."""
    creases: Floats
    wrinkles: Floats
    redness: Floats
    tendons: Floats
    nails: Floats
    noise: Mapping[float, Floats]
    """(N_NOISE_FIELDS, N) per wavelength; mean 0, standard deviation about 1."""


class _Texels:
    """Position, normal and anatomical coordinates of the covered texels."""

    def __init__(self, model: ArmModel, size: int) -> None:
        shape = neutral_shape(model)
        self.rig: Rig = make_rig(model, shape)
        vertices_m = np.asarray(model.subdivision @ shape.cage_m)
        normals = vertex_normals(vertices_m, model.triangles)
        covered, corner_points, corner_normals, barycentric = _flatten(
            model, vertices_m, normals, size
        )
        self.fill = _nearest_covered(covered)
        self.points_m = np.einsum("nk,nkc->nc", barycentric, corner_points)
        self.normals = unit(np.einsum("nk,nkc->nc", barycentric, corner_normals))
        offset_m = self.points_m - self.rig.wrist_m
        self.radial_mm, self.distal_mm, self.dorsal_mm = (
            offset_m @ self.rig.hand_axes.T * MM_PER_M
        ).T
        self.nails = _nails(model, size)[covered]


def skin_regions(model: ArmModel, size: int) -> SkinRegions:
    """Lay out the anatomy on an atlas of `size` texels a side."""
    texels = _Texels(model, size)
    palmar = 1 / (1 + np.exp(6 * texels.normals @ texels.rig.hand_axes[2] + 0.2))
    knuckle_mm = (texels.rig.finger_joints_m[:, 0] - texels.rig.wrist_m) @ texels.rig.hand_axes.T
    knuckle_mm = knuckle_mm[:, :2] * MM_PER_M
    wrinkles, redness, creases = _joint_marks(texels, palmar)
    on_palm = palmar * (texels.distal_mm > -5) * (texels.distal_mm < knuckle_mm[2, 1] + 12)
    creases += on_palm * _palm_lines(texels, knuckle_mm) * (texels.dorsal_mm < 2)
    between = (texels.distal_mm > 0) & (texels.distal_mm < knuckle_mm[2, 1])
    fields = {
        "palmar": palmar,
        "distal": np.clip((texels.distal_mm - 2) / 22, 0, 1),
        "back": (1 - palmar) * between,
        "creases": np.clip(creases, 0, 1),
        "wrinkles": np.clip(wrinkles, 0, 1),
        "redness": np.clip(redness, 0, 1),
        "tendons": _tendons(texels, knuckle_mm) * (1 - palmar),
        "nails": texels.nails,
    }
    points_m = texels.points_m.astype(np.float32)
    noise = {
        wavelength_m: np.stack(
            [noise_at(points_m, wavelength_m, 97.0 * (k + 1)) for k in range(N_NOISE_FIELDS)]
        )
        for wavelength_m in (FINE_M, SPOT_M, MOTTLE_M, BLOTCH_M, BROAD_M)
    }
    arrays = {name: field.astype(np.float32) for name, field in fields.items()}
    return SkinRegions(fill=texels.fill, noise=noise, **arrays)


def _flatten(
    model: ArmModel, vertices_m: NDArray[np.float64], normals: NDArray[np.float64], size: int
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Rasterise the hand into its atlas.

    Returns the (size, size) cover, and per covered texel the (N, 3, 3) corner positions, the
    (N, 3, 3) corner normals and the (N, 3) barycentric weights.
    """
    of_hand = (model.hand_weight[model.triangles] > MIN_HAND_WEIGHT).all(1)
    of_hand &= ((model.triangle_uv > -0.02) & (model.triangle_uv < 1.02)).all((1, 2))
    corners = model.triangles[of_hand]
    screen = model.triangle_uv[of_hand].reshape(-1, 2) * size - 0.5
    ones = np.ones(len(screen), np.float32)
    nearest = np.zeros((size, size), np.float32)
    triangle_of_texel = np.full((size, size), -1, np.int32)
    weights = np.zeros((size, size, 2), np.float32)
    triangles = np.arange(len(screen), dtype=np.int32).reshape(-1, 3)
    screen = screen.astype(np.float32)
    rasterise(screen, ones, triangles, 0, ones, 0.0, 0, nearest, triangle_of_texel, weights)
    covered = triangle_of_texel >= 0
    picked = corners[triangle_of_texel[covered]]
    first_two = weights[covered].astype(np.float64)
    barycentric = np.concatenate([first_two, 1 - first_two.sum(1, keepdims=True)], axis=1)
    return covered, vertices_m[picked], normals[picked], barycentric


def _nearest_covered(covered: NDArray[np.bool_]) -> NDArray[np.int64]:
    _, labels = cv2.distanceTransformWithLabels(
        (~covered).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    index_of_label = np.zeros(int(labels.max()) + 1, np.int64)
    index_of_label[labels[covered]] = np.arange(np.count_nonzero(covered))
    return np.asarray(index_of_label[labels])


def _nails(model: ArmModel, size: int) -> NDArray[np.float32]:
    stored = model.asset.nail_mask.astype(np.float32) / 255
    mask = np.asarray(cv2.resize(stored, (size, size), interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.GaussianBlur(np.clip((mask - 0.3) * 2, 0, 1), (0, 0), 1.0), np.float32)


def _bump(distance: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-((distance / width) ** 2)))


def _joint_marks(
    texels: _Texels, palmar: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return wrinkles over the joints, redness at knuckles and tips, creases below the joints."""
    wrinkles, redness, creases = (np.zeros(len(palmar)) for _ in range(3))
    for finger in range(5):
        joints_m = texels.rig.finger_joints_m[finger]
        phalanges = unit(np.diff(joints_m, axis=0))
        for k in range(4):
            before, after = phalanges[max(k - 1, 0)], phalanges[min(k, 2)]
            direction = unit(before + after)
            offset_m = texels.points_m - joints_m[k]
            along_mm = offset_m @ direction * MM_PER_M
            distance_mm = np.linalg.norm(offset_m, axis=1) * MM_PER_M
            aside_mm = np.sqrt(np.maximum(distance_mm**2 - along_mm**2, 0))
            wobble_mm = 0.5 * np.sin(0.9 * texels.radial_mm + finger)
            wobble_mm += 0.4 * np.sin(1.1 * texels.dorsal_mm)
            near = np.clip((14 - aside_mm) / 3, 0, 1) * (aside_mm < 13) * (np.abs(along_mm) < 14)
            if finger > 0:
                under = palmar
            else:
                thumb_back = unit(np.cross(texels.rig.flexion_axes[0, 0], after))
                under = 1 / (1 + np.exp(6 * texels.normals @ thumb_back))
            if k in (1, 2):
                pattern = 0.5 + 0.5 * np.cos((along_mm + wobble_mm) * 2 * np.pi / 2.1)
                width_mm, strength = (6, 1.0) if k == 1 else (4, 0.6)
                wrinkles += strength * near * (1 - under) * _bump(along_mm, width_mm) * pattern
                redness += near * (1 - under) * _bump(along_mm, 6)
                for crease_mm in (-1.2, 1.4) if k == 1 else (0.0,):
                    shifted_mm = along_mm + 0.6 * wobble_mm - crease_mm
                    creases += near * under * _bump(shifted_mm, 0.55)
            elif k == 3:
                redness += 0.7 * _bump(distance_mm, 10)
            elif finger > 0:
                redness += 0.8 * (1 - palmar) * _bump(distance_mm, 14)
                for crease_mm in (17.0, 19.5):  # where the finger leaves the palm
                    shifted_mm = along_mm - crease_mm + 0.5 * np.sin(texels.radial_mm)
                    line = _bump(shifted_mm, 0.55) * (np.abs(along_mm - crease_mm) < 4)
                    creases += 0.8 * np.clip((13 - aside_mm) / 3, 0, 1) * palmar * line
    return wrinkles, redness, creases


def _palm_lines(texels: _Texels, knuckle_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw heart, head and life line as Bézier curves in the plane of the palm."""
    _, index, middle, ring, little = knuckle_mm
    lines = (
        ((little, (-6, -8)), (ring, (0, -16)), (middle, (0, -8)), (middle, (10, 6))),
        ((index, (10, -14)), (middle, (2, -22)), (little, (4, -34))),
        ((index, (11, -16)), (middle, (6, -30)), (middle, (0, -62)), (np.zeros(2), (6, 12))),
    )
    total = np.zeros(len(texels.radial_mm))
    for controls in lines:
        nearest_mm = np.full(len(total), np.inf)
        for point in _bezier(np.array([np.add(*control) for control in controls]), 80):
            distance_mm = np.hypot(texels.radial_mm - point[0], texels.distal_mm - point[1])
            nearest_mm = np.minimum(nearest_mm, distance_mm)
        total += _bump(nearest_mm, 0.75)
    return total


def _bezier(controls: NDArray[np.float64], n_points: int) -> NDArray[np.float64]:
    t = np.linspace(0, 1, n_points)[:, None]
    degree = len(controls) - 1
    terms = [
        math.comb(degree, k) * t**k * (1 - t) ** (degree - k) * control
        for k, control in enumerate(controls)
    ]
    return np.asarray(sum(terms))


def _tendons(texels: _Texels, knuckle_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ridges from the wrist to the four knuckles."""
    total = np.zeros(len(texels.radial_mm))
    for knuckle in knuckle_mm[1:]:
        start = np.array([0.35 * knuckle[0], 15.0])
        line = knuckle - start
        offset = np.stack([texels.radial_mm, texels.distal_mm], axis=1) - start
        along = np.clip(offset @ line / (line @ line), 0, 1)
        distance_mm = np.linalg.norm(offset - along[:, None] * line, axis=1)
        total += _bump(distance_mm, 2.2) * np.sin(np.pi * (0.9 * along + 0.1))
    return total

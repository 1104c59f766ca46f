# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Blur hands along the way they go while the shutter is open.

A moving hand is drawn once, in the middle of the exposure, and averaged over similar pictures of
itself along its path; the path is symmetric, so that labels of the middle stay in the middle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_meshes import SLEEVE_OWNER_OFFSET
from training.synthesis.renderer import Rendering

Floats = NDArray[np.float64]
Image = NDArray[np.float32]

MIN_PATH_PX = 1.0
"""A shorter path is not worth the time."""
MIN_SIZE_PX2 = 1e-9
MAX_COPIES = 15
PX_PER_COPY = 1.5


@dataclass(frozen=True, slots=True)
class Motion:
    """A similarity from where a hand is when the shutter opens to where it is when it closes.

    Pixels are complex numbers: what is at z (in the middle) moves by `rate` * z + `shift`.
    """

    rate: complex
    shift: complex
    path_px: float
    """How far the landmark that moves most goes."""

    @staticmethod
    def of_landmarks(start_px: Floats, end_px: Floats) -> "Motion":
        """Fit the motion of (N, 2) points by least squares."""
        moved = _complex(end_px - start_px)
        middle = _complex(start_px + end_px) / 2
        centre, shift = middle.mean(), moved.mean()
        spread = middle - centre
        size = max(float((np.abs(spread) ** 2).sum()), MIN_SIZE_PX2)
        rate = complex(spread.conj() @ (moved - shift)) / size
        return Motion(rate, complex(shift - rate * centre), float(np.abs(moved).max()))

    def matrix(self, fraction: float, origin_px: tuple[int, int]) -> Floats:
        """Return the (2, 3) affine of a part of the motion, in a window with that origin."""
        origin = complex(*origin_px)
        turn = 1 + fraction * self.rate
        shift = fraction * (self.rate * origin + self.shift)
        return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _complex(xy_px: Floats) -> NDArray[np.complex128]:
    return np.asarray(xy_px[..., 0] + 1j * xy_px[..., 1])


def blur_moving_arms(rendering: Rendering, motions: Mapping[int, Motion]) -> Rendering:
    """Return the rendering with each arm (owner in the object map) blurred by its motion."""
    moving = {owner: motion for owner, motion in motions.items() if motion.path_px > MIN_PATH_PX}
    if not moving or not rendering.coverage.any():
        return rendering
    owners = rendering.owners()
    light, coverage = rendering.light.copy(), rendering.coverage.copy()
    for owner, motion in moving.items():
        of_arm = (owners == owner) | (owners == owner + SLEEVE_OWNER_OFFSET)
        if not of_arm.any():
            continue
        left, top, width, height = _grown(of_arm, int(np.ceil(motion.path_px)))
        window = (slice(top, top + height), slice(left, left + width))
        sharp = np.dstack([rendering.light[window], rendering.coverage[window]])
        sharp *= of_arm[window][..., None]
        change = _averaged(sharp, motion, (left, top)) - sharp
        light[window] += change[..., :3]
        coverage[window] += change[..., 3]
    too_much = coverage > 1  # where layers overlap
    light[too_much] /= coverage[too_much][:, None]
    return replace(rendering, light=light, coverage=np.minimum(coverage, 1))


def _grown(mask: NDArray[np.bool_], margin_px: int) -> tuple[int, int, int, int]:
    """Return left, top, width and height of a mask's bounding box with a margin, in the image."""
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    left, top = max(0, x - margin_px), max(0, y - margin_px)
    right = min(mask.shape[1], x + width + margin_px)
    bottom = min(mask.shape[0], y + height + margin_px)
    return left, top, right - left, bottom - top


def _averaged(layer: Image, motion: Motion, origin_px: tuple[int, int]) -> Image:
    n_copies = min(MAX_COPIES, 2 * int(np.ceil(motion.path_px / (2 * PX_PER_COPY))) + 1)
    size = (layer.shape[1], layer.shape[0])
    total = np.zeros_like(layer)
    for fraction in (np.arange(n_copies) + 0.5) / n_copies - 0.5:
        matrix = motion.matrix(float(fraction), origin_px)
        # Replicated, so that an arm which the image's edge cuts off does not fade there.
        moved = cv2.warpAffine(layer, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        total += np.asarray(moved, np.float32)
    return np.asarray(total / n_copies, np.float32)

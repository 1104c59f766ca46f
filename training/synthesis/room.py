# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A room behind the demo's hands, out of focus: wall, window, bookshelf, a plant, a table."""

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthesis.background import blur

Image = NDArray[np.float32]
Colour = tuple[float, float, float]

WALL: tuple[Colour, Colour] = ((0.34, 0.36, 0.36), (0.20, 0.21, 0.22))
SKY: tuple[Colour, Colour] = ((0.62, 0.78, 0.95), (0.80, 0.82, 0.78))
WOOD: Colour = (0.20, 0.11, 0.055)
FRAME: Colour = (0.55, 0.54, 0.50)
TABLE: Colour = (0.24, 0.15, 0.09)
LEAF: Colour = (0.05, 0.16, 0.05)
POT: Colour = (0.40, 0.15, 0.08)
BLUR_SHARE = 0.006
"""Blur relative to the image's width."""


def draw_room(width_px: int, height_px: int) -> Image:
    """Return (H, W, 3) linear light; always the same room."""
    image = _vertical_gradient(width_px, height_px, WALL)
    size = np.array([width_px, height_px])

    def box(x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        corners = np.round(np.array([[x0, y0], [x1, y1]]) * size).astype(int)
        (left, top), (right, bottom) = corners.tolist()
        cv2.rectangle(image, (left, top), (right, bottom), colour, -1)

    _draw_window(image, size)
    box(0.64, 0.08, 0.98, 0.64, WOOD)
    rng = np.random.default_rng(11)
    for top in (0.11, 0.29, 0.47):
        box(0.655, top, 0.965, top + 0.15, (0.035, 0.025, 0.02))
        x = 0.66
        while x < 0.93:
            width, height = rng.uniform(0.012, 0.03), rng.uniform(0.09, 0.14)
            hue = rng.uniform(0.06, 0.5, 3) * rng.uniform(0.4, 1.0)
            box(x, top + 0.15 - height, x + width, top + 0.15, (hue[0], hue[1], hue[2]))
            x += width + rng.uniform(0.001, 0.012)
    box(0.0, 0.84, 1.0, 1.0, TABLE)
    box(0.475, 0.66, 0.545, 0.84, POT)
    for _ in range(26):
        centre = np.array([0.51, 0.54]) + rng.normal(0, (0.035, 0.07))
        x, y = map(int, centre * size)
        tone = rng.uniform(0.6, 1.8)
        leaf = (LEAF[0] * tone, LEAF[1] * tone, LEAF[2] * tone)
        axes = (int(0.010 * width_px), int(0.045 * width_px))
        cv2.ellipse(image, (x, y), axes, float(rng.uniform(-60, 60)), 0, 360, leaf, -1)
    image = blur(image, BLUR_SHARE * width_px)
    return _vignetted(image)


def _vertical_gradient(width_px: int, height_px: int, ends: tuple[Colour, Colour]) -> Image:
    ramp = np.linspace(0, 1, height_px)[:, None, None]
    first, last = np.array(ends)
    column = (first + ramp * (last - first)).astype(np.float32)
    return np.ascontiguousarray(np.broadcast_to(column, (height_px, width_px, 3)))


def _draw_window(image: Image, size: NDArray[np.int64]) -> None:
    left, top = (np.array([0.05, 0.07]) * size).astype(int)
    right, bottom = (np.array([0.40, 0.62]) * size).astype(int)
    image[top:bottom, left:right] = _vertical_gradient(right - left, bottom - top, SKY)
    thickness = max(2, int(0.012 * size[0]))
    corner, opposite = (int(left), int(top)), (int(right), int(bottom))
    cv2.rectangle(image, corner, opposite, FRAME, thickness)
    middle = (int(left) + int(right)) // 2
    cv2.line(image, (middle, int(top)), (middle, int(bottom)), FRAME, thickness)


def _vignetted(image: Image) -> Image:
    """Darken towards the corners, as lenses do."""
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    radius = np.hypot(x / width - 0.5, y / height - 0.5)
    return np.asarray(image * (1 - 0.5 * radius**2)[..., None], np.float32)

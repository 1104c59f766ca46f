# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is behind the hands: blurred clutter of gradients, shapes, lines and noise."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthesis.skin import MONK_TONES_SRGB, monk_tone

Image = NDArray[np.float32]
BackgroundSampler = Callable[[int, int, np.random.Generator], Image]
"""Width, height and randomness to (H, W, 3) linear light."""

PROBABILITY_OF_CLUTTER = 0.8
PROBABILITY_OF_SKIN_COLOUR = 0.12
"""Faces, legs and other hands: colour alone must not mean hand."""
SHARPEST_SIGMA, SOFTEST_SIGMA = 0.6, 9.0
"""Blur in pixels of an image 256 pixels wide."""


def sample_background(width_px: int, height_px: int, rng: np.random.Generator) -> Image:
    """Return (H, W, 3) linear light in 0-3."""
    image = _gradient(width_px, height_px, rng)
    if rng.random() < PROBABILITY_OF_CLUTTER:
        for _ in range(int(rng.integers(3, 40))):
            _draw_shape(image, rng)
    for n_cells in (4, 16, 64):
        if rng.random() < 0.6:
            _modulate(image, n_cells, rng)
    if rng.random() < 0.7:
        sigma = np.exp(rng.uniform(np.log(SHARPEST_SIGMA), np.log(SOFTEST_SIGMA)))
        image = blur(image, sigma * width_px / 256)
    return np.asarray(np.clip(image, 0, 3, out=image))


def blur(image: Image, sigma_px: float) -> Image:
    """Blur with a Gaussian; wide ones at reduced size, which is quicker and looks the same."""
    step = int(sigma_px / 1.5)
    if step < 2:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.float32)
    height, width = image.shape[:2]
    small_size = (max(2, width // step), max(2, height // step))
    small = cv2.resize(image, small_size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma_px / step)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _colour(rng: np.random.Generator) -> NDArray[np.float64]:
    if rng.random() < PROBABILITY_OF_SKIN_COLOUR:
        return np.asarray(monk_tone(int(rng.integers(len(MONK_TONES_SRGB)))) * rng.uniform(0.3, 1))
    return np.asarray(rng.uniform(0.02, 0.9) * np.clip(1 + rng.normal(0, 0.25, 3), 0.2, 2))


def _gradient(width_px: int, height_px: int, rng: np.random.Generator) -> Image:
    angle = rng.uniform(0, 2 * np.pi)
    steps = np.linspace(0, 1, 32)
    ramp = np.cos(angle) * steps[None, :, None] + np.sin(angle) * steps[:, None, None]
    first, second = _colour(rng), _colour(rng)
    small = np.maximum(first + ramp * (second - first), 0).astype(np.float32)
    return np.asarray(cv2.resize(small, (width_px, height_px), interpolation=cv2.INTER_LINEAR))


def _draw_shape(image: Image, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    size = np.array([width, height])
    colour = tuple(map(float, _colour(rng)))
    centre = rng.uniform(-0.2, 1.2, 2) * size
    extent = float(np.exp(rng.normal(-1.7, 0.7)) * width)
    thickness = -1 if rng.random() < 0.75 else int(rng.integers(1, 6))
    kind = rng.integers(4)
    if kind == 0:
        tilt = float(rng.uniform(0, 90)) if rng.random() < 1 / 3 else 0.0
        box = (tuple(map(float, centre)), (extent, extent * rng.uniform(0.2, 4)), tilt)
        corners = cv2.boxPoints(box).astype(np.int32)
        if thickness < 0:
            cv2.fillPoly(image, [corners], colour)
        else:
            cv2.polylines(image, [corners], True, colour, thickness)
    elif kind == 1:
        axes = (int(extent / 2) + 1, int(extent * rng.uniform(0.2, 0.8)) + 1)
        x, y = map(int, centre)
        cv2.ellipse(image, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, colour, thickness)
    elif kind == 2:
        x, y = map(int, centre)
        end_x, end_y = map(int, rng.uniform(-0.2, 1.2, 2) * size)
        width_px = int(rng.integers(1, max(2, int(0.12 * extent) + 2)))
        cv2.line(image, (x, y), (end_x, end_y), colour, width_px)
    else:
        corners = centre + rng.normal(0, extent / 2, (int(rng.integers(3, 8)), 2))
        cv2.fillPoly(image, [corners.astype(np.int32)], colour)


def _modulate(image: Image, n_cells: int, rng: np.random.Generator) -> None:
    """Multiply by smooth noise, grey or coloured, with cells 1 / n_cells of the image wide."""
    height, width = image.shape[:2]
    channels = 1 if rng.random() < 0.6 else 3
    cells = rng.standard_normal((n_cells, n_cells, channels), dtype=np.float32)
    factor = np.exp(np.float32(0.25 * rng.random()) * cells)
    factor = cv2.resize(factor, (width, height), interpolation=cv2.INTER_LINEAR)
    image *= factor.reshape(height, width, channels)

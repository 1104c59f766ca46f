# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What looks like a hand to a network and is none: leaves of plants, fanned out or in a bush."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.types import RgbImage

Floats = NDArray[np.float64]

_FAN_SHARE = 0.5
"""Of the plants, those whose leaves start from one stem, as fingers do; the others are bushes."""

_STEM_SHARE = 0.7
_GREEN_SHARE = 0.8
_GREEN_HUES, _HUES = (25, 90), (0, 180)
"""OpenCV's, 0-180."""

_SUBPIXEL_BITS = 4
_STEPS = np.linspace(0.0, 1.0, 12)
"""Along a leaf, at which its outline has a point on either side."""


def draw_plant(crop: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Return the crop, (S, S, 3) uint8, with a plant before its middle, sharp or out of focus."""
    size_px = crop.shape[0]
    plant, cover = np.zeros(crop.shape, np.float32), np.zeros(crop.shape, np.float32)
    colour = _colour(rng)
    leaves, foot = _leaves(rng)
    if rng.random() < _STEM_SHARE:
        end = foot + np.array([0.0, 0.5])
        _fill(plant, cover, _leaf(foot, end, 0.0, rng.uniform(0.01, 0.05)), colour)
    for leaf in leaves:
        _fill(plant, cover, leaf, colour * np.exp(rng.normal(0.0, 0.35)))
    sigma_px = size_px * float(np.exp(rng.uniform(np.log(0.002), np.log(0.03))))
    layer, opacity = (cv2.GaussianBlur(image, (0, 0), sigma_px) for image in (plant, cover))
    return np.clip(layer + (1.0 - opacity) * crop, 0, 255).astype(np.uint8)


def _leaves(rng: np.random.Generator) -> tuple[list[Floats], Floats]:
    """Return the outlines of the leaves, (24, 2) each, and where the stem starts, (2,).

    Shares of the crop's side.
    """
    middle = 0.5 + rng.normal(0.0, 0.05, 2)
    if rng.random() < _FAN_SHARE:
        n_leaves = int(rng.integers(3, 13))
        middle += (0.0, 0.2)
        starts = middle + rng.normal(0.0, 0.02, (n_leaves, 2))
        spread = rng.uniform(0.3, 1.6)
        angles = np.linspace(-spread, spread, n_leaves) + rng.normal(0.0, 0.15, n_leaves)
        lengths = rng.uniform(0.3, 0.6) * rng.uniform(0.6, 1.1, n_leaves)
    else:
        n_leaves = int(rng.integers(8, 31))
        starts = middle + rng.normal(0.0, 1.0, (n_leaves, 2)) * rng.uniform(0.08, 0.2, 2)
        angles = rng.uniform(-1.0, 1.0, n_leaves) * rng.uniform(0.5, 1.6)
        lengths = rng.uniform(0.15, 0.4) * rng.uniform(0.7, 1.1, n_leaves)
    width = rng.uniform(0.08, 0.35)
    bends = rng.normal(0.0, 0.15, n_leaves)
    leaves = []
    for start, angle, length, bend in zip(starts, angles, lengths, bends, strict=True):
        end = start + length * np.array([np.sin(angle), -np.cos(angle)])
        leaves.append(_leaf(start, end, bend * length, width * length / 2))
    return leaves, middle


def _leaf(start: Floats, end: Floats, bend: float, half_width: float) -> Floats:
    """Return the outline, (24, 2), of a leaf that is pointed at both ends."""
    along = end - start
    across = np.array([-along[1], along[0]]) / np.linalg.norm(along)
    arc = np.sin(np.pi * _STEPS)[:, None]
    axis = start + _STEPS[:, None] * along + bend * arc * across
    return np.concatenate(
        [axis + half_width * arc * across, (axis - half_width * arc * across)[::-1]]
    )


def _colour(rng: np.random.Generator) -> Floats:
    """Return (3,) RGB in 0-255: mostly green."""
    hues = _GREEN_HUES if rng.random() < _GREEN_SHARE else _HUES
    hsv = np.array(
        [[[rng.integers(*hues), rng.integers(40, 230), rng.integers(30, 220)]]], np.uint8
    )
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0], np.float64)


def _fill(
    plant: NDArray[np.float32], cover: NDArray[np.float32], outline: Floats, colour: Floats
) -> None:
    points = np.rint(outline * plant.shape[0] * 2**_SUBPIXEL_BITS).astype(np.int32)
    red, green, blue = np.clip(colour, 0, 255).tolist()
    cv2.fillPoly(plant, [points], (red, green, blue), shift=_SUBPIXEL_BITS)
    cv2.fillPoly(cover, [points], (1.0, 1.0, 1.0), shift=_SUBPIXEL_BITS)

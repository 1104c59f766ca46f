# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Random views of a labelled hand: where the crop is cut, and how its pixels are changed.

The geometric part only draws boxes; cutting them is the runtime's own `cut_crops`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.types import RgbImage, RotatedBoxes


@dataclass(frozen=True)
class ViewRange:
    """How far random crops stray from the runtime's own; probabilities and standard deviations.

    upright: share of crops that are not turned to the hand, as in evaluation. free_rotation: share
    turned anyhow. far: share cut far too large, as when a hand is sought in a whole image, up to
    `far_scale` times the usual side. stray: share cut beside the hand, `stray_shift` sides off, as
    when it moved unexpectedly. scale_log, shift: of the usual crops; shift in sides.
    """

    upright: float = 0.5
    free_rotation: float = 0.15
    rotation_rad: float = 0.3
    far: float = 0.15
    far_scale: float = 2.6
    stray: float = 0.0
    stray_shift: float = 0.2
    scale_log: float = 0.13
    shift: float = 0.05


def random_box(
    xy_px: NDArray[np.float64], views: ViewRange, rng: np.random.Generator
) -> RotatedBoxes:
    """Draw one region around a hand, xy_px (21, 2), image px."""
    kind = rng.random()
    box = boxes_from_landmarks(xy_px[None], rotated=kind >= views.upright)
    return moved(box, views, rng, turned_anyhow=kind > 1.0 - views.free_rotation)


def moved(
    box: RotatedBoxes, views: ViewRange, rng: np.random.Generator, *, turned_anyhow: bool = False
) -> RotatedBoxes:
    """Return the box at another place, of another size and turned, as far as views allow."""
    turn_rad = rng.uniform(-np.pi, np.pi) if turned_anyhow else rng.normal(0.0, views.rotation_rad)
    if rng.random() < views.far:
        scale = np.exp(rng.uniform(0.0, np.log(views.far_scale)))
        shift = rng.uniform(-0.5, 0.5, 2) * (scale - 1.0) / scale
    else:
        scale = np.exp(rng.normal(0.0, views.scale_log))
        strays = views.stray > 0 and rng.random() < views.stray
        shift = rng.normal(0.0, views.stray_shift if strays else views.shift, 2)
    side_px = box.side_px * scale
    return RotatedBoxes(box.centre_px + shift * side_px, side_px, box.angle_rad + turn_rad)


def change_pixels(crop: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Return the crop under other light, colour, focus, noise and occlusion; same shape."""
    result = change_light(crop, rng)
    if rng.random() < 0.2:
        _cover(result, rng)
    return result


def change_light(image: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Return the image under other light, colour, focus and noise; same shape."""
    changed = cv2.LUT(image, _tone_curves(rng))
    if rng.random() < 0.06:
        changed = cv2.cvtColor(cv2.cvtColor(changed, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.12:
        changed = cv2.GaussianBlur(changed, (0, 0), float(rng.uniform(0.4, 1.6)))
    if rng.random() < 0.2:
        noise = rng.normal(0.0, rng.uniform(3, 14), changed.shape)
        changed = np.clip(changed + noise, 0, 255)
    return np.asarray(changed).astype(np.uint8)


def in_motion(image: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Return the image as of a camera or a hand that moves while the shutter is open."""
    way_px = image.shape[0] * rng.uniform(0.02, 0.2)
    angle_rad = rng.uniform(0.0, np.pi)
    half_px = way_px / 2 * np.array([np.cos(angle_rad), np.sin(angle_rad)])
    middle = int(np.ceil(way_px / 2)) + 1
    line = np.zeros((2 * middle + 1, 2 * middle + 1), np.float32)
    ends = [tuple(np.rint(middle + sign * half_px).astype(int).tolist()) for sign in (-1, 1)]
    cv2.line(line, ends[0], ends[1], 1.0, lineType=cv2.LINE_AA)
    return np.asarray(cv2.filter2D(image, -1, line / line.sum()), np.uint8)


def _tone_curves(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Gamma for all channels, gain for each: (256, 1, 3) look-up table."""
    level = np.linspace(0.0, 1.0, 256)[:, None]
    gamma = np.exp(rng.normal(0.0, 0.25))
    gain = np.exp(rng.normal(0.0, 0.18) + rng.normal(0.0, 0.06, 3))
    offset = rng.normal(0.0, 0.04)
    curve = np.clip(level**gamma * gain + offset, 0.0, 1.0)
    return np.asarray(curve * 255.0, np.uint8)[:, None, :]


def _cover(crop: RgbImage, rng: np.random.Generator) -> None:
    """Hide a rectangle behind one colour (Random Erasing, Zhong et al., AAAI 2020)."""
    size = crop.shape[0]
    width, height = (rng.uniform(0.08, 0.3, 2) * size).astype(int)
    x, y = rng.integers(0, size - width), rng.integers(0, size - height)
    crop[y : y + height, x : x + width] = rng.integers(0, 256, 3)

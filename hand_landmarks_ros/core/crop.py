# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Square crops of an image, and the affine that leads back from them."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import invert
from .types import RgbImage, RotatedBoxes


def crop_from_image(boxes: RotatedBoxes, size_px: int) -> NDArray[np.float64]:
    """Return the affine that maps each box onto a crop of size_px x size_px, (N, 2, 3).

    Integers are pixel centres in both frames, so the box spans [-0.5, size_px - 0.5] in the crop.
    """
    scale = size_px / boxes.side_px
    cos, sin = scale * np.cos(boxes.angle_rad), scale * np.sin(boxes.angle_rad)
    linear = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], axis=-2)
    offset = (size_px - 1) / 2 - linear @ boxes.centre_px[..., None]
    return np.concatenate([linear, offset], axis=-1)


def cut_crops(
    image: RgbImage, boxes: RotatedBoxes, size_px: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Cut each box out of the image, black where the box leaves it.

    Returns crops (N, size_px, size_px, 3) uint8 and their crop_from_image (N, 2, 3). A box of
    twice the crop's side or more is sampled from the image halved as often as needed (area
    average), since bilinear sampling alone would alias; the halving is part of the one affine.
    """
    crops = np.empty((len(boxes), size_px, size_px, 3), np.uint8)
    affines = crop_from_image(boxes, size_px)
    levels = [_n_halvings(side_px / size_px, image) for side_px in boxes.side_px.tolist()]
    pyramid = [image]
    while len(pyramid) <= max(levels, default=0):
        pyramid.append(_halved(pyramid[-1]))
    sources = [pyramid[level] for level in levels]
    source_sizes = np.array([source.shape[1::-1] for source in sources], np.float64).reshape(-1, 2)
    source_from_image = source_sizes / image.shape[1::-1]
    sources_from_crop = source_from_image[..., None] * invert(affines)
    sources_from_crop[..., 2] += (source_from_image - 1) / 2
    for source, source_from_crop, crop in zip(sources, sources_from_crop, crops, strict=True):
        cv2.warpAffine(
            source,
            source_from_crop,
            (size_px, size_px),
            dst=crop,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
    return crops, affines


def _n_halvings(shrink: float, image: RgbImage) -> int:
    """Return how often to halve the image so that less than a factor of two remains."""
    wanted = int(math.log2(max(shrink, 1.0)))
    return min(wanted, int(math.log2(min(image.shape[:2]))))


def _halved(image: RgbImage) -> RgbImage:
    height, width = image.shape[:2]
    smaller = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8)

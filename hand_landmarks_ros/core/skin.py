# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The colour of a hand, which tells the hands of two people apart, or a glove from a bare hand."""

from __future__ import annotations

import cv2
import numpy as np

from .topology import BONES
from .types import Array, RgbImage

_LIGHTNESS_WEIGHT = 0.5
"""Shading changes a hand's lightness, as it turns, more than its hue."""

_STARTS, _ENDS = np.array(BONES).T


def skin_colours(image: RgbImage, xy_px: Array, score: Array) -> Array:
    """Return the colour of each of N hands, (N, 3): lightness, a and b of CIELAB.

    xy_px: (N, 21, 2). score: (N, 21), how sure each landmark is. The colour is the median over the
    surer half of the landmarks and the middles of the bones; those outside the image come last.
    """
    if not len(xy_px):
        return np.zeros((0, 3))
    points_px = np.concatenate([xy_px, (xy_px[:, _STARTS] + xy_px[:, _ENDS]) / 2], axis=1)
    sureness = np.concatenate([score, np.minimum(score[:, _STARTS], score[:, _ENDS])], axis=1)
    last_px = np.array(image.shape[1::-1]) - 1
    is_inside = ((points_px >= 0) & (points_px <= last_px)).all(axis=-1)
    columns, rows = np.moveaxis(
        np.rint(np.clip(np.nan_to_num(points_px), 0, last_px)).astype(np.intp), -1, 0
    )
    pixels = image[rows, columns].astype(np.float32) / 255.0
    lab = cv2.cvtColor(pixels.reshape(-1, 1, 3), cv2.COLOR_RGB2LAB).reshape(pixels.shape)
    order = np.argsort(np.where(is_inside, -sureness, np.inf), axis=1)
    surest = order[:, : order.shape[1] // 2, None]
    colours = np.median(np.take_along_axis(lab, surest, axis=1), axis=1)
    return np.asarray(colours * (_LIGHTNESS_WEIGHT, 1.0, 1.0))

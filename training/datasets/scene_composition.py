# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scenes for a detector: one frame put together from several pictures, near and far.

Each window of the frame shows one picture through the runtime's own `cut_crops`; where a picture
ends before its window does, a picture without hands or a plain colour shows behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.crop import cut_crops
from hand_landmarks_ros.core.geometry import apply
from hand_landmarks_ros.core.types import RgbImage, RotatedBoxes

from .records import ImageRecord, LabelledHand
from .scene_labels import Scene, SceneLabels, bounds_of, corners_of, hull, overlap

Window = tuple[int, int, int, int]
"""x0, y0, x1, y1, px of the frame; x1 and y1 are the first column and row beyond."""

Draw = Callable[[np.random.Generator], ImageRecord]
"""Draws one picture."""

_IDENTITY = np.eye(2, 3)


@dataclass(frozen=True)
class SceneOptions:
    """What scenes look like; shares are probabilities.

    empty_window: windows without a hand. n_windows: share of scenes of 1, 2, 3 and 4 windows.
    letterboxed: scenes whose frame has black bars, as images that are not square get at run time.
    whole_picture: windows that show about a whole picture; in the others the longer side of a hand
    is drawn, with a uniform logarithm, between hand_size (shares of the frame's side and of the
    window's shorter side). enlarged: most enlargement of a picture. free_rotation: share turned
    anyhow, the others by rotation_rad (standard deviation). smallest_px: smaller hands are neither
    hands nor background.
    """

    empty_window: float = 0.2
    n_windows: tuple[float, float, float, float] = (0.5, 0.2, 0.1, 0.2)
    letterboxed: float = 0.6
    whole_picture: float = 0.45
    hand_size: tuple[float, float] = (0.035, 1.0)
    enlarged: float = 2.0
    free_rotation: float = 0.12
    rotation_rad: float = 0.25
    smallest_px: float = 10.0


def compose(
    size_px: int,
    draw_hands: Draw,
    draw_empty: Draw | None,
    options: SceneOptions,
    rng: np.random.Generator,
) -> Scene:
    """Put a frame of size_px x size_px together; draw_empty gives pictures without hands."""
    frame = np.zeros((size_px, size_px, 3), np.uint8)
    labels = SceneLabels(options.smallest_px)
    for window in _windows(size_px, options, rng):
        is_empty = rng.random() < options.empty_window
        record = draw_empty(rng) if draw_empty and is_empty else draw_hands(rng)
        box = _view(record, window, size_px, options, rng)
        picture, affines = cut_crops(record.read_image(), box, size_px)
        x0, y0, x1, y1 = window
        frame[y0:y1, x0:x1] = picture[0, y0:y1, x0:x1]
        last_px = np.array([0.0, 0.0, record.width_px - 1, record.height_px - 1])
        extent_px = apply(affines[0], corners_of(last_px))
        _fill_around(frame, extent_px, window, draw_empty, rng)
        visible_px = overlap(np.array([x0, y0, x1 - 1.0, y1 - 1.0]), hull(extent_px))
        labels.add(record, affines[0], visible_px)
    scene = labels.scene(frame)
    return scene.mirrored() if rng.random() < 0.5 else scene


def _windows(size_px: int, options: SceneOptions, rng: np.random.Generator) -> Sequence[Window]:
    """Divide the frame, or what black bars leave of it, into one to four windows x0, y0, x1, y1."""
    bar_x, bar_y = 0, 0
    if rng.random() < options.letterboxed:
        bar = int(size_px * rng.choice([0.125, 0.21875, rng.uniform(0, 0.25)], p=[0.5, 0.3, 0.2]))
        bar_x, bar_y = (0, bar) if rng.random() < 0.85 else (bar, 0)
    left, top, right, bottom = bar_x, bar_y, size_px - bar_x, size_px - bar_y
    n_windows = 1 + int(rng.choice(4, p=options.n_windows))
    x, y = (
        int(low + (high - low) * rng.uniform(0.3, 0.7))
        for low, high in ((left, right), (top, bottom))
    )
    if n_windows == 1:
        return [(left, top, right, bottom)]
    if n_windows == 2 and rng.random() < 0.5:
        return [(left, top, right, y), (left, y, right, bottom)]
    if n_windows == 2:
        return [(left, top, x, bottom), (x, top, right, bottom)]
    upper = [(left, top, x, y), (x, top, right, y)]
    if n_windows == 3:
        return [*upper, (left, y, right, bottom)]
    return [*upper, (left, y, x, bottom), (x, y, right, bottom)]


def _view(
    record: ImageRecord,
    window: Window,
    size_px: int,
    options: SceneOptions,
    rng: np.random.Generator,
) -> RotatedBoxes:
    """Choose what part of the picture the whole frame would show, so that the window fits it."""
    angle_rad = _turn(record, options, rng)
    hands = [hand for hand in record.hands if hand.must_be_found]
    if not hands or rng.random() < options.whole_picture:
        scale, anchor_px, place_px = _whole_picture(record, window, rng)
    else:
        hand = hands[rng.integers(len(hands))]
        smallest_px = options.hand_size[0] * size_px
        scale, anchor_px, place_px = _near_or_far(hand, window, smallest_px, options, rng)
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    offset_px = np.array([[cos, -sin], [sin, cos]]) @ (place_px - (size_px - 1) / 2) / scale
    centre_px = anchor_px - offset_px
    return RotatedBoxes(centre_px[None], np.array([size_px / scale]), np.array([angle_rad]))


_Placing = tuple[float, NDArray[np.float64], NDArray[np.float64]]
"""Frame px per picture px, and a point of the picture with its place in the frame, px."""


def _whole_picture(record: ImageRecord, window: Window, rng: np.random.Generator) -> _Placing:
    """Show about the whole picture; one without hands is often small, as those of hands are."""
    low, high = np.array(window[:2], float), np.array(window[2:], float)
    picture_px = np.array([record.width_px, record.height_px], float)
    scale = ((high - low) / picture_px).min() * np.exp(rng.normal(0.1, 0.25))
    if not record.hands and rng.random() < 0.4:
        scale *= rng.uniform(0.1, 0.7)
    spread_px = np.abs(high - low - scale * picture_px) / 2
    place_px = (low + high - 1) / 2 + rng.uniform(-1, 1, 2) * spread_px
    return float(scale), (picture_px - 1) / 2, place_px


def _near_or_far(
    hand: LabelledHand,
    window: Window,
    smallest_px: float,
    options: SceneOptions,
    rng: np.random.Generator,
) -> _Placing:
    """Show a hand in a random size somewhere in the window, at most a little cut off."""
    low, high = np.array(window[:2], float), np.array(window[2:], float)
    bounds_px = bounds_of(hand, _IDENTITY)
    longer_px = float((bounds_px[2:] - bounds_px[:2]).max())
    largest_px = options.hand_size[1] * float((high - low).min())
    wanted_px = smallest_px * max(largest_px / smallest_px, 1.0) ** rng.random()
    scale = min(wanted_px / longer_px, options.enlarged)
    margin_px = np.minimum(0.4 * longer_px * scale, 0.45 * (high - low))
    return (
        scale,
        (bounds_px[:2] + bounds_px[2:]) / 2,
        rng.uniform(low + margin_px, high - margin_px),
    )


def _turn(record: ImageRecord, options: SceneOptions, rng: np.random.Generator) -> float:
    """Draw an angle; a box that a person drew can only be turned with what is in it unknown."""
    if any(hand.xy_px is None for hand in record.hands):
        return 0.0
    if rng.random() < options.free_rotation:
        return float(rng.uniform(-np.pi, np.pi))
    return float(rng.normal(0.0, options.rotation_rad))


def _fill_around(
    frame: RgbImage,
    extent_px: NDArray[np.float64],
    window: Window,
    draw_empty: Draw | None,
    rng: np.random.Generator,
) -> None:
    """Fill what the picture, whose corners are extent_px (4, 2), leaves of its window."""
    x0, y0, x1, y1 = window
    shown = frame[y0:y1, x0:x1]
    inside = np.zeros(shown.shape[:2], np.uint8)
    cv2.fillConvexPoly(inside, np.rint(extent_px - (x0, y0)).astype(np.int32), 255)
    kind = rng.random()
    if inside.all() or kind < 0.2:
        return  # black, as at run time outside the image
    if kind < 0.35 or draw_empty is None:
        filling = np.broadcast_to(rng.integers(0, 256, 3, np.uint8), shown.shape)
    else:
        filling = _part_of(draw_empty(rng).read_image(), shown.shape[1], shown.shape[0], rng)
    if rng.random() < 0.5:
        # No hand may be known by the sharp edges of the picture it came in.
        softness_px = rng.uniform(1.0, 5.0)
        reach = 2 * int(np.ceil(softness_px)) + 1
        cv2.erode(inside, np.ones((reach, reach), np.uint8), dst=inside)
        cv2.GaussianBlur(inside, (0, 0), softness_px, dst=inside)
    alpha = (inside.astype(np.float32) / 255.0)[..., None]
    shown[:] = np.rint(filling + alpha * (shown.astype(np.float32) - filling))


def _part_of(
    picture: RgbImage, width_px: int, height_px: int, rng: np.random.Generator
) -> RgbImage:
    """Cut a random part of the given size out of a picture, nearly as large as it allows."""
    longer = max(width_px, height_px)
    whole_px, part_px = np.array(picture.shape[1::-1]), np.array([width_px, height_px])
    scale = (part_px / whole_px).max() * rng.uniform(1.0, 1.5)
    centre_px = (whole_px - 1 + rng.uniform(-1, 1, 2) * (whole_px - part_px / scale)) / 2
    box = RotatedBoxes(centre_px[None], np.array([longer / scale]), np.zeros(1))
    left, top = (longer - part_px) // 2
    square = cut_crops(picture, box, longer)[0][0]
    return np.asarray(square[top : top + height_px, left : left + width_px])

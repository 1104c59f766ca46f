# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The images that are timed: a stretch of the shipped clip with one hand in full view."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..core.errors import SourceError
from ..core.types import Hand, RgbImage
from ..ground_truth import read_ground_truth
from ..sources import SYNTHETIC_CLIP, VideoFile


@dataclass(frozen=True, eq=False)
class Frames:
    """Images (N, H, W, 3) uint8 RGB, the one true hand of each, and their rate.

    They are played forwards and backwards in turn, so that the hand never jumps.
    """

    images: NDArray[np.uint8]
    truth: tuple[Hand, ...]
    rate_hz: float

    @property
    def width_px(self) -> int:
        """Width of the images."""
        return self.images.shape[2]

    @property
    def height_px(self) -> int:
        """Height of the images."""
        return self.images.shape[1]

    @property
    def size(self) -> str:
        """Their size, for people."""
        return f"{self.width_px}x{self.height_px}"

    def played(self, n: int) -> tuple[RgbImage, float]:
        """Return the n-th image that is played and its stamp, s."""
        return self.images[there_and_back(n, len(self.images))], n / self.rate_hz

    def truth_of(self, n: int) -> Hand:
        """Return the true hand of the n-th image that is played."""
        return self.truth[there_and_back(n, len(self.images))]


def there_and_back(n: int, length: int) -> int:
    """Return the index at step n of a walk 0, 1 ... length - 1, length - 2 ... 0, 1 ..."""
    period = max(1, 2 * (length - 1))
    step = n % period
    return min(step, period - step)


def one_hand_frames(clip: Path = SYNTHETIC_CLIP) -> Frames:
    """Return the longest stretch of a clip in which one hand is in view, and all of it.

    The truth lies beside the clip, in a file of the same name with the suffix .jsonl.
    """
    truth = read_ground_truth(clip.with_suffix(".jsonl"))
    with closing(VideoFile(clip)) as video:
        images = [frame.image for frame in iter(video.read, None)]
        rate_hz = video.rate_hz
    if len(images) != len(truth):
        raise SourceError(
            f"{clip} has {len(images)} images but truth for {len(truth)}; expected one line each"
        )
    height, width = images[0].shape[:2]
    suits = [len(hands) == 1 and _is_inside(hands[0], width, height) for hands in truth]
    stretches = [
        list(group)
        for suits_too, group in groupby(range(len(truth)), suits.__getitem__)
        if suits_too
    ]
    if not stretches:
        raise SourceError(f"{clip} shows one whole hand, and no other, in none of its images")
    longest = max(stretches, key=len)
    return Frames(
        np.stack([images[n] for n in longest]), tuple(truth[n][0] for n in longest), rate_hz
    )


def enlarged(frames: Frames, width_px: int, height_px: int) -> Frames:
    """Return frames at least as large, the picture in the middle, its border drawn outwards."""
    scale = min(width_px / frames.width_px, height_px / frames.height_px)
    inner = (round(scale * frames.width_px), round(scale * frames.height_px))
    left, top = (width_px - inner[0]) // 2, (height_px - inner[1]) // 2
    right, bottom = width_px - inner[0] - left, height_px - inner[1] - top
    images = np.empty((len(frames.images), height_px, width_px, 3), np.uint8)
    for small, large in zip(frames.images, images, strict=True):
        resized = cv2.resize(small, inner, interpolation=cv2.INTER_LINEAR)
        large[:] = cv2.copyMakeBorder(resized, top, bottom, left, right, cv2.BORDER_REPLICATE)
    # Integers are pixel centres, so the picture's corner lies at -0.5.
    xy_scale = np.array(inner, np.float32) / (frames.width_px, frames.height_px)
    offset_px = np.array([left - 0.5, top - 0.5])
    truth = tuple(
        replace(hand, xy_px=((hand.xy_px + 0.5) * xy_scale + offset_px).astype(np.float32))
        for hand in frames.truth
    )
    return replace(frames, images=images, truth=truth)


def _is_inside(hand: Hand, width_px: int, height_px: int) -> bool:
    x0, y0, x1, y1 = hand.bounds_px
    return x0 >= 0 and y0 >= 0 and x1 <= width_px - 1 and y1 <= height_px - 1

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Photographs without hands as backgrounds."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.sources import read_image
from training.datasets.labels_jsonl import LABELS, read_set
from training.synthesis.background import blur, sample_background
from training.synthesis.skin import linear_from_srgb

Image = NDArray[np.float32]

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
PROBABILITY_OF_PHOTO = 0.75
"""The rest stays invented clutter, which is more various than any folder."""
PROBABILITY_OF_DEFOCUS = 0.4
SMALLEST_CROP = 0.4
"""Relative to the largest crop of the wanted shape."""
LINEAR_OF_BYTE = linear_from_srgb(np.arange(256) / 255).astype(np.float32)


class PhotoBackgrounds:
    """Cuts backgrounds out of the photographs in a folder.

    A folder with labels.jsonl gives those of its images of one split that show no hand and are
    complete; any other folder gives every image in it or below.
    """

    def __init__(self, folder: Path, split: str) -> None:
        self.paths = _photographs(folder, split)
        if not self.paths:
            raise SourceError(
                f"no background in {folder}: expected images without hands "
                f"({', '.join(sorted(SUFFIXES))}), or labels.jsonl with some in split {split!r}"
            )

    def __call__(self, width_px: int, height_px: int, rng: np.random.Generator) -> Image:
        """Return (H, W, 3) linear light, 0-1."""
        if rng.random() >= PROBABILITY_OF_PHOTO:
            return sample_background(width_px, height_px, rng)
        photo = read_image(self.paths[int(rng.integers(len(self.paths)))])
        height, width = photo.shape[:2]
        scale = min(width / width_px, height / height_px) * rng.uniform(SMALLEST_CROP, 1)
        crop_width, crop_height = max(1, int(scale * width_px)), max(1, int(scale * height_px))
        x = int(rng.integers(width - crop_width + 1))
        y = int(rng.integers(height - crop_height + 1))
        crop = photo[y : y + crop_height, x : x + crop_width]
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        interpolation = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
        resized = cv2.resize(crop, (width_px, height_px), interpolation=interpolation)
        light = LINEAR_OF_BYTE[np.asarray(resized, np.uint8)]
        if rng.random() < PROBABILITY_OF_DEFOCUS:
            light = blur(light, float(rng.uniform(0.5, 4)) * width_px / 256)
        return np.asarray(light * np.float32(rng.uniform(0.7, 1.3)))


def _photographs(folder: Path, split: str) -> list[Path]:
    if (folder / LABELS).is_file():
        records = read_set(folder, split)
        return [record.path for record in records if record.is_complete and not record.hands]
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A small labels.jsonl set of drawn hands, for tests of the training side."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from tiny_model import draw_hand_image, hand_xy_px

DISK_RADIUS_PX = 5.0


def write_set(folder: Path, n_images: int = 6, split: str = "train") -> list[np.ndarray]:
    """Write images with one drawn hand each and return their landmarks, (21, 2) image px."""
    (folder / "images").mkdir(parents=True)
    hands, lines = [], []
    for i in range(n_images):
        xy_px = hand_xy_px((150.0 + 5 * i, 118.3), 110.0 + 10 * i, angle_rad=0.3 * i - 0.6)
        image = draw_hand_image(xy_px, radius_px=DISK_RADIUS_PX, right_hand=i % 2 == 0)
        cv2.imwrite(str(folder / "images" / f"{i}.png"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        low, high = xy_px.min(axis=0) - DISK_RADIUS_PX, xy_px.max(axis=0) + DISK_RADIUS_PX
        hand = {
            "keypoints": [[x, y, 2] for x, y in xy_px.tolist()],
            "bbox": [*low.tolist(), *high.tolist()],
            "handedness": "right" if i % 2 == 0 else "left",
            "source": "gt",
        }
        line = {"file": f"{i}.png", "width": 320, "height": 240, "hands": [hand]}
        lines.append(json.dumps(line | {"subject": "drawn", "split": split, "complete": True}))
        hands.append(xy_px)
    (folder / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return hands

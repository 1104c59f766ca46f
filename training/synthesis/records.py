# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Lines of labels.jsonl.

The format is the repository's: pixels with integer = pixel centre (no half-pixel offset), v is 2
for a visible landmark, 1 for a hidden one, 0 for one outside the image, and handedness is the
person's own. Every hand in a picture is labelled (`complete`).

Beyond the common keys every image has `view` (third_person, egocentric, uniform, two_hands or
grasp), `skin_tone` of the first person, `seed`, `index` and `resamples`. Every hand has `gesture`,
`z` (21 depths relative to the wrist in pixels, smaller is nearer), `visibility` (share of the hand
that is seen), `skin_tone` (Monk scale, 0 lightest to 9) and `skin_type` (1 lightest to 6, see
`skin.Skin.ita_class`).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.datasets.labels_jsonl import LABELS
from training.synthesis.generator import SyntheticImage
from training.synthesis.labels import HandLabel
from training.synthesis.skin import Skin

Record = dict[str, Any]


def image_record(drawn: SyntheticImage, file: str, seed: int, index: int, split: str) -> Record:
    """Return the line of labels.jsonl for an image."""
    height, width = drawn.image.shape[:2]
    return {
        "file": file,
        "width": width,
        "height": height,
        "hands": [
            hand_record(hand) | _skin_record(item.subject.skin)
            for hand, item in zip(drawn.hands, drawn.scene.arms, strict=True)
        ],
        "complete": True,
        "subject": drawn.scene.subject.name,
        "split": split,
        "view": drawn.scene.view_group,
        "skin_tone": drawn.scene.subject.skin.tone,
        "seed": seed,
        "index": index,
        "resamples": len(drawn.rejected),
    }


def _skin_record(skin: Skin) -> Record:
    return {"skin_tone": skin.tone, "skin_type": skin.ita_class}


def hand_record(hand: HandLabel) -> Record:
    """Return a hand's entry in the line of its image."""
    points = zip(hand.xy_px.tolist(), hand.visibility.tolist(), strict=True)
    return {
        "keypoints": [[round(x, 3), round(y, 3), v] for (x, y), v in points],
        "bbox": [round(value, 2) for value in hand.bounds_px],
        "handedness": hand.handedness,
        "source": "synthetic",
        "gesture": hand.gesture,
        "z": [round(z, 3) for z in hand.z_px.tolist()],
        "visibility": round(hand.seen_share, 3),
    }


def read_records(folder: Path) -> Iterator[Record]:
    """Yield the records of a data set written here."""
    with (folder / LABELS).open() as lines:
        for line in lines:
            yield json.loads(line)

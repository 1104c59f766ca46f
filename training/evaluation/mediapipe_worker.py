# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs MediaPipe Hands on request: a script for MediaPipe's own virtual environment.

It imports nothing of this project, which is not installed there. Arguments: a folder, and Hands'
options as JSON. Standard input brings one JSON line a batch, {"images": file of (N, H, W, 3) uint8
RGB in the folder, "is_new": whether to forget the images before}; standard output answers with the
hands of each image: [[{"landmarks": [[x, y] * 21] in 0-1, "label": "Left" or "Right",
"score": 0-1}, ...], ...].
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    """Answer until standard input ends."""
    from mediapipe.python.solutions.hands import Hands

    folder, options = Path(sys.argv[1]), json.loads(sys.argv[2])
    with Hands(**options) as hands:
        print(json.dumps("ready"), flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            if request["is_new"]:
                hands.reset()
            images = np.load(folder / request["images"])
            print(json.dumps([found(hands, image) for image in images]), flush=True)


def found(hands: Any, image: Any) -> list[dict[str, Any]]:
    """Return the hands of one image."""
    result = hands.process(image)
    pairs = zip(result.multi_hand_landmarks or (), result.multi_handedness or (), strict=True)
    return [
        {
            "landmarks": [[point.x, point.y] for point in landmarks.landmark],
            "label": side.classification[0].label,
            "score": side.classification[0].score,
        }
        for landmarks, side in pairs
    ]


if __name__ == "__main__":
    main()

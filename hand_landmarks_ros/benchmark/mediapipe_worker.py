# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Times MediaPipe Hands on request: a script for MediaPipe's own virtual environment.

It imports nothing of this package, which is not installed there. Standard input brings one JSON
line a block, {"complexity": 0 or 1, "max_hands": N, "frames": [indices]}; standard output answers
each with {"durations_s": [...], "cpu_s": ..., "n_hands": [...], "landmarks": [[[x, y] * 21] or
null]}, of the first hand, normalised to 0-1.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

IMAGES = "images.npy"
"""File of the images."""


def main() -> None:
    """Answer until standard input ends. Argument: the folder of the images, (N, H, W, 3) RGB."""
    from mediapipe.python.solutions.hands import Hands

    images = np.load(Path(sys.argv[1]) / IMAGES)
    trackers = {}
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        complexity, max_hands = request["complexity"], request["max_hands"]
        if (complexity, max_hands) not in trackers:
            trackers[complexity, max_hands] = Hands(
                static_image_mode=False, max_num_hands=max_hands, model_complexity=complexity
            )
        answer = track(trackers[complexity, max_hands], images, request["frames"])
        print(json.dumps(answer), flush=True)


def track(tracker: Any, images: np.ndarray, frames: list[int]) -> dict[str, Any]:
    """Track hands through images by index; x and y of the first one's landmarks are 0-1."""
    durations_s, n_hands, landmarks = [], [], []
    cpu_start_s = time.process_time()
    for n in frames:
        start_s = time.perf_counter()
        found = tracker.process(images[n]).multi_hand_landmarks
        durations_s.append(time.perf_counter() - start_s)
        n_hands.append(len(found or ()))
        landmarks.append([[p.x, p.y] for p in found[0].landmark] if found else None)
    cpu_s = time.process_time() - cpu_start_s
    return {
        "durations_s": durations_s,
        "cpu_s": cpu_s,
        "n_hands": n_hands,
        "landmarks": landmarks,
    }


if __name__ == "__main__":
    main()

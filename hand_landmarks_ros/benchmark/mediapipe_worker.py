# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Times MediaPipe Hands on request: a script for MediaPipe's own virtual environment.

It imports nothing of this package, which is not installed there. Standard input brings one JSON
line a block, {"complexity": 0 or 1, "frames": [indices]}; standard output answers each with
{"durations_s": [...], "cpu_s": ..., "landmarks": [[[x, y] * 21] or null]}, normalised to 0-1.
"""

import json
import sys
import time
from typing import Any

import numpy as np


def main() -> None:
    """Answer until standard input ends. Argument: the images, (N, H, W, 3) uint8 RGB, as .npy."""
    from mediapipe.python.solutions.hands import Hands

    images = np.load(sys.argv[1])
    trackers = {
        complexity: Hands(static_image_mode=False, max_num_hands=1, model_complexity=complexity)
        for complexity in (0, 1)
    }
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = track(trackers[request["complexity"]], images, request["frames"])
        print(json.dumps(answer), flush=True)


def track(tracker: Any, images: np.ndarray, frames: list[int]) -> dict[str, Any]:
    """Track a hand through images by index; x and y of its landmarks are 0-1."""
    durations_s, landmarks = [], []
    cpu_start_s = time.process_time()
    for n in frames:
        start_s = time.perf_counter()
        found = tracker.process(images[n]).multi_hand_landmarks
        durations_s.append(time.perf_counter() - start_s)
        landmarks.append([[p.x, p.y] for p in found[0].landmark] if found else None)
    cpu_s = time.process_time() - cpu_start_s
    return {"durations_s": durations_s, "cpu_s": cpu_s, "landmarks": landmarks}


if __name__ == "__main__":
    main()

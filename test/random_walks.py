# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measurements of hands whose landmarks wander, for filters to be compared on."""

import numpy as np


def random_walk(seed: int, step_px: float = 8.0, n: int = 12):
    """Return n measurements of 21 wandering landmarks, their scores and the times between them."""
    rng = np.random.default_rng(seed)
    xy_px = 300 + rng.normal(0, step_px, (n, 21, 2)).cumsum(axis=0)
    return xy_px, rng.uniform(0.1, 1, (n, 21)), rng.uniform(0.005, 0.2, n)

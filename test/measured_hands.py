# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measurements of hands, and filters that see one of them."""

import numpy as np

from hand_landmarks_ros.core.filtering import Measurements, filtered


def one_hand(xy_px, score, stamp_s, size_px) -> Measurements:
    """Return one measurement, of landmarks (21, 2) with scores (21,)."""
    return Measurements(
        xy_px=xy_px[None],
        stamp_s=np.array([stamp_s]),
        score=score[None],
        size_px=np.array([size_px]),
    )


class OneHand:
    """A hand as a filter sees it; `state` is what the filter knows."""

    def __init__(self, filter_):
        self.filter, self.state = filter_, None

    def update(self, xy_px, score, stamp_s, size_px):
        """Take in a measurement and return the filtered points, (21, 2)."""
        measured = one_hand(xy_px, score, stamp_s, size_px)
        (self.state,) = filtered(self.filter, [self.state], measured)
        return self.state.xy_px[0]


def random_walk(seed: int, step_px: float = 8.0, n: int = 12):
    """Return n measurements of 21 wandering landmarks, their scores and the times between them."""
    rng = np.random.default_rng(seed)
    xy_px = 300 + rng.normal(0, step_px, (n, 21, 2)).cumsum(axis=0)
    return xy_px, rng.uniform(0.1, 1, (n, 21)), rng.uniform(0.005, 0.2, n)

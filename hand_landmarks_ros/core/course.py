# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""On which course a hand was when it was lost."""

from __future__ import annotations

import numpy as np

from .types import Array

_WINDOW_S = 0.15
"""Time over which the velocity is taken."""

_REST_S = 0.3
"""Time constant with which a hand out of sight leaves its course: it is expected to rest then."""

_LONGEST_WAY = 2.0
"""No hand is expected to go further out of sight, in hand sizes: views that jump seem fast."""

_CLEAR_SHARE = 0.5
"""A view of less than this share of the clearness usual for the hand says little of its place, if
another hand is near."""

_FADING = 0.98
"""What remains of the usual clearness with each view that is less clear."""


class Course:
    """Where a hand was last seen for itself, and how fast it was there.

    The last views of a hand that goes behind another are mixed from both, and make a filter believe
    that it stopped, or that it went along with the other. They are left out. Of a hand alone, even
    one blurred by its speed, every view counts.
    """

    def __init__(self) -> None:
        self._usual_clearness = 0.0
        self._views: list[tuple[float, Array]] = []
        """Stamp and landmarks of the views that count within _WINDOW_S before the last of them."""

    def add(self, xy_px: Array, clearness: float, stamp_s: float, *, is_alone: bool) -> None:
        """Take in a view, (21, 2) px, by its mean landmark score; the first one counts."""
        self._usual_clearness = max(clearness, _FADING * self._usual_clearness)
        if is_alone or clearness >= _CLEAR_SHARE * self._usual_clearness:
            recent = [view for view in self._views if 0.0 < stamp_s - view[0] <= _WINDOW_S]
            self._views = [*recent, (stamp_s, np.array(xy_px, np.float64))]

    def expected_xy_px(self, stamp_s: float) -> Array:
        """Where the landmarks have got to since, (21, 2) px, if the hand went on and came to rest.

        There must have been a view.
        """
        _, last_px = self._views[-1]
        return np.asarray(last_px + self._way_px(stamp_s))

    def expected_to_go_px(self, stamp_s: float) -> float:
        """How far the hand goes meanwhile."""
        return float(np.linalg.norm(self._way_px(stamp_s)))

    @property
    def velocity_px_s(self) -> Array:
        """Velocity of the hand when it was last seen clearly, (2,) px/s."""
        (first_s, first_px), (last_s, last_px) = self._views[0], self._views[-1]
        if first_s == last_s:
            return np.zeros(2)
        return np.asarray((last_px - first_px).mean(axis=0) / (last_s - first_s))

    def _way_px(self, stamp_s: float) -> Array:
        """Return the way from the last clear view, (2,) px."""
        last_s, _ = self._views[-1]
        ahead_s = _REST_S * -np.expm1(-(stamp_s - last_s) / _REST_S)
        way_px = self.velocity_px_s * ahead_s
        longest_px = _LONGEST_WAY * np.ptp(self._views[-1][1], axis=0).max()
        return np.asarray(way_px * min(1.0, longest_px / max(np.linalg.norm(way_px), 1e-6)))

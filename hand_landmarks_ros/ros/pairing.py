# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which depth image belongs to which image; no ROS import.

message_filters does the like, but drops an image whose partner never comes, and is none of the
wheels that a machine without ROS installs.
"""

from __future__ import annotations

from collections import deque
from typing import Any

_N_KEPT = 8
"""Depth images kept for images that come later than these."""

Pair = tuple[Any, Any]
"""A message with an image, and that with its depth image or None."""


class DepthPairing:
    """Gives each image the depth image of its instant, whichever comes first.

    An image that has to wait waits alone: it is given up when the next one comes, or by `give_up`.
    Every image comes out once, in the order in which it came in.
    """

    def __init__(self) -> None:
        self.tolerance_s = 0.0
        """Most that the stamps of an image and of its depth image may differ."""
        self._depths: deque[tuple[float, Any]] = deque(maxlen=_N_KEPT)
        self._waiting: tuple[float, Any] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether an image waits for its depth image."""
        return self._waiting is not None

    def clear(self) -> None:
        """Forget everything."""
        self._depths.clear()
        self._waiting = None

    def add_image(self, message: Any, stamp_s: float, *, may_wait: bool) -> list[Pair]:
        """Return what is ready now that this image has come."""
        ready = self.give_up()
        depth = self._depth_of(stamp_s)
        # Stamps come in order: once a later one is there, nothing is worth waiting for.
        is_coming = not self._depths or self._depths[-1][0] <= stamp_s
        if depth is None and may_wait and is_coming:
            self._waiting = (stamp_s, message)
            return ready
        return [*ready, (message, depth)]

    def add_depth(self, message: Any, stamp_s: float) -> list[Pair]:
        """Return what is ready now that this depth image has come."""
        self._depths.append((stamp_s, message))
        if self._waiting is None:
            return []
        image_stamp_s, _ = self._waiting
        depth = self._depth_of(image_stamp_s)
        if depth is None and stamp_s <= image_stamp_s:
            return []
        return self._released(depth)

    def give_up(self) -> list[Pair]:
        """Return the image that waits, without depth."""
        return self._released(None)

    def _released(self, depth: Any) -> list[Pair]:
        """Let the image that waits go, if any, with that depth image."""
        if self._waiting is None:
            return []
        _, image = self._waiting
        self._waiting = None
        return [(image, depth)]

    def _depth_of(self, stamp_s: float) -> Any:
        """Return the depth image whose stamp is nearest, the latest of several, or None."""
        near = [
            (abs(depth_s - stamp_s), -number, message)
            for number, (depth_s, message) in enumerate(self._depths)
            if abs(depth_s - stamp_s) <= self.tolerance_s
        ]
        return min(near, key=lambda candidate: candidate[:2])[2] if near else None

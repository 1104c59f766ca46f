# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the node reports of itself on /diagnostics (REP-107)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from time import monotonic

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

_WINDOW = 120
"""Frames over which rates and times are taken: a few seconds."""


class FrameMonitor:
    """Counts frames and drops, and keeps the times of the last ones.

    All durations are of the monotonic clock: a paused simulation must not look like a fast camera.
    """

    def __init__(self) -> None:
        self.n_processed = 0
        self.n_dropped = 0
        self.n_stamp_resets = 0
        self.n_without_depth = 0
        self.last_drop = ""
        self.last_markers_problem = ""
        self.last_depth_problem = ""
        self.last_backend_problem = ""
        self.incompatible_qos = ""
        self._n_dropped_reported = 0
        self.restart()

    def restart(self) -> None:
        """Begin to wait for images, now; counters go on."""
        self._last_image_s = monotonic()
        self._arrivals_s: deque[float] = deque(maxlen=_WINDOW)
        self._latencies_s: deque[float] = deque(maxlen=_WINDOW)
        self._stage_times_s: deque[Mapping[str, float]] = deque(maxlen=_WINDOW)

    def frame_processed(self, latency_s: float, stage_times_s: Mapping[str, float]) -> None:
        """Count a frame. latency_s: from its stamp to the publication of its landmarks."""
        self.n_processed += 1
        self.last_backend_problem = ""
        self._last_image_s = monotonic()
        self._arrivals_s.append(self._last_image_s)
        self._latencies_s.append(latency_s)
        self._stage_times_s.append(dict(stage_times_s))

    def frame_dropped(self, reason: str) -> None:
        """Count a frame that could not be used."""
        self.n_dropped += 1
        self.last_drop = reason
        self._last_image_s = monotonic()

    def stream_status(self, topic: str, timeout_s: float, *, is_listening: bool) -> tuple:
        """Return level, message and values on the stream of images, and forget its new drops."""
        n_new = self.n_dropped - self._n_dropped_reported
        self._n_dropped_reported = self.n_dropped
        silent_s = monotonic() - self._last_image_s
        values = {
            "topic": topic,
            "images processed": self.n_processed,
            "images dropped": self.n_dropped,
            "last drop": self.last_drop,
            "backward stamps": self.n_stamp_resets,
            "rate [Hz]": f"{self._rate_hz():.1f}",
        }
        if not is_listening:
            return DiagnosticStatus.OK, "not listening (inactive or disabled)", values
        if n_new:
            return DiagnosticStatus.WARN, f"{n_new} images dropped: {self.last_drop}", values
        if silent_s > timeout_s:
            reason = f"; {self.incompatible_qos}" if self.incompatible_qos else ""
            return (
                DiagnosticStatus.WARN,
                f"no image for {silent_s:.1f} s on {topic}{reason}",
                values,
            )
        return DiagnosticStatus.OK, f"{self._rate_hz():.1f} images a second", values

    def timing_values(self) -> dict[str, str]:
        """Return latency and the time of each stage, median and 95th percentile."""
        values = {"latency [ms]": _milliseconds(self._latencies_s)}
        stages = self._stage_times_s[-1] if self._stage_times_s else ()
        for stage in stages:
            values[f"{stage} [ms]"] = _milliseconds(
                [t.get(stage, 0.0) for t in self._stage_times_s]
            )
        return values

    def _rate_hz(self) -> float:
        if len(self._arrivals_s) < 2:
            return 0.0
        span_s = max(monotonic(), self._arrivals_s[-1]) - self._arrivals_s[0]
        return (len(self._arrivals_s) - 1) / max(span_s, 1e-9)


def diagnostic_status(
    name: str, hardware_id: str, level: bytes, message: str, values: Mapping[str, object]
) -> DiagnosticStatus:
    """Return one entry of a DiagnosticArray."""
    return DiagnosticStatus(
        name=name,
        hardware_id=hardware_id,
        level=level,
        message=message,
        values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
    )


def diagnostic_array(stamp: Time, statuses: list[DiagnosticStatus]) -> DiagnosticArray:
    """Return the message for /diagnostics."""
    message = DiagnosticArray(status=statuses)
    message.header.stamp = stamp
    return message


def _milliseconds(durations_s: object) -> str:
    durations_ms = 1e3 * np.array(durations_s, np.float64)
    if not len(durations_ms):
        return "none yet"
    median, p95 = np.percentile(durations_ms, (50, 95))
    return f"{median:.2f} median, {p95:.2f} p95"

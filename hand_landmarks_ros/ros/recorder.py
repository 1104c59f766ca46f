# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo's recorder: listens to the graph, prints a line a second, then writes files."""

# ruff: noqa: T201 - a command-line tool

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import monotonic

import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.utilities import remove_ros_args
from sensor_msgs.msg import CompressedImage

from hand_landmarks_msgs.msg import HandLandmarksArray

from ..core.errors import HandLandmarksError
from .messages import hands_from_msg, stamp_to_s
from .process import run_node
from .recording import (
    RecordedFrame,
    check_hands_were_found,
    matched_hands,
    summarise,
    visible_hands,
    write_files,
)

START_TIMEOUT_S = 120.0
"""A model may take long to load; a camera, to open."""

_SETTLE_S = 0.5
"""The last images may be unanswered merely because the recording ended."""


class Recorder(Node):
    """Collects truth, landmarks and annotated images, and puts them together by their stamps."""

    def __init__(self, folder: Path, duration_s: float) -> None:
        super().__init__("recorder")
        self._folder = folder
        self._duration_s = duration_s
        self._answers: dict[float, tuple[HandLandmarksArray, float]] = {}
        self._truths: dict[float, HandLandmarksArray] = {}
        self._jpegs: dict[float, bytes] = {}
        self._reported_s = 0.0
        for message_type, topic, callback in (
            (HandLandmarksArray, "hand_landmarks/landmarks", self._on_landmarks),
            (HandLandmarksArray, "ground_truth", self._on_ground_truth),
            (CompressedImage, "hand_landmarks/annotated_image/compressed", self._on_annotated),
        ):
            self.create_subscription(message_type, topic, callback, 100)

    def run(self) -> None:
        """Record, then write; raises HandLandmarksError when a hand known to be there was missed.

        Without ground truth nobody knows whether a hand was there.
        """
        self._spin_until(lambda: bool(self._answers), START_TIMEOUT_S)
        if not self._answers:
            raise HandLandmarksError(
                f"no landmarks came within {START_TIMEOUT_S:.0f} s; see the errors above"
            )
        start_s = monotonic()
        for second in range(1, int(self._duration_s) + 1):
            self._spin_until(lambda: False, start_s + second - monotonic())
            self._report(second)
        self._spin_until(lambda: False, start_s + self._duration_s - monotonic())
        frames = self._frames()
        summary = summarise(frames)
        write_files(self._folder, frames, summary)
        for line in (*summary.lines(), f"written to {self._folder}"):
            print(line, flush=True)
        check_hands_were_found(summary)

    def _on_landmarks(self, message: HandLandmarksArray) -> None:
        stamp_s = stamp_to_s(message.header)
        latency_s = self.get_clock().now().nanoseconds * 1e-9 - stamp_s
        self._answers[stamp_s] = (message, latency_s)

    def _on_ground_truth(self, message: HandLandmarksArray) -> None:
        self._truths[stamp_to_s(message.header)] = message

    def _on_annotated(self, message: CompressedImage) -> None:
        self._jpegs[stamp_to_s(message.header)] = bytes(message.data)

    def _spin_until(self, condition, timeout_s: float) -> None:
        end_s = monotonic() + timeout_s
        while rclpy.ok() and not condition() and (left_s := end_s - monotonic()) > 0:
            rclpy.spin_once(self, timeout_sec=min(left_s, 0.1))

    def _frames(self, after_s: float = 0.0) -> list[RecordedFrame]:
        """Return all images since the first answer, but for the very last ones, after a stamp."""
        first_s, last_s = min(self._answers), max(self._answers)
        last_s = max(last_s, max(self._truths, default=last_s) - _SETTLE_S)
        stamps = sorted(self._answers.keys() | self._truths.keys())
        return [
            self._frame(stamp_s)
            for stamp_s in stamps
            if first_s <= stamp_s <= last_s and stamp_s > after_s
        ]

    def _frame(self, stamp_s: float) -> RecordedFrame:
        answer, latency_s = self._answers.get(stamp_s, (None, np.nan))
        truth = self._truths.get(stamp_s)
        size_from = answer or truth
        return RecordedFrame(
            stamp_s=stamp_s,
            width=size_from.image_width,
            height=size_from.image_height,
            hands=hands_from_msg(answer) if answer else None,
            latency_s=latency_s,
            truth=hands_from_msg(truth) if truth else None,
            jpeg=self._jpegs.get(stamp_s),
        )

    def _report(self, second: int) -> None:
        """Print the line of the last second."""
        frames = self._frames(after_s=self._reported_s)
        self._reported_s = max(self._answers)
        new = [frame for frame in frames if frame.hands is not None]
        if not new:
            print(f"{second:3d} s   no landmarks in the last second", flush=True)
            return
        latency_ms = 1e3 * np.median([frame.latency_s for frame in new])
        n_hands = np.mean([len(frame.hands) for frame in new])
        errors = [error for frame in new for error, _ in matched_hands(frame, visible_hands(frame))]
        error = f"error {np.median(np.concatenate(errors)):5.2f} px" if errors else ""
        print(
            f"{second:3d} s   {len(new):3d} images/s   latency {latency_ms:5.1f} ms   "
            f"{n_hands:.1f} hands   {error}",
            flush=True,
        )


def main() -> int:
    """Record the hands of a running graph."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--seconds", type=float, default=15.0)
    values = parser.parse_args(remove_ros_args(sys.argv)[1:])
    return run_node(lambda: Recorder(values.out, values.seconds), Recorder.run)


if __name__ == "__main__":
    sys.exit(main())

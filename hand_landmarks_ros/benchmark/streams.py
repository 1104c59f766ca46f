# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Two small processes for measurements across processes: one publishes images, one listens.

Both tell time by time.perf_counter, which on Linux is one clock for all processes: the listener
subtracts the stamp that the publisher put into the header. As a program this module is one of them.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, perf_counter_ns, sleep
from typing import Any

import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.utilities import remove_ros_args
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hand_landmarks_msgs.msg import HandLandmarksArray

from ..core.errors import HandLandmarksError
from ..ros.children import stop
from ..ros.messages import image_to_msg
from ..ros.process import run_node
from .frames import there_and_back

IMAGE_TOPIC = "image"

_NEWEST_ONLY = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_EVERY_ONE = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
_TYPES = {"image": (Image, _NEWEST_ONLY), "landmarks": (HandLandmarksArray, _EVERY_ONE)}
"""What can be listened to, with the quality of service that this package's nodes use for it."""

DISCOVERY_TIMEOUT_S = 120.0
_SETTLE_S = 1.0
"""After the first match the others in the graph may still be meeting each other."""

_N_UNCOUNTED = 15

_THIS_MODULE = "benchmark.streams"


class ImagePublisher(Node):
    """A camera: publishes images at a steady rate, each with the time just before it was filled."""

    def __init__(self, file: Path, n_images: int, rate_hz: float) -> None:
        super().__init__("camera")
        self._images = np.load(file)
        self._n_images = n_images
        self._rate_hz = rate_hz
        self._publisher = self.create_publisher(Image, IMAGE_TOPIC, _NEWEST_ONLY)
        self.stamps_ns: list[int] = []

    def run(self) -> None:
        """Publish all images once somebody listens; only the stamps after a few count."""
        end_s = monotonic() + DISCOVERY_TIMEOUT_S
        while not self._publisher.get_subscription_count():
            if monotonic() > end_s:
                raise HandLandmarksError("nobody subscribed to the images; see the errors above")
            sleep(0.05)
        sleep(_SETTLE_S)
        start_s = monotonic()
        for n in range(_N_UNCOUNTED + self._n_images):
            sleep(max(0.0, start_s + n / self._rate_hz - monotonic()))
            stamp_ns = perf_counter_ns()
            stamp = Time(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
            image = self._images[there_and_back(n, len(self._images))]
            self._publisher.publish(image_to_msg(image, Header(stamp=stamp)))
            if n >= _N_UNCOUNTED:
                self.stamps_ns.append(stamp_ns)
        sleep(_SETTLE_S)


class Listener(Node):
    """Notes how old each message is when it arrives."""

    def __init__(self, kind: str, topic: str) -> None:
        super().__init__("listener")
        self.ages_ns: dict[int, int] = {}
        message_type, qos = _TYPES[kind]
        self.create_subscription(message_type, topic, self._on_message, qos)

    def run(self) -> None:
        """Listen until Ctrl-C."""
        rclpy.spin(self)

    def _on_message(self, message: Any) -> None:
        now_ns = perf_counter_ns()
        stamp = message.header.stamp
        stamp_ns = stamp.sec * 10**9 + stamp.nanosec
        self.ages_ns[stamp_ns] = now_ns - stamp_ns


def started(
    module: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    """Start a module of this package as a process that logs warnings and worse."""
    command = [sys.executable, "-m", f"hand_landmarks_ros.{module}", *arguments]
    command += ["--ros-args", "--log-level", "warn"]
    # In a session of its own Ctrl-C reaches only the benchmark, which stops all in order.
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


@contextmanager
def listening(
    kind: str, topic: str, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Run a Listener in a process of its own; `ages_heard_ns` asks it for what it heard."""
    process = started(_THIS_MODULE, ["listen", kind, topic], environment)
    try:
        yield process
    finally:
        stop([process])


def ages_heard_ns(listener: subprocess.Popen[str]) -> dict[int, int]:
    """End a listener and return the age of each message by its stamp, ns."""
    listener.send_signal(signal.SIGINT)
    return {int(stamp): age for stamp, age in _result(listener).items()}


def publish_images(
    file: Path, n_images: int, rate_hz: float, environment: Mapping[str, str]
) -> list[int]:
    """Publish images from a process of its own and return the stamps that count, ns."""
    arguments = ["publish", str(file), str(n_images), str(rate_hz)]
    process = started(_THIS_MODULE, arguments, environment)
    try:
        return _result(process)
    finally:
        stop([process])


def _result(process: subprocess.Popen[str]) -> Any:
    """Wait for a process's end and return the JSON it printed."""
    output, _ = process.communicate()
    if process.returncode:
        raise HandLandmarksError(f"{process.args} ended with an error; see above")
    return json.loads(output)


def main() -> int:
    """Be the publisher or the listener, and print what was noted as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    roles = parser.add_subparsers(dest="role", required=True)
    publish = roles.add_parser("publish")
    publish.add_argument("file", type=Path, help="images, (N, H, W, 3) uint8, as .npy")
    publish.add_argument("n_images", type=int)
    publish.add_argument("rate_hz", type=float)
    listen = roles.add_parser("listen")
    listen.add_argument("kind", choices=_TYPES)
    listen.add_argument("topic")
    values = parser.parse_args(remove_ros_args(sys.argv)[1:])
    noted: Any = []

    def create_node() -> Node:
        nonlocal noted
        if values.role == "publish":
            node = ImagePublisher(values.file, values.n_images, values.rate_hz)
            noted = node.stamps_ns
        else:
            node = Listener(values.kind, values.topic)
            noted = node.ages_ns
        return node

    status = run_node(create_node, lambda node: node.run())
    print(json.dumps(noted))
    return status


if __name__ == "__main__":
    sys.exit(main())

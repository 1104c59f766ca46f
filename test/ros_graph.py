# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A small ROS graph for tests: nodes under test and a probe that talks to them over DDS.

Everything spins in the test's own thread, and tests wait for conditions, never for a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hand_landmarks_msgs.msg import HandLandmarksArray
from hand_landmarks_ros.ros.domain import own_domain_id

DEADLINE_S = 100.0
"""Generous, for busy machines, on which Python alone takes long to start; only a failing test
waits this long."""

_REPEAT_S = 2.0
"""Longer than an answer takes as a rule, since what is repeated may be answered twice."""


@contextmanager
def ros(domain_id: int | None = None) -> Iterator[None]:
    """Initialise rclpy in the given domain, else in one of its own."""
    with nullcontext(domain_id) if domain_id else own_domain_id() as used_id:
        rclpy.init(domain_id=used_id)
        try:
            yield
        finally:
            rclpy.try_shutdown()


def overrides(**values) -> list[Parameter]:
    """Parameters as a launch file would give them; paths become texts."""
    return [
        Parameter(name, value=str(value) if isinstance(value, Path) else value)
        for name, value in values.items()
    ]


def header(number: int, frame_id: str = "front_camera_optical_frame") -> Header:
    """Return the header of image `number` of a camera that takes 30 in a second."""
    message = Header(frame_id=frame_id)
    message.stamp.sec = 1_700_000_000 + number // 30
    message.stamp.nanosec = number % 30 * 33_333_333
    return message


class Graph:
    """Nodes under test, and the probe node."""

    def __init__(self) -> None:
        self.probe = Node("probe")
        self._nodes: list[Node] = [self.probe]
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.probe)

    def add(self, node: Node) -> Node:
        """Spin a node too; it is destroyed with the graph."""
        self._nodes.append(node)
        self._executor.add_node(node)
        return node

    def close(self) -> None:
        """Destroy all nodes."""
        for node in self._nodes:
            self._executor.remove_node(node)
            node.destroy_node()
        self._executor.shutdown()

    def collect(self, message_type: type, topic: str, *, reliable: bool = True) -> list:
        """Subscribe and return the list that received messages are appended to."""
        received: list = []
        self.probe.create_subscription(message_type, topic, received.append, _qos(20, reliable))
        return received

    def publisher(self, message_type: type, topic: str, *, reliable: bool = False):
        """Return a publisher that the nodes under test have discovered."""
        publisher = self.probe.create_publisher(message_type, topic, _qos(1, reliable))
        self.wait_for(publisher.get_subscription_count, f"a subscription to {topic}")
        return publisher

    def wait_for(
        self, condition: Callable[[], object], what: str, again: Callable[[], None] = lambda: None
    ):
        """Spin until the condition holds and return its value; `again` runs every two seconds."""
        end_s = time.monotonic() + DEADLINE_S
        next_s = time.monotonic()
        while not (value := condition()):
            now_s = time.monotonic()
            assert now_s < end_s, f"waited {DEADLINE_S} s for {what}"
            if now_s >= next_s:
                again()
                next_s = now_s + _REPEAT_S
            self._executor.spin_once(timeout_sec=0.02)
        return value

    def call(self, service_type: type, name: str, request=None):
        """Call a service and return its response."""
        client = self.probe.create_client(service_type, name)
        self.wait_for(client.service_is_ready, f"the service {name}")
        future = client.call_async(request or service_type.Request())
        self.wait_for(future.done, f"an answer of {name}")
        self.probe.destroy_client(client)
        return future.result()

    def set_parameter(self, node: str, name: str, value):
        """Set a parameter as `ros2 param set` does; returns the SetParametersResult."""
        message: ParameterMessage = Parameter(name, value=value).to_parameter_msg()
        request = SetParameters.Request(parameters=[message])
        return self.call(SetParameters, f"{node}/set_parameters", request).results[0]

    def diagnostics(self) -> Diagnostics:
        """Listen to /diagnostics."""
        return Diagnostics(self)


class Session:
    """The images that a started node is shown, and its answers."""

    def __init__(
        self,
        graph: Graph,
        namespace: str = "",
        *,
        reliable: bool = False,
        message_type: type = Image,
        topic: str = "image",
    ) -> None:
        self.graph = graph
        self.answers = graph.collect(HandLandmarksArray, f"{namespace}/hand_landmarks/landmarks")
        self.publisher = graph.publisher(message_type, f"{namespace}/{topic}", reliable=reliable)

    def ask(self, message) -> HandLandmarksArray:
        """Publish an image until its answer arrives, and return the answer."""

        def answer() -> HandLandmarksArray | None:
            return next((a for a in self.answers if a.header == message.header), None)

        return self.graph.wait_for(
            answer, "landmarks", again=lambda: self.publisher.publish(message)
        )

    @property
    def lost_track_ids(self) -> list[int]:
        """All that were reported so far; an image that was sent twice has two answers."""
        return [track_id for answer in self.answers for track_id in answer.lost_track_ids]


class Diagnostics:
    """The newest status of each name on /diagnostics."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.statuses: dict[str, object] = {}
        graph.probe.create_subscription(DiagnosticArray, "/diagnostics", self._on_message, 20)

    def _on_message(self, message: DiagnosticArray) -> None:
        self.statuses.update({status.name: status for status in message.status})

    def value(self, name: str, key: str) -> str:
        """Return a value of the newest status of that name, empty if there is none yet."""
        pairs = self.statuses[name].values if name in self.statuses else ()
        return next((pair.value for pair in pairs if pair.key == key), "")

    def wait_for(
        self,
        name: str,
        condition: Callable[[bytes, str, dict], bool],
        what: str,
        again: Callable[[], None] = lambda: None,
    ):
        """Spin until a status satisfies condition(level, message, values); return the three."""

        def found():
            status = self.statuses.get(name)
            if status is None:
                return None
            values = {pair.key: pair.value for pair in status.values}
            return (
                (status.level, status.message, values)
                if condition(status.level, status.message, values)
                else None
            )

        return self._graph.wait_for(found, f"{what} in diagnostics of '{name}'", again)


def _qos(depth: int, reliable: bool) -> QoSProfile:
    kind = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
    return QoSProfile(depth=depth, reliability=kind)

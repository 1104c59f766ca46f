# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the time of one image goes: each stage by itself, then the node's whole callback."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import rclpy
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hand_landmarks_msgs.msg import HandLandmarksArray

from ..core.errors import HandLandmarksError
from ..core.inference import Backend
from ..core.pipeline import HandPipeline
from ..core.types import RgbImage
from ..ros.children import environment_of_children
from ..ros.domain import own_domain_id
from ..ros.messages import (
    hands_to_msg,
    image_from_compressed_msg,
    image_from_msg,
    image_to_compressed_msg,
    image_to_msg,
)
from ..ros.node import HandLandmarksNode
from ..ros.process import raise_malloc_thresholds
from .frames import Frames
from .settings import Settings
from .streams import DISCOVERY_TIMEOUT_S, listening
from .tables import Cell, Table
from .timing import N_WARM_UP, parts_of_inference_s, spread, timed

_LANDMARKS_TOPIC = "/hand_landmarks/landmarks"
_JPEG_QUALITY = 80


def run(settings: Settings) -> Iterator[Table]:
    """Yield one table with every size of image."""
    raise_malloc_thresholds()
    rows: list[dict[str, Cell]] = []
    with _own_graph(), settings.load_backend() as backend, _node(settings) as node:
        node_of_stages = rclpy.create_node("benchmark")
        publisher = node_of_stages.create_publisher(HandLandmarksArray, _LANDMARKS_TOPIC, 5)
        _wait_until(publisher.get_subscription_count)
        _wait_until(node.get_listener_count)
        for frames in settings.frames():
            durations_s = time_stages(frames, backend, publisher.publish, settings.n_images)
            node.forget_hands()
            answers_s = time_callback(frames, node.answer, settings.n_images)
            durations_s["callback to publish (rgb8)"] = answers_s
            times_its_parts = bool(parts_of_inference_s(backend))
            rows += [
                {"stage": stage, "size": frames.size, **spread(values)}
                for stage, values in durations_s.items()
            ]
        node_of_stages.destroy_node()
    notes = _NOTES if times_its_parts else (*_NOTES, _NO_PARTS)
    yield Table("One image, one hand tracked", rows, notes)


_NOTES = (
    "All in one process; the landmarks go to a subscriber in another. Only images in which a hand "
    "was already followed count. The last row is the node's own callback, from the image message "
    "to the published landmarks, with nobody looking at annotated images or markers.",
)


_NO_PARTS = (
    "This backend does not time the parts of its inference (copy to the GPU, network, copy back); "
    "tensorrt does."
)


def time_stages(
    frames: Frames,
    backend: Backend,
    publish: Callable[[HandLandmarksArray], None],
    n_images: int,
) -> dict[str, list[float]]:
    """Return the durations, s, of each stage on the path from an image message to landmarks."""
    pipeline = HandPipeline(backend)
    durations_s: dict[str, list[float]] = defaultdict(list)
    was_followed = False
    for n in range(N_WARM_UP + n_images):
        image, stamp_s = frames.played(n)
        laps_s = _time_image_messages(image)
        hands, pipeline_s = timed(pipeline, image, stamp_s)
        laps_s |= _pipeline_laps_s(pipeline, backend)
        laps_s["pipeline, total"] = pipeline_s
        message, laps_s["message build"] = timed(
            hands_to_msg, hands, Header(), frames.width_px, frames.height_px
        )
        _, laps_s["publish"] = timed(publish, message)
        if was_followed and n >= N_WARM_UP:
            for stage, lap_s in laps_s.items():
                durations_s[stage].append(lap_s)
        was_followed = bool(hands)
    return durations_s


_STAGE_NAMES = {
    "crop": "crop (preprocessing)",
    "decode": "heatmap decode",
    "track": "tracking and filter",
}
"""Stages of the pipeline whose names need more words beside those around it."""


def _pipeline_laps_s(pipeline: HandPipeline, backend: Backend) -> dict[str, float]:
    """Return the time of each stage that ran in the last call, s, and of inference's parts."""
    laps_s = {}
    for stage, lap_s in pipeline.stage_times_s.items():
        if lap_s > 0:
            laps_s[_STAGE_NAMES.get(stage, stage)] = lap_s
        if stage == "inference":
            parts_s = parts_of_inference_s(backend)
            laps_s |= {f"on the GPU: {part}": v for part, v in parts_s.items()}
    return laps_s


def _time_image_messages(image: RgbImage) -> dict[str, float]:
    """Return how long the image takes to become an array, s, by what it comes as."""
    bgr = image_to_msg(image[..., ::-1], Header())
    bgr.encoding = "bgr8"
    jpeg = image_to_compressed_msg(image, Header(), _JPEG_QUALITY)
    return {
        "image decode, rgb8": timed(image_from_msg, image_to_msg(image, Header()))[1],
        "image decode, bgr8": timed(image_from_msg, bgr)[1],
        "image decode, JPEG": timed(image_from_compressed_msg, jpeg)[1],
    }


def time_callback(frames: Frames, answer: Callable[[Image], None], n_images: int) -> list[float]:
    """Return how long each call of the node's callback takes, s."""
    durations_s = []
    for n in range(N_WARM_UP + n_images):
        image, stamp_s = frames.played(n)
        header = Header()
        header.stamp.sec, header.stamp.nanosec = int(stamp_s), int(stamp_s % 1 * 1e9)
        durations_s.append(timed(answer, image_to_msg(image, header))[1])
    return durations_s[N_WARM_UP:]


class _MeasuredNode(HandLandmarksNode):
    """The node itself, whose callback can be called without a camera."""

    def answer(self, message: Image) -> None:
        """Do what the node does with an image that arrives."""
        self._on_image(message)

    def forget_hands(self) -> None:
        """Begin anew with the next image, as after the service `~/reset`."""
        self._forget_hands()

    def get_listener_count(self) -> int:
        """Return how many listen to the landmarks."""
        return self._landmarks.get_subscription_count()


@contextmanager
def _node(settings: Settings) -> Iterator[_MeasuredNode]:
    parameters = settings.node_parameters().items()
    node = _MeasuredNode(parameter_overrides=[Parameter(k, value=v) for k, v in parameters])
    try:
        node.start()
        yield node
    finally:
        node.destroy_node()


@contextmanager
def _own_graph() -> Iterator[None]:
    """Join a ROS graph of which the other end is a process that listens to the landmarks."""
    with tempfile.TemporaryDirectory() as folder, own_domain_id() as domain_id:
        environment = environment_of_children(Path(folder), domain_id)
        with listening("landmarks", _LANDMARKS_TOPIC, environment):
            rclpy.init(args=["--ros-args", "--log-level", "warn"], domain_id=domain_id)
            try:
                yield
            finally:
                rclpy.try_shutdown()


def _wait_until(condition: Callable[[], int]) -> None:
    end_s = monotonic() + DISCOVERY_TIMEOUT_S
    while not condition():
        if monotonic() > end_s:
            raise HandLandmarksError(
                f"nobody subscribed to {_LANDMARKS_TOPIC} within {DISCOVERY_TIMEOUT_S:.0f} s; can "
                "processes on this machine discover each other (firewall, RMW_IMPLEMENTATION)?"
            )
        sleep(0.05)

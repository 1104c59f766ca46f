# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node `camera`: images of the shipped clip, a webcam, a video or a folder on a topic."""

from __future__ import annotations

import sys
import time
from copy import copy
from pathlib import Path
from typing import Any

import rclpy
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from hand_landmarks_msgs.msg import HandLandmarksArray

from ..capture import NewestFrame
from ..core.errors import SourceError
from ..ground_truth import read_ground_truth
from ..sources import SYNTHETIC, Frame, open_source
from .camera_info import camera_info_from_file, guessed_camera_info
from .declare import DeclaredParameters
from .messages import hands_to_msg, image_to_msg
from .parameters import CameraParameters
from .process import run_node

_LOG_PERIOD_S = 5.0


class CameraNode(Node):
    """Publishes each image as soon as it is there, and never an old one.

    A thread reads the source, so that what is published is always the newest image, however long
    publishing takes. With the shipped clip the true landmarks are published too.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("camera", **node_arguments)
        self.parameters = DeclaredParameters(self, CameraParameters).values
        self._calibration = self._read_calibration()
        self._truth = read_ground_truth() if self.parameters.source == SYNTHETIC else None
        self._create_outputs()
        source = open_source(
            self.parameters.source,
            rate_hz=self.parameters.rate_hz or None,
            loop=self.parameters.loop,
        )
        self._is_live = source.is_live
        self._newest = NewestFrame(source)

    def run(self) -> None:
        """Publish until the source ends; raises SourceError when it gives no image at all.

        Broken images are dropped and logged.
        """
        has_published = False
        last_error = SourceError(f"source '{self.parameters.source}' gives no image")
        while rclpy.ok() and not self._newest.ended:
            try:
                frame = self._newest.take(timeout_s=0.1)
            except SourceError as error:
                last_error = error
                self.get_logger().warning(str(error), throttle_duration_sec=_LOG_PERIOD_S)
                continue
            if frame is not None:
                self._publish(frame)
                has_published = True
            rclpy.spin_once(self, timeout_sec=0.0)
        if self._newest.ended and not has_published:
            raise last_error
        self.get_logger().info(f"source '{self.parameters.source}' has ended")

    def destroy_node(self) -> None:
        """Close the source and everything of ROS."""
        self._newest.close()
        super().destroy_node()

    def _publish(self, frame: Frame) -> None:
        header = Header(stamp=self._stamp(frame), frame_id=self.parameters.frame_id)
        height, width = frame.image.shape[:2]
        self._images.publish(image_to_msg(frame.image, header))
        camera_info = copy(self._calibration) or guessed_camera_info(
            width, height, self.parameters.horizontal_fov_rad
        )
        camera_info.header = header
        self._camera_infos.publish(camera_info)
        if self._truth is not None:
            hands = self._truth[frame.index]
            self._ground_truth.publish(hands_to_msg(hands, header, width, height))

    def _stamp(self, frame: Frame) -> Any:
        """Return when the image was taken: now, less its age if it comes from a live camera."""
        now = self.get_clock().now()
        age_s = max(0.0, time.time() - frame.stamp_s) if self._is_live else 0.0
        return (now - Duration(seconds=age_s)).to_msg()

    def _read_calibration(self) -> CameraInfo | None:
        path = self.parameters.camera_info_file
        return camera_info_from_file(Path(path).expanduser()) if path else None

    def _create_outputs(self) -> None:
        def publisher(message_type: type, topic: str, qos: QoSProfile) -> Any:
            return self.create_publisher(
                message_type,
                topic,
                qos,
                qos_overriding_options=QoSOverridingOptions.with_default_policies(),
            )

        newest_only = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._images = publisher(Image, "image", newest_only)
        self._camera_infos = publisher(CameraInfo, "camera_info", QoSProfile(depth=1))
        if self._truth is not None:
            self._ground_truth = publisher(HandLandmarksArray, "ground_truth", QoSProfile(depth=30))


def main() -> int:
    """Run the node `camera` until its source ends or Ctrl-C."""
    return run_node(CameraNode, CameraNode.run)


if __name__ == "__main__":
    sys.exit(main())

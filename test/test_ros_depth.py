# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node `hand_landmarks` with a depth camera, over real DDS."""

import array

import numpy as np
import pytest
from ros_graph import Session, header, overrides
from sensor_msgs.msg import CameraInfo, Image
from tiny_model import draw_hand_image, hand_xy_px

from hand_landmarks_ros.ros.camera_info import guessed_camera_info
from hand_landmarks_ros.ros.messages import hands_from_msg, image_to_msg
from hand_landmarks_ros.ros.node import HandLandmarksNode

HAND_PX = hand_xy_px()
HAND_IMAGE = draw_hand_image(HAND_PX)
HEIGHT, WIDTH = HAND_IMAGE.shape[:2]
DISTANCE_MM = 640

pytestmark = pytest.mark.usefixtures("ros_context")


class DepthCamera:
    """A started node, and a camera whose images and depth images it is shown."""

    def __init__(self, graph, model) -> None:
        node = HandLandmarksNode(
            parameter_overrides=overrides(
                model=model, detector="none", smoothing="none", diagnostics_period_s=0.1
            )
        )
        graph.add(node)
        node.start()
        self.graph, self.session = graph, Session(graph)
        self.diagnostics = graph.diagnostics()
        self.infos = graph.publisher(CameraInfo, "/camera_info", reliable=True)
        self.depths = graph.publisher(Image, "/depth")
        graph.wait_for(lambda: node.count_publishers("/depth"), "the publisher of depth")

    def answers(self, number, depth=None, info=None):
        """Send an image, and before it what is given, until it is answered; return the answers."""
        image = image_to_msg(HAND_IMAGE, header(number))

        def send() -> None:
            self.session.publisher.publish(image)
            if info is not None:
                self.infos.publish(info)
            if depth is not None:
                self.depths.publish(depth)

        def found():
            return [a for a in self.session.answers if a.header == image.header]

        self.graph.wait_for(found, "landmarks", again=send)
        return found()

    def explained(self, complaint: str, number, **sent) -> None:
        """Send until diagnostics complain."""
        self.graph.wait_for(
            lambda: complaint in self.diagnostics.value("hand_landmarks: landmarks", "depth"),
            f"the complaint '{complaint}'",
            again=lambda: self.answers(number, **sent),
        )


@pytest.fixture
def camera(graph, model) -> DepthCamera:
    return DepthCamera(graph, model)


def depth_image(number, *, width=WIDTH, frame_id="front_camera_optical_frame") -> Image:
    message = Image(header=header(number, frame_id), height=HEIGHT, width=width)
    message.encoding, message.step = "16UC1", 2 * width
    message.data = array.array("B", np.full((HEIGHT, width), DISTANCE_MM, "<u2").tobytes())
    return message


def test_landmarks_come_in_metres(graph, camera):
    info = guessed_camera_info(WIDTH, HEIGHT, 1.0)

    def metric_hand():
        (hand,) = hands_from_msg(camera.answers(1, depth_image(1), info)[-1])
        return hand if hand.xyz_m is not None else None

    hand = graph.wait_for(metric_hand, "metric landmarks")
    np.testing.assert_allclose(hand.xyz_m[:, 2], 1e-3 * DISTANCE_MM, atol=1e-6)
    focal_px, centre_px = info.k[0], (info.k[2], info.k[5])
    projected_px = focal_px * hand.xyz_m[:, :2] / hand.xyz_m[:, 2:] + centre_px
    np.testing.assert_allclose(projected_px, hand.xy_px, atol=1e-2)
    camera.diagnostics.wait_for(
        "hand_landmarks: landmarks", lambda _, __, values: values["depth"] == "OK", "no complaint"
    )


def test_an_image_whose_depth_does_not_come_is_answered_without_and_counted(graph, camera):
    (hand,) = hands_from_msg(camera.answers(1)[0])
    assert hand.xyz_m is None
    camera.diagnostics.wait_for(
        "hand_landmarks: landmarks",
        lambda _, __, values: int(values["images without their depth"]) >= 1,
        "the count",
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"width": WIDTH // 2}, f"the depth image is of {WIDTH // 2} x {HEIGHT}"),
        ({"frame_id": "depth_frame"}, "in the frame 'depth_frame'"),
    ],
)
def test_depth_that_is_not_registered_is_explained_and_not_used(camera, changes, complaint):
    depth, info = depth_image(1, **changes), guessed_camera_info(WIDTH, HEIGHT, 1.0)
    camera.explained(complaint, 1, depth=depth, info=info)
    assert all(hands_from_msg(a)[0].xyz_m is None for a in camera.session.answers)


def test_depth_without_camera_info_is_explained(camera):
    camera.explained("no camera_info has arrived yet", 1, depth=depth_image(1))

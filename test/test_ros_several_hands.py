# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node with a detector over real DDS: two drawn hands, found by two tiny but real models."""

import numpy as np
import pytest
from ros_graph import Session, header, overrides
from sensor_msgs.msg import Image
from tiny_detector import save_tiny_detector
from tiny_model import draw_disks, hand_xy_px

from hand_landmarks_ros.core.errors import HandLandmarksError, ModelError
from hand_landmarks_ros.ros.messages import hands_from_msg, image_to_msg
from hand_landmarks_ros.ros.node import HandLandmarksNode

WIDTH_PX, HEIGHT_PX, HAND_PX = 640, 480, 150
TOLERANCE_PX = 3.0


@pytest.fixture(scope="module")
def models(model, tmp_path_factory):
    detector = tmp_path_factory.mktemp("detector") / "finder.onnx"
    save_tiny_detector(detector, hand_length_px=HAND_PX, image_side_px=WIDTH_PX)
    return {"model": model, "detector": detector}


@pytest.fixture
def make_node(graph, models):
    def make(**parameters) -> HandLandmarksNode:
        values = {**models, "diagnostics_period_s": 0.1, "smoothing": "none", **parameters}
        return graph.add(HandLandmarksNode(parameter_overrides=overrides(**values)))

    return make


def two_hands(number: int) -> tuple[Image, list[np.ndarray]]:
    """Return the image of that number, and the landmarks of the two hands that move in it."""
    hands_px = [
        hand_xy_px((170 + 3 * number, 240), HAND_PX),
        hand_xy_px((470, 250 - 2 * number), HAND_PX),
    ]
    image = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    for xy_px in hands_px:
        draw_disks(image, xy_px, radius_px=7.0)
    return image_to_msg(image, header(number)), hands_px


def test_two_hands_are_found_and_keep_their_ids(graph, make_node):
    make_node().start()
    session, diagnostics = Session(graph), graph.diagnostics()
    ids = []
    for number in range(12):
        message, hands_px = two_hands(number)
        hands = sorted(hands_from_msg(session.ask(message)), key=lambda hand: hand.xy_px[0, 0])
        ids.append(tuple(hand.track_id for hand in hands))
        for hand, xy_px in zip(hands, hands_px, strict=True):
            assert np.abs(hand.xy_px - xy_px).max() < TOLERANCE_PX
    assert set(ids) in ({(1, 2)}, {(2, 1)})
    _, _, values = diagnostics.wait_for(
        "hand_landmarks: landmarks", lambda _, __, v: "detect [ms]" in v, "the detector's time"
    )
    assert values["detector"] == "white_disks"


@pytest.mark.parametrize(
    ("swapped", "kind"),
    [({"model": "detector"}, "hand_detector"), ({"detector": "model"}, "hand_landmarks")],
)
def test_a_file_of_the_wrong_kind_is_refused_and_told_where_it_belongs(
    make_node, models, swapped, kind
):
    node = make_node(**{name: models[other] for name, other in swapped.items()})
    with pytest.raises(ModelError, match=f"'{kind}', expected .*belongs into `model`"):
        node.start()


def test_a_detector_that_does_not_exist_is_an_error_that_says_so(make_node):
    node = make_node(detector="yolo")
    with pytest.raises(HandLandmarksError, match="'yolo' is neither a shipped model"):
        node.start()


def test_more_hands_may_be_asked_for_at_run_time_with_a_detector_only(graph, make_node):
    make_node()
    assert graph.set_parameter("/hand_landmarks", "max_hands", 4).successful
    assert graph.set_parameter("/hand_landmarks", "detector_rate_hz", 5.0).successful
    refused = graph.set_parameter("/hand_landmarks", "detector_rate_hz", 0.0)
    assert not refused.successful
    assert "detector_rate_hz" in refused.reason

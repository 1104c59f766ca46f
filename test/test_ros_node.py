# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node `hand_landmarks` over real DDS, with a tiny but real model that finds coloured disks."""

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.qos import QoSProfile, ReliabilityPolicy
from ros_graph import Session, header, overrides
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_srvs.srv import SetBool, Trigger
from tiny_model import draw_hand_image, hand_xy_px
from visualization_msgs.msg import Marker, MarkerArray

from hand_landmarks_msgs.msg import HandLandmarksArray
from hand_landmarks_ros.core.errors import ParameterError
from hand_landmarks_ros.ros.camera_info import guessed_camera_info
from hand_landmarks_ros.ros.messages import (
    hands_from_msg,
    image_from_msg,
    image_to_compressed_msg,
    image_to_msg,
)
from hand_landmarks_ros.ros.node import HandLandmarksNode

HAND_PX = hand_xy_px()
HAND_IMAGE = draw_hand_image(HAND_PX)
NO_HAND_IMAGE = np.zeros_like(HAND_IMAGE)
HEIGHT, WIDTH = HAND_IMAGE.shape[:2]
TOLERANCE_PX = 3.0


pytestmark = pytest.mark.usefixtures("ros_context")


@pytest.fixture
def add_node(graph, model):
    """Add a node under test; started unless told otherwise."""

    def add(*, start=True, namespace="", cli_args=(), **parameters):
        # The shipped detector knows nothing of this model's hands.
        values = {"model": model, "detector": "none", "smoothing": "none", **parameters}
        values.setdefault("diagnostics_period_s", 0.1)
        node = HandLandmarksNode(
            parameter_overrides=overrides(**values), namespace=namespace, cli_args=list(cli_args)
        )
        graph.add(node)
        if start:
            node.start()
        return node

    return add


def raw(image: np.ndarray, number: int = 0) -> Image:
    return image_to_msg(image, header(number))


def assert_finds_the_hand(answer: HandLandmarksArray, tolerance_px=TOLERANCE_PX) -> None:
    (hand,) = hands_from_msg(answer)
    assert np.abs(hand.xy_px - HAND_PX).max() < tolerance_px


def test_an_image_is_answered_with_its_header_size_and_hand(graph, add_node):
    add_node()
    image = raw(HAND_IMAGE)
    answer = Session(graph).ask(image)
    assert answer.header == image.header
    assert (answer.image_width, answer.image_height) == (WIDTH, HEIGHT)
    assert_finds_the_hand(answer)


def test_an_image_without_a_hand_is_answered_with_an_empty_array(graph, add_node):
    add_node()
    image = raw(NO_HAND_IMAGE)
    answer = Session(graph).ask(image)
    assert answer.header == image.header and not answer.hands


@pytest.mark.parametrize("reliable", [False, True])
def test_best_effort_and_reliable_cameras_both_reach_the_node(graph, add_node, reliable):
    add_node()
    assert_finds_the_hand(Session(graph, reliable=reliable).ask(raw(HAND_IMAGE)))


def test_compressed_and_raw_images_give_the_same_hand(graph, add_node):
    add_node(image_transport="compressed")
    session = Session(graph, message_type=CompressedImage, topic="image/compressed")
    answer = session.ask(image_to_compressed_msg(HAND_IMAGE, header(0), jpeg_quality=100))
    assert answer.header == header(0)
    assert_finds_the_hand(answer)


def test_the_compressed_suffix_follows_the_remapped_topic(graph, add_node):
    add_node(
        image_transport="compressed",
        cli_args=["--ros-args", "-r", "image:=/front/image_raw"],
    )
    session = Session(graph, message_type=CompressedImage, topic="front/image_raw/compressed")
    assert_finds_the_hand(session.ask(image_to_compressed_msg(HAND_IMAGE, header(0), 100)))


def test_two_nodes_in_two_namespaces_do_not_meet(graph, add_node):
    for namespace in ("/left", "/right"):
        add_node(namespace=namespace)
    left, right = Session(graph, "/left"), Session(graph, "/right")
    assert_finds_the_hand(left.ask(raw(HAND_IMAGE, 1)))
    assert not right.ask(raw(NO_HAND_IMAGE, 2)).hands
    assert {m.header.stamp.nanosec for m in left.answers} == {header(1).stamp.nanosec}


def test_a_hand_keeps_its_id_and_is_reported_lost_once(graph, add_node):
    add_node(coast_s=0.0)
    session = Session(graph)
    first = session.ask(raw(HAND_IMAGE, 1)).hands[0].track_id
    assert session.ask(raw(HAND_IMAGE, 2)).hands[0].track_id == first
    session.ask(raw(NO_HAND_IMAGE, 10))
    assert session.lost_track_ids == [first]
    again = session.ask(raw(HAND_IMAGE, 20))
    assert session.lost_track_ids == [first] and again.hands[0].track_id > first


def test_stamps_that_go_back_start_tracking_anew_and_are_counted(graph, add_node):
    add_node()
    session, diagnostics = Session(graph), graph.diagnostics()
    first = session.ask(raw(HAND_IMAGE, 300)).hands[0].track_id
    earlier = session.ask(raw(HAND_IMAGE, 1))
    assert_finds_the_hand(earlier)
    assert earlier.hands[0].track_id > first and session.lost_track_ids == [first]
    diagnostics.wait_for(
        "hand_landmarks: images", lambda _, __, v: v["backward stamps"] == "1", "one backward stamp"
    )


def test_nothing_is_drawn_until_somebody_listens(graph, add_node, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "hand_landmarks_ros.ros.node.draw_hands", lambda image, hands: drawn.append(len(hands))
    )
    add_node()
    session = Session(graph)
    session.ask(raw(HAND_IMAGE, 1))
    assert not drawn
    annotated = graph.collect(Image, "/hand_landmarks/annotated_image")
    number = iter(range(2, 1000))
    graph.wait_for(
        lambda: annotated,
        "annotated image",
        again=lambda: session.ask(raw(HAND_IMAGE, next(number))),
    )
    assert drawn and drawn[0] == 1


def test_the_annotated_images_show_the_input_and_the_hand(graph, add_node):
    add_node()
    session = Session(graph)
    annotated = graph.collect(Image, "/hand_landmarks/annotated_image")
    jpegs = graph.collect(CompressedImage, "/hand_landmarks/annotated_image/compressed")
    number = iter(range(1000))
    graph.wait_for(
        lambda: annotated and jpegs,
        "annotated images",
        again=lambda: session.ask(raw(HAND_IMAGE, next(number))),
    )
    drawn = image_from_msg(annotated[0])
    assert annotated[0].header in [m.header for m in session.answers]
    assert (drawn != HAND_IMAGE).any() and (drawn == HAND_IMAGE).mean() > 0.5


def publish_with_camera_info(graph, session, info, message):
    info.header = message.header
    infos = graph.publisher(CameraInfo, "/camera_info", reliable=True)
    infos.publish(info)
    return lambda: (infos.publish(info), session.publisher.publish(message))


def test_markers_appear_in_the_cameras_frame_and_vanish_with_the_hand(graph, add_node):
    add_node(coast_s=0.0)
    session = Session(graph)
    markers = graph.collect(MarkerArray, "/hand_landmarks/markers")
    image = raw(HAND_IMAGE, 1)
    again = publish_with_camera_info(graph, session, guessed_camera_info(WIDTH, HEIGHT, 1.0), image)
    graph.wait_for(lambda: any(m.markers for m in markers), "markers", again=again)
    joints, bones = next(m for m in markers if m.markers).markers
    assert joints.header == image.header
    assert (joints.type, bones.type) == (Marker.SPHERE_LIST, Marker.LINE_LIST)
    assert len(joints.points) == 21 and len(bones.points) == 42
    session.ask(raw(HAND_IMAGE, 8))
    session.ask(raw(NO_HAND_IMAGE, 10))
    assert not session.lost_track_ids, "it may come back"
    graph.wait_for(
        lambda: any(
            {m.id for m in message.markers if m.action == Marker.DELETE} == {joints.id}
            for message in markers
        ),
        "deletion of the markers",
    )


def test_markers_without_a_matching_camera_info_are_explained(graph, add_node):
    add_node()
    session, diagnostics = Session(graph), graph.diagnostics()
    markers = graph.collect(MarkerArray, "/hand_landmarks/markers")
    again = publish_with_camera_info(
        graph, session, guessed_camera_info(WIDTH * 2, HEIGHT * 2, 1.0), raw(HAND_IMAGE)
    )
    graph.wait_for(
        lambda: (
            "camera_info describes an image of 640 x 480"
            in diagnostics.value("hand_landmarks: landmarks", "markers")
        ),
        "an explanation",
        again=again,
    )
    assert not markers


def test_parameters_change_at_run_time(graph, add_node):
    node = add_node()
    session = Session(graph)
    assert session.ask(raw(HAND_IMAGE, 1)).hands
    for name, value in {"min_hand_score": 1.0, "coast_s": 0.0}.items():
        assert graph.set_parameter("/hand_landmarks", name, value).successful
    assert node.parameters.min_hand_score == 1.0
    assert not session.ask(raw(HAND_IMAGE, 10)).hands


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("smoothing", "magic", "expected one of: kalman, one_euro, none"),
        ("min_hand_score", 1.5, "min_hand_score"),
        ("min_hand_score", "high", "expected 'Type.DOUBLE'"),
        ("max_hands", 0, "max_hands"),
        ("max_hands", 5, "set max_hands to 1"),
        ("model", "other", "read-only"),
        ("jpeg_quality", 101, "jpeg_quality"),
    ],
)
def test_a_parameter_refuses_nonsense_with_a_reason(graph, add_node, name, value, reason):
    node = add_node(start=False)
    before = node.parameters
    result = graph.set_parameter("/hand_landmarks", name, value)
    assert not result.successful and reason in result.reason
    assert node.parameters == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("backend", "abacus"),
        ("image_transport", "theora"),
        ("max_hands", 0),
        ("min_hand_score", "high"),
        ("max_hands", 1000),
        ("detector_rate_hz", 0.0),
    ],
)
def test_a_parameter_given_at_start_must_make_sense(name, value):
    with pytest.raises(ParameterError, match=name):
        HandLandmarksNode(parameter_overrides=overrides(**{name: value}))


def test_a_misspelt_parameter_is_named(add_node, monkeypatch):
    warnings = []
    monkeypatch.setattr(
        "rclpy.impl.rcutils_logger.RcutilsLogger.warning", lambda _, m, **k: warnings.append(m)
    )
    add_node(start=False, min_hand_scor=0.3)
    assert any("'min_hand_scor' is unknown" in w and "'min_hand_score'" in w for w in warnings)


def test_the_qos_of_each_input_can_be_overridden(add_node):
    node = add_node()
    for topic in ("/image", "/camera_info", "/depth"):
        assert node.has_parameter(f"qos_overrides.{topic}.subscription.reliability")


def test_reset_forgets_the_hands(graph, add_node):
    add_node()
    session = Session(graph)
    first = session.ask(raw(HAND_IMAGE, 1)).hands[0].track_id
    assert graph.call(Trigger, "/hand_landmarks/reset").success
    after = session.ask(raw(HAND_IMAGE, 2))
    assert session.lost_track_ids == [first] and after.hands[0].track_id > first


def test_a_disabled_node_does_not_listen_until_it_is_enabled(graph, add_node):
    add_node()
    session, diagnostics = Session(graph), graph.diagnostics()
    assert graph.call(SetBool, "/hand_landmarks/set_enabled", SetBool.Request(data=False)).success
    graph.wait_for(lambda: not session.publisher.get_subscription_count(), "the end of listening")
    diagnostics.wait_for(
        "hand_landmarks: images", lambda _, m, __: m.startswith("not listening"), "the state"
    )
    assert graph.call(SetBool, "/hand_landmarks/set_enabled", SetBool.Request(data=True)).success
    assert_finds_the_hand(session.ask(raw(HAND_IMAGE)))


def state_of(graph) -> str:
    return graph.call(GetState, "/hand_landmarks/get_state").current_state.label


def change_state(graph, transition: int) -> bool:
    request = ChangeState.Request()
    request.transition.id = transition
    return graph.call(ChangeState, "/hand_landmarks/change_state", request).success


def test_a_lifecycle_manager_leads_the_node_up_and_down_and_up_again(graph, add_node):
    add_node(start=False)
    assert state_of(graph) == "unconfigured"
    ids = []
    for _ in range(2):
        assert change_state(graph, Transition.TRANSITION_CONFIGURE)
        assert state_of(graph) == "inactive"
        assert graph.probe.count_subscribers("/image") == 0
        assert change_state(graph, Transition.TRANSITION_ACTIVATE)
        assert state_of(graph) == "active"
        session = Session(graph)
        answer = session.ask(raw(HAND_IMAGE))
        assert_finds_the_hand(answer)
        assert session.lost_track_ids == ids[-1:], "what ended in between is reported"
        ids.append(answer.hands[0].track_id)
        assert change_state(graph, Transition.TRANSITION_DEACTIVATE)
        graph.wait_for(lambda: not graph.probe.count_subscribers("/image"), "end of listening")
        assert change_state(graph, Transition.TRANSITION_CLEANUP)
        assert state_of(graph) == "unconfigured"
    assert len(set(ids)) == 2, "an id is never reused while the node runs"
    assert change_state(graph, Transition.TRANSITION_UNCONFIGURED_SHUTDOWN)
    assert state_of(graph) == "finalized"


def test_a_missing_model_keeps_the_node_unconfigured_and_says_why(graph, add_node):
    add_node(start=False, model="/no/such/model.onnx")
    diagnostics = graph.diagnostics()
    assert not change_state(graph, Transition.TRANSITION_CONFIGURE)
    assert state_of(graph) == "unconfigured"
    diagnostics.wait_for(
        "hand_landmarks: landmarks",
        lambda level, message, _: level == b"\x02" and "/no/such/model.onnx" in message,
        "the error",
    )


def test_diagnostics_tell_rate_latency_and_the_time_of_each_stage(graph, add_node):
    add_node(image_timeout_s=3600.0)
    session, diagnostics = Session(graph), graph.diagnostics()
    for number in range(3):
        session.ask(raw(HAND_IMAGE, number))
    _, message, values = diagnostics.wait_for(
        "hand_landmarks: images", lambda _, __, v: int(v["images processed"]) >= 3, "three images"
    )
    assert message.endswith("images a second") and float(values["rate [Hz]"]) > 0
    _, _, values = diagnostics.wait_for(
        "hand_landmarks: landmarks", lambda _, __, v: "inference [ms]" in v, "stage times"
    )
    for stage in ("decode image", "crop", "inference", "decode", "track", "publish"):
        assert float(values[f"{stage} [ms]"].split()[0]) > 0
    assert values["model"] == "coloured_disks" and "onnxruntime" in values["backend"].lower()


def test_diagnostics_warn_when_no_image_comes(graph, add_node):
    add_node(image_timeout_s=0.2)
    level, message, _ = graph.diagnostics().wait_for(
        "hand_landmarks: images", lambda _, m, __: m.startswith("no image for"), "silence"
    )
    assert level == b"\x01" and message.endswith("on /image")


def test_an_incompatible_camera_is_named_in_diagnostics(graph, add_node):
    strict = "qos_overrides./image.subscription.reliability:=reliable"
    add_node(image_timeout_s=0.1, cli_args=["--ros-args", "-p", strict])
    graph.probe.create_publisher(
        Image, "/image", QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    )
    level, message, _ = graph.diagnostics().wait_for(
        "hand_landmarks: images", lambda _, m, __: "RELIABILITY" in m, "the incompatible QoS"
    )
    assert level == b"\x01" and "qos_overrides./image.subscription" in message

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bad input: a bad frame is dropped, counted and explained; a bad start ends with a clear error."""

import os
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from ros_graph import DEADLINE_S, overrides
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from tiny_detector import save_tiny_detector
from tiny_model import draw_hand_image, hand_xy_px

from hand_landmarks_msgs.msg import HandLandmarksArray
from hand_landmarks_ros.ros.domain import own_domain_id
from hand_landmarks_ros.ros.messages import image_to_compressed_msg, image_to_msg
from hand_landmarks_ros.ros.node import HandLandmarksNode

GOOD_IMAGE = draw_hand_image(hand_xy_px())
HEIGHT, WIDTH = GOOD_IMAGE.shape[:2]


def header(second: int) -> Header:
    message = Header(frame_id="camera")
    message.stamp.sec = second
    return message


def changed(**values) -> Image:
    message = image_to_msg(GOOD_IMAGE, header(1))
    for name, value in values.items():
        setattr(message, name, value)
    return message


def of_size(width: int, height: int) -> Image:
    return image_to_msg(np.zeros((height, width, 3), np.uint8), header(1))


def compressed(data: bytes) -> CompressedImage:
    message = CompressedImage(header=header(1), format="jpeg")
    message.data.frombytes(data)
    return message


BAD_FRAMES = {
    "unknown encoding": (changed(encoding="sepia12"), "encoding 'sepia12' needs cv_bridge"),
    "step too small": (changed(step=WIDTH * 3 - 1), "step is 959, expected at least 960"),
    "data too short": (changed(height=HEIGHT + 1), "data has 230400 bytes, expected at least"),
    "no data": (Image(header=header(1), width=64, height=64, step=192, encoding="rgb8"), "0 bytes"),
    "0 x 0": (Image(header=header(1), encoding="rgb8"), "0 x 0, it has no pixels"),
    "1 x 1": (of_size(1, 1), "1 x 1"),
    "huge": (changed(width=2**31, height=2**31, step=2**31), "expected at most 64,000,000 pixels"),
    "very wide": (of_size(40_000, 16), "40000 x 16"),
    "odd size for nv12": (changed(encoding="nv12", width=319), "even width"),
    "odd size for yuyv": (changed(encoding="yuyv", width=319), "even width"),
    "compressed rubbish": (compressed(b"this is no jpeg"), "no image that OpenCV can decode"),
    "compressed nothing": (compressed(b""), "0 bytes"),
}


@pytest.mark.parametrize("case", BAD_FRAMES)
def test_a_bad_frame_is_dropped_counted_and_explained_and_the_next_one_answered(case, graph, model):
    bad, complaint = BAD_FRAMES[case]
    is_compressed = isinstance(bad, CompressedImage)
    good = (
        image_to_compressed_msg(GOOD_IMAGE, header(2), 95)
        if is_compressed
        else image_to_msg(GOOD_IMAGE, header(2))
    )
    node = HandLandmarksNode(
        parameter_overrides=overrides(
            model=model,
            detector="none",
            diagnostics_period_s=0.1,
            image_transport="compressed" if is_compressed else "raw",
        )
    )
    graph.add(node)
    node.start()
    answers = graph.collect(HandLandmarksArray, "/hand_landmarks/landmarks")
    diagnostics = graph.diagnostics()
    topic = "/image/compressed" if is_compressed else "/image"
    publisher = graph.publisher(type(bad), topic, reliable=True)

    graph.wait_for(
        lambda: node_has_dropped(diagnostics), "a drop", again=lambda: publisher.publish(bad)
    )
    _, _, values = diagnostics.wait_for(
        "hand_landmarks: images", lambda _, __, v: v["last drop"], "the reason"
    )
    assert complaint in values["last drop"]
    assert not answers

    graph.wait_for(lambda: answers, "the good frame", again=lambda: publisher.publish(good))
    assert answers[0].header == good.header and answers[0].hands


def node_has_dropped(diagnostics) -> bool:
    return int(diagnostics.value("hand_landmarks: images", "images dropped") or 0) > 0


def test_the_wrong_byte_order_is_seen_as_noise_not_as_a_crash(graph, model):
    """A big-endian image declared little-endian is valid; it must merely be answered."""
    rng = np.random.default_rng(0)
    message = Image(header=header(1), width=64, height=48, step=128, encoding="mono16")
    message.data.frombytes(rng.integers(0, 2**16, (48, 64), np.uint16).astype(">u2").tobytes())
    node = graph.add(HandLandmarksNode(parameter_overrides=overrides(model=model, detector="none")))
    node.start()
    answers = graph.collect(HandLandmarksArray, "/hand_landmarks/landmarks")
    publisher = graph.publisher(Image, "/image", reliable=True)
    graph.wait_for(lambda: answers, "an answer", again=lambda: publisher.publish(message))
    assert answers[0].header == message.header


def test_images_without_a_stamp_are_of_now_so_that_hands_are_found_and_lost(graph, model, tmp_path):
    """The detector and the tracker go by the images' stamps; some cameras leave them empty."""
    length_px = float(np.ptp(hand_xy_px()[:, 1]))
    detector = save_tiny_detector(
        tmp_path / "finder.onnx", hand_length_px=length_px, image_side_px=WIDTH
    )
    with_hand, without = (
        image_to_msg(image, Header()) for image in (GOOD_IMAGE, np.zeros_like(GOOD_IMAGE))
    )
    node = HandLandmarksNode(
        parameter_overrides=overrides(model=model, detector=str(detector), coast_s=0.0)
    )
    graph.add(node)
    node.start()
    answers = graph.collect(HandLandmarksArray, "/hand_landmarks/landmarks")
    publisher = graph.publisher(Image, "/image", reliable=True)

    def last_answer_has(n_hands: int) -> bool:
        return bool(answers) and len(answers[-1].hands) == n_hands

    for image, n_hands in ((without, 0), (with_hand, 1), (without, 0)):
        graph.wait_for(
            lambda n_hands=n_hands: last_answer_has(n_hands),
            f"{n_hands} hands",
            again=lambda image=image: publisher.publish(image),
        )
    assert {answer.header.stamp.sec for answer in answers} == {0}


def foreign_model(path) -> str:
    """An ONNX file that is valid, but not one of this package."""
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    node = helper.make_node("Identity", ["x"], ["y"])
    model = helper.make_model(
        helper.make_graph([node], "foreign", values[:1], values[1:]),
        opset_imports=[helper.make_opsetid("", 17)],
    )
    model.ir_version = 8
    onnx.save(model, str(path))
    return str(path)


def corrupt_model(path) -> str:
    path.write_bytes(b"not an onnx file")
    return str(path)


def run_node(*parameters: str) -> subprocess.CompletedProcess:
    arguments = [text for parameter in parameters for text in ("-p", parameter)]
    main = "import sys; from hand_landmarks_ros.ros.node import main; sys.exit(main())"
    with own_domain_id() as domain_id:
        return subprocess.run(
            [sys.executable, "-c", main, "--ros-args", *arguments],
            env={**os.environ, "ROS_DOMAIN_ID": str(domain_id)},
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
        )


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda path: str(path), "neither a shipped model"),
        (corrupt_model, "tiny.onnx"),
        (foreign_model, "not a model of this package"),
    ],
)
def test_a_model_that_cannot_be_used_ends_the_process_with_a_clear_error(make, complaint, tmp_path):
    ended = run_node(f"model:={make(tmp_path / 'tiny.onnx')}")
    assert ended.returncode == 1
    assert complaint in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "parameter",
    [
        "smoothing:=magic",
        "max_hands:=many",
        "max_hands:=0",
        "max_hands:=1000",
        "detector_rate_hz:=0.0",
        "min_detection_score:=-0.1",
        "coast_s:=-1.0",
        "min_hand_score:=7.0",
        "backend:=abacus",
    ],
)
def test_a_parameter_that_makes_no_sense_ends_the_process_with_a_clear_error(parameter):
    ended = run_node(parameter)
    assert ended.returncode == 1
    assert parameter.split(":")[0] in ended.stderr and "Traceback" not in ended.stderr

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole node on TensorRT's fakes, over DDS: from an image on a topic to its landmarks."""

import json
import signal
import subprocess
import sys

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from ros_graph import DEADLINE_S, Session, header, overrides
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger
from tensorrt_fakes import VERSIONS, environment, fake_gpu
from tiny_model import draw_hand_image, hand_xy_px

from hand_landmarks_msgs.msg import HandLandmarksArray
from hand_landmarks_ros.core.errors import HandLandmarksError
from hand_landmarks_ros.ros.messages import hands_from_msg, image_to_msg
from hand_landmarks_ros.ros.node import HandLandmarksNode

HAND_PX = hand_xy_px()
STATUS = "hand_landmarks: landmarks"
BACKENDS = ("tensorrt", "onnxruntime")


@pytest.fixture
def parameters(model, tmp_path):
    """Those of a node on TensorRT; the tiny model's numbers are too large for float16."""
    return {
        "model": str(model),
        "detector": "none",
        "backend": "tensorrt",
        "precision": "fp32",
        "engine_cache_dir": str(tmp_path / "cache"),
        "diagnostics_period_s": 0.1,
        "smoothing": "none",
    }


@pytest.fixture
def gpu(graph):
    """The GPU of TensorRT 10.3's fakes; it outlives the nodes of the graph."""
    with fake_gpu("10.3.0") as gpu:
        yield gpu
        graph.close()


def image(number: int = 0) -> Image:
    return image_to_msg(draw_hand_image(HAND_PX + number), header(number))


def add_node(graph, parameters, namespace="", **changes) -> HandLandmarksNode:
    values = overrides(**{**parameters, **changes})
    return graph.add(HandLandmarksNode(parameter_overrides=values, namespace=namespace))


def arrays(answer: HandLandmarksArray) -> list[np.ndarray]:
    (hand,) = answer.hands
    return [np.array(values) for values in (hand.x, hand.y, hand.score_per_landmark, [hand.score])]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_landmarks_equal_those_of_onnxruntime(graph, parameters, version):
    with fake_gpu(version):
        for backend in BACKENDS:
            add_node(graph, parameters, f"/{backend}", backend=backend).start()
        # The first image alone: how often each has come before the next is left to chance.
        ours, theirs = (Session(graph, f"/{name}").ask(image()) for name in BACKENDS)
        (hand,) = hands_from_msg(ours)
        assert np.abs(hand.xy_px - HAND_PX).max() < 3.0
        for values, expected in zip(arrays(ours), arrays(theirs), strict=True):
            np.testing.assert_allclose(values, expected, rtol=1e-6)
        graph.close()


def test_diagnostics_name_what_runs(graph, gpu, parameters):
    add_node(graph, parameters).start()
    level, message, values = graph.diagnostics().wait_for(
        STATUS, lambda level, message, values: "tensorrt" in values["backend"], "the backend"
    )
    assert (level, message) == (DiagnosticStatus.OK, "ready")
    assert "tensorrt 10.3.0, Orin" in values["backend"]


def test_while_an_engine_is_built_the_node_says_so_and_not_that_it_is_ready(
    graph, gpu, parameters, tmp_path
):
    may_end = tmp_path / "may_end"
    gpu.build_until = str(may_end)
    diagnostics = graph.diagnostics()
    node = add_node(graph, parameters)
    node._begin_loading()  # as `run` does, which then spins
    level, message, _ = diagnostics.wait_for(
        STATUS, lambda level, message, _: "building" in message, "the build"
    )
    assert level == DiagnosticStatus.WARN
    assert message.startswith("not ready: building the TensorRT engine of tiny")
    may_end.touch()
    node.start()
    diagnostics.wait_for(STATUS, lambda level, message, _: message == "ready", "the end")


def test_a_gpu_without_memory_is_said_and_the_node_can_be_configured_later(graph, gpu, parameters):
    gpu.let_fail("create_execution_context")
    node = add_node(graph, parameters)
    with pytest.raises(HandLandmarksError, match="memory"):
        node.start()
    _, message, _ = graph.diagnostics().wait_for(
        STATUS, lambda level, *_: level == DiagnosticStatus.ERROR, "the error"
    )
    assert "memory" in message and not gpu.leaks()
    node.start()
    assert Session(graph).ask(image()).hands


def test_a_run_that_fails_costs_its_image_and_is_said(graph, gpu, parameters):
    add_node(graph, parameters).start()
    session = Session(graph)
    assert session.ask(image(0)).hands
    diagnostics = graph.diagnostics()
    gpu.let_fail("execute", times=1000)
    diagnostics.wait_for(
        STATUS,
        lambda level, *_: level == DiagnosticStatus.ERROR,
        "the failure",
        again=lambda: session.publisher.publish(image(1)),
    )
    gpu.let_fail("execute", times=0)
    assert session.ask(image(2)).hands
    diagnostics.wait_for(STATUS, lambda level, *_: level == DiagnosticStatus.OK, "recovery")


def test_cleaning_up_gives_everything_back_and_the_node_can_start_again(graph, gpu, parameters):
    node = add_node(graph, parameters)
    node.start()
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP):
        request = ChangeState.Request(transition=Transition(id=transition))
        assert graph.call(ChangeState, "hand_landmarks/change_state", request).success
    assert not gpu.leaks()
    node.start()
    assert Session(graph).ask(image()).hands
    assert gpu.n_builds == 1


def test_a_node_destroyed_while_it_builds_stops_the_build(graph, gpu, parameters, tmp_path):
    gpu.build_s = 60.0
    node = add_node(graph, parameters)
    node._begin_loading()
    graph.wait_for(lambda: gpu.n_builds, "the build to begin")
    graph.close()
    assert not list((tmp_path / "cache").glob("*.engine")), "the build went on to its end"
    assert not gpu.leaks()


def test_the_node_as_a_program_builds_answers_and_ends_without_a_trace(graph, parameters, tmp_path):
    may_end = tmp_path / "may_end"
    arguments = ["--ros-args"]
    for name, value in parameters.items():
        arguments += ["-p", f"{name}:={json.dumps(value) if name != 'model' else value}"]
    variables = {
        "ROS_DOMAIN_ID": str(rclpy.utilities.get_default_context().get_domain_id()),
        "FAKE_GPU": json.dumps({"build_until": str(may_end)}),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "hand_landmarks_ros.ros.node", *arguments],
        env=environment(**variables),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # Starting Python takes long on a busy machine.
        line = next(line for line in process.stderr if "building the TensorRT engine" in line)
        assert "tiny" in line
        graph.diagnostics().wait_for(
            STATUS, lambda level, message, _: message.startswith("not ready: building"), "the build"
        )
        assert graph.call(Trigger, "hand_landmarks/reset").success
        may_end.touch()
        assert Session(graph).ask(image()).hands
        process.send_signal(signal.SIGINT)
        log = process.communicate(timeout=DEADLINE_S)[1]
    finally:
        process.kill()
    assert process.returncode == 0 and "misuse" not in log, log

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node `camera` over real DDS, and the demo as a user runs it."""

import json
import os
import signal
import subprocess
import sys
import threading
from itertools import product

import cv2
import numpy as np
import pytest
from ros_graph import DEADLINE_S, Graph, overrides, ros
from sensor_msgs.msg import CameraInfo, Image
from tiny_model import draw_hand_image, hand_xy_px

from hand_landmarks_msgs.msg import HandLandmarksArray
from hand_landmarks_ros.core.errors import ParameterError, SourceError
from hand_landmarks_ros.demo import main as demo
from hand_landmarks_ros.ground_truth import read_ground_truth
from hand_landmarks_ros.ros import camera_node
from hand_landmarks_ros.ros.camera_node import CameraNode
from hand_landmarks_ros.ros.domain import own_domain_id
from hand_landmarks_ros.ros.messages import hands_from_msg, image_from_msg, stamp_to_s
from hand_landmarks_ros.sources import SYNTHETIC_CLIP

N_IMAGES = 5


def centre_px(number: int) -> tuple[float, float]:
    return (140.0 + 10 * number, 120.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images of a hand that moves to the right."""
    folder = tmp_path_factory.mktemp("images")
    for number in range(N_IMAGES):
        image = draw_hand_image(hand_xy_px(centre_px(number)))
        cv2.imwrite(str(folder / f"{number}.png"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return folder


@pytest.fixture
def clip(folder, tmp_path):
    """A synthetic clip with its ground truth, in place of the shipped one."""
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, (320, 240))
    lines = []
    for number in range(N_IMAGES):
        writer.write(cv2.imread(str(folder / f"{number}.png")))
        keypoints = [[x, y, 2] for x, y in hand_xy_px(centre_px(number)).tolist()]
        lines.append(json.dumps({"hands": [{"keypoints": keypoints, "handedness": "right"}]}))
    writer.release()
    path.with_suffix(".jsonl").write_text("\n".join(lines))
    return path


class Run:
    """A camera node that runs in a thread, as it does in its process."""

    def __init__(self, graph: Graph, **parameters) -> None:
        self.graph = graph
        self.images = graph.collect(Image, "/image", reliable=False)
        self.infos = graph.collect(CameraInfo, "/camera_info")
        self.truths = graph.collect(HandLandmarksArray, "/ground_truth")
        self.node = CameraNode(parameter_overrides=overrides(**parameters))
        self.thread = threading.Thread(target=self.node.run)
        self.thread.start()

    def stop(self) -> None:
        """End the source, and so the node."""
        self.node._newest.close()
        self.thread.join()
        self.node.destroy_node()


@pytest.fixture
def run():
    runs = []
    with ros():
        graph = Graph()

        def start(**parameters):
            runs.append(Run(graph, **parameters))
            return runs[-1]

        yield start
        for started in runs:
            started.stop()
        graph.close()


def test_a_folder_is_played_with_matching_camera_infos(run, folder):
    camera = run(source=str(folder), rate_hz=50.0, frame_id="front")
    camera.graph.wait_for(
        lambda: len(camera.images) > 2 * N_IMAGES and len(camera.infos) > 2 * N_IMAGES, "images"
    )
    expected = [cv2.imread(str(folder / f"{n}.png"))[..., ::-1] for n in range(N_IMAGES)]
    for message in camera.images:
        assert any(np.array_equal(image_from_msg(message), image) for image in expected)
        assert message.header.frame_id == "front"
    stamps = [stamp_to_s(message.header) for message in camera.images]
    assert stamps == sorted(set(stamps))
    info = camera.infos[0]
    assert (info.width, info.height) == (320, 240) and info.k[0] > 0
    assert {stamp_to_s(m.header) for m in camera.infos} & set(stamps)
    assert not camera.truths


def test_the_synthetic_clip_comes_with_its_ground_truth(run, clip, monkeypatch):
    monkeypatch.setattr("hand_landmarks_ros.sources.SYNTHETIC_CLIP", clip)
    monkeypatch.setattr(
        camera_node, "read_ground_truth", lambda: read_ground_truth(clip.with_suffix(".jsonl"))
    )
    camera = run(source="synthetic")
    camera.graph.wait_for(lambda: len(camera.truths) > N_IMAGES, "ground truth")

    def image_with_its_truth():
        pairs = product(camera.images, camera.truths)
        return next((pair for pair in pairs if pair[0].header == pair[1].header), None)

    image, truth = camera.graph.wait_for(image_with_its_truth, "an image with its ground truth")
    expected = [hand_xy_px(centre_px(number)) for number in range(N_IMAGES)]
    assert truth.image_width == 320
    (hand,) = hands_from_msg(truth)
    number = int(np.argmin([np.abs(hand.xy_px - xy_px).max() for xy_px in expected]))
    np.testing.assert_allclose(hand.xy_px, expected[number], atol=1e-3)
    # The truth belongs to this very image: the hand is drawn where it says.
    drawn = draw_hand_image(expected[number]).astype(int)
    assert np.abs(image_from_msg(image) - drawn).mean() < 5


def test_a_source_that_ends_ends_the_node(run, folder):
    camera = run(source=str(folder), rate_hz=50.0, loop=False)
    camera.thread.join(timeout=DEADLINE_S)
    assert not camera.thread.is_alive()


def test_a_broken_first_image_is_dropped(run, folder, tmp_path):
    (tmp_path / "0.png").write_bytes(b"broken")
    (tmp_path / "1.png").write_bytes((folder / "1.png").read_bytes())
    camera = run(source=str(tmp_path), rate_hz=20.0)
    camera.graph.wait_for(lambda: len(camera.images) > 2, "images")
    assert camera.thread.is_alive()


def test_a_source_without_any_good_image_is_an_error(tmp_path):
    (tmp_path / "0.png").write_bytes(b"broken")
    with ros():
        node = CameraNode(parameter_overrides=overrides(source=str(tmp_path)))
        with pytest.raises(SourceError, match=r"0\.png cannot be read"):
            node.run()
        node.destroy_node()


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"source": "/no/such/file.mp4"}, SourceError),
        ({"source": "97"}, SourceError),
        ({"source": 97}, SourceError),
        ({"rate_hz": -1.0}, ParameterError),
        ({"camera_info_file": "/no/such/file.yaml", "source": "97"}, ParameterError),
    ],
)
def test_a_camera_that_cannot_start_says_why(parameters, error):
    with ros(), pytest.raises(error):
        CameraNode(parameter_overrides=overrides(**parameters))


def test_the_shipped_clip_has_a_truth_for_each_of_its_frames():
    video = cv2.VideoCapture(str(SYNTHETIC_CLIP))
    size = [video.get(key) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)]
    truths = read_ground_truth()
    assert size == [640, 480] and len(truths) == video.get(cv2.CAP_PROP_FRAME_COUNT)
    assert {len(hands) for hands in truths} == {0, 1, 2}


@pytest.mark.parametrize(
    "text", ["", "{", "{}", '{"hands": [{}]}', '{"hands": [{"keypoints": []}]}']
)
def test_a_broken_ground_truth_is_refused(tmp_path, text):
    path = tmp_path / "truth.jsonl"
    if text:
        path.write_text(text)
    with pytest.raises(SourceError, match="ground truth"):
        read_ground_truth(path)


def process(module: str, *parameters: str, domain_id: int) -> subprocess.Popen:
    arguments = [text for parameter in parameters for text in ("-p", parameter)]
    return subprocess.Popen(
        [sys.executable, "-m", f"hand_landmarks_ros.ros.{module}", "--ros-args", *arguments],
        env={**os.environ, "ROS_DOMAIN_ID": str(domain_id)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_camera_and_node_cleanly(folder, model, ending):
    with own_domain_id() as domain_id:
        processes = [
            process("camera_node", f"source:={folder}", domain_id=domain_id),
            process("node", f"model:={model}", domain_id=domain_id),
        ]
        try:
            with ros(domain_id):
                graph = Graph()
                answers = graph.collect(HandLandmarksArray, "/hand_landmarks/landmarks")
                graph.wait_for(lambda: answers, "landmarks from another process")
                graph.close()
            # Twice, as under `ros2 launch`.
            for running in processes * 2:
                running.send_signal(ending)
            for running in processes:
                output, _ = running.communicate(timeout=DEADLINE_S)
                assert running.returncode == 0 and "Traceback" not in output, output
        finally:
            for running in processes:
                running.kill()


def test_the_demo_leaves_a_video_a_sheet_and_the_landmarks(folder, model, tmp_path, capfd):
    still, out = tmp_path / "still", tmp_path / "demo"
    still.mkdir()
    # A hand at rest, so that it does not matter which images a busy machine leaves out.
    (still / "0.png").symlink_to(folder / "0.png")
    arguments = f"--source {still} --model {model} --out {out} --seconds 4"
    # The shipped detector knows nothing of this model's hands.
    assert demo([*arguments.split(), "--detector", "none", "--max-hands", "1"]) == 0
    printed = capfd.readouterr().out
    assert "  1 s " in printed and "images with landmarks" in printed
    for name in ("annotated.mp4", "contact_sheet.png", "landmarks.jsonl", "summary.json"):
        assert (out / name).stat().st_size > 0
    for line in (out / "landmarks.jsonl").read_text().splitlines():
        (hand,) = json.loads(line)["hands"]
        found = np.array(hand["keypoints"])[:, :2]
        assert np.abs(found - hand_xy_px(centre_px(0))).max() < 3.0


def test_the_demo_fails_when_a_part_of_it_does(tmp_path, capfd):
    arguments = ["--source", "/no/such/clip.mp4", "--out", str(tmp_path)]
    assert demo(arguments) == 1
    captured = capfd.readouterr()
    assert "there is no source '/no/such/clip.mp4'" in captured.err + captured.out
    assert "ended with an error" in captured.err

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The command line, run as users run it, on drawn images."""

import json
import re
import subprocess
import sys

import cv2
import numpy as np
import pytest
from tiny_detector import save_tiny_detector
from tiny_model import draw_disks, draw_hand_image, hand_xy_px, save_tiny_model

from hand_landmarks_ros.__main__ import main

TOLERANCE_PX = 2.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model, a folder of three images, of which the last has no hand, and a video."""
    folder = tmp_path_factory.mktemp("command_line")
    save_tiny_model(folder / "tiny.onnx")
    (folder / "images").mkdir()
    for name, image in (
        ("a9.png", draw_hand_image(hand_xy_px((140, 120)))),
        ("a10.png", draw_hand_image(hand_xy_px((200, 120)))),
        ("a11.png", np.zeros((240, 320, 3), np.uint8)),
    ):
        cv2.imwrite(str(folder / "images" / name), image[..., ::-1])
    writer = cv2.VideoWriter(
        str(folder / "clip.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (320, 240)
    )
    for i in range(8):
        writer.write(draw_hand_image(hand_xy_px((140 + 4 * i, 120)), radius_px=6)[..., ::-1])
    writer.release()
    return folder


@pytest.fixture
def run(folder):
    """Run the command line with the model; paths are relative to the folder."""

    def run(*arguments, model=True) -> int:
        # The shipped detector knows nothing of the tiny model's hands.
        options = ["--model", str(folder / "tiny.onnx"), "--detector", "none"] if model else []
        return main([*options, *map(str, arguments)])

    return run


def lines_of(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_folder_gives_a_json_line_an_image_each_on_its_own(run, folder, tmp_path):
    assert run(folder / "images", "--json", tmp_path / "out.jsonl") == 0
    lines = lines_of(tmp_path / "out.jsonl")
    assert [line["file"] for line in lines] == ["a9.png", "a10.png", "a11.png"]
    assert [len(line["hands"]) for line in lines] == [1, 1, 0]
    for line, x_px in zip(lines, (140, 200), strict=False):
        keypoints = np.array(line["hands"][0]["keypoints"])[:, :2]
        assert np.abs(keypoints - hand_xy_px((x_px, 120))).max() < TOLERANCE_PX
    assert lines[0]["hands"][0]["track_id"] != lines[1]["hands"][0]["track_id"]


def test_a_detector_finds_several_hands(run, tmp_path):
    detector = save_tiny_detector(tmp_path / "finder.onnx", hand_length_px=150, image_side_px=640)
    hands_px = [hand_xy_px((170, 240)), hand_xy_px((470, 250))]
    image = draw_hand_image(hands_px[0], width_px=640, height_px=480, radius_px=7)
    draw_disks(image, hands_px[1], radius_px=7)
    cv2.imwrite(str(tmp_path / "two.png"), image[..., ::-1])
    options = ["--detector", detector, "--max-hands", "2", "--json", tmp_path / "out.jsonl"]
    assert run(tmp_path / "two.png", *options) == 0
    (line,) = lines_of(tmp_path / "out.jsonl")
    found = [np.array(hand["keypoints"])[:, :2] for hand in line["hands"]]
    assert len(found) == 2
    for xy_px in hands_px:
        assert min(np.abs(one - xy_px).max() for one in found) < TOLERANCE_PX


def test_a_video_is_tracked(run, folder, tmp_path):
    assert run(folder / "clip.mp4", "--json", tmp_path / "out.jsonl") == 0
    lines = lines_of(tmp_path / "out.jsonl")
    assert [line["stamp_s"] for line in lines] == pytest.approx(np.arange(8) / 25.0)
    assert {hand["track_id"] for line in lines for hand in line["hands"]} == {1}
    assert sum(len(line["hands"]) for line in lines) >= 7


def test_the_json_can_go_to_standard_output_alone(run, folder, capsys):
    assert run(folder / "images", "--json", "-") == 0
    assert len([json.loads(line) for line in capsys.readouterr().out.splitlines()]) == 3


def test_without_options_it_says_what_it_found(run, folder, capsys):
    assert run(folder / "images") == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"a9\.png: #1 right \d\.\d\d \(", lines[0])
    assert lines[2] == "a11.png: no hand"


def test_annotated_images_show_the_hands(run, folder, tmp_path):
    assert run(folder / "images", folder / "images" / "a9.png", "--annotated", tmp_path) == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a10.png", "a11.png", "a9.png", "a9_2.png"]
    plain = cv2.imread(str(folder / "images" / "a9.png"))
    annotated = cv2.imread(str(tmp_path / "a9.png"))
    assert annotated.shape == plain.shape
    assert (annotated != plain).any()


def test_an_annotated_video_has_all_frames_and_the_rate(run, folder, tmp_path):
    assert run(folder / "clip.mp4", "--annotated", tmp_path) == 0
    capture = cv2.VideoCapture(str(tmp_path / "clip.mp4"))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(25.0)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 8


def test_a_broken_image_is_named_skipped_and_shown_in_the_exit_status(run, tmp_path, caplog):
    (tmp_path / "0.png").write_bytes(b"broken")
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((4, 4, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "2.png"), draw_hand_image(hand_xy_px())[..., ::-1])
    assert run(tmp_path, "--json", tmp_path / "out.jsonl") == 1
    assert [line["file"] for line in lines_of(tmp_path / "out.jsonl")] == ["2.png"]
    assert "0.png cannot be read" in caplog.text
    assert "4 x 4 px" in caplog.text


def test_mirrored_input_swaps_the_sides(run, folder, tmp_path):
    run(folder / "images" / "a9.png", "--json", tmp_path / "out.jsonl", "--mirrored-input")
    assert lines_of(tmp_path / "out.jsonl")[0]["hands"][0]["handedness"] == "left"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.png"], "no source 'nowhere.png'"),
        (["x", "--detector", "no_such_detector"], "'no_such_detector' is neither a shipped model"),
        (["x", "--detector", "hand_landmarks"], "'hand_landmarks', expected 'hand_detector'"),
        (["x", "--model", "hand_detector"], "'hand_detector', expected 'hand_landmarks'"),
        (["x", "--max-hands", "0"], "max_hands is 0, expected 1 to 16"),
        (["x", "--max-hands", "1000"], "max_hands is 1000, expected 1 to 16"),
        (["x", "--max-hands", "2"], "without a detector only one hand"),
        (["x", "--min-hand-score", "2"], "min_hand_score is 2"),
        (["x", "--backend", "tensorrt"], "needs the Python package tensorrt"),
        (["x", "--json", "/no/such/folder/out.jsonl"], "/no/such/folder/out.jsonl"),
    ],
)
def test_what_cannot_be_done_is_an_error_that_says_why(
    run, caplog, monkeypatch, arguments, message
):
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    assert run(*arguments) == 1
    assert message in caplog.text


def test_a_model_that_does_not_exist_is_an_error(run, caplog):
    assert run("x", "--model", "no_such_model", model=False) == 1
    assert "'no_such_model' is neither a shipped model" in caplog.text


@pytest.mark.parametrize("option", ["--backend", "--smoothing", "--precision"])
def test_an_unknown_choice_is_refused_with_the_known_ones(run, capsys, option):
    with pytest.raises(SystemExit) as caught:
        run("x", option, "nonsense")
    assert caught.value.code == 2
    assert "choose from" in capsys.readouterr().err


def test_it_runs_as_a_module_and_loads_no_ros(folder):
    image = folder / "images" / "a9.png"
    command = [
        "-X",
        "importtime",
        "-m",
        "hand_landmarks_ros",
        image,
        "--detector",
        "none",
        "--model",
    ]
    result = subprocess.run(
        [sys.executable, *command, folder / "tiny.onnx"], capture_output=True, text=True
    )
    assert result.returncode == 0
    assert "a9.png: #1 right" in result.stdout
    assert "onnxruntime" in result.stderr
    assert "rclpy" not in result.stderr

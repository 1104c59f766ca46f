# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark's arithmetic, its tables, and each suite on tiny inputs. No test asserts a time."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_hands import known_hand
from tensorrt_fakes import fake_gpu
from tiny_model import CARD, draw_hand_image, hand_xy_px, save_tiny_model

from hand_landmarks_ros.backends.engine_options import EngineOptions
from hand_landmarks_ros.backends.loader import load_backend
from hand_landmarks_ros.benchmark import main
from hand_landmarks_ros.benchmark.comparison import accuracy, take_turns
from hand_landmarks_ros.benchmark.frames import Frames, enlarged, one_hand_frames, there_and_back
from hand_landmarks_ros.benchmark.hands import Entrant, rows_of, scene
from hand_landmarks_ros.benchmark.inference import crops_of, inputs_of, time_calls
from hand_landmarks_ros.benchmark.mediapipe_worker import track
from hand_landmarks_ros.benchmark.parity import differences, run_all
from hand_landmarks_ros.benchmark.rivals import MediaPipeHands, MediaPipeWorker, Ours, Run
from hand_landmarks_ros.benchmark.settings import Settings
from hand_landmarks_ros.benchmark.tables import Cell, Table
from hand_landmarks_ros.benchmark.timing import blocks, ratio, spread
from hand_landmarks_ros.core.detection import Detections
from hand_landmarks_ros.core.errors import HandLandmarksError, SourceError
from hand_landmarks_ros.core.inference import Backend
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL
from hand_landmarks_ros.core.options import NO_DETECTOR, PipelineOptions
from hand_landmarks_ros.core.pipeline import STAGES
from hand_landmarks_ros.core.region import boxes_from_landmarks

WIDTH_PX, HEIGHT_PX = 320, 240

needs_ros = pytest.mark.skipif(find_spec("rclpy") is None, reason="ROS 2 is not installed")


@pytest.fixture(scope="module")
def frames() -> Frames:
    """Four images of a hand that moves to the right."""
    hands_px = [hand_xy_px((140.0 + 4 * n, 120.0)) for n in range(4)]
    images = np.stack([draw_hand_image(xy_px, WIDTH_PX, HEIGHT_PX) for xy_px in hands_px])
    return Frames(images, tuple(map(known_hand, hands_px)), rate_hz=30.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


def write_clip(path: Path, n_hands_per_image: list[int], n_truths: int | None = None) -> Path:
    """Write a clip and its truth; all pixels of an image are 20 times its number."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (64, 48))
    lines = []
    for number, n_hands in enumerate(n_hands_per_image):
        writer.write(np.full((48, 64, 3), 20 * number, np.uint8))
        keypoints = [[10.0 + k, 20.0, 2] for k in range(21)]
        lines.append(
            json.dumps({"hands": [{"keypoints": keypoints, "handedness": "left"}] * n_hands})
        )
    writer.release()
    path.with_suffix(".jsonl").write_text("\n".join(lines[:n_truths]), encoding="utf-8")
    return path


# Durations


def test_durations_are_described_by_percentiles_and_number() -> None:
    durations_s = [n / 1000 for n in range(101)]
    expected = {"median_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0, "n": 101}
    assert spread(durations_s) == pytest.approx(expected)


def test_what_too_few_durations_cannot_say_is_left_out() -> None:
    assert spread([]) == {"median_ms": None, "p95_ms": None, "p99_ms": None, "n": 0}
    assert spread([0.001] * 99)["p95_ms"] == 1.0
    assert spread([0.001] * 99)["p99_ms"] is None


@given(n=st.integers(0, 500), block=st.integers(1, 100))
def test_blocks_cover_every_number_once_and_in_order(n: int, block: int) -> None:
    cut = list(blocks(n, block))
    assert [number for part in cut for number in part] == list(range(n))
    assert all(0 < len(part) <= block for part in cut)


def test_a_ratio_is_taken_within_each_block() -> None:
    # The machine became ten times as slow for the last block, for both.
    ours, theirs = [[2.0], [3.0, 3.0, 90.0], [20.0]], [[4.0], [3.0], [40.0]]
    assert ratio(ours, theirs) == {
        "ours_over_theirs": 0.5,
        "lower_quartile": 0.5,
        "upper_quartile": 0.75,
    }


# Tables


def test_a_table_shows_units_percent_and_gaps() -> None:
    rows = [
        {"stage": "crop", "median_ms": 0.1234, "n": 7},
        {"stage": "publish", "median_ms": None, "found_share": 0.5},
    ]
    assert Table("Stages", rows, ["A note."]).to_markdown().splitlines() == [
        "### Stages",
        "",
        "| stage   | median [ms] |  n | found [%] |",
        "| ------- | ----------: | -: | --------: |",
        "| crop    |       0.123 |  7 |         - |",
        "| publish |           - |  - |      50.0 |",
        "",
        "A note.",
    ]


def test_a_table_survives_json() -> None:
    table = Table("Stages", [{"stage": "crop", "median_ms": 0.1234, "n": 7}], ["A note."])
    assert Table(**json.loads(json.dumps(table.to_json()))) == table


# Frames


@given(length=st.integers(1, 20), n=st.integers(0, 200))
def test_images_are_played_without_a_jump(length: int, n: int) -> None:
    here, there = there_and_back(n, length), there_and_back(n + 1, length)
    assert 0 <= here < length
    assert abs(here - there) == (1 if length > 1 else 0)


def test_all_images_are_played() -> None:
    assert [there_and_back(n, 3) for n in range(6)] == [0, 1, 2, 1, 0, 1]


def test_the_longest_stretch_with_one_hand_is_taken(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.avi", [0, 1, 1, 2, 1, 1, 1, 0])
    found = one_hand_frames(clip)
    assert np.allclose(found.images.mean(axis=(1, 2, 3)), [80, 100, 120], atol=3)
    assert len(found.truth) == 3


def test_a_clip_without_one_whole_hand_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="in none of its images"):
        one_hand_frames(write_clip(tmp_path / "clip.avi", [0, 2]))


def test_truth_for_fewer_images_than_the_clip_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has 3 images but truth for 2"):
        one_hand_frames(write_clip(tmp_path / "clip.avi", [1, 1, 1], n_truths=2))


@pytest.mark.parametrize("size_px", [(320, 240), (640, 480), (1280, 720), (500, 800)])
def test_the_truth_moves_along_when_images_are_enlarged(size_px: tuple[int, int]) -> None:
    centre_px = np.array([101.0, 57.0])
    image = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    cv2.circle(image, (101, 57), 9, (255, 255, 255), cv2.FILLED)
    frames = Frames(image[None], (known_hand(np.tile(centre_px, (21, 1))),), 30.0)
    large = enlarged(frames, *size_px)
    assert large.images.shape == (1, size_px[1], size_px[0], 3)
    brightness = large.images[0].mean(axis=2)
    rows, columns = np.indices(brightness.shape)
    found_px = [(brightness * index).sum() / brightness.sum() for index in (columns, rows)]
    assert large.truth[0].xy_px[0] == pytest.approx(found_px, abs=0.1)


# Comparison


def test_errors_are_those_of_the_images_in_which_the_hand_was_found(frames: Frames) -> None:
    first = 3
    landmarks_px = [frames.truth_of(first + n).xy_px + np.float32([3, 4]) for n in range(4)]
    found = accuracy(Run(landmarks_px=[*landmarks_px, None]), frames, first)
    expected = {"found_share": 0.8, "median_error_px": 5.0, "p95_error_px": 5.0}
    x0_px, y0_px, x1_px, y1_px = frames.truth[0].bounds_px
    expected["median_error_of_hand_size_share"] = 5.0 / max(x1_px - x0_px, y1_px - y0_px)
    assert found == pytest.approx(expected, abs=1e-4)


def test_who_finds_nothing_has_no_error(frames: Frames) -> None:
    assert accuracy(Run(landmarks_px=[None]), frames, 0) == {"found_share": 0.0}


def test_rivals_take_turns_on_the_same_images() -> None:
    turns = []

    def rival(name: str) -> SimpleNamespace:
        return SimpleNamespace(name=name, track=lambda block, run: turns.append((name, block)))

    take_turns([rival("ours"), rival("theirs")], n_images=60)
    n_first = len(turns[0][1])
    first_numbers = range(n_first, n_first + 60, 25)
    rounds = [range(n_first), *(range(n, min(n + 25, n_first + 60)) for n in first_numbers)]
    assert turns == [(name, block) for block in rounds for name in ("ours", "theirs")]


def test_the_worker_times_each_image_and_tells_where_nothing_was_found(frames: Frames) -> None:
    point = SimpleNamespace(x=0.5, y=0.25)
    seen = SimpleNamespace(multi_hand_landmarks=[SimpleNamespace(landmark=[point] * 21)])
    nothing = SimpleNamespace(multi_hand_landmarks=None)
    answers = iter([seen, nothing])
    answer = track(SimpleNamespace(process=lambda image: next(answers)), frames.images, [0, 1])
    assert len(answer["durations_s"]) == 2
    assert answer["landmarks"] == [[[0.5, 0.25]] * 21, None]
    assert answer["n_hands"] == [1, 0]


def fake_interpreter(path: Path) -> Path:
    """Write a program that answers as the worker does; it sees a hand in the first image only."""
    path.write_text(
        f"""#!{sys.executable}
import json, sys
print('"ready"', flush=True)
for line in sys.stdin:
    frames = json.loads(line)["frames"]
    landmarks = [[[0.5, 0.25]] * 21 if n == 0 else None for n in frames]
    n_hands = [int(found is not None) for found in landmarks]
    durations_s = [0.001] * len(frames)
    answer = dict(durations_s=durations_s, cpu_s=0.5, n_hands=n_hands, landmarks=landmarks)
    print(json.dumps(answer), flush=True)
""",
        encoding="utf-8",
    )
    path.chmod(0o755)
    return path


def test_coordinates_of_mediapipe_become_pixels(tmp_path: Path, frames: Frames) -> None:
    run = Run()
    with MediaPipeWorker(fake_interpreter(tmp_path / "python"), frames) as worker:
        MediaPipeHands(worker, complexity=1).track(range(5, 8), run)
    # Images 5, 6 and 7 that are played are 1, 0 and 1 of the four.
    assert [landmarks is None for landmarks in run.landmarks_px] == [True, False, True]
    assert run.landmarks_px[1] == pytest.approx(np.tile([159.5, 59.5], (21, 1)))
    assert run.block_durations_s == [[0.001] * 3]
    assert run.cpu_s == 0.5
    assert run.n_hands == [0, 1, 0] and run.stage_times_s == []


@pytest.mark.skipif(find_spec("mediapipe") is not None, reason="MediaPipe is installed here")
def test_an_environment_without_mediapipe_is_named_as_such(frames: Frames) -> None:
    with (
        pytest.raises(HandLandmarksError, match="No module named 'mediapipe'"),
        MediaPipeWorker(Path(sys.executable), frames),
    ):
        pass


# Number of hands


def test_as_many_quarters_show_the_hand_as_are_asked_for(frames: Frames) -> None:
    for n_hands in (0, 1, 2, 4):
        images = scene(frames, n_hands).images
        assert images.shape == frames.images.shape
        quarters = images.reshape(len(images), 2, HEIGHT_PX // 2, 2, WIDTH_PX // 2, 3)
        is_empty = (quarters == 128).all(axis=(0, 2, 4, 5))
        assert is_empty.sum() == 4 - n_hands


def run_of(block_durations_s: list[list[float]], n_hands: list[int]) -> Run:
    return Run(block_durations_s=block_durations_s, n_hands=n_hands)


def test_the_cost_of_a_hand_is_a_multiple_of_the_same_trackers_one() -> None:
    entrants = [
        Entrant(SimpleNamespace(name=name), n_hands, max_hands)
        for name, n_hands, max_hands in (("a", 1, 1), ("a", 1, 2), ("a", 4, 4), ("b", 1, 1))
    ]
    runs = [
        # The machine became ten times as slow for the second block, for all.
        run_of([[0.001], [0.010]], [1, 1]),
        run_of([[0.002], [0.020]], [1, 1]),
        # Where not all hands were found, the time tells nothing: here in all of the second block.
        run_of([[0.003], [0.001]], [4, 3]),
        run_of([[0.5], [0.5]], [0, 0]),
    ]
    rows = rows_of(entrants, runs)
    assert [row["over_one_hand"] for row in rows] == pytest.approx([1.0, 2.0, 3.0, None])
    assert [row["n"] for row in rows] == [2, 2, 1, 0]
    assert [row["all_found_share"] for row in rows] == [1.0, 1.0, 0.5, 0.0]
    assert [row["median_ms"] for row in rows] == pytest.approx([5.5, 11.0, 3.0, None])


def tracked_with_detector(model: Path, frames: Frames, max_hands: int) -> dict[str, Cell]:
    """Return the row of a clip with one hand, which the detector sees wherever it is."""
    boxes = boxes_from_landmarks(frames.truth[0].xy_px[None])
    one = np.ones(1, np.float32)
    detections = Detections(boxes, one, one, np.array([[0.0, 0.0, 99.0, 99.0]]))
    options = PipelineOptions(max_hands=max_hands)
    ours = Ours(load_backend(model), frames, options, lambda image: detections)
    (row,) = rows_of([Entrant(ours, 1, 1)], take_turns([ours], n_images=12))
    return row


def test_the_detector_does_not_run_while_the_only_hand_is_followed(
    model: Path, frames: Frames
) -> None:
    row = tracked_with_detector(model, frames, max_hands=1)
    assert row["all_found_share"] == 1.0
    assert row["detector_ran_share"] == 0.0


def test_the_detector_goes_on_looking_for_a_second_hand(model: Path, frames: Frames) -> None:
    assert tracked_with_detector(model, frames, max_hands=2)["detector_ran_share"] == 1.0


def test_the_stages_add_up_to_the_whole_frame() -> None:
    durations_s, n_hands = [0.015, 0.030, 0.5], [1, 1, 0]
    stage_times_s = [
        {"region": 0.001, "detect": 0.0, "crop": 0.001, "inference": 0.010, "decode": 0.001}
        | {"track": 0.002},
        {"region": 0.001, "detect": 0.015, "crop": 0.001, "inference": 0.010, "decode": 0.001}
        | {"track": 0.002},
        dict.fromkeys(STAGES, 0.1),
    ]
    run = Run([durations_s], 0.0, [], n_hands, stage_times_s, n_detections=[0, 1, 1])
    (row,) = rows_of([Entrant(SimpleNamespace(name="a"), 1, 1)], [run])
    stages = {"detector_ms": 7.5, "pre_ms": 2.0, "inference_ms": 10.0, "decode_ms": 1.0}
    stages |= {"filter_ms": 2.0}
    assert {name: row[name] for name in stages} == pytest.approx(stages)
    assert sum(stages.values()) == pytest.approx(1e3 * np.mean(durations_s[:2]))
    assert row["detector_ran_share"] == 0.5


# Networks


def test_a_detector_is_given_one_whole_image(frames: Frames) -> None:
    card = replace(CARD, kind=DETECTOR_MODEL, input_size_px=64)
    inputs = inputs_of(frames, card)
    assert inputs.shape == (1, 64, 64, 3)
    # 320 x 240 in a square: the image fills three quarters of the height.
    assert [bool(inputs[0, row].any()) for row in (2, 32, 61)] == [False, True, False]
    assert list(time_calls({1: lambda inputs: inputs}, inputs, n_calls=2)) == [(1, 1)]


# Parity


def shifted(backend: Backend, columns: int) -> Backend:
    """Return a backend whose heatmaps are shifted to the right."""

    def run(inputs):
        outputs = dict(backend(inputs))
        outputs["heatmaps"] = np.roll(outputs["heatmaps"], columns, axis=3)
        outputs["presence"] = outputs["presence"] - 0.25
        return outputs

    return run


def test_a_backend_agrees_with_itself_whatever_the_batch(model: Path, frames: Frames) -> None:
    backend = load_backend(model)
    crops = crops_of(frames, backend.card.input_size_px, 9)
    in_batches, at_once = run_all(backend, crops), backend({"image": crops})
    found = differences(at_once, in_batches, backend.card.codec())
    assert found["largest_distance_px"] < 1e-3
    assert found["sure_landmarks_share"] > 0.9


def test_a_backend_that_differs_is_measured_in_px(model: Path, frames: Frames) -> None:
    backend = load_backend(model)
    crops = crops_of(frames, backend.card.input_size_px, 2)
    found = differences(
        run_all(backend, crops), run_all(shifted(backend, 1), crops), backend.card.codec()
    )
    assert found["mean_distance_px"] == pytest.approx(backend.card.stride_px, abs=0.05)
    assert found["largest_distance_px"] == pytest.approx(backend.card.stride_px, abs=0.2)
    assert found["largest_change_of_presence"] == pytest.approx(0.25)
    assert found["largest_change_of_handedness"] == 0


# The command line


@pytest.fixture
def short_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for suite in ("comparison", "inference", "sessions"):
        monkeypatch.setattr(f"hand_landmarks_ros.benchmark.{suite}.N_WARM_UP", 1)


@pytest.mark.usefixtures("short_warm_up")
def test_the_suites_without_ros_run_and_write_json(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.avi", [1, 1, 1])
    rival = fake_interpreter(tmp_path / "python")
    arguments = ["--model", str(model), "--clip", str(clip), "--json", str(tmp_path / "out")]
    arguments += ["--images", "2", "--sizes", "64x48", "--mediapipe-python", str(rival)]
    assert main([*arguments, "--only", "inference", "sessions", "comparison"]) == 0
    printed = capsys.readouterr().out
    inference = json.loads((tmp_path / "out" / "inference.json").read_text())
    comparison = json.loads((tmp_path / "out" / "comparison.json").read_text())
    settings = [(row["threads"], row["batch"]) for row in inference["tables"][0]["rows"]]
    assert settings == [(1, 1), (1, 2), (1, 4), (2, 1), (2, 2), (2, 4)]
    assert "coloured_disks" in inference["conditions"]["model"]
    sessions = json.loads((tmp_path / "out" / "sessions.json").read_text())
    rows = sessions["tables"][0]["rows"]
    assert rows[0]["options"] == "as shipped" and rows[0]["over_shipped"] == 1
    assert len(rows) > 3 and all(row["n"] == 2 for row in rows)
    rows = comparison["tables"][0]["rows"]
    assert [row["n"] for row in rows] == [2, 2, 2]
    assert rows[1]["ours_over_theirs"] > 0
    assert "MediaPipe Hands, complexity 1" in printed
    report = (tmp_path / "out" / "benchmark.md").read_text()
    assert all(f"- {name}: " in report for name in ("engine build", "power mode", "clocks"))
    assert report.count("### ") == 3


@pytest.mark.usefixtures("short_warm_up")
def test_parity_and_number_of_hands_say_what_cannot_be_measured(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.avi", [1, 1, 1])
    rival = fake_interpreter(tmp_path / "python")
    arguments = ["--model", str(model), "--clip", str(clip), "--json", str(tmp_path)]
    arguments += ["--images", "2", "--sizes", "64x48", "--mediapipe-python", str(rival)]
    arguments += ["--backend", "onnxruntime", "--detector", "none"]
    assert main([*arguments, "--only", "parity", "hands"]) == 0
    hands = json.loads((tmp_path / "hands.json").read_text())["tables"][0]
    shown = [(row["tracker"].split(",")[0], row["hands"]) for row in hands["rows"]]
    theirs = [("MediaPipe Hands", 0), ("MediaPipe Hands", 1)]
    assert shown == [("this package", 0), ("this package", 1), *theirs, *theirs]
    assert any("needs a detector" in note for note in hands["notes"])
    parity = json.loads((tmp_path / "parity.json").read_text())["tables"][0]
    assert parity["rows"] == [] and "is the reference itself" in parity["notes"][0]


@pytest.mark.usefixtures("short_warm_up")
def test_tensorrt_is_compared_with_the_reference_and_its_build_is_timed(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    clip = write_clip(tmp_path / "clip.avi", [1, 1])
    arguments = ["--backend", "tensorrt", "--model", str(model), "--clip", str(clip)]
    arguments += ["--images", "1", "--sizes", "64x48", "--json", str(tmp_path)]
    with fake_gpu():
        assert main([*arguments, "--only", "parity", "inference"]) == 0
    parity = json.loads((tmp_path / "parity.json").read_text())
    assert parity["conditions"]["backend"].startswith("tensorrt")
    assert parity["conditions"]["engine build"].endswith(" s")
    (row,) = parity["tables"][0]["rows"]
    assert row["crops"] == 100 and row["largest_distance_px"] < 0.01
    inference = json.loads((tmp_path / "inference.json").read_text())
    rows = inference["tables"][0]["rows"]
    assert [(row["threads"], row["batch"]) for row in rows] == [(None, 1), (None, 2), (None, 4)]


def test_without_mediapipe_ours_stand_alone_and_the_table_says_why(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.avi", [1, 1])
    arguments = ["--model", str(model), "--clip", str(clip), "--images", "1", "--sizes", "64x48"]
    absent = str(tmp_path / "absent")
    assert main([*arguments, "--only", "comparison", "--mediapipe-python", absent]) == 0
    printed = capsys.readouterr().out
    assert f"No comparison with MediaPipe: there is no {absent}" in printed
    assert "MediaPipe Hands, complexity" not in printed


def test_a_missing_model_ends_with_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "no_such_model"]) == 1
    assert "benchmark: model 'no_such_model' is neither" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "kind"),
    [("--model", "hand_detector"), ("--detector", "hand_landmarks")],
)
def test_a_model_of_the_wrong_kind_ends_with_one_clear_line(
    option: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([option, kind, "--only", "hands", "--images", "1"]) == 1
    assert f"is of the kind '{kind}', expected" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--images", "0"], ["--sizes", "640"], ["--only", "speed"]])
def test_nonsense_on_the_command_line_is_refused(option: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(option)


# Over ROS


def settings_with(model: Path) -> Settings:
    return Settings(
        model=str(model),
        models=(str(model),),
        detector=NO_DETECTOR,
        backend="auto",
        precision="fp16",
        n_images=2,
        clip=Path("unused"),
        sizes_px=((WIDTH_PX, HEIGHT_PX),),
        mediapipe_python=Path("unused"),
    )


@needs_ros
def test_every_stage_of_an_image_is_timed(model: Path, frames: Frames) -> None:
    from hand_landmarks_ros.benchmark.stages import time_stages

    messages = []
    durations_s = time_stages(frames, load_backend(model), messages.append, n_images=3)
    assert list(durations_s) == [
        *("image decode, rgb8", "image decode, bgr8", "image decode, JPEG"),
        *("region", "crop (preprocessing)", "inference", "heatmap decode", "tracking and filter"),
        *("pipeline, total", "message build", "publish"),
    ]
    assert {len(values) for values in durations_s.values()} == {3}
    assert all(len(message.hands) == 1 for message in messages)


@needs_ros
def test_the_parts_of_inference_are_told_where_the_backend_times_them(
    tmp_path: Path, model: Path, frames: Frames
) -> None:
    from hand_landmarks_ros.benchmark.stages import time_stages

    options = EngineOptions(cache_directory=tmp_path)
    with fake_gpu(), closing(load_backend(model, "tensorrt", engine_options=options)) as backend:
        durations_s = time_stages(frames, backend, lambda message: None, n_images=2)
    parts = {name: len(times) for name, times in durations_s.items() if name.startswith("on the")}
    assert parts == {"on the GPU: H2D": 2, "on the GPU: inference": 2, "on the GPU: D2H": 2}


@needs_ros
def test_the_nodes_callback_answers_in_this_process(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.avi", [1, 1])
    arguments = ["--model", str(model), "--clip", str(clip), "--images", "2", "--sizes", "64x48"]
    assert main([*arguments, "--only", "stages"]) == 0
    assert "callback to publish" in capsys.readouterr().out


@needs_ros
@pytest.mark.parametrize("through_node", [False, True])
def test_ages_are_measured_across_processes(
    model: Path, frames: Frames, through_node: bool
) -> None:
    from hand_landmarks_ros.benchmark.transport import stream

    node = settings_with(model) if through_node else None
    # A busy machine may lose some, but not for a second and a half.
    ages_s = stream(frames, 45, large_images=True, node=node)
    assert 1 <= len(ages_s) <= 45
    assert all(age_s > 0 for age_s in ages_s)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What training.evaluate is made of: matching, groups, summaries, peers, tables."""

from pathlib import Path

import numpy as np
import pytest
from tiny_model import hand_xy_px

from hand_landmarks_ros.core.detection import Detections
from hand_landmarks_ros.core.errors import HandLandmarksError
from hand_landmarks_ros.core.topology import FINGERS, N_LANDMARKS
from hand_landmarks_ros.core.types import Hand, Handedness, RotatedBoxes
from training.datasets.records import ImageRecord, LabelledHand
from training.evaluation import detections
from training.evaluation.comparison import thinned
from training.evaluation.groups import finger_extension, label_groups, pose_groups, size_groups
from training.evaluation.landmarks import matched
from training.evaluation.mediapipe_peer import MediaPipeHands, MediaPipeOnCrops
from training.evaluation.report import landmark_report, table
from training.evaluation.results import HandResults, summary


def labelled(xy_px, *, bounds_px=(0, 0, 1, 1), handedness=Handedness.RIGHT, visibility=2):
    return LabelledHand(
        xy_px=xy_px,
        visibility=np.full(N_LANDMARKS, visibility),
        bounds_px=np.array(bounds_px, float),
        handedness=handedness,
        source="gt",
    )


def picture(*hands, is_complete=True, **labels):
    return ImageRecord(Path("x.png"), 640, 480, hands, "", "val", is_complete, **labels)


def found_hand(xy_px, handedness=Handedness.RIGHT, handedness_score=0.9):
    return Hand(
        track_id=1,
        handedness=handedness,
        handedness_score=handedness_score,
        score=0.9,
        predicted=False,
        xy_px=np.asarray(xy_px, np.float32),
        z_px=np.full(N_LANDMARKS, np.nan, np.float32),
        score_per_landmark=np.full(N_LANDMARKS, 0.8, np.float32),
    )


def found_of(record, *hands):
    return matched(HandResults.missed(record), hands, record)


# Results


def test_errors_are_pixels_of_the_protocol_crop():
    truth_px = hand_xy_px((200, 200), 150.0)
    x_px, y_px = np.ptp(truth_px, axis=0)
    results, _ = found_of(picture(labelled(truth_px)), found_hand(truth_px + np.array([3.0, 4.0])))
    assert results.size_px == pytest.approx([max(x_px, y_px)])
    scale = 224 / 1.5 / max(x_px, y_px)
    assert results.errors_px == pytest.approx(np.full((1, 21), 5.0 * scale), abs=1e-3)


def test_unlabelled_landmarks_have_no_error():
    hand = labelled(hand_xy_px())
    hand.visibility[3] = 0
    results, _ = found_of(picture(hand), found_hand(hand_xy_px()))
    assert np.flatnonzero(np.isnan(results.errors_px[0])).tolist() == [3]


def test_a_missed_hand_lowers_recall_and_counts_as_wrong_in_pck_all_only():
    near, far = hand_xy_px((150, 240)), hand_xy_px((480, 240))
    results, n_false = found_of(picture(labelled(near), labelled(far)), found_hand(near))
    figures = summary(results, may_miss=True)
    assert (figures["n_hands"], figures["recall"], n_false) == (2, 0.5, 0)
    assert (figures["pck"]["5"], figures["pck_all"]["5"]) == (1.0, 0.5)
    assert figures["handedness"] == 1.0


def test_finding_nothing_has_a_recall_of_zero_and_no_error():
    results, _ = found_of(picture(labelled(hand_xy_px())))
    figures = summary(results, may_miss=True)
    assert figures.pop("pck_all") == dict.fromkeys(("1", "3", "5", "7", "10"), 0.0)
    assert figures == {"n_hands": 1, "recall": 0.0}


def test_a_set_in_which_nothing_was_found_stands_beside_others():
    some, _ = found_of(picture(labelled(hand_xy_px())), found_hand(hand_xy_px()))
    none, _ = found_of(picture(labelled(hand_xy_px())))
    overall = landmark_report("m", {"a": none, "b": some}, may_miss=True)["overall"]
    assert (overall["recall"], overall["pck"]["5"], overall["pck_all"]["5"]) == (0.5, 1.0, 0.5)


# Matching


def test_hands_are_paired_for_the_best_total_not_one_by_one():
    left, right = hand_xy_px((200, 240)), hand_xy_px((240, 240))
    between = found_hand(hand_xy_px((215, 240)))
    results, _ = found_of(picture(labelled(left), labelled(right)), found_hand(left - 8), between)
    assert results.found_px[0] == pytest.approx(left - 8, abs=1e-3)
    assert results.found_px[1] == pytest.approx(between.xy_px)


def test_a_hand_far_from_every_label_is_false_unless_it_lies_in_a_box_without_landmarks():
    truth, elsewhere = hand_xy_px((150, 240)), hand_xy_px((480, 240))
    both = found_hand(truth), found_hand(elsewhere)
    assert found_of(picture(labelled(truth)), *both)[1] == 1
    box_only = labelled(None, bounds_px=(400, 150, 560, 330))
    assert found_of(picture(labelled(truth), box_only), *both)[1] == 0


def test_handedness_of_a_found_hand_becomes_the_probability_of_a_right_one():
    record = picture(labelled(hand_xy_px()))
    left = found_hand(hand_xy_px(), Handedness.LEFT, 0.8)
    unknown = found_hand(hand_xy_px(), Handedness.UNKNOWN, 0.52)
    assert found_of(record, left)[0].right_probability == pytest.approx([0.2])
    assert found_of(record, unknown)[0].right_probability == [0.5]


def test_a_quick_look_takes_evenly_spaced_pictures():
    sets = {"long": list(range(10)), "short": [1, 2]}
    assert thinned(sets, 4) == {"long": [0, 2, 5, 7], "short": [1, 2]}
    assert thinned(sets, None) == sets


# Groups


def bent(*fingers):
    """An open hand with some fingers folded back to their roots."""
    xy_px = hand_xy_px((200, 200), 200.0)
    for finger in fingers:
        root, middle, last, tip = FINGERS[finger]
        xy_px[last], xy_px[tip] = xy_px[middle], xy_px[root] + [2.0, 0.0]
    return xy_px


def test_poses_are_told_by_curled_fingers():
    pinch = hand_xy_px((200, 200), 200.0)
    pinch[FINGERS["thumb"][-1]] = pinch[FINGERS["index"][-1]] + 3.0
    hands = {
        "open": bent(),
        "fist": bent("index", "middle", "ring", "pinky"),
        "pointing": bent("middle", "ring", "pinky"),
        "pinch": pinch,
        "other": bent("index", "ring"),
    }
    groups = pose_groups(np.stack(list(hands.values())))
    for k, name in enumerate(hands):
        assert [group for group, mask in groups.items() if mask[k]] == [name]


def test_extension_of_straight_and_right_angled_fingers():
    xy_px = hand_xy_px((200, 200), 200.0)
    xy_px[list(FINGERS["index"])] = [[0, 0], [0, 10], [5, 10], [10, 10]]
    extension = finger_extension(xy_px[None])[0]
    assert extension[1:] == pytest.approx([1, 1, 1])
    assert extension[0] == pytest.approx(np.sqrt(200) / 20)


def test_groups_by_size_and_label_cover_what_is_known():
    sizes = size_groups(np.array([10.0, 48.0, 500.0]))
    assert [name for name, mask in sizes.items() if mask.any()] == ["0-48", "48-96", "384+"]
    tones = label_groups([10, None, 2, 10])
    assert {name: mask.tolist() for name, mask in tones.items()} == {
        "2": [False, False, True, False],
        "10": [True, False, False, True],
    }


def test_a_report_breaks_errors_down_where_labels_allow():
    record = picture(labelled(hand_xy_px()), skin_tone=7)
    results, _ = found_of(record, found_hand(hand_xy_px()))
    report = landmark_report("m", {"a": results}, may_miss=False)
    assert report["groups"]["skin_tone"] == {
        "7": {"n_hands": 1, "pck_5": 1.0, "epe_px": pytest.approx(0.0, abs=1e-3)}
    }
    assert "view" not in report["groups"]
    assert report["sets"]["a"]["ece"] == pytest.approx(0.2), "score 0.8, all right"


def test_a_table_has_a_row_for_each_set_and_model_and_only_columns_with_figures():
    reports = [
        {"model": "a", "sets": {"s": {"n_hands": 2, "epe_px": 1.5}}, "overall": {"epe_px": 1.5}},
        {"model": "b", "sets": {"s": {"ap50": 0.5}}, "overall": {"ap50": 0.5}},
    ]
    assert table(reports).splitlines() == [
        "| set | model | hands | EPE px | AP@0.5 |",
        "| --- | --- | ---: | ---: | ---: |",
        "| s | a | 2 | 1.50 | - |",
        "| s | b | - | - | 0.500 |",
        "| **overall** | a | - | 1.50 | - |",
        "| **overall** | b | - | - | 0.500 |",
    ]


# Detectors


class FixedDetector:
    """Finds the box 10, 10, 50, 50 in every picture."""

    def __init__(self, backend, options):
        pass

    def __call__(self, image):
        return Detections(
            RotatedBoxes(np.array([[30.0, 30.0]]), np.array([60.0]), np.zeros(1)),
            np.array([0.9], np.float32),
            np.array([0.5], np.float32),
            np.array([[10.0, 10.0, 50.0, 50.0]]),
        )


@pytest.fixture
def fixed_detector(monkeypatch):
    monkeypatch.setattr(detections, "HandDetector", FixedDetector)
    monkeypatch.setattr(ImageRecord, "read_image", lambda record: np.zeros((9, 9, 3), np.uint8))


@pytest.mark.usefixtures("fixed_detector")
def test_a_detector_is_measured_on_complete_pictures():
    hand = labelled(None, bounds_px=(10, 10, 50, 50))
    records = [picture(hand), picture(hand), picture(hand, is_complete=False), picture()]
    figures = detections.detector_figures(None, records)
    assert (figures["n_images"], figures["n_hands"]) == (3, 2)
    assert figures["false_per_100_images_without_hand"] == 100.0
    # Three boxes of one score, one of them false; COCO takes them in the order of the pictures.
    assert figures["ap50"] == pytest.approx(1.0)


@pytest.mark.usefixtures("fixed_detector")
def test_a_set_without_complete_pictures_is_measured_with_a_warning(caplog):
    hand = labelled(None, bounds_px=(10, 10, 50, 50))
    records = [picture(hand, is_complete=False), picture(is_complete=False)]
    figures = detections.detector_figures(None, records, "set_a")
    assert (figures["n_images"], figures["ap50"]) == (1, pytest.approx(1.0))
    assert "set_a marks no picture as complete" in caplog.text
    assert detections.detector_figures(None, []) == {}


# MediaPipe


@pytest.fixture
def mediapipe_python(tmp_path):
    """An interpreter that answers as MediaPipe's worker: two hands in every image but the last."""
    path = tmp_path / "python"
    path.write_text(
        """#!/usr/bin/env python3
import json, os, sys
print('"ready"', flush=True)
options = json.loads(sys.argv[4])
for line in sys.stdin:
    request = json.loads(line)
    assert os.path.exists(os.path.join(sys.argv[3], request["images"]))
    corner = dict(landmarks=[[0.1, 0.1]] * 21, label="Right", score=0.75)
    middle = dict(landmarks=[[0.5, 0.25]] * 21, label="Left", score=0.75)
    n = 2 if options["static_image_mode"] else 3
    print(json.dumps([[corner, middle]] * (n - 1) + [[]]), flush=True)
""",
        encoding="utf-8",
    )
    path.chmod(0o755)
    return path


def test_mediapipe_on_crops_gives_the_hand_nearest_the_middle(mediapipe_python):
    with MediaPipeHands(mediapipe_python, video=False, max_hands=2) as hands:
        found = MediaPipeOnCrops(hands)(np.zeros((2, 224, 224, 3), np.uint8))
    assert found.xy_crop_px[0] == pytest.approx(np.tile([111.5, 55.5], (21, 1)))
    assert found.right_probability[0] == 0.75, "MediaPipe takes pictures for mirrored"
    assert np.isnan(found.xy_crop_px[1]).all() and np.isnan(found.right_probability[1])


def test_where_mediapipe_is_not_installed_the_error_says_how_to_get_it(tmp_path):
    with pytest.raises(HandLandmarksError, match=r"there is no .*nothing; `make bench` tries"):
        MediaPipeHands(tmp_path / "nothing", video=True, max_hands=1)

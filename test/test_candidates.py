# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The detector runs when it is due, and each of the places it names has its turn."""

import numpy as np
import pytest

from hand_landmarks_ros.core.candidates import CandidateFinder
from hand_landmarks_ros.core.detection import Detections
from hand_landmarks_ros.core.types import RotatedBoxes

IMAGE = np.zeros((480, 640, 3), np.uint8)
NONE = RotatedBoxes.none()


def boxes_at(*x_px, side_px=90.0) -> RotatedBoxes:
    n = len(x_px)
    centres = np.column_stack([np.array(x_px, float), np.full(n, 240.0)])
    return RotatedBoxes(centres, np.full(n, side_px), np.zeros(n))


class Detector:
    """Names the same places each time, the first one with the best score."""

    def __init__(self, boxes: RotatedBoxes) -> None:
        self.boxes, self.n_calls = boxes, 0

    def __call__(self, image) -> Detections:
        self.n_calls += 1
        n = len(self.boxes)
        score = np.linspace(0.9, 0.5, n).astype(np.float32)
        return Detections(self.boxes, score, np.full(n, 0.5, np.float32), np.zeros((n, 4)))


def found(finder, stamp_s, followed=NONE, n_wanted=1, rate_hz=10.0, least_score=0.0):
    found = finder.find(
        IMAGE, stamp_s, followed, n_wanted, rate_hz=rate_hz, least_score=least_score
    )
    return found.boxes.centre_px[:, 0].tolist()


def test_the_best_places_come_first():
    finder = CandidateFinder(Detector(boxes_at(100, 300, 500)))
    assert found(finder, 0.0, n_wanted=2) == [100, 300]


@pytest.mark.parametrize(
    ("stamp_s", "n_calls"), [(10.0, 1), (10.05, 1), (10.1, 2), (11.0, 2), (9.0, 2)]
)
def test_it_runs_at_its_rate_and_when_time_goes_back(stamp_s, n_calls):
    detector = Detector(boxes_at(100))
    finder = CandidateFinder(detector)
    found(finder, 10.0)
    found(finder, stamp_s)
    assert detector.n_calls == n_calls


def test_what_the_detector_doubts_is_no_candidate_unless_it_says_so_again():
    finder = CandidateFinder(Detector(boxes_at(100, 300, 500)))
    assert found(finder, 0.0, n_wanted=3, least_score=0.6) == [100, 300]
    assert sorted(found(finder, 0.1, n_wanted=3, least_score=0.6)) == [100, 300, 500]
    finder.reset()
    assert found(finder, 0.2, n_wanted=3, least_score=0.6) == [100, 300]


def test_a_doubt_that_moves_on_is_no_candidate():
    detector = Detector(boxes_at(100, 300))
    finder = CandidateFinder(detector)
    assert found(finder, 0.0, n_wanted=2, least_score=0.6) == [100]
    detector.boxes = boxes_at(100, 500)
    assert found(finder, 0.1, n_wanted=2, least_score=0.6) == [100]


def more_found(finder, stamp_s, followed=NONE, n_wanted=1, least_score=0.0):
    more = finder.find_more(IMAGE, stamp_s, followed, n_wanted, least_score=least_score)
    return more.boxes.centre_px[:, 0].tolist()


def test_more_places_are_asked_for_without_running_the_detector_again():
    detector = Detector(boxes_at(100, 300, 500))
    finder = CandidateFinder(detector)
    assert found(finder, 0.0, n_wanted=1) == [100]
    assert more_found(finder, 0.0, followed=boxes_at(100), n_wanted=2) == [300, 500]
    assert more_found(finder, 0.0, n_wanted=3, least_score=0.8) == [100]
    assert detector.n_calls == 1


def test_the_detector_runs_for_more_places_if_it_was_not_due():
    detector = Detector(boxes_at(100, 300))
    finder = CandidateFinder(detector)
    found(finder, 0.0)
    detector.boxes = boxes_at(500)
    assert found(finder, 0.05) == []
    assert more_found(finder, 0.05) == [500]
    assert found(finder, 0.1) == []
    assert detector.n_calls == 2


def test_a_candidate_keeps_the_score_of_its_detection():
    finder = CandidateFinder(Detector(boxes_at(100, 300, 500)))
    second = finder.find(IMAGE, 0.0, boxes_at(100), 1, rate_hz=10.0, least_score=0.0)
    np.testing.assert_allclose(second.score, 0.7)


def test_it_does_not_run_while_no_hand_is_wanted():
    detector = Detector(boxes_at(100))
    assert found(CandidateFinder(detector), 0.0, n_wanted=0) == []
    assert detector.n_calls == 0


def test_after_a_reset_it_runs_at_once_and_has_forgotten_where_it_looked():
    finder = CandidateFinder(Detector(boxes_at(100, 300)))
    assert found(finder, 10.0) == [100]
    finder.reset()
    assert found(finder, 10.01) == [100]


def test_a_hand_followed_is_not_found_anew():
    finder = CandidateFinder(Detector(boxes_at(100, 300)))
    assert found(finder, 0.0, followed=boxes_at(110, side_px=100.0), n_wanted=2) == [300]


def test_places_take_turns_so_that_no_false_one_hides_a_true_one():
    finder = CandidateFinder(Detector(boxes_at(100, 300, 500)))
    assert [found(finder, float(i)) for i in range(6)] == [[100], [300], [500]] * 2


def test_several_detections_in_one_place_are_one_candidate():
    finder = CandidateFinder(Detector(boxes_at(100, 105, 95, 300)))
    assert found(finder, 0.0, n_wanted=4) == [100, 300]


def test_of_hundreds_of_detections_a_bounded_number_of_the_best_is_considered():
    finder = CandidateFinder(Detector(boxes_at(*np.linspace(20, 620, 500), side_px=15.0)))
    assert len(found(finder, 0.0, n_wanted=500)) <= 64

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Average precision against values worked out by hand."""

import numpy as np
import pytest

from hand_landmarks_ros.core.errors import HandLandmarksError
from training.detection_metrics import (
    ImageBoxes,
    average_precision,
    false_positives_per_100,
    recall,
)

HAND = [10.0, 10.0, 50.0, 50.0]
FAR = [200.0, 200.0, 240.0, 240.0]


def boxes(truth, found, score):
    return ImageBoxes(
        np.array(truth, float).reshape(-1, 4),
        np.array(found, float).reshape(-1, 4),
        np.array(score),
    )


def test_exact_boxes_have_an_average_precision_of_one():
    images = [boxes([HAND, FAR], [FAR, HAND], [0.6, 0.9]), boxes([], [], [])]
    assert average_precision(images) == {"ap": pytest.approx(1.0), "ap50": pytest.approx(1.0)}


def test_a_box_of_three_quarters_overlap_counts_at_the_looser_thresholds_only():
    shrunk = [10.0, 10.0, 50.0, 40.0]  # IoU 0.75: right at 0.5, 0.55 ... 0.75, six of ten
    result = average_precision([boxes([HAND], [shrunk], [0.9])])
    assert result == {"ap": pytest.approx(0.6), "ap50": pytest.approx(1.0)}


def test_a_false_box_scored_above_the_true_one_halves_the_precision():
    result = average_precision([boxes([HAND], [FAR, HAND], [0.9, 0.5])])
    assert result["ap50"] == pytest.approx(0.5)


def test_a_false_box_in_a_picture_without_a_hand_counts_too():
    result = average_precision([boxes([HAND], [HAND], [0.5]), boxes([], [FAR], [0.9])])
    assert result["ap50"] == pytest.approx(0.5)


def test_a_missed_hand_costs_the_recalls_that_are_not_reached():
    result = average_precision([boxes([HAND, FAR], [HAND], [0.9])])
    assert result["ap50"] == pytest.approx(51 / 101), "recall 0.5: 51 of COCO's 101 points"


def test_a_second_box_on_one_hand_is_false():
    twice = average_precision([boxes([HAND, FAR], [HAND, HAND, FAR], [0.9, 0.8, 0.7])])
    # precision 1 up to recall 0.5 (51 points), then 2/3 (50 points)
    assert twice["ap50"] == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_finding_nothing_is_zero_and_nothing_to_find_has_no_figure():
    assert average_precision([boxes([HAND], [], [])]) == {"ap": 0.0, "ap50": 0.0}
    assert average_precision([boxes([], [HAND], [0.9])]) == {}


def test_recall_counts_the_true_boxes_that_a_sure_box_fits():
    half_off = [30.0, 10.0, 70.0, 50.0]  # IoU 1/3
    images = [
        boxes([HAND, FAR], [HAND, FAR, FAR], [0.9, 0.2, 0.1]),
        boxes([HAND], [half_off], [0.9]),
    ]
    assert recall(images, 0.3) == pytest.approx(1 / 3)
    assert recall([*images, boxes([], [HAND], [0.9])], 0.15) == pytest.approx(2 / 3)


def test_boxes_without_scores_are_refused():
    with pytest.raises(HandLandmarksError, match="score has shape"):
        boxes([HAND], [HAND], [])


def test_false_positives_are_counted_per_hundred_pictures():
    scores = [np.array([0.9, 0.2]), np.array([]), np.array([0.5]), np.array([0.1])]
    assert false_positives_per_100(scores, threshold=0.5) == 50.0

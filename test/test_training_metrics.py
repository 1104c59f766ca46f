# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy figures against values worked out by hand."""

import numpy as np
import pytest

from training.metrics import average, landmark_metrics


def test_figures_of_known_errors():
    errors_px = np.full((2, 21), np.nan)
    errors_px[0, :4] = [0.5, 2.0, 6.0, 40.0]
    metrics = landmark_metrics(errors_px)
    assert metrics["n_hands"] == 2
    assert metrics["pck"] == {"1": 0.25, "3": 0.5, "5": 0.5, "7": 0.75, "10": 0.75}
    assert metrics["pck_0.2"] == 0.75
    assert metrics["epe_px"] == pytest.approx(12.125)
    assert metrics["auc"] == pytest.approx((29.5 / 30 + 28 / 30 + 24 / 30) / 4)


def test_auc_is_the_area_under_the_pck_curve():
    errors_px = np.random.default_rng(0).exponential(8.0, (50, 21))
    thresholds = np.linspace(0, 30, 3001)
    curve = [(errors_px <= threshold).mean() for threshold in thresholds]
    area = np.trapezoid(curve, thresholds) / 30
    assert landmark_metrics(errors_px)["auc"] == pytest.approx(area, abs=1e-3)


def test_each_set_counts_once_in_the_average():
    small = {"n_hands": 1, "pck": {"5": 1.0}, "epe_px": 2.0, "handedness": 1.0}
    large = {"n_hands": 99, "pck": {"5": 0.0}, "epe_px": 4.0}
    overall = average([small, large])
    assert overall == {"n_hands": 100, "pck": {"5": 0.5}, "epe_px": 3.0, "handedness": 1.0}

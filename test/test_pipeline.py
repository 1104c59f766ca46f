# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From drawn images through a real model file to hands, against truth that is exact."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_model import CARD, draw_disks, draw_hand_image, hand_xy_px, save_tiny_model

from hand_landmarks_ros.backends.onnxruntime import OnnxRuntimeBackend
from hand_landmarks_ros.core.errors import ImageError, ParameterError
from hand_landmarks_ros.core.pipeline import STAGES, HandPipeline, PipelineOptions
from hand_landmarks_ros.core.types import Handedness

RAW = PipelineOptions(smoothing="none", coast_s=0.0)
PERIOD_S = 1 / 30
TOLERANCE_PX = 1.5
"""The disks' soft edges look like other colours, which moves the peaks a little."""


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    return OnnxRuntimeBackend(save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx"))


@pytest.fixture
def pipeline(backend) -> HandPipeline:
    return HandPipeline(backend, RAW)


class CountingBackend:
    """Passes on to another backend and notes how many crops each call had."""

    def __init__(self, backend) -> None:
        self.backend = backend
        self.card = backend.card
        self.n_crops: list[int] = []

    def __call__(self, inputs):
        self.n_crops.append(len(inputs["image"]))
        return self.backend(inputs)


def test_a_hand_is_found_where_it_was_drawn(pipeline):
    xy_px = hand_xy_px((160.3, 121.6), 160, angle_rad=0.3)
    (hand,) = pipeline(draw_hand_image(xy_px), 0.0)
    assert np.abs(hand.xy_px - xy_px).max() < TOLERANCE_PX
    assert hand.handedness == Handedness.RIGHT
    assert hand.score > 0.9
    assert hand.track_id == 1
    assert np.isnan(hand.z_px).all()
    assert hand.score_per_landmark.min() > 0.3


def test_a_left_hand_is_told_from_a_right_one(pipeline):
    (hand,) = pipeline(draw_hand_image(hand_xy_px(), right_hand=False), 0.0)
    assert hand.handedness == Handedness.LEFT


@pytest.mark.parametrize("angle_rad", [-3.0, -1.5, 0.8, 1.7, 3.1])
def test_a_hand_is_found_whichever_way_it_points(pipeline, angle_rad):
    xy_px = hand_xy_px((160, 120), 150, angle_rad)
    (hand,) = pipeline(draw_hand_image(xy_px), 0.0)
    assert np.abs(hand.xy_px - xy_px).max() < TOLERANCE_PX


def test_a_small_hand_away_from_the_centre_is_found_within_a_few_images(pipeline):
    xy_px = hand_xy_px((520, 110), 110)
    image = draw_hand_image(xy_px, width_px=640, height_px=480, radius_px=4)
    found = [hands for hands in (pipeline(image, i * PERIOD_S) for i in range(6)) if hands]
    assert found
    assert np.abs(found[-1][0].xy_px - xy_px).max() < TOLERANCE_PX


def test_a_moving_hand_is_followed_with_one_crop_an_image(backend):
    counting = CountingBackend(backend)
    pipeline = HandPipeline(counting, RAW)
    for i in range(20):
        xy_px = hand_xy_px((100 + 6 * i, 120), 150, angle_rad=0.05 * i)
        (hand,) = pipeline(draw_hand_image(xy_px), i * PERIOD_S)
        assert hand.track_id == 1
        assert np.abs(hand.xy_px - xy_px).max() < TOLERANCE_PX
    assert counting.n_crops[3:] == [1] * 19


def test_an_empty_image_costs_a_bounded_search_and_gives_no_hand(backend):
    counting = CountingBackend(backend)
    pipeline = HandPipeline(counting, replace(RAW, n_search_regions=3))
    assert pipeline(np.zeros((240, 320, 3), np.uint8), 0.0) == ()
    assert sum(counting.n_crops) == 3
    assert pipeline.lost_track_ids == ()


def test_a_hand_that_leaves_is_lost_and_another_gets_a_new_id(pipeline):
    with_hand, without = draw_hand_image(hand_xy_px()), np.zeros((240, 320, 3), np.uint8)
    assert pipeline(with_hand, 0.0)[0].track_id == 1
    assert pipeline(without, 0.1) == ()
    assert pipeline.lost_track_ids == (1,)
    assert pipeline(with_hand, 0.2)[0].track_id == 2
    assert pipeline.lost_track_ids == ()


def test_a_second_hand_does_not_draw_the_tracker_away_from_the_first(pipeline):
    for i in range(10):
        first = hand_xy_px((170 + 2 * i, 200), 160)
        image = draw_hand_image(first, width_px=640, height_px=480)
        if i > 0:
            draw_disks(image, hand_xy_px((460 - 2 * i, 250), 160))
        (hand,) = pipeline(image, i * PERIOD_S)
        assert hand.track_id == 1
        assert np.abs(hand.xy_px - first).max() < TOLERANCE_PX


@pytest.mark.parametrize("apart_px", [180, 220, 260])
def test_two_equal_hands_are_not_taken_for_one(backend, apart_px):
    """The whole image shows both, and each map of heat a peak on either."""
    pipeline = HandPipeline(backend, replace(RAW, n_search_regions=1))
    hands_px = [hand_xy_px((150, 160), 140), hand_xy_px((151.3 + apart_px, 161.3), 140)]
    image = draw_hand_image(hands_px[0], width_px=480, height_px=320, radius_px=8)
    draw_disks(image, hands_px[1], radius_px=8)
    (hand,) = pipeline(image, 0.0)
    assert min(np.abs(hand.xy_px - xy_px).max() for xy_px in hands_px) < TOLERANCE_PX


def test_smoothing_moves_the_points_of_a_jumping_hand(backend):
    smooth, raw = (
        HandPipeline(backend, PipelineOptions(smoothing="kalman")),
        HandPipeline(backend, RAW),
    )
    for i in range(12):
        image = draw_hand_image(hand_xy_px((160 + 3 * (i % 2), 120)))
        smoothed, measured = smooth(image, i * PERIOD_S)[0], raw(image, i * PERIOD_S)[0]
    assert 0.3 < (measured.xy_px - smoothed.xy_px)[:, 0].mean() < 2.0


def test_depth_is_relative_to_the_wrist_in_pixels_of_the_image(tmp_path):
    model = save_tiny_model(tmp_path / "z.onnx", z_per_landmark=2.0)
    xy_px = hand_xy_px(length_px=150)
    (hand,) = HandPipeline(OnnxRuntimeBackend(model), RAW)(draw_hand_image(xy_px), 0.0)
    image_px_per_crop_px = 1.5 * np.ptp(xy_px, axis=0).max() / CARD.input_size_px
    np.testing.assert_allclose(hand.z_px, 2.0 * np.arange(21) * image_px_per_crop_px, rtol=0.05)


def test_the_time_of_every_stage_is_noted_afresh_each_call(pipeline):
    image = draw_hand_image(hand_xy_px())
    pipeline(image, 0.0)
    first = dict(pipeline.stage_times_s)
    pipeline(image, PERIOD_S)
    assert tuple(first) == tuple(pipeline.stage_times_s) == STAGES
    assert all(time_s > 0 for stage, time_s in first.items() if stage != "detect")
    assert first["detect"] == 0.0, "there is no detector"
    assert first["inference"] != pipeline.stage_times_s["inference"]


def test_new_options_apply_from_the_next_image_on_and_keep_the_hand(pipeline):
    image = draw_hand_image(hand_xy_px())
    assert pipeline(image, 0.0)[0].handedness == Handedness.RIGHT
    pipeline.options = replace(pipeline.options, mirrored_input=True)
    (hand,) = pipeline(image, PERIOD_S)
    assert (hand.track_id, hand.handedness) == (1, Handedness.LEFT)


def test_a_new_filter_starts_the_hand_anew(pipeline):
    image = draw_hand_image(hand_xy_px())
    pipeline(image, 0.0)
    pipeline.options = replace(pipeline.options, smoothing="one_euro")
    assert pipeline(image, PERIOD_S)[0].track_id == 2
    assert pipeline.lost_track_ids == (1,)


def test_after_a_reset_a_hand_is_a_new_one_at_any_stamp(pipeline):
    image = draw_hand_image(hand_xy_px())
    pipeline(image, 10.0)
    pipeline.reset()
    assert pipeline(image, 0.0)[0].track_id == 2


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((15, 200, 3), np.uint8),
        np.zeros((240, 320), np.uint8),
        np.zeros((240, 320, 4), np.uint8),
        np.zeros((240, 320, 3), np.float32),
        np.broadcast_to(np.uint8(0), (40, 40_000, 3)),
        None,
    ],
    ids=["0 x 0", "1 x 1", "too low", "grey", "with alpha", "float", "too wide", "none"],
)
def test_what_is_no_usable_image_is_refused_and_the_hand_survives(pipeline, image):
    with_hand = draw_hand_image(hand_xy_px())
    pipeline(with_hand, 0.0)
    with pytest.raises(ImageError, match="expected"):
        pipeline(image, PERIOD_S)
    assert pipeline(with_hand, 2 * PERIOD_S)[0].track_id == 1


def test_the_smallest_image_passes(pipeline):
    assert pipeline(np.zeros((16, 16, 3), np.uint8), 0.0) == ()


def test_a_hand_in_a_huge_image_is_found(pipeline):
    xy_px = hand_xy_px((2000, 1500), 1900)
    image = draw_hand_image(xy_px, width_px=4000, height_px=3000, radius_px=60)
    (hand,) = pipeline(image, 0.0)
    assert np.abs(hand.xy_px - xy_px).max() < TOLERANCE_PX * 1900 / 150


def test_a_network_that_gives_no_numbers_gives_no_hand(backend):
    def broken(inputs):
        return {name: np.full_like(values, np.nan) for name, values in backend(inputs).items()}

    broken.card = backend.card
    pipeline = HandPipeline(broken, RAW)
    assert pipeline(draw_hand_image(hand_xy_px()), 0.0) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_hands", 0),
        ("max_hands", 17),
        ("smoothing", "median"),
        ("min_hand_score", -0.1),
        ("min_hand_score", 1.1),
        ("min_hand_score", np.nan),
        ("coast_s", -1.0),
        ("coast_s", np.inf),
        ("detector_rate_hz", 0.0),
        ("detector_rate_hz", np.nan),
        ("detector_rate_hz", np.inf),
        ("n_search_regions", 0),
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(name, value):
    with pytest.raises(ParameterError, match=name):
        PipelineOptions(**{name: value})

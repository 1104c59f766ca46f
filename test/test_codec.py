# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Landmarks survive the way into heatmaps and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_landmarks_ros.core.codec import HeatmapCodec
from hand_landmarks_ros.core.errors import HandLandmarksError

codecs = st.sampled_from(
    [HeatmapCodec(192, 4, 2.0), HeatmapCodec(96, 4, 1.5), HeatmapCodec(64, 2, 1.0)]
)


def random_points(codec: HeatmapCodec, seed: int, margin_px: float = 0.0) -> np.ndarray:
    low_px, high_px = margin_px - 0.5, codec.size_px - 0.5 - margin_px
    return np.random.default_rng(seed).uniform(low_px, high_px, (3, 21, 2))


@given(codecs, st.integers(0, 10**6))
def test_decoding_is_exact_for_what_encoding_drew(codec, seed):
    xy_crop_px = random_points(codec, seed)
    decoded_px, score = codec.decode(codec.encode(xy_crop_px))
    assert np.abs(decoded_px - xy_crop_px).max() < 1e-3
    assert score.min() > np.exp(-0.5 * 2 * (0.5 / codec.sigma_px) ** 2) - 1e-4


@given(codecs, st.integers(0, 10**6))
def test_half_precision_costs_a_fiftieth_of_a_map_pixel(codec, seed):
    xy_crop_px = random_points(codec, seed, margin_px=2.0 * codec.stride_px)
    decoded_px, _ = codec.decode(codec.encode(xy_crop_px).astype(np.float16))
    assert np.abs(decoded_px - xy_crop_px).max() < 0.02 * codec.stride_px


@given(st.floats(0.05, 1.0))
def test_the_height_of_the_peak_is_the_score_and_moves_nothing(height):
    codec = HeatmapCodec(96, 4, 1.5)
    heatmaps = codec.encode(random_points(codec, 0, margin_px=8.0))
    full_px, full_score = codec.decode(heatmaps)
    low_px, low_score = codec.decode(heatmaps * np.float32(height))
    np.testing.assert_allclose(low_px, full_px, atol=2e-3)
    np.testing.assert_allclose(low_score, full_score * height, rtol=1e-5)


def test_the_centre_of_a_map_pixel_lies_between_crop_pixels():
    """Map pixel 0 covers crop pixels 0 to 3, whose centre is 1.5."""
    heatmaps = np.zeros((1, 21, 24, 24), np.float32)
    heatmaps[..., 5, 7] = 1.0
    xy_crop_px, score = HeatmapCodec(96, 4, 1.5).decode(heatmaps)
    np.testing.assert_allclose(xy_crop_px[0], np.tile([[29.5, 21.5]], (21, 1)), atol=1e-5)
    np.testing.assert_allclose(score, 1.0)


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_a_flat_map_gives_a_finite_point_with_the_score_it_has(level):
    xy_crop_px, score = HeatmapCodec(96, 4, 1.5).decode(np.full((1, 21, 24, 24), level, np.float32))
    assert np.isfinite(xy_crop_px).all()
    np.testing.assert_allclose(score, level)


@given(st.integers(0, 10**6))
def test_whatever_the_maps_hold_points_lie_in_the_crop_and_scores_in_0_to_1(seed):
    heatmaps = np.random.default_rng(seed).normal(0.3, 1.0, (2, 21, 24, 24)).astype(np.float32)
    xy_crop_px, score = HeatmapCodec(96, 4, 1.5).decode(heatmaps)
    assert xy_crop_px.min() >= -0.5 - 1e-4
    assert xy_crop_px.max() <= 95.5 + 1e-4
    assert 0.0 <= score.min() <= score.max() <= 1.0


def test_a_point_outside_the_crop_draws_no_peak():
    far_outside_px = np.full((1, 21, 2), -40.0)
    assert HeatmapCodec(96, 4, 1.5).encode(far_outside_px).max() < 1e-6


def test_no_hands_pass_through():
    codec = HeatmapCodec(96, 4, 1.5)
    heatmaps = codec.encode(np.zeros((0, 21, 2)))
    assert heatmaps.shape == (0, 21, 24, 24)
    xy_crop_px, score = codec.decode(heatmaps)
    assert xy_crop_px.shape == (0, 21, 2)
    assert score.shape == (0, 21)


def test_types_are_float32_both_ways():
    codec = HeatmapCodec(96, 4, 1.5)
    heatmaps = codec.encode(random_points(codec, 0))
    assert [a.dtype for a in (heatmaps, *codec.decode(heatmaps))] == [np.float32] * 3


def test_maps_of_another_size_are_refused():
    with pytest.raises(HandLandmarksError, match="heatmaps has shape"):
        HeatmapCodec(96, 4, 1.5).decode(np.zeros((1, 21, 48, 48), np.float32))


@pytest.mark.parametrize("values", [(97, 4, 1.5), (96, 0, 1.5), (96, 4, 0.0)])
def test_a_codec_that_cannot_be_is_refused(values):
    with pytest.raises(HandLandmarksError, match="codec"):
        HeatmapCodec(*values)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scenes that ask too much: whatever the networks say, an image costs a bounded number of looks.

Looks are counted, since a time would depend on the machine.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_hands import HEIGHT_PX, WIDTH_PX, Scene, moving_hand
from tiny_detector import CARD as DETECTOR_CARD
from tiny_model import CARD, hand_xy_px

from hand_landmarks_ros.core.detection import HandDetector
from hand_landmarks_ros.core.detection_codec import MAP_CHANNELS
from hand_landmarks_ros.core.errors import ModelError
from hand_landmarks_ros.core.options import MOST_HANDS
from hand_landmarks_ros.core.pipeline import HandPipeline, PipelineOptions

N_FRAMES = 12
N_CLOSER_LOOKS = 2
IMAGE = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)


class Believer:
    """A landmark model that sees a hand in the middle of whatever it is shown."""

    card = CARD
    description = "believes everything"

    def __init__(self) -> None:
        self.n_crops: list[int] = []

    def __call__(self, inputs) -> dict[str, np.ndarray]:
        n = len(inputs["image"])
        self.n_crops.append(n)
        size_px = CARD.input_size_px
        xy_crop_px = hand_xy_px((size_px / 2, size_px / 2), size_px / 1.5)
        return {
            "heatmaps": CARD.codec().encode(np.tile(xy_crop_px, (n, 1, 1))),
            "presence": np.ones(n, np.float32),
            "handedness": np.ones(n, np.float32),
        }


class NoisyDetector:
    """A detector model of which every output is noise."""

    card = DETECTOR_CARD
    description = "noise"

    def __init__(self, seed: int, wildness: float) -> None:
        self._rng, self._wildness = np.random.default_rng(seed), wildness
        self.n_calls = 0

    def __call__(self, inputs) -> dict[str, np.ndarray]:
        self.n_calls += 1
        codec = self.card.detection_codec()
        outputs = {}
        for name in MAP_CHANNELS:
            shape = (1, *codec.map_shape(name))
            is_probability = name in ("centre", "handedness")
            values = (
                self._rng.uniform(0.0, 1.0, shape)
                if is_probability
                else self._rng.normal(0.0, self._wildness, shape)
            )
            outputs[name] = values.astype(np.float32)
        return outputs


@settings(max_examples=15)
@given(
    seed=st.integers(0, 1000),
    wildness=st.sampled_from([0.3, 3.0, 1e6]),
    max_hands=st.sampled_from([1, 2, MOST_HANDS]),
    steps_s=st.lists(st.sampled_from([0.0, 1 / 30, 0.1, 5.0, -1.0]), min_size=4, max_size=8),
)
def test_networks_gone_wild_cost_one_run_each_and_no_more_regions_than_hands_twice(
    seed, wildness, max_hands, steps_s
):
    """Twice: hands that were lost are looked for where they are expected, and others elsewhere."""
    landmarks, finder = Believer(), NoisyDetector(seed, wildness)
    pipeline = HandPipeline(landmarks, PipelineOptions(max_hands=max_hands), HandDetector(finder))
    for n_images, stamp_s in enumerate(100.0 + np.cumsum(steps_s), start=1):
        hands = pipeline(IMAGE, stamp_s)
        assert len(hands) == len({hand.track_id for hand in hands}) <= max_hands
        assert all(np.isfinite(hand.xy_px).all() for hand in hands)
        assert len(landmarks.n_crops) == n_images
        assert landmarks.n_crops[-1] <= 2 * max_hands
        assert finder.n_calls <= n_images


@pytest.mark.parametrize("n_search_regions", [1, 3, 64])
def test_without_a_detector_a_search_has_no_more_looks_than_was_asked_for(n_search_regions):
    landmarks = Believer()
    pipeline = HandPipeline(landmarks, PipelineOptions(n_search_regions=n_search_regions))
    assert len(pipeline(IMAGE, 0.0)) == 1
    assert len(landmarks.n_crops) == 1 + N_CLOSER_LOOKS
    assert sum(landmarks.n_crops) <= n_search_regions + N_CLOSER_LOOKS
    landmarks.n_crops.clear()
    pipeline(IMAGE, 0.1)
    assert landmarks.n_crops == [1], "the hand is followed"


@pytest.mark.parametrize("max_hands", [2, MOST_HANDS])
def test_among_hundreds_of_false_candidates_all_hands_are_found_and_followed(max_hands):
    places = np.random.default_rng(1).uniform((0, 0, 20), (WIDTH_PX, HEIGHT_PX, 90), (300, 3))
    hands = [moving_hand((150, 240)), moving_hand((480, 240), right_hand=0.05)]
    far = [np.hypot(*(places[:, :2] - hand.xy_px(0.0).mean(axis=0)).T) > 120 for hand in hands]
    scene = Scene(*hands, false_boxes_px=places[np.all(far, axis=0)][:8])
    pipeline = HandPipeline(scene, PipelineOptions(max_hands=max_hands), scene.detect)
    shown = scene.play(pipeline, 60)
    assert [hand.track_id for hand in shown[-1]] == [1, 2]
    assert max(scene.n_crops) <= max_hands


CUT_PLACES = {
    "left": (12, 240),
    "right": (635, 240),
    "top": (320, 4),
    "bottom": (320, 475),
    "corner": (12, 12),
}


@pytest.mark.parametrize("place", CUT_PLACES)
def test_a_hand_of_which_the_border_cuts_off_half_is_found_and_followed(place):
    """The middle of its region stays inside, so more than a quarter of it is in view."""
    hand = moving_hand(CUT_PLACES[place], length_px=120)
    scene = Scene(hand)
    pipeline = HandPipeline(scene, PipelineOptions(max_hands=2), scene.detect)
    shown = scene.play(pipeline, N_FRAMES)
    assert [[hand.track_id for hand in hands] for hands in shown] == [[1]] * N_FRAMES
    assert np.abs(shown[-1][0].xy_px - hand.xy_px(0.0)).max() < 2.0
    assert max(scene.n_crops) <= 2


@pytest.mark.parametrize("apart_px", [60, 80])
def test_four_hands_that_overlap_are_four_hands(apart_px):
    hands = [
        moving_hand((200 + apart_px * i, 240), right_hand=0.05 + 0.9 * (i % 2)) for i in range(4)
    ]
    scene = Scene(*hands)
    pipeline = HandPipeline(scene, PipelineOptions(max_hands=4), scene.detect)
    shown = scene.play(pipeline, 30)
    assert {tuple(hand.track_id for hand in found) for found in shown[-20:]} == {(1, 2, 3, 4)}
    for hand in hands:
        errors_px = [np.abs(found.xy_px - hand.xy_px(0.0)).max() for found in shown[-1]]
        assert min(errors_px) < 2.0


def test_a_model_of_the_wrong_kind_is_refused_before_any_image():
    with pytest.raises(ModelError, match=r"'coloured_disks' is of the kind 'hand_landmarks'"):
        HandDetector(Believer())
    with pytest.raises(ModelError, match=r"'white_disks' is of the kind 'hand_detector'"):
        HandPipeline(NoisyDetector(0, wildness=1.0))

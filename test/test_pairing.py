# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images find the depth images of their instants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_landmarks_ros.ros.pairing import DepthPairing


@pytest.fixture
def pairing() -> DepthPairing:
    return new_pairing()


def new_pairing(tolerance_s=0.01) -> DepthPairing:
    made = DepthPairing()
    made.tolerance_s = tolerance_s
    return made


def test_an_image_waits_for_its_depth(pairing):
    assert pairing.add_image("image", 1.0, may_wait=True) == []
    assert pairing.is_waiting
    assert pairing.add_depth("depth", 1.005) == [("image", "depth")]
    assert not pairing.is_waiting


def test_depth_that_came_first_is_taken_at_once(pairing):
    assert pairing.add_depth("depth", 1.0) == []
    assert pairing.add_image("image", 1.0, may_wait=True) == [("image", "depth")]


def test_of_several_depth_images_the_nearest_is_taken_and_of_equal_ones_the_latest(pairing):
    for message, stamp_s in (("before", 0.992), ("first", 1.002), ("second", 1.002)):
        pairing.add_depth(message, stamp_s)
    assert pairing.add_image("image", 1.0, may_wait=True) == [("image", "second")]


def test_an_image_is_given_up_when_the_next_one_comes(pairing):
    pairing.add_image("first", 1.0, may_wait=True)
    assert pairing.add_image("second", 1.033, may_wait=True) == [("first", None)]
    assert pairing.add_depth("depth", 1.033) == [("second", "depth")]


def test_an_image_is_given_up_on_demand(pairing):
    pairing.add_image("image", 1.0, may_wait=True)
    assert pairing.give_up() == [("image", None)]
    assert pairing.give_up() == []


def test_an_image_does_not_wait_for_what_will_not_come(pairing):
    assert pairing.add_image("nobody publishes depth", 1.0, may_wait=False) == [
        ("nobody publishes depth", None)
    ]
    pairing.add_image("its depth was lost", 1.1, may_wait=True)
    assert pairing.add_depth("next", 1.133) == [("its depth was lost", None)]
    assert pairing.add_image("old", 1.1, may_wait=True) == [("old", None)]


def test_depth_of_before_is_no_reason_to_give_up(pairing):
    pairing.add_image("image", 1.0, may_wait=True)
    assert pairing.add_depth("before", 0.967) == []
    assert pairing.add_depth("depth", 1.0) == [("image", "depth")]


def test_nothing_is_left_after_it_was_cleared(pairing):
    pairing.add_depth("depth", 1.0)
    pairing.add_image("image", 2.0, may_wait=True)
    pairing.clear()
    assert not pairing.is_waiting
    assert pairing.add_image("image", 1.0, may_wait=False) == [("image", None)]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=30))
def test_every_image_comes_out_once_and_in_order(messages):
    """Whatever comes in which order; with depth of its own instant, if any."""
    pairing, out, images = new_pairing(), [], []
    for number, (is_image, instant) in enumerate(messages):
        if is_image:
            images.append((number, instant))
            out += pairing.add_image(images[-1], float(instant), may_wait=True)
        else:
            out += pairing.add_depth(instant, float(instant))
    out += pairing.give_up()
    assert [image for image, _ in out] == images
    assert all(depth in (None, instant) for (_, instant), depth in out)

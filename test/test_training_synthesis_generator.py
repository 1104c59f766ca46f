# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Image i is a function of (seed, i); bad samples are dropped with a reason; labels are sound."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from training.synthesis import generator as generator_module
from training.synthesis.dataset import drop_incomplete_line, write_dataset
from training.synthesis.dataset_options import DatasetOptions
from training.synthesis.generator import (
    Generator,
    UnusableImageError,
    check_contrast,
    check_in_view,
    check_rendering,
    check_visible,
)
from training.synthesis.labels import HIDDEN, OUTSIDE, VISIBLE
from training.synthesis.records import image_record, read_records
from training.synthesis.renderer import render
from training.synthesis.views import View

SIZE_PX = 96
N_IMAGES = 20


@pytest.fixture(scope="module")
def generator():
    return Generator(seed=11, size_px=(SIZE_PX, SIZE_PX))


@pytest.fixture(scope="module")
def images(generator):
    return [generator(index) for index in range(N_IMAGES)]


def test_an_image_does_not_depend_on_what_was_drawn_before(images):
    other = Generator(seed=11, size_px=(SIZE_PX, SIZE_PX))
    for index in (17, 3, 16, 0):
        again = other(index)
        np.testing.assert_array_equal(again.image, images[index].image)
        for hand, same in zip(again.hands, images[index].hands, strict=True):
            np.testing.assert_array_equal(hand.xy_px, same.xy_px)
            np.testing.assert_array_equal(hand.visibility, same.visibility)


def test_another_seed_gives_other_people(generator, images):
    other = Generator(seed=12, size_px=(SIZE_PX, SIZE_PX))
    assert not np.array_equal(other(0).image, images[0].image)
    assert other.subject(0).name != generator.subject(0).name


def test_no_image_is_empty_and_no_label_is_missing(images):
    for drawn in images:
        assert drawn.image.shape == (SIZE_PX, SIZE_PX, 3) and drawn.image.dtype == np.uint8
        assert drawn.image.std() > 4
        assert drawn.hands
        for hand in drawn.hands:
            assert np.isfinite(hand.xy_px).all() and np.isfinite(hand.z_px).all()
            assert hand.z_px[0] == 0
            assert hand.visible_share >= 0.2


def test_landmarks_outside_the_picture_are_labelled_so(images):
    for drawn in images:
        for hand in drawn.hands:
            inside = ((hand.xy_px >= -0.5) & (hand.xy_px < SIZE_PX - 0.5)).all(1)
            np.testing.assert_array_equal(hand.visibility == OUTSIDE, ~inside)
            assert set(hand.visibility) <= {OUTSIDE, HIDDEN, VISIBLE}


def test_the_box_holds_every_landmark_inside_the_picture(images):
    for drawn in images:
        for hand in drawn.hands:
            x0, y0, x1, y1 = hand.bounds_px
            assert 0 <= x0 < x1 <= SIZE_PX - 1 and 0 <= y0 < y1 <= SIZE_PX - 1
            inside = hand.xy_px[hand.visibility != OUTSIDE]
            assert (inside >= np.array([x0, y0]) - 1).all()
            assert (inside <= np.array([x1, y1]) + 1).all()


def test_views_hands_and_sides_all_occur(images):
    assert {drawn.scene.view for drawn in images} == set(View)
    assert {len(drawn.hands) for drawn in images} == {1, 2}
    assert {hand.handedness for drawn in images for hand in drawn.hands} == {"left", "right"}


def test_the_two_hands_of_a_picture_are_a_left_and_a_right_one(images):
    for drawn in images:
        if len(drawn.hands) == 2:
            assert {hand.handedness for hand in drawn.hands} == {"left", "right"}


def test_an_unusable_sample_is_drawn_anew_and_counted(generator, images, monkeypatch):
    index = next(i for i, drawn in enumerate(images) if not drawn.rejected)
    seen = []

    def refuse_first(image):
        seen.append(image)
        if len(seen) == 1:
            raise UnusableImageError("for the test")

    monkeypatch.setattr(generator_module, "check_contrast", refuse_first)
    again = generator(index)
    assert again.rejected[0] == "for the test"
    np.testing.assert_array_equal(seen[0], images[index].image)
    assert not np.array_equal(again.image, images[index].image)


def test_a_generator_that_finds_nothing_usable_says_why(generator, monkeypatch):
    def refuse(image):
        raise UnusableImageError("it is too dark")

    monkeypatch.setattr(generator_module, "check_contrast", refuse)
    monkeypatch.setattr(generator_module, "MAX_TRIES", 2)
    with pytest.raises(UnusableImageError, match=r"image 0 of seed 11.*2 samples.*too dark"):
        generator(0)


def test_light_that_is_not_a_number_is_refused(generator):
    subject = generator.subject(0)
    scene = generator(0).scene
    broken = scene.lighting._replace(colours=np.full((2, 3), np.nan))
    mesh = generator.studio.mesher.arm(scene.arms[0].arm, False, subject.skin, owner=1)
    rendering = generator_module.render_scene(scene, generator.studio.mesher, 1)
    check_rendering(rendering)
    with pytest.raises(UnusableImageError, match="finite"):
        check_rendering(render([mesh], broken, scene.camera, 1))


def test_a_nearly_constant_picture_is_refused():
    image = np.full((32, 32, 3), 90, np.uint8)
    with pytest.raises(UnusableImageError, match="constant"):
        check_contrast(image)


def test_a_hidden_hand_is_refused(images):
    hand = images[0].hands[0]
    check_visible([hand])
    hidden = replace(hand, visibility=np.full(21, HIDDEN))
    with pytest.raises(UnusableImageError, match="hidden"):
        check_visible([hand, hidden])


def test_a_hand_behind_the_camera_is_refused(images):
    scene = images[0].scene
    check_in_view(scene)
    arm = scene.arms[0].arm.shifted(np.array([0, 0, -2.0]))
    with pytest.raises(UnusableImageError, match="near"):
        check_in_view(replace(scene, arms=(replace(scene.arms[0], arm=arm),)))


def test_any_number_of_workers_writes_the_same_images(tmp_path, images):
    options = DatasetOptions(seed=11, width_px=SIZE_PX, height_px=SIZE_PX, split="val")
    write_dataset(tmp_path, 11, options, n_workers=2)
    records = list(read_records(tmp_path))
    expected = [
        image_record(drawn, f"{index:07d}.jpg", 11, index, "val")
        for index, drawn in enumerate(images[:11])
    ]
    assert records == expected
    for record, drawn in zip(records, images, strict=False):
        written = cv2.imread(str(tmp_path / "images" / record["file"]))[..., ::-1]
        assert np.abs(written.astype(int) - drawn.image).mean() < 6  # JPEG


def test_a_record_has_the_keys_of_labels_jsonl(images):
    record = image_record(images[0], "x.jpg", 11, 0, "train")
    assert {"file", "width", "height", "hands", "subject", "split"} <= set(record)
    for hand in record["hands"]:
        assert np.array(hand["keypoints"]).shape == (21, 3)
        assert hand["source"] == "synthetic" and hand["handedness"] in ("left", "right")
        assert len(hand["bbox"]) == 4 and len(hand["z"]) == 21


def test_a_folder_of_other_options_is_refused(tmp_path):
    (tmp_path / "synthesis.json").write_text('{"seed": 5}')
    with pytest.raises(ValueError, match="other options"):
        write_dataset(tmp_path, 1, DatasetOptions(seed=6), n_workers=1)


def test_a_line_that_was_cut_off_is_drawn_again(tmp_path):
    labels = tmp_path / "labels.jsonl"
    assert drop_incomplete_line(labels) == 0
    labels.write_text('{"a": 1}\n{"a": 2}\n{"a"')
    assert drop_incomplete_line(labels) == 2
    assert labels.read_text() == '{"a": 1}\n{"a": 2}\n'


def test_views_of_no_share_are_refused():
    with pytest.raises(ValueError, match="shares"):
        DatasetOptions(third_person=0, egocentric=0, uniform=0).generator()

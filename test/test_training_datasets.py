# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reading labels, and cutting training and evaluation crops from them."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch
from labelled_hands import write_set
from tiny_detector import save_tiny_detector

from hand_landmarks_ros.core.codec import HeatmapCodec
from hand_landmarks_ros.core.crop import cut_crops
from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.geometry import apply, invert
from hand_landmarks_ros.core.pipeline import HandPipeline
from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.types import Handedness, RotatedBoxes
from hand_landmarks_ros.sources import read_image
from training.augment import ViewRange, change_pixels, in_motion, random_box
from training.datasets import crops as crops_module
from training.datasets.catalogue import read_sets
from training.datasets.crops import CropOptions, HandCrops
from training.datasets.labels_jsonl import read_set
from training.evaluation.landmarks import true_crops
from training.evaluation.results import handedness_is_right

CODEC = HeatmapCodec(size_px=64, stride_px=4, sigma_px=1.25)


@pytest.fixture
def folder(tmp_path):
    write_set(tmp_path / "drawn")
    return tmp_path / "drawn"


def hand_crops(folder, n_samples=8, **options):
    sets = {"drawn": read_set(folder, "train")}
    arguments = {"seed": 3, "options": CropOptions(negative_share=0.0)} | options
    return HandCrops(sets, {}, CODEC, n_samples, **arguments)


def test_labels_come_back_as_they_were_written(tmp_path):
    hands = write_set(tmp_path / "drawn")
    records = read_set(tmp_path / "drawn")
    assert [record.hands[0].handedness for record in records[:2]] == [
        Handedness.RIGHT,
        Handedness.LEFT,
    ]
    for record, xy_px in zip(records, hands, strict=True):
        np.testing.assert_allclose(record.hands[0].xy_px, xy_px)
        assert (record.hands[0].visibility == 2).all()


def test_a_hand_without_keypoints_has_a_box_only(folder):
    labels = folder / "labels.jsonl"
    text = labels.read_text().splitlines()[0]
    start, end = text.index('"keypoints": ') + 13, text.index(', "bbox"')
    labels.write_text(text[:start] + "null" + text[end:] + "\n")
    assert read_set(folder)[0].hands[0].xy_px is None
    assert list(true_crops(read_set(folder), 64)) == []


@pytest.mark.parametrize("line", ["{", '{"file": "x.jpg"}', "[1]"])
def test_a_bad_label_names_its_file_and_line(folder, line):
    with (folder / "labels.jsonl").open("a") as labels:
        labels.write(line + "\n")
    with pytest.raises(SourceError, match=r"labels\.jsonl:7"):
        read_set(folder)


def test_a_picture_of_another_size_than_its_label_is_refused(folder):
    labels = folder / "labels.jsonl"
    labels.write_text(labels.read_text().replace('"width": 320', '"width": 300'))
    with pytest.raises(SourceError, match="320 x 240, its label says 300 x 240"):
        read_set(folder)[0].read_image()


class RecordingBackend:
    """Keeps the crops the runtime gives to its model, and sees no hand."""

    def __init__(self, card):
        self.card = card
        self.crops = None

    def __call__(self, inputs):
        self.crops = self.crops if len(inputs["image"]) == 0 else inputs["image"].copy()
        n, size = len(inputs["image"]), self.card.codec().map_size_px
        return {
            "heatmaps": np.zeros((n, 21, size, size), np.float32),
            "presence": np.zeros(n, np.float32),
            "handedness": np.zeros(n, np.float32),
        }


def test_training_and_runtime_see_the_same_bytes(folder, monkeypatch):
    """The runtime's search regions, given to the training side, yield its very crops."""
    from tiny_model import card_with

    record = read_set(folder)[0]
    image = read_image(record.path)
    backend = RecordingBackend(card_with(input_size_px=CODEC.size_px))
    pipeline = HandPipeline(backend)
    cut = {}
    monkeypatch.setattr(
        "hand_landmarks_ros.core.looking.cut_crops",
        lambda image, boxes, size_px: cut.setdefault(
            len(boxes), (cut_crops(image, boxes, size_px), boxes)
        )[0],
    )
    pipeline(image, 0.0)
    boxes = cut[len(backend.crops)][1]
    first = type(boxes)(boxes.centre_px[:1], boxes.side_px[:1], boxes.angle_rad[:1])
    monkeypatch.setattr(crops_module, "random_box", lambda *_: first)
    monkeypatch.setattr(crops_module, "change_pixels", lambda crop, rng: crop)
    samples = hand_crops(folder, n_samples=40)
    unmirrored = {
        samples[i]["image"].numpy().tobytes() for i in range(40) if _shows(samples, i, first, image)
    }
    assert unmirrored == {backend.crops[0].tobytes()}


def _shows(samples, index, box, image):
    """Whether the sample shows that image, and not its mirror image."""
    affine_crop, _ = cut_crops(image, box, CODEC.size_px)
    difference = samples[index]["image"].numpy().astype(int) - affine_crop[0]
    return np.abs(difference).mean() < 1.0


def test_evaluation_cuts_with_the_runtimes_crop(folder):
    record = read_set(folder)[2]
    _, crops, _ = next(true_crops([record], 96))
    boxes = boxes_from_landmarks(record.hands[0].xy_px[None], rotated=False)
    expected, _ = cut_crops(read_image(record.path), boxes, 96)
    assert crops.tobytes() == expected.tobytes()


def test_the_protocols_crop_is_upright_and_half_as_large_again_as_the_hand(folder):
    hands, _, crop_from_image = next(true_crops(read_set(folder), 224))
    xy_crop_px = apply(crop_from_image, hands.truth_px)
    low, high = xy_crop_px.min(axis=1)[0], xy_crop_px.max(axis=1)[0]
    assert (high - low).max() == pytest.approx(224 / 1.5)
    np.testing.assert_allclose((low + high) / 2, 111.5)


def test_protocol_errors_are_pixels_of_the_224_px_crop(folder):
    hands, _, crop_from_image = next(true_crops(read_set(folder), 112))
    xy_crop_px = apply(crop_from_image, hands.truth_px)
    found_px = apply(invert(crop_from_image), xy_crop_px + np.array([3.0, 4.0]))
    np.testing.assert_allclose(dataclasses.replace(hands, found_px=found_px).errors_px, 10.0)
    hands.counts[0, 5] = False
    assert np.isnan(dataclasses.replace(hands, found_px=found_px).errors_px[0, 5])


def test_a_sample_depends_on_its_number_alone(folder):
    alone, after_others = hand_crops(folder)[5], hand_crops(folder)
    for i in (0, 7, 3):
        after_others[i]
    for name, value in after_others[5].items():
        torch.testing.assert_close(value, alone[name], rtol=0, atol=0, equal_nan=True)
    assert not torch.equal(alone["image"], hand_crops(folder, seed=4)[5]["image"])


def test_images_beyond_the_memory_are_read_when_drawn(folder):
    kept, read = hand_crops(folder), hand_crops(folder, memory_bytes=0)
    assert kept.images and not read.images
    assert torch.equal(kept[5]["image"], read[5]["image"])


def test_heatmaps_peak_where_the_disks_are(folder, monkeypatch):
    monkeypatch.setattr(crops_module, "change_pixels", lambda crop, rng: crop)
    near = CropOptions(negative_share=0.0, views=ViewRange(far=0.0, shift=0.0, scale_log=0.0))
    samples = hand_crops(folder, options=near)
    from tiny_model import COLOURS

    for i in range(8):
        xy_crop_px, _ = CODEC.decode(samples[i]["heatmaps"].numpy()[None])
        seen = samples[i]["weight"].numpy() > 0
        assert seen.sum() > 15
        for k in np.flatnonzero(seen):
            x, y = np.round(xy_crop_px[0, k]).astype(int)
            pixel = samples[i]["image"][y, x].numpy().astype(int)
            assert np.abs(pixel - COLOURS[k]).max() < 140, f"landmark {k} of sample {i}"


def test_a_mirrored_crop_shows_the_other_hand(folder):
    samples = hand_crops(folder, n_samples=60)
    sides = {float(samples[i]["handedness"]) for i in range(60)}
    assert sides == {0.0, 1.0}


def test_crops_without_a_hand_touch_none(folder, monkeypatch):
    monkeypatch.setattr(crops_module, "change_pixels", lambda crop, rng: crop)
    samples = hand_crops(folder, n_samples=40, options=CropOptions(negative_share=1.0))
    absent = [s for s in (samples[i] for i in range(40)) if s["presence"] == 0]
    assert len(absent) > 5
    for sample in absent:
        assert sample["weight"].sum() == 0
        assert sample["image"].max() < 30, "the drawn hand is bright, its background black"


def test_what_a_detector_takes_for_hands_is_shown_as_none(folder, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(crops_module, "change_pixels", lambda crop, rng: crop)
    records = read_set(folder, "train")
    # As if what is drawn there were no hands. The detector sees right ones only.
    unlike = [dataclasses.replace(record, hands=()) for record in records[:4]]
    sets = {"hands": records[4:], "none": unlike}
    detector = save_tiny_detector(
        tmp_path / "detector.onnx", hand_length_px=130.0, image_side_px=320.0
    )
    views = ViewRange(free_rotation=0.0, far=0.0)
    options = CropOptions(
        1.0, false_alarm_share=1.0, false_alarm_detector=str(detector), views=views
    )
    samples = HandCrops(sets, {}, CODEC, 20, seed=3, options=options)
    assert {image for image, _ in samples.false_alarms} == {2, 4}
    for i in range(20):
        assert samples[i]["presence"] == 0
        assert samples[i]["image"].max() > 200, "a drawn hand is bright"
    sets = {"hands": records[:4], "none": [unlike[1]]}
    samples = HandCrops(sets, {}, CODEC, 20, seed=3, options=options)
    assert "takes nothing for a hand that is none in the 5 pictures" in caplog.text
    without_hand = [samples[i] for i in range(20) if samples[i]["presence"] == 0]
    assert len(without_hand) > 5, "other places without a hand"


def test_hands_whose_crop_shows_another_hand_are_drawn_as_often_as_asked(folder):
    record, far_record, lonely_record = read_set(folder, "train")[:3]
    (hand,) = record.hands
    side_px = np.ptp(hand.bounds_px.reshape(2, 2), axis=0).max()
    near, far = (
        dataclasses.replace(hand, bounds_px=hand.bounds_px + shift * side_px)
        for shift in (0.7, 0.8)
    )
    sets = {
        "near": [dataclasses.replace(record, hands=(hand, near))],
        "far": [dataclasses.replace(far_record, hands=(hand, far))],
        "lonely": [lonely_record],
    }
    options = CropOptions(crowded_weight=4.0)
    samples = HandCrops(sets, {"lonely": 2.0}, CODEC, 4, seed=1, options=options)
    share = np.diff(samples.draw_hand.cumulative, prepend=0.0)
    np.testing.assert_allclose(share, np.array([4, 4, 1, 1, 2]) / 12)


def test_a_set_of_weight_zero_is_not_drawn_from(folder):
    sets = {"drawn": read_set(folder, "train")}
    with pytest.raises(SourceError, match="no hand with keypoints"):
        HandCrops(sets, {"drawn": 0.0}, CODEC, 4, seed=1)


def test_hand_free_images_of_a_set_of_weight_zero_are_not_drawn_from(tmp_path, folder):
    write_set(tmp_path / "other", n_images=1)
    sets = read_sets([folder, tmp_path / "other"], "train")
    crops = HandCrops(sets, {"other": 0.0}, CODEC, 4, seed=1)
    assert {crops.records[image].path.parts[-3] for image in crops.complete} == {"drawn"}


@pytest.mark.parametrize("false_alarm_share", [0.0, 1.0])
def test_crops_without_a_hand_are_drawn_by_the_weight_of_their_set(
    folder, tmp_path, monkeypatch, false_alarm_share
):
    monkeypatch.setattr(crops_module, "change_pixels", lambda crop, rng: crop)
    whole = RotatedBoxes(np.array([[160.0, 120.0]]), np.array([100.0]), np.zeros(1))
    monkeypatch.setattr(
        crops_module, "find_false_alarms", lambda images, _: [(i, whole) for i, _ in images]
    )
    hands = read_set(folder, "train")
    sets = {"hands": hands}
    for name, grey in (("often", 250), ("seldom", 100)):
        path = tmp_path / f"{name}.png"
        cv2.imwrite(str(path), np.full((240, 320, 3), grey, np.uint8))
        sets[name] = [dataclasses.replace(hands[0], path=path, hands=())]
    options = CropOptions(1.0, false_alarm_share=false_alarm_share)
    weights = {"hands": 0.01, "often": 9.0, "seldom": 1.0}
    samples = HandCrops(sets, weights, CODEC, 100, seed=3, options=options)
    brightest = [int(samples[i]["image"].max()) for i in range(100)]
    assert 80 < brightest.count(250) < 97
    assert 3 < brightest.count(100) < 20


def test_random_boxes_hold_the_hand_even_when_far(folder):
    xy_px = read_set(folder)[0].hands[0].xy_px
    rng = np.random.default_rng(0)
    views = ViewRange(far=1.0, rotation_rad=0.0, free_rotation=0.0)
    sides = []
    for _ in range(50):
        box = random_box(xy_px, views, rng)
        sides.append(box.side_px[0])
        reach_px = np.abs(xy_px - box.centre_px[0]).max()
        assert reach_px < box.side_px[0] * 0.8
    assert max(sides) > 1.8 * min(sides)


def test_some_boxes_stray_from_their_hand(folder):
    xy_px = read_set(folder)[0].hands[0].xy_px
    rng = np.random.default_rng(0)

    def shifts(**views):
        views = ViewRange(upright=1.0, far=0.0, scale_log=0.0, shift=0.01, **views)
        boxes = [random_box(xy_px, views, rng) for _ in range(200)]
        middle_px = (xy_px.min(axis=0) + xy_px.max(axis=0)) / 2
        return [np.abs(box.centre_px[0] - middle_px).max() / box.side_px[0] for box in boxes]

    assert np.max(shifts()) < 0.05
    assert 0.15 < np.mean(np.array(shifts(stray=0.3, stray_shift=0.2)) > 0.05) < 0.45


def test_no_box_of_a_hand_beside_another_strays(folder):
    record = read_set(folder, "train")[0]
    beside = dataclasses.replace(record, hands=(record.hands[0], record.hands[0]))
    still = {"free_rotation": 0.0, "rotation_rad": 0.0, "far": 0.0, "scale_log": 0.0, "shift": 0.0}
    views = ViewRange(upright=1.0, stray=1.0, stray_shift=0.1, **still)
    options = CropOptions(negative_share=0.0, views=views)

    def places(records):
        crops = HandCrops({"set": records}, {}, CODEC, 8, seed=1, options=options)
        middles = [
            (xy.amin(dim=0) + xy.amax(dim=0)) / 2 for xy in (crops[i]["xy"] for i in range(8))
        ]
        return np.array([middle.tolist() for middle in middles])

    np.testing.assert_allclose(places([beside]), 0.5, atol=0.01)
    assert np.abs(places([record]) - 0.5).max() > 0.05


def test_a_share_of_the_crops_is_in_motion(folder, monkeypatch):
    monkeypatch.setattr(crops_module, "change_pixels", lambda crop, rng: crop)
    black = np.zeros((CODEC.size_px, CODEC.size_px, 3), np.uint8)
    monkeypatch.setattr(crops_module, "in_motion", lambda crop, rng: black)

    def share(**options):
        samples = hand_crops(folder, 60, options=CropOptions(negative_share=0.0, **options))
        return np.mean([not samples[i]["image"].any() for i in range(60)])

    assert share() == 0.0
    assert 0.2 < share(motion_share=0.4) < 0.6


def test_motion_blurs_along_a_line_and_moves_nothing():
    dot = np.zeros((101, 101, 3), np.uint8)
    dot[49:52, 49:52] = 255
    lengths = []
    for seed in range(10):
        blurred = in_motion(dot, np.random.default_rng(seed))[..., 0].astype(float)
        place = np.nonzero(blurred)
        weight = blurred[place]
        np.testing.assert_allclose(np.average(place, axis=1, weights=weight), 50, atol=1.0)
        across, along = np.linalg.eigvalsh(np.cov(place, aweights=weight))
        assert across < 3
        lengths.append(along)
    assert max(lengths) > 20


def test_pixels_change_but_not_their_shape_or_type():
    rng = np.random.default_rng(0)
    crop = np.full((32, 32, 3), 128, np.uint8)
    changed = [change_pixels(crop, rng) for _ in range(20)]
    assert all(image.shape == crop.shape and image.dtype == np.uint8 for image in changed)
    assert np.std([image.mean() for image in changed]) > 5
    assert (crop == 128).all()


def test_sides_are_scored_where_they_are_known():
    truth = np.array([Handedness.LEFT, Handedness.RIGHT, Handedness.UNKNOWN, Handedness.RIGHT])
    right = np.array([0.1, 0.9, 0.9, 0.2], np.float32)
    assert handedness_is_right(truth, right).tolist() == [True, True, False]

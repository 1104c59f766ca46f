# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A model file says of itself all that the runtime needs."""

import json

import numpy as np
import pytest
from tiny_model import CARD, card_with

from hand_landmarks_ros.core.codec import HeatmapCodec
from hand_landmarks_ros.core.errors import ModelError
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL, METADATA_KEY, ModelCard
from hand_landmarks_ros.core.peak_calibration import PeakCalibration
from hand_landmarks_ros.core.score_calibration import ScoreCalibration


def test_a_card_survives_the_way_into_metadata_and_back():
    card = card_with(accuracy={"webcam": {"pck_5": 0.5}}, version="2.1")
    assert ModelCard.from_metadata(card.to_metadata()) == card


def test_other_metadata_beside_the_card_is_ignored():
    assert ModelCard.from_metadata({**CARD.to_metadata(), "author": "someone"}) == CARD


def test_the_card_gives_the_code_of_its_heatmaps():
    assert CARD.codec() == HeatmapCodec(CARD.input_size_px, CARD.stride_px, CARD.sigma_px)


def test_a_calibration_travels_with_the_card_into_the_code_of_its_heatmaps():
    calibration = ScoreCalibration((0.5,) * 21, (-1.0,) * 21)
    card = card_with(score_calibration=calibration)
    read = ModelCard.from_metadata(card.to_metadata())
    assert read == card
    heatmaps = CARD.codec().encode(np.full((1, 21, 2), 60.0))
    height, score = (each.codec().decode(heatmaps)[1] for each in (CARD, read))
    assert score == pytest.approx(calibration(height))


def test_a_detectors_calibration_travels_with_its_card_into_the_code_of_its_maps():
    calibration = PeakCalibration((1.0, 2.0, 0.0), -3.0)
    card = card_with(kind=DETECTOR_MODEL, score_calibration=calibration)
    read = ModelCard.from_metadata(card.to_metadata())
    assert read == card
    assert read.detection_codec().score_calibration == calibration


def test_a_landmark_models_calibration_in_a_detectors_card_is_refused():
    card = card_with(
        kind=DETECTOR_MODEL, score_calibration=ScoreCalibration((1.0,) * 21, (0.0,) * 21)
    )
    with pytest.raises(ModelError, match="cannot be read"):
        ModelCard.from_metadata(card.to_metadata())


def test_a_broken_calibration_is_named():
    metadata = json.loads(CARD.to_metadata()[METADATA_KEY])
    metadata["score_calibration"] = {"slope": [1.0] * 20, "offset": [0.0] * 21}
    with pytest.raises(ModelError, match="needs 21 finite values of slope"):
        ModelCard.from_metadata({METADATA_KEY: json.dumps(metadata)})


def test_a_detector_has_no_code_of_heatmaps_and_the_error_says_where_it_belongs():
    card = card_with(name="finder", kind=DETECTOR_MODEL)
    assert ModelCard.from_metadata(card.to_metadata()) == card
    with pytest.raises(ModelError, match=r"'finder' is of the kind 'hand_detector', .*`detector`"):
        card.codec()


def test_a_file_without_a_card_is_not_one_of_ours():
    with pytest.raises(ModelError, match=r"not a model of this package.*training.export"):
        ModelCard.from_metadata({"author": "someone"})


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"outputs": 3}', '{"outputs": []}'])
def test_a_card_that_cannot_be_read_says_which_keys_it_needs(text):
    with pytest.raises(ModelError, match="input_size_px"):
        ModelCard.from_metadata({METADATA_KEY: text})


def test_an_unknown_key_is_refused():
    values = json.loads(CARD.to_metadata()[METADATA_KEY])
    with pytest.raises(ModelError, match="colour"):
        ModelCard.from_metadata({METADATA_KEY: json.dumps({**values, "colour": "red"})})


@pytest.mark.parametrize(
    ("key", "value"),
    [("kind", "face_detector"), ("format_version", 2), ("landmark_convention", "openpose")],
)
def test_a_card_of_another_kind_or_version_is_refused(key, value):
    with pytest.raises(ModelError, match=f"{key} = {value!r}"):
        ModelCard.from_metadata(card_with(**{key: value}).to_metadata())


def test_a_card_with_text_for_a_number_is_refused():
    metadata = {METADATA_KEY: CARD.to_metadata()[METADATA_KEY].replace("128", '"128"')}
    with pytest.raises(ModelError, match="cannot be read"):
        ModelCard.from_metadata(metadata)

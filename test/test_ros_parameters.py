# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters: declared once, everything else generated from there."""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from hand_landmarks_ros.backends.loader import BACKENDS, PRECISIONS, model_card, shipped_models
from hand_landmarks_ros.core.errors import ParameterError
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL
from hand_landmarks_ros.core.options import PipelineOptions
from hand_landmarks_ros.core.smoothing import SMOOTHERS
from hand_landmarks_ros.ros.declare import descriptor_of
from hand_landmarks_ros.ros.parameters import (
    PARAMETERS_OF_NODE,
    CameraParameters,
    NodeParameters,
    check,
    default,
    rules,
    to_markdown,
    to_yaml,
)

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("node", PARAMETERS_OF_NODE)
def test_the_parameter_file_is_the_generated_one(node):
    found = (ROOT / "config" / f"{node}.yaml").read_text(encoding="utf-8")
    assert found == to_yaml(node), (
        f"run: python -m hand_landmarks_ros.ros.parameters --yaml {node} > config/{node}.yaml"
    )


@pytest.mark.parametrize("node", PARAMETERS_OF_NODE)
def test_the_parameter_file_holds_every_default(node):
    values = yaml.safe_load(to_yaml(node))["/**"]["ros__parameters"]
    parameters = PARAMETERS_OF_NODE[node]
    assert values == {name: default(parameters, name) for name in rules(parameters)}
    assert all(type(value) is type(default(parameters, name)) for name, value in values.items())


def test_the_table_in_the_readme_is_the_generated_one():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("<!-- parameters -->\n")[1].split("<!-- /parameters -->")[0]
    assert table.strip() == to_markdown().strip(), (
        "run: python -m hand_landmarks_ros.ros.parameters --markdown, and put it between the marks"
    )


def test_every_option_of_the_pipeline_is_a_parameter_with_the_same_default():
    assert {f.name for f in fields(PipelineOptions)} <= rules(NodeParameters).keys()
    assert NodeParameters(max_hands=1).pipeline_options() == PipelineOptions()


def test_the_node_follows_several_hands_with_a_shipped_detector_by_default():
    assert NodeParameters.detector in shipped_models()
    assert model_card(NodeParameters.detector).kind == DETECTOR_MODEL
    assert NodeParameters().pipeline_options().max_hands > 1


def test_without_a_detector_one_hand_is_followed_and_nothing_else_need_be_set():
    assert NodeParameters(detector="none").pipeline_options().max_hands == 1


def test_choices_are_those_that_the_code_knows():
    choices = {name: set(rule.choices) for name, rule in rules(NodeParameters).items()}
    assert choices["smoothing"] == set(SMOOTHERS)
    assert choices["backend"] == set(BACKENDS)
    assert choices["precision"] == set(PRECISIONS)


@pytest.mark.parametrize("parameters", PARAMETERS_OF_NODE.values())
def test_every_parameter_is_explained_and_its_default_allowed(parameters):
    for name, rule in rules(parameters).items():
        assert rule.description.endswith(".")
        check(parameters, name, default(parameters, name))


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("smoothing", "magic", "'magic', expected one of: kalman"),
        ("min_hand_score", 1.1, "1.1, expected 0 to 1"),
        ("min_hand_score", -0.1, "expected 0 to 1"),
        ("min_hand_score", float("nan"), "expected 0 to 1"),
        ("min_hand_score", 1, r"1 \(int\), expected float"),
        ("max_hands", 0, "0, expected 1 to 16"),
        ("max_hands", 1000, "1000, expected 1 to 16"),
        ("max_hands", True, r"True \(bool\), expected int"),
        ("max_hand", 1, "did you mean 'max_hands'?"),
        ("colour", 1, "known are autostart, model"),
    ],
)
def test_nonsense_is_refused_with_what_was_found_and_expected(name, value, complaint):
    with pytest.raises(ParameterError, match=complaint):
        check(NodeParameters, name, value)


def test_a_descriptor_carries_type_range_and_meaning():
    rule = rules(NodeParameters)["max_hands"]
    descriptor = descriptor_of(rule, 1)
    (bounds,) = descriptor.integer_range
    assert (bounds.from_value, bounds.to_value) == (1, 16)
    assert descriptor.description == rule.description and not descriptor.read_only
    (bounds,) = descriptor_of(rules(NodeParameters)["palm_length_m"], 0.09).floating_point_range
    assert (bounds.from_value, bounds.to_value) == (0.02, 0.3)
    assert descriptor_of(rules(NodeParameters)["model"], "").read_only
    assert descriptor_of(rules(CameraParameters)["source"], "").dynamic_typing

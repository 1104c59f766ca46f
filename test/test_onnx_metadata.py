# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The metadata of ONNX files is read as the package onnx writes it."""

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper
from plain_model import save_plain_model

from hand_landmarks_ros.backends.loader import shipped_models
from hand_landmarks_ros.backends.onnx_metadata import read_metadata
from hand_landmarks_ros.core.errors import ModelError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def serialized(metadata: dict[str, str]) -> bytes:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [value])
    model = helper.make_model(graph, producer_name="test", model_version=3)
    helper.set_model_props(model, metadata)
    return model.SerializeToString()


@given(st.dictionaries(TEXTS, TEXTS | st.just("long" * 100)))
def test_any_metadata_is_read_back(metadata):
    assert read_metadata(serialized(metadata)) == metadata


@pytest.mark.parametrize("name", sorted(shipped_models()))
def test_the_metadata_of_shipped_models_is_read(name):
    path = shipped_models()[name]
    expected = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert read_metadata(path.read_bytes()) == expected


@given(st.binary(max_size=60))
def test_any_other_bytes_give_texts_or_are_refused(content):
    try:
        metadata = read_metadata(content)
    except ModelError:
        return
    assert all(isinstance(text, str) for entry in metadata.items() for text in entry)


def test_half_a_file_is_refused(tmp_path):
    content = save_plain_model(tmp_path / "plain.onnx").read_bytes()
    with pytest.raises(ModelError, match="damaged"):
        read_metadata(content[: len(content) // 2])

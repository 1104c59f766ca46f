# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What users write becomes a model and a backend, or an error that names the choices."""

import logging
import subprocess
import sys

import pytest
from tiny_model import CARD, save_tiny_model

from hand_landmarks_ros.backends import loader
from hand_landmarks_ros.core.errors import ModelError, ParameterError


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.mark.parametrize("backend", ["auto", "onnxruntime"])
@pytest.mark.parametrize("precision", ["fp16", "fp32"])
def test_a_model_loads_and_one_line_says_what_was_chosen(model_path, caplog, backend, precision):
    with caplog.at_level(logging.INFO):
        loaded = loader.load_backend(model_path, backend, precision)
    assert loaded.card == CARD
    (line,) = [record.getMessage() for record in caplog.records]
    assert all(word in line for word in (CARD.name, str(model_path), backend, "fp32"))


def test_the_number_of_threads_is_passed_on(model_path):
    assert ", 3 threads" in loader.load_backend(model_path, n_threads=3).description


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "tensorflow"}, r"tensorflow.*auto, onnxruntime"),
        ({"backend": "tensorrt"}, r"not built into this version.*onnxruntime"),
        ({"precision": "int8"}, r"int8.*fp16, fp32"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused_with_those_that_do(model_path, options, message):
    with pytest.raises(ParameterError, match=message):
        loader.load_backend(model_path, **options)


def test_a_shipped_model_is_found_by_its_name(model_path, monkeypatch):
    monkeypatch.setattr(loader, "_MODELS_DIRECTORY", model_path.parent)
    assert loader.resolve_model("tiny") == model_path


def test_a_name_that_is_neither_shipped_nor_a_file_is_refused(model_path, monkeypatch):
    monkeypatch.setattr(loader, "_MODELS_DIRECTORY", model_path.parent)
    with pytest.raises(ModelError, match=r"'huge' is neither a shipped model \(tiny\) nor a file"):
        loader.resolve_model("huge")


def test_the_core_loads_without_any_inference_library():
    code = (
        "import sys, hand_landmarks_ros.core.pipeline, hand_landmarks_ros.backends.loader;"
        "sys.exit(any(name in sys.modules for name in ('onnxruntime', 'torch', 'rclpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

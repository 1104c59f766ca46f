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
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.mark.parametrize("precision", ["fp16", "fp32"])
def test_a_model_loads_and_one_line_says_what_was_chosen(model_path, caplog, precision):
    with caplog.at_level(logging.INFO):
        loaded = loader.load_backend(model_path, "onnxruntime", precision)
    assert loaded.card == CARD
    (line,) = [record.getMessage() for record in caplog.records]
    assert all(word in line for word in (CARD.name, str(model_path), "onnxruntime", "fp32"))


def test_auto_without_tensorrt_is_onnxruntime_and_says_so(model_path, caplog, monkeypatch):
    monkeypatch.setattr(loader, "find_spec", lambda name: None)
    with caplog.at_level(logging.INFO):
        loaded = loader.load_backend(model_path)
    assert loaded.description.startswith("onnxruntime")
    why, what = [record.getMessage() for record in caplog.records]
    assert "tensorrt is not installed, so onnxruntime" in why
    assert "backend auto: onnxruntime" in what


def test_auto_warns_of_a_tensorrt_that_does_not_load(model_path, caplog, monkeypatch, tmp_path):
    broken = "raise ImportError('libnvdla_compiler.so: cannot open shared object file')"
    (tmp_path / "tensorrt.py").write_text(broken)
    monkeypatch.syspath_prepend(tmp_path)
    loaded = loader.load_backend(model_path)
    assert loaded.description.startswith("onnxruntime")
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "libnvdla_compiler.so" in line and "nvidia-jetpack" in line


def test_the_number_of_threads_is_passed_on(model_path):
    assert ", 3 threads" in loader.load_backend(model_path, n_threads=3).description


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "tensorflow"}, r"tensorflow.*auto, onnxruntime"),
        ({"precision": "int8"}, r"int8.*fp16, fp32"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused_with_those_that_do(model_path, options, message):
    with pytest.raises(ParameterError, match=message):
        loader.load_backend(model_path, **options)


def test_a_landmark_model_is_refused_as_a_detector(model_path):
    with pytest.raises(ModelError, match=r"'hand_landmarks', expected 'hand_detector'; .*`model`"):
        loader.load_backend(model_path, kind=DETECTOR_MODEL)


@pytest.mark.parametrize("name", ["CUDA", "Tensorrt"])
def test_a_gpu_that_onnxruntime_was_not_built_for_is_refused(model_path, monkeypatch, name):
    only_cpu = ["CPUExecutionProvider"]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: only_cpu)
    with pytest.raises(ParameterError, match=rf"no {name}ExecutionProvider here, only CPUExec"):
        loader.load_backend(model_path, f"onnxruntime_{name.lower()}")


def test_tensorrt_where_it_is_missing_is_refused_with_what_to_do(model_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(ParameterError, match=r"tensorrt.*python3-libnvinfer-dev.*onnxruntime"):
        loader.load_backend(model_path, "tensorrt")


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


def test_a_models_card_is_read_without_an_inference_library(model_path):
    code = (
        "import sys; from hand_landmarks_ros.backends.loader import model_card;"
        f"print(model_card({str(model_path)!r}).name); sys.exit('onnxruntime' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == CARD.name

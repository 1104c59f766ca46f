# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""build_engine on the strict fakes: what it builds is what the node looks for."""

import pytest
from plain_model import save_plain_model
from tensorrt_fakes import fake_gpu

from hand_landmarks_ros import build_engine
from hand_landmarks_ros.backends.loader import load_backend
from hand_landmarks_ros.ros.parameters import NodeParameters


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_plain_model(tmp_path_factory.mktemp("model") / "plain.onnx")


def build(model, tmp_path, *options) -> int:
    return build_engine.main([str(model), "--engine-cache-dir", str(tmp_path), *options])


def test_the_node_finds_the_engine_that_was_built_with_the_defaults(model, tmp_path, capsys):
    with fake_gpu() as gpu:
        assert build(model, tmp_path) == 0
        said = capsys.readouterr().out
        (engine,) = tmp_path.glob("plain-*.engine")
        assert f"built in 0 s: {engine}" in said and "tensorrt 10.3.0" in said
        values = NodeParameters(model=str(model), engine_cache_dir=str(tmp_path))
        load_backend(model, "tensorrt", engine_options=values.engine_options()).close()
        assert gpu.n_builds == 1


def test_what_is_there_is_built_anew_only_on_demand(model, tmp_path, capsys):
    with fake_gpu() as gpu:
        build(model, tmp_path)
        assert build(model, tmp_path) == 0
        assert "was there" in capsys.readouterr().out
        assert gpu.n_builds == 1
        assert build(model, tmp_path, "--force") == 0
        assert gpu.n_builds == 2


def test_an_engine_that_cannot_be_saved_is_a_failure(model, capsys):
    with fake_gpu():
        assert build(model, "/proc/hand_landmarks") == 1
    assert "NOT SAVED" in capsys.readouterr().out


def test_the_node_finds_the_engine_for_as_many_hands_as_it_follows(model, tmp_path):
    with fake_gpu() as gpu:
        assert build(model, tmp_path, "--max-hands", "6") == 0
        values = NodeParameters(
            model=str(model),
            detector="some_detector",
            max_hands=6,
            engine_cache_dir=str(tmp_path),
        )
        load_backend(model, "tensorrt", engine_options=values.engine_options()).close()
        assert gpu.n_builds == 1


def test_a_gpu_that_is_not_there_is_an_error(model, tmp_path, capsys):
    with fake_gpu():
        assert build(model, tmp_path, "--gpu", "9") == 1
    assert "there is no GPU 9" in capsys.readouterr().err

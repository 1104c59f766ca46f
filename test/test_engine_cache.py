# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Engines are kept, found again where they fit, and whatever happens to the files is mended."""

import errno
import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_model import random_crops, save_plain_model
from tensorrt_fakes import environment, fake_gpu

from hand_landmarks_ros.backends import engine_cache
from hand_landmarks_ros.backends.background import LoadCancelledError, LoadProgress
from hand_landmarks_ros.backends.engine_cache import CacheEntry, EngineCache
from hand_landmarks_ros.backends.engine_options import EngineOptions
from hand_landmarks_ros.backends.onnxruntime import OnnxRuntimeBackend
from hand_landmarks_ros.backends.tensorrt import TensorRtBackend
from hand_landmarks_ros.core.errors import BackendError, ParameterError

ENTRY = CacheEntry("model", ".engine", {"gpu": "Orin", "tensorrt": "10.3.0"})
CONTENT = bytes(range(256)) * 3


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_plain_model(tmp_path_factory.mktemp("model") / "plain.onnx")


@pytest.fixture(scope="module")
def expected(model):
    return OnnxRuntimeBackend(model, n_threads=1)({"image": random_crops(2)})


@pytest.fixture
def cache(tmp_path):
    return EngineCache(tmp_path / "cache")


@pytest.fixture
def load(tmp_path):
    """Load a model with its engine kept in tmp_path/cache."""

    def load(path, *, precision="fp16", rebuild=False, **options):
        options = EngineOptions(**{"cache_directory": tmp_path / "cache", **options})
        return TensorRtBackend(path, precision=precision, options=options, rebuild=rebuild)

    return load


def assert_runs(backend, expected):
    """Check its outputs and close it."""
    outputs = backend({"image": random_crops(2)})
    for name, values in outputs.items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)
    backend.close()


# Files


def test_what_is_written_is_read_back(cache):
    assert cache.read(ENTRY) is None
    cache.write(ENTRY, CONTENT)
    assert cache.read(ENTRY) == CONTENT
    assert [path.name for path in cache.directory.iterdir()] == [ENTRY.file_name]


def test_only_the_user_may_write_into_a_new_folder(cache):
    cache.write(ENTRY, CONTENT)
    assert cache.directory.stat().st_mode & 0o777 == 0o700


def test_the_first_line_of_a_file_tells_a_reader_what_it_is(cache):
    cache.write(ENTRY, CONTENT)
    header = json.loads(cache.path(ENTRY).read_bytes().partition(b"\n")[0])
    assert header["key"] == dict(ENTRY.key) and header["size"] == len(CONTENT)


def test_another_key_is_another_file(cache):
    other = CacheEntry(ENTRY.stem, ENTRY.suffix, {**ENTRY.key, "gpu": "Thor"})
    cache.write(ENTRY, CONTENT)
    assert cache.read(other) is None
    cache.path(ENTRY).rename(cache.path(other))
    assert cache.read(other) is None, "a file under a name that is not its own"


@settings(max_examples=40)
@given(st.data())
def test_a_file_with_any_byte_changed_or_missing_is_not_used(tmp_path_factory, data):
    cache = EngineCache(tmp_path_factory.mktemp("cache"))
    cache.write(ENTRY, CONTENT)
    path = cache.path(ENTRY)
    whole = path.read_bytes()
    position = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans(), label="truncated"):
        damaged = whole[:position]
    else:
        bit = 1 << data.draw(st.integers(0, 7))
        damaged = whole[:position] + bytes([whole[position] ^ bit]) + whole[position + 1 :]
    path.write_bytes(damaged)
    assert cache.read(ENTRY) is None
    cache.write(ENTRY, CONTENT)
    assert cache.read(ENTRY) == CONTENT


def test_a_write_that_fails_leaves_what_was_there(cache, monkeypatch):
    cache.write(ENTRY, CONTENT)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        cache.write(ENTRY, CONTENT * 2)
    assert cache.read(ENTRY) == CONTENT
    assert len(list(cache.directory.iterdir())) == 1


def test_a_folder_that_anybody_may_write_to_is_refused(tmp_path):
    tmp_path.chmod(0o777)
    with pytest.raises(ParameterError, match=r"everybody may write.*engine_cache_dir"):
        EngineCache(tmp_path)


def test_the_folder_follows_the_xdg_base_directory_specification(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert engine_cache.default_cache_directory() == tmp_path / ".cache/hand_landmarks_ros"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert engine_cache.default_cache_directory() == tmp_path / ".cache/hand_landmarks_ros"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert engine_cache.default_cache_directory() == tmp_path / "xdg/hand_landmarks_ros"


def test_waiting_for_another_process_can_be_stopped(cache):
    progress = LoadProgress()
    with cache.lock(ENTRY, LoadProgress()):
        progress.cancel()
        with pytest.raises(LoadCancelledError), cache.lock(ENTRY, progress):
            pytest.fail("two hold the lock")
    with cache.lock(ENTRY, LoadProgress()):
        pass


# Engines


def test_the_second_start_builds_nothing(model, expected, load):
    with fake_gpu() as gpu:
        first = load(model)
        assert first.build_time_s is not None
        assert_runs(first, expected)
        second = load(model)
        assert second.build_time_s is None and second.engine_file == first.engine_file
        assert_runs(second, expected)
        assert gpu.n_builds == 1


def test_a_rebuild_builds_although_there_is_an_engine(model, expected, load):
    with fake_gpu() as gpu:
        load(model).close()
        backend = load(model, rebuild=True)
        assert backend.build_time_s is not None and gpu.n_builds == 2
        assert_runs(backend, expected)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Orin (nvgpu)"},
        {"compute_capability": (8, 9)},
        {"n_multiprocessors": 16},
        {"driver_version": 13020},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_engine_of_another_gpu_or_driver_is_not_used(model, expected, load, change):
    with fake_gpu() as gpu:
        load(model).close()
        for name, value in change.items():
            setattr(gpu, name, value)
        backend = load(model)
        assert gpu.n_builds == 2
        assert_runs(backend, expected)


@pytest.mark.parametrize(
    "change",
    [{"precision": "fp32"}, {"max_batch": 2}, {"workspace_mib": 64}],
    ids=lambda change: next(iter(change)),
)
def test_an_engine_of_another_build_is_not_used(model, expected, load, change):
    with fake_gpu() as gpu:
        load(model).close()
        assert_runs(load(model, **change), expected)
        load(model).close()
        assert gpu.n_builds == 2


def test_an_engine_of_a_model_that_has_changed_is_not_used(tmp_path, load):
    path = tmp_path / "plain.onnx"
    for seed in (0, 1):
        save_plain_model(path, seed=seed)
        expected = OnnxRuntimeBackend(path, n_threads=1)({"image": random_crops(2)})
        with fake_gpu() as gpu:
            assert_runs(load(path), expected)
            assert gpu.n_builds == 1


def test_each_tensorrt_keeps_its_own_engine(model, expected, load):
    for version, n_builds in (("10.3.0", 1), ("10.16.1.11", 1), ("10.3.0", 0)):
        with fake_gpu(version) as gpu:
            assert_runs(load(model), expected)
            assert gpu.n_builds == n_builds


def empty(content):
    return b""


def truncated(content):
    return content[: len(content) // 2]


def bit_flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def without_its_header(content):
    return content.partition(b"\n")[2]


@pytest.mark.parametrize("damage", [empty, truncated, bit_flipped, without_its_header])
def test_a_damaged_engine_never_reaches_tensorrt_and_is_built_anew(
    model, expected, load, caplog, damage
):
    with fake_gpu() as gpu:
        backend = load(model)
        path = backend.engine_file
        backend.close()
        path.write_bytes(damage(path.read_bytes()))
        backend = load(model)
        assert f"{path} is damaged" in caplog.text
        assert_runs(backend, expected)
        assert_runs(load(model), expected)
        assert gpu.n_builds == 2


def test_a_whole_engine_that_tensorrt_refuses_is_built_anew_once(model, expected, load, caplog):
    with fake_gpu() as gpu:
        load(model).close()
        gpu.let_fail("deserialize")
        backend = load(model)
        assert "does not load" in caplog.text and "Serialization failed" in caplog.text
        assert_runs(backend, expected)
        assert_runs(load(model), expected)
        assert gpu.n_builds == 2


def test_an_engine_of_a_foreign_version_under_our_name_is_built_anew(model, expected, load, caplog):
    """As when libraries are exchanged and the Python package is not."""
    with fake_gpu("10.16.1.11"):
        backend = load(model)
        foreign = backend.engine_file.read_bytes().partition(b"\n")[2]
        backend.close()
    with fake_gpu("10.3.0") as gpu:
        backend = load(model)
        path = backend.engine_file
        backend.close()
        header = json.loads(path.read_bytes().partition(b"\n")[0])
        entry = CacheEntry("plain", ".engine", header["key"])
        cache = EngineCache(path.parent)
        assert cache.path(entry) == path
        cache.write(entry, foreign)
        backend = load(model)
        assert "Version tag does not match" in caplog.text
        assert_runs(backend, expected)
        assert gpu.n_builds == 2


def test_an_engine_that_never_loads_is_an_error_and_no_loop(model, load):
    with fake_gpu() as gpu:
        gpu.let_fail("deserialize", times=5)
        with pytest.raises(BackendError, match=r"just built.*doctor"):
            load(model)
        assert gpu.n_builds == 1


# Timing caches


def test_what_one_build_measured_serves_the_next_model(model, load, tmp_path):
    with fake_gpu() as gpu:
        load(model).close()
        load(save_plain_model(tmp_path / "other.onnx", seed=1)).close()
        assert gpu.timing_caches == [None, ["10.3.0", gpu.name, list(gpu.compute_capability)]]


@pytest.mark.parametrize("damage", [empty, truncated, bit_flipped])
def test_a_damaged_timing_cache_is_not_used(model, load, tmp_path, damage):
    with fake_gpu() as gpu:
        load(model).close()
        (path,) = (tmp_path / "cache").glob("timing-*.cache")
        path.write_bytes(damage(path.read_bytes()))
        load(model, rebuild=True).close()
        assert gpu.timing_caches == [None, None]


# Folders


def assert_builds_but_cannot_save(load, model, expected, caplog, directory):
    """Check that each start builds and works."""
    with fake_gpu() as gpu:
        for n_builds in (1, 2):
            backend = load(model, cache_directory=directory)
            assert backend.engine_file is None and gpu.n_builds == n_builds
            assert "could not be saved" in backend.description
            assert "could not be saved" in caplog.text and "engine_cache_dir" in caplog.text
            assert_runs(backend, expected)


def test_a_full_disk_costs_the_engine_but_not_the_service(
    model, expected, load, caplog, monkeypatch, tmp_path
):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    directory = tmp_path / "full"
    assert_builds_but_cannot_save(load, model, expected, caplog, directory)
    assert "No space left" in caplog.text
    assert not [path for path in directory.iterdir() if path.suffix != ".lock"]


def test_a_file_system_that_cannot_be_written_costs_the_engine_but_not_the_service(
    model, expected, load, caplog
):
    # Not even root may write there.
    assert_builds_but_cannot_save(load, model, expected, caplog, Path("/proc/hand_landmarks"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to any folder")
def test_a_read_only_folder_costs_the_engine_but_not_the_service(
    model, expected, load, caplog, tmp_path
):
    directory = tmp_path / "read_only"
    directory.mkdir(mode=0o500)
    assert_builds_but_cannot_save(load, model, expected, caplog, directory)
    assert "Permission denied" in caplog.text


def test_an_engine_in_a_read_only_folder_is_used(model, expected, load, monkeypatch):
    """As on a robot with a read-only root file system whose engines were built beforehand."""
    with fake_gpu() as gpu:
        load(model).close()

        def read_only(*args, **kwargs):
            raise OSError(errno.EROFS, "Read-only file system")

        monkeypatch.setattr(Path, "mkdir", read_only)
        assert_runs(load(model), expected)
        assert gpu.n_builds == 1


# Processes

_BUILD = """
import sys, pathlib
from hand_landmarks_ros.backends.engine_options import EngineOptions
from hand_landmarks_ros.backends.tensorrt import TensorRtBackend
options = EngineOptions(cache_directory=pathlib.Path(sys.argv[2]))
backend = TensorRtBackend(pathlib.Path(sys.argv[1]), options=options)
print("loaded" if backend.build_time_s is None else "built")
backend.close()
"""


@pytest.fixture
def start_build(model, tmp_path):
    """Start a process that loads the model, which on its GPU takes so long to build."""
    processes = []

    def start(build_s):
        settings = json.dumps({"build_s": build_s, "build_log": str(tmp_path / "builds")})
        process = subprocess.Popen(
            [sys.executable, "-c", _BUILD, str(model), str(tmp_path / "cache")],
            env=environment(FAKE_GPU=settings),
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def wait_for(path: Path) -> None:
    end_s = time.monotonic() + 100
    while not path.exists():
        assert time.monotonic() < end_s, f"waited for {path}"
        time.sleep(0.05)


def test_two_processes_that_start_at_once_build_one_engine(start_build, tmp_path):
    processes = [start_build(build_s=1.0) for _ in range(2)]
    answers = sorted(process.communicate()[0].strip() for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert answers == ["built", "loaded"]
    assert (tmp_path / "builds").read_text() == "build\n"


def test_a_process_that_is_killed_while_it_builds_stands_in_nobodys_way(
    start_build, model, expected, load, tmp_path
):
    process = start_build(build_s=600)
    wait_for(tmp_path / "builds")
    process.send_signal(signal.SIGKILL)
    process.wait()
    with fake_gpu():
        backend = load(model)
        assert backend.build_time_s is not None
        assert_runs(backend, expected)


def test_what_a_process_left_that_was_killed_while_it_wrote_is_removed(model, expected, load):
    with fake_gpu() as gpu:
        backend = load(model)
        path = backend.engine_file
        backend.close()
        leftover = path.with_name(f"{path.name}.12345.tmp")
        leftover.write_bytes(path.read_bytes()[:100])
        path.unlink()
        assert_runs(load(model), expected)
        assert path.exists() and not leftover.exists()
        assert gpu.n_builds == 2


def test_an_engine_that_another_process_built_meanwhile_is_taken(model, expected, load, caplog):
    """The process that waited for the lock looks again before it builds."""
    original = EngineCache.lock

    def another_builds_first(self, entry, progress):
        EngineCache.lock = original
        load(model).close()
        return original(self, entry, progress)

    with fake_gpu() as gpu, pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.INFO):
        patch.setattr(EngineCache, "lock", another_builds_first)
        backend = load(model)
        assert backend.build_time_s is None and gpu.n_builds == 1
        assert_runs(backend, expected)

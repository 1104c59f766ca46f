# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the backend asks of TensorRT is there in the real bindings of each supported version.

The bindings come from PyPI (1 MB each, no GPU needed) and are loaded over stub libraries that
export the C functions they miss: nothing can run, but every class and signature can be read. The
fakes may have nothing that the real bindings lack, so what runs on the fakes fits the real ones.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from plain_model import random_crops, save_plain_model
from tensorrt_fakes import FAKES, VERSIONS, environment, fake_gpu

from hand_landmarks_ros.backends.engine_options import EngineOptions
from hand_landmarks_ros.backends.tensorrt import TensorRtBackend

REPOSITORY = Path(__file__).resolve().parents[1]
DOWNLOADS = REPOSITORY / "build" / "tensorrt-bindings"
BACKENDS = REPOSITORY / "hand_landmarks_ros" / "backends"
DESCRIBE = str(FAKES / "describe_api.py")


def requirement(version: str) -> str:
    """Return the wheel of a version: its name has changed since 8.6."""
    name = "tensorrt-bindings" if version.startswith("8.") else "tensorrt-cu12-bindings"
    return f"{name}=={version}"


def download(version: str) -> Path:
    """Return the folder with the bindings of a version; skips the test where they cannot be had."""
    folder = DOWNLOADS / f"{version}-cp{sys.version_info[0]}{sys.version_info[1]}"
    if folder.is_dir():
        return folder
    unfinished = folder.with_suffix(f".{os.getpid()}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--target", str(unfinished)]
    result = subprocess.run([*command, requirement(version)], capture_output=True, text=True)
    if result.returncode:
        pytest.skip(
            f"no {requirement(version)} for this Python and machine: {result.stderr[-300:]}"
        )
    unfinished.replace(folder)
    return folder


def build_stubs(library: Path, folder: Path) -> None:
    """Build the libraries that another one needs, with functions that return null."""
    if not all(map(shutil.which, ("gcc", "nm", "readelf"))):
        pytest.skip("gcc and binutils are needed to build stub libraries")

    def output(*command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    needed = re.findall(r"NEEDED.*\[(libnv\S+)\]", output("readelf", "--dynamic", str(library)))
    undefined = output("nm", "--dynamic", "--undefined-only", str(library))
    # What has a version, as in malloc@GLIBC, is of the system's libraries; Py... is of Python.
    functions = re.findall(r"^ +U (?!_?Py)([^@\s]+)$", undefined, re.MULTILINE)
    source = "\n".join(f"void *{name}(void) {{ return 0; }}" for name in functions)
    folder.mkdir()
    for name in needed:
        command = ["gcc", "-shared", "-fPIC", "-w", "-x", "c", "-", f"-Wl,-soname,{name}"]
        command += ["-o", str(folder / name)]
        subprocess.run(command, input=source, text=True, check=True)


def described(command: list[str], **variables: str) -> dict:
    """Run describe_api.py in a process of its own."""
    command = [sys.executable, *command]
    env = {**os.environ, **variables}
    result = subprocess.run(command, env=env, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module", params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture(scope="module")
def real(version, tmp_path_factory):
    """The API of the real bindings."""
    folder = download(version)
    stubs = tmp_path_factory.mktemp("stubs") / version
    build_stubs(folder / "tensorrt_bindings" / "tensorrt.so", stubs)
    path = os.pathsep.join([str(stubs), os.environ.get("LD_LIBRARY_PATH", "")])
    # Isolated, and without the start-up files of the virtual environment.
    return described(["-I", "-S", DESCRIBE, "tensorrt_bindings", str(folder)], LD_LIBRARY_PATH=path)


@pytest.fixture(scope="module")
def fake(version):
    """The API of the fake."""
    return described([DESCRIBE, "tensorrt"], **environment(version))


def lacking(fake: dict, real: dict, where: str = "") -> list[str]:
    """Return what the fake has and the real API has not, or has in another way."""
    problems = []
    for name, member in fake.items():
        here = f"{where}.{name}".lstrip(".")
        if name not in real:
            problems.append(f"{here} does not exist")
        elif isinstance(member, dict) and isinstance(real[name], dict):
            problems += lacking(member, real[name], here)
        elif name == "__init__" and not isinstance(real[name], list):
            pass  # only the library makes it
        elif isinstance(member, list) and isinstance(real[name], list):
            if not all(any(fits(ours, theirs) for theirs in real[name]) for ours in member):
                problems.append(f"{here}: {member}, really {real[name]}")
        elif type(member) is not type(real[name]):
            problems.append(f"{here} is {member}, really {real[name]}")
    return problems


def fits(ours: list, theirs: list) -> bool:
    """Whether whoever calls with our signature calls rightly with theirs."""
    more = theirs[len(ours) :]
    return theirs[: len(ours)] == ours and all(is_optional for _, _, is_optional in more)


def test_the_fake_has_nothing_that_the_real_bindings_lack(fake, real):
    assert len(fake) > 10
    assert not lacking(fake, real)


def test_numbers_that_are_sent_to_tensorrt_are_the_real_ones(fake, real):
    flags = "NetworkDefinitionCreationFlag"
    for name, number in fake[flags].items():
        if isinstance(number, int):
            assert real[flags][name] == number


def test_what_the_backend_looks_for_in_vain_is_really_not_there(version, real, tmp_path):
    """Else the backend would take another way on a robot than here."""
    model = save_plain_model(tmp_path / "plain.onnx")
    with fake_gpu(version) as gpu:
        for precision, cuda_graph in (("fp16", False), ("fp32", True)):
            options = EngineOptions(cache_directory=tmp_path / "cache", cuda_graph=cuda_graph)
            backend = TensorRtBackend(model, precision=precision, options=options)
            backend({"image": random_crops(2)})
            backend.close()
        names = set(gpu.absent_names)
    assert bool(names) == (not version.startswith("10"))
    for name in names:
        owner, _, member = name.removeprefix("tensorrt.").rpartition(".")
        assert member not in (real[owner] if owner else real), name


def written_names() -> set[str]:
    """Return the chains of names that begin with `trt.` anywhere in the backends."""
    names = set()
    for path in BACKENDS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("trt."):
                names.add(ast.unparse(node).removeprefix("trt."))
    return {name for name in names if re.fullmatch(r"[\w.]+", name)} - {"__version__"}


def test_every_name_of_tensorrt_in_the_source_is_real(version, real):
    names = written_names()
    assert {"IProgressMonitor", "MemoryPoolType.WORKSPACE"} <= names
    # Asked for with hasattr before they are used.
    asked_for = {"8": {"IProgressMonitor"}, "11": {"BuilderFlag.FP16"}}
    absent = set()
    for name in names:
        found = real
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            absent.add(re.sub(r"\.__init__$", "", name))
    assert absent <= asked_for.get(version.partition(".")[0], set())


@pytest.mark.skipif(find_spec("pycuda") is None, reason="pycuda is not installed: it needs CUDA")
def test_the_fake_of_pycuda_has_nothing_that_the_real_one_lacks():
    real = described([DESCRIBE, "pycuda.driver"])
    fake = described([DESCRIBE, "pycuda.driver"], **environment())
    assert not lacking(names_only(fake), names_only(real))


def names_only(members: dict) -> dict:
    """Leave out signatures, which Boost.Python describes without the names of many parameters."""
    return {
        name: names_only(member) if isinstance(member, dict) else ""
        for name, member in members.items()
    }

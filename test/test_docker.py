# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The Dockerfiles are linted and name what exists; none of them can be built here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "config" / "docker"
DOCKERFILES = sorted(FOLDER.glob("*.Dockerfile"))

# The interpreter's own tools come first, also when its environment is not activated.
HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")

each_dockerfile = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)


def instructions(path: Path) -> list[tuple[str, str]]:
    """Return (name, arguments) of each instruction, its lines joined."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines())]


def of(path: Path, name: str) -> list[str]:
    """Return the arguments of all instructions of a name."""
    return [rest for found, rest in instructions(path) if found == name]


def test_both_jetpacks_and_both_distributions_on_a_pc_have_one() -> None:
    assert [path.stem for path in DOCKERFILES] == ["humble", "jazzy", "jetpack6", "jetpack7"]


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed")
@each_dockerfile
def test_hadolint_finds_nothing(path: Path) -> None:
    result = subprocess.run([HADOLINT, "--no-color", path], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


@each_dockerfile
def test_the_base_image_is_one_version_and_the_one_that_the_table_names(path: Path) -> None:
    (image,) = of(path, "FROM")
    _, _, tag = image.partition(":")
    assert tag and tag != "latest"
    (row,) = [
        line for line in (FOLDER / "README.md").read_text().splitlines() if f"`{path.name}`" in line
    ]
    assert f"`{image}`" in row


@each_dockerfile
def test_what_is_copied_exists_and_is_all_that_the_build_needs(path: Path) -> None:
    copied = [name for rest in of(path, "COPY") for name in rest.split()[:-1]]
    assert all((REPOSITORY / name).exists() for name in copied)
    cmake = (REPOSITORY / "CMakeLists.txt").read_text()
    needed = re.search(r"install\(DIRECTORY (.+?) DESTINATION", cmake).group(1).split()
    assert {*needed, "package.xml", "CMakeLists.txt", "hand_landmarks_msgs"} <= set(copied)


@each_dockerfile
def test_one_distribution_is_used_throughout_with_numpy_1(path: Path) -> None:
    text = path.read_text()
    expected = {"jetpack6": "humble", "jetpack7": "jazzy"}.get(path.stem, path.stem)
    assert {name for name in ("humble", "jazzy") if re.search(rf"\b{name}\b", text)} == {expected}
    assert 'echo "numpy<2"' in text and "PIP_CONSTRAINT" in text
    needs_leave_for_pip = expected == "jazzy"
    assert ("PIP_BREAK_SYSTEM_PACKAGES=1" in text) == needs_leave_for_pip


@each_dockerfile
def test_the_entry_point_lies_where_it_is_copied_to(path: Path) -> None:
    (entry,) = of(path, "ENTRYPOINT")
    script = Path(re.search(r'"/ws/src/hand_landmarks_ros/(.+?)"', entry).group(1))
    assert os.access(REPOSITORY / script, os.X_OK)
    assert script.parts[0] in [rest.split()[-1] for rest in of(path, "COPY")]


def test_the_readme_says_that_none_was_built() -> None:
    assert "None of them has been built or run by us" in (FOLDER / "README.md").read_text()
    assert all("Not built by its authors" in path.read_text() for path in DOCKERFILES)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A robot's workspace: `colcon build` builds and installs both packages.

The workspace holds a link to this repository; what colcon makes lies in a temporary folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
MESSAGES = REPOSITORY / "hand_landmarks_msgs"

# The interpreter's own tools come first, also when its environment is not activated.
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

needs_colcon = pytest.mark.skipif(
    shutil.which("colcon", path=PATH) is None, reason="colcon is not installed"
)


def run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    """Return what a command prints; a failing command fails the test with all its output."""
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def environment_of_this_python() -> dict[str, str]:
    """Return the environment in which cmake finds the ROS of the running interpreter."""
    return {"AMENT_PREFIX_PATH": sys.prefix, **os.environ, "PATH": PATH}


def files_below(folder: Path) -> set[Path]:
    """Return every file of a folder, relative to it, without what Python compiled."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path for path in files if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with this repository in its `src`, as a robot's owner clones it."""
    workspace = tmp_path_factory.mktemp("workspace")
    (workspace / "src").mkdir()
    (workspace / "src" / REPOSITORY.name).symlink_to(REPOSITORY)
    return workspace


@needs_colcon
def test_colcon_finds_the_root_package_alone(workspace: Path) -> None:
    names = run(["colcon", "list", "--names-only"], workspace, environment_of_this_python())
    assert names.split() == ["hand_landmarks_ros"]


@needs_colcon
def test_colcon_finds_the_messages_alone_when_told_where_they_are(workspace: Path) -> None:
    command = ["colcon", "list", "--names-only", "--base-paths", str(MESSAGES)]
    names = run(command, workspace, environment_of_this_python())
    assert names.split() == ["hand_landmarks_msgs"]


@needs_colcon
@pytest.mark.timeout(1800)
def test_one_colcon_build_installs_the_node_and_the_messages(workspace: Path) -> None:
    from_wheels = f"-DCMAKE_PROJECT_INCLUDE={MESSAGES / 'pip_wheels.cmake'}"
    run(
        ["colcon", "build", "--cmake-args", "-DBUILD_TESTING=OFF", from_wheels],
        workspace,
        environment_of_this_python(),
    )
    prefix = workspace / "install" / "hand_landmarks_ros"

    for package in ("hand_landmarks_ros", "hand_landmarks_msgs"):
        assert (prefix / "share/ament_index/resource_index/packages" / package).exists()
    for folder in ("launch", "config"):
        installed = prefix / "share/hand_landmarks_ros" / folder
        assert files_below(installed) == files_below(REPOSITORY / folder)
    for executable in ("hand_landmarks_node", "camera_node", "benchmark", "build_engine", "doctor"):
        assert os.access(prefix / "lib/hand_landmarks_ros" / executable, os.X_OK)

    # Sourced as on a robot, the installed packages hide every other copy.
    script = (
        "import hand_landmarks_msgs.msg, hand_landmarks_ros\n"
        "print(hand_landmarks_msgs.__file__, hand_landmarks_ros.__file__)"
    )
    printed = run(
        ["bash", "-c", 'source install/setup.bash && "$0" -c "$1"', sys.executable, script],
        workspace,
        environment_of_this_python(),
    )
    messages, package = (Path(path).parent for path in printed.split())
    assert messages.is_relative_to(prefix)
    assert package.is_relative_to(prefix)
    assert files_below(package) == files_below(REPOSITORY / "hand_landmarks_ros")


def test_the_version_is_the_same_everywhere() -> None:
    in_pyproject = re.search(
        r'^version = "(.+?)"', (REPOSITORY / "pyproject.toml").read_text(), re.M
    )
    in_changelog = re.search(r"^(\d\S+) \(", (REPOSITORY / "CHANGELOG.rst").read_text(), re.M)
    assert in_pyproject and in_changelog
    versions = {
        "package.xml": ElementTree.parse(REPOSITORY / "package.xml").findtext("version"),
        "hand_landmarks_msgs": ElementTree.parse(MESSAGES / "package.xml").findtext("version"),
        "pyproject.toml": in_pyproject.group(1),
        "CHANGELOG.rst": in_changelog.group(1),
    }
    assert len(set(versions.values())) == 1, versions

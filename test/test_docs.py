# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The documents quote what the program says, and name what exists."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from hand_landmarks_ros.ros.parameters import NodeParameters

REPOSITORY = Path(__file__).parents[1]
RUNTIME = REPOSITORY / "hand_landmarks_ros"
DOCUMENTS = [*sorted((RUNTIME / "docs").glob("*.md")), REPOSITORY / "config/docker/README.md"]
TROUBLESHOOTING = RUNTIME / "docs" / "troubleshooting.md"

ARGUMENTS_OF_OTHERS = {
    *("frame_id", "framerate", "image_height", "image_width", "pixel_format"),
    "rgb_camera.color_profile",
}
"""Parameters of camera drivers."""

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def texts_of_the_program() -> list[str]:
    """Return every text in the runtime's code; what is filled in becomes `…`."""
    texts = []
    for path in RUNTIME.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (getattr(part, "value", None) for part in node.values)
                texts.append("".join(x if isinstance(x, str) else "…" for x in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(re.sub(r"%(\.\d)?[a-z]", "…", node.value))
    return texts


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def test_every_message_that_the_node_is_said_to_give_is_one() -> None:
    section = TROUBLESHOOTING.read_text(encoding="utf-8").split("\n## ")[1]
    headings = re.findall(r"^### (.+)$", section, re.M)
    quoted = [message for heading in headings for message in re.findall(r"`(.+?)`", heading)]
    assert len(quoted) > 20
    texts = texts_of_the_program()
    assert [message for message in quoted if not any(message in text for text in texts)] == []


@each_document
def test_links_lead_to_files_and_headings_that_exist(path: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)(.+?)\)", path.read_text(encoding="utf-8")):
        name, _, fragment = link.partition("#")
        target = (path.parent / name).resolve()
        assert target.exists(), link
        if fragment:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
            assert fragment in map(anchor, headings), link


@each_document
def test_parameters_and_launch_arguments_that_are_named_exist(path: Path) -> None:
    launch = (REPOSITORY / "launch" / "hand_landmarks.launch.py").read_text(encoding="utf-8")
    known = ARGUMENTS_OF_OTHERS | {field.name for field in fields(NodeParameters)}
    known |= set(re.findall(r'^    "(\w+)": \(', launch, re.M))
    assert set(re.findall(r"([\w.]+):=", path.read_text(encoding="utf-8"))) <= known


@each_document
def test_executables_that_are_named_are_installed(path: Path) -> None:
    cmake = (REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8")
    installed = set(re.findall(r"^install_executable\((\w+)", cmake, re.M))
    run = re.findall(r"ros2 run hand_landmarks_ros (\w+)", path.read_text(encoding="utf-8"))
    assert set(run) <= installed


def test_the_guide_says_what_was_not_run() -> None:
    text = (RUNTIME / "docs" / "jetson.md").read_text(encoding="utf-8")
    assert "We have not run this on a Jetson" in text

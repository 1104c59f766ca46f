# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Launch files: always checked as source; loaded and evaluated where `launch` is installed."""

import ast
import importlib.util
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

from hand_landmarks_ros.ros.children import PROFILE_VARIABLES, environment_of_children

ROOT = Path(__file__).resolve().parent.parent
LAUNCH_FILES = sorted((ROOT / "launch").glob("*.launch.py"))

needs_launch = pytest.mark.skipif(
    importlib.util.find_spec("launch_ros") is None,
    reason="ROS's launch is not installed (it is on robots, but not among the pip wheels)",
)


def test_the_three_launch_files_are_there():
    assert {path.name for path in LAUNCH_FILES} == {
        "hand_landmarks.launch.py",
        "multi_camera.launch.py",
        "webcam.launch.py",
    }


def constants(path: Path) -> set[str]:
    """All texts in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("path", LAUNCH_FILES, ids=lambda path: path.name)
def test_a_launch_file_is_python_and_starts_only_what_is_installed(path):
    installed = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    needed = (ROOT / "package.xml").read_text(encoding="utf-8")
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    assert any(
        isinstance(node, ast.FunctionDef) and node.name == "generate_launch_description"
        for node in tree.body
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Node":
            keywords = {keyword.arg: keyword.value for keyword in node.keywords}
            package, executable = keywords["package"].value, keywords["executable"].value
            if package == "hand_landmarks_ros":
                assert f"install_executable({executable} " in installed
            else:
                assert f"<exec_depend>{package}</exec_depend>" in needed


@pytest.mark.parametrize("path", LAUNCH_FILES, ids=lambda path: path.name)
def test_files_named_in_a_launch_file_exist(path):
    named = {
        Path(text) for text in constants(path) if Path(text).suffix in (".yaml", ".rviz", ".xml")
    }
    for name in named:
        assert (ROOT / "config" / name).is_file()


def assigned(name: str) -> ast.expr:
    """What the main launch file assigns to one of its constants."""
    tree = ast.parse((ROOT / "launch" / "hand_landmarks.launch.py").read_text(encoding="utf-8"))
    (value,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == name
    )
    return value


def test_the_main_launch_file_has_the_documented_arguments():
    assert {
        "image",
        "camera_info",
        "depth",
        "namespace",
        "params_file",
        "model",
        "detector",
        "backend",
        "max_hands",
        "rviz",
        "fixed_frame",
        "use_sim_time",
        "log_level",
    } <= {ast.literal_eval(key) for key in assigned("ARGUMENTS").keys}


def test_nodes_and_tools_name_the_profile_to_every_fast_dds(monkeypatch, tmp_path):
    variables = ast.literal_eval(assigned("PROFILE_VARIABLES"))
    assert variables == PROFILE_VARIABLES
    for variable in variables:
        monkeypatch.setenv(variable, "/of/the/user.xml")
    profile = str(ROOT / "config" / "fastdds_shm.xml")
    large, default = (
        environment_of_children(tmp_path, 1, large_images=large_images)
        for large_images in (True, False)
    )
    assert [large[variable] for variable in variables] == [profile, profile]
    assert default.keys().isdisjoint(variables)


def test_rviz_shows_image_markers_and_frames():
    config = yaml.safe_load((ROOT / "config" / "hand_landmarks.rviz").read_text(encoding="utf-8"))
    displays = config["Visualization Manager"]["Displays"]
    topics = {display["Class"].split("/")[1]: display.get("Topic", {}) for display in displays}
    assert topics["Image"]["Value"] == "/hand_landmarks/annotated_image"
    assert topics["MarkerArray"]["Value"] == "/hand_landmarks/markers"
    assert "TF" in topics


def test_the_fast_dds_profile_has_room_for_several_images():
    root = ElementTree.parse(ROOT / "config" / "fastdds_shm.xml").getroot()
    segment_size = next(node for node in root.iter() if node.tag.endswith("segment_size"))
    assert int(segment_size.text) >= 4 * 1920 * 1080 * 3


def load(name: str):
    path = ROOT / "launch" / name
    spec = importlib.util.spec_from_file_location(name.replace(".", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def started_nodes(name: str, **arguments: str) -> list:
    """Evaluate a launch file without starting anything; return its nodes with their context."""
    from launch_ros.actions import Node

    from launch import LaunchContext

    context = LaunchContext()
    context.launch_configurations.update(arguments)
    nodes, entities = [], [load(name).generate_launch_description()]
    while entities:
        entity = entities.pop(0)
        if isinstance(entity, Node):
            entity._perform_substitutions(context)
            nodes.append(entity)
        else:
            entities = list(entity.visit(context) or ()) + entities
    return nodes


def executables(nodes: list) -> list[str]:
    return [node.node_executable for node in nodes]


@needs_launch
def test_the_main_launch_file_remaps_images_and_overrides_parameters():
    (node,) = started_nodes(
        "hand_landmarks.launch.py", image="/front/image_raw", namespace="robot", max_hands="1"
    )
    assert node.node_name == "/robot/hand_landmarks"
    assert ("image", "/front/image_raw") in node.expanded_remapping_rules
    assert ("camera_info", "/front/camera_info") in node.expanded_remapping_rules


@needs_launch
def test_rviz_is_started_on_demand_and_follows_the_namespace():
    nodes = started_nodes("hand_landmarks.launch.py", rviz="true", namespace="robot")
    assert executables(nodes) == ["hand_landmarks_node", "rviz2"]
    assert (
        "/hand_landmarks/markers",
        "/robot/hand_landmarks/markers",
    ) in nodes[1].expanded_remapping_rules


@needs_launch
def test_a_switch_that_is_neither_true_nor_false_is_refused():
    with pytest.raises(ValueError, match="'maybe' is neither true nor false"):
        started_nodes("hand_landmarks.launch.py", rviz="maybe")


@needs_launch
def test_the_webcam_launch_file_starts_camera_frames_and_node():
    nodes = started_nodes("webcam.launch.py", source="0", rviz="false", frame_id="front")
    assert executables(nodes) == [
        "hand_landmarks_node",
        "camera_node",
        "static_transform_publisher",
    ]


@needs_launch
def test_several_cameras_take_the_arguments_of_one():
    of_one, of_several = (
        {
            argument.name
            for argument in load(name).generate_launch_description().get_launch_arguments()
        }
        for name in ("hand_landmarks.launch.py", "multi_camera.launch.py")
    )
    assert of_several == of_one - {"namespace"} | {"cameras"}
    nodes = started_nodes("multi_camera.launch.py", cameras="left,right", rviz="true")
    assert executables(nodes) == ["hand_landmarks_node", "rviz2"] * 2


@needs_launch
def test_each_of_several_cameras_gets_a_node_in_its_namespace():
    nodes = started_nodes("multi_camera.launch.py", cameras="left, right")
    assert [node.node_name for node in nodes] == ["/left/hand_landmarks", "/right/hand_landmarks"]
    for node in nodes:
        assert ("image", "image_raw") in node.expanded_remapping_rules
        assert ("camera_info", "camera_info") in node.expanded_remapping_rules

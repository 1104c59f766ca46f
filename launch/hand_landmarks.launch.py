# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts the hand landmarks node for one camera.

ros2 launch hand_landmarks_ros hand_landmarks.launch.py image:=/camera/image_raw
"""

import os
from pathlib import Path, PurePosixPath

from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription

CONFIG = Path(__file__).resolve().parent.parent / "config"

# Up to Fast DDS 2 (Humble, Jazzy), and from Fast DDS 3 on (Kilted).
PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")

ARGUMENTS = {
    "image": ("image", "Topic of the images, without a suffix such as /compressed."),
    "camera_info": ("", "Topic of the calibration; empty takes camera_info beside the images."),
    "depth": (
        "depth",
        "Topic of depth images that are registered to the images, if there are any.",
    ),
    "namespace": ("", "Namespace of the node and of relative topics."),
    "params_file": (str(CONFIG / "hand_landmarks.yaml"), "Parameters of the node."),
    "model": ("", "Overrides the parameter `model`."),
    "detector": ("", "Overrides the parameter `detector`."),
    "backend": ("", "Overrides the parameter `backend`."),
    "max_hands": ("", "Overrides the parameter `max_hands`."),
    "rviz": ("false", "Start RViz too."),
    "fixed_frame": (
        "camera_optical_frame",
        "RViz's fixed frame: the images' frame_id, or one joined to it.",
    ),
    "use_sim_time": ("false", "Take the time from /clock."),
    "log_level": ("info", "Level of the node's log."),
}


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(name, default_value=default, description=description)
                for name, (default, description) in ARGUMENTS.items()
            ),
            # A profile of the user's own stays in force.
            *(
                SetEnvironmentVariable(name, os.environ.get(name, str(CONFIG / "fastdds_shm.xml")))
                for name in PROFILE_VARIABLES
            ),
            OpaqueFunction(function=_nodes),
        ]
    )


def _nodes(context: LaunchContext) -> list[Node]:
    argument = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    overrides = {
        name: argument[name] for name in ("model", "detector", "backend") if argument[name]
    }
    if argument["max_hands"]:
        overrides["max_hands"] = int(argument["max_hands"])
    overrides["use_sim_time"] = _is_true(argument["use_sim_time"])
    image = argument["image"]
    camera_info = argument["camera_info"] or str(PurePosixPath(image).parent / "camera_info")
    nodes = [
        Node(
            package="hand_landmarks_ros",
            executable="hand_landmarks_node",
            name="hand_landmarks",
            namespace=argument["namespace"],
            parameters=[argument["params_file"], overrides],
            remappings=[
                ("image", image),
                ("camera_info", camera_info),
                ("depth", argument["depth"]),
            ],
            ros_arguments=["--log-level", argument["log_level"]],
            output="screen",
        )
    ]
    if _is_true(argument["rviz"]):
        nodes.append(_rviz(argument["namespace"], argument["fixed_frame"], overrides))
    return nodes


def _rviz(namespace: str, fixed_frame: str, overrides: dict) -> Node:
    root = PurePosixPath("/", namespace, "hand_landmarks")
    topics = ("annotated_image", "markers")
    return Node(
        package="rviz2",
        executable="rviz2",
        namespace=namespace,
        parameters=[{"use_sim_time": overrides["use_sim_time"]}],
        arguments=["-d", str(CONFIG / "hand_landmarks.rviz"), "-f", fixed_frame],
        remappings=[(f"/hand_landmarks/{topic}", str(root / topic)) for topic in topics],
    )


def _is_true(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"'{text}' is neither true nor false")
    return text.lower() == "true"

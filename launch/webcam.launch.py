# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts a camera, the hand landmarks node and RViz.

ros2 launch hand_landmarks_ros webcam.launch.py source:=0
"""

from math import pi
from pathlib import Path

from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from launch import LaunchDescription

HERE = Path(__file__).resolve().parent
CONFIG = HERE.parent / "config"


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "source",
                default_value="0",
                description="Device index, video file, folder of images, or `synthetic`.",
            ),
            DeclareLaunchArgument(
                "camera_params_file",
                default_value=str(CONFIG / "camera.yaml"),
                description="Parameters of the camera.",
            ),
            DeclareLaunchArgument(
                "frame_id",
                default_value="camera_optical_frame",
                description="Frame of the images, placed in camera_link; wins over the file's.",
            ),
            DeclareLaunchArgument("rviz", default_value="true", description="Start RViz too."),
            # First, since it sets the Fast DDS profile, which the camera's images need most.
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(str(HERE / "hand_landmarks.launch.py")),
                launch_arguments={
                    "image": "image",
                    "rviz": LaunchConfiguration("rviz"),
                    "fixed_frame": "camera_link",
                }.items(),
            ),
            Node(
                package="hand_landmarks_ros",
                executable="camera_node",
                name="camera",
                parameters=[
                    LaunchConfiguration("camera_params_file"),
                    {
                        "source": ParameterValue(LaunchConfiguration("source"), value_type=str),
                        "frame_id": ParameterValue(LaunchConfiguration("frame_id"), value_type=str),
                    },
                ],
                output="screen",
            ),
            # REP-103: the body's x axis points forward, the optical frame's z axis does.
            Node(
                package="tf2_ros",
                executable="static_transform_publisher",
                arguments=[
                    *("--roll", str(-pi / 2), "--yaw", str(-pi / 2)),
                    *("--frame-id", "camera_link"),
                    *("--child-frame-id", LaunchConfiguration("frame_id")),
                ],
            ),
        ]
    )

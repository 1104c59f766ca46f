# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts one hand landmarks node for each of several cameras, each in its camera's namespace.

ros2 launch hand_landmarks_ros multi_camera.launch.py cameras:=left,right image:=image_raw
"""

from pathlib import Path

from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

from launch import LaunchContext, LaunchDescription

HERE = Path(__file__).resolve().parent


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "cameras",
                default_value="left,right",
                description="Namespaces of the cameras, separated by commas.",
            ),
            DeclareLaunchArgument(
                "image", default_value="image_raw", description="Image topic in each namespace."
            ),
            OpaqueFunction(function=_one_node_per_camera),
        ]
    )


def _one_node_per_camera(context: LaunchContext) -> list[IncludeLaunchDescription]:
    cameras = LaunchConfiguration("cameras").perform(context).split(",")
    return [
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(HERE / "hand_landmarks.launch.py")),
            launch_arguments={
                "namespace": camera.strip(),
                "image": LaunchConfiguration("image"),
            }.items(),
        )
        for camera in cameras
    ]

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts one hand landmarks node for each of several cameras, each in its camera's namespace.

ros2 launch hand_landmarks_ros multi_camera.launch.py cameras:=left,right image:=image_raw
"""

from pathlib import Path

from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import (
    PythonLaunchDescriptionSource,
    get_launch_description_from_python_launch_file,
)
from launch.substitutions import LaunchConfiguration

from launch import LaunchContext, LaunchDescription

ONE_CAMERA = str(Path(__file__).resolve().parent / "hand_landmarks.launch.py")


def generate_launch_description() -> LaunchDescription:
    one_camera = get_launch_description_from_python_launch_file(ONE_CAMERA)
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
            # The rest is the same for every camera. Declared here, it reaches each include, and
            # `--show-args` shows it.
            *(
                argument
                for argument in one_camera.get_launch_arguments()
                if argument.name not in ("namespace", "image")
            ),
            OpaqueFunction(function=_one_node_per_camera),
        ]
    )


def _one_node_per_camera(context: LaunchContext) -> list[IncludeLaunchDescription]:
    cameras = LaunchConfiguration("cameras").perform(context).split(",")
    return [
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(ONE_CAMERA),
            launch_arguments={
                "namespace": camera.strip(),
                "image": LaunchConfiguration("image"),
            }.items(),
        )
        for camera in cameras
    ]

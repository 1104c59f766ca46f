# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts a camera, the hand landmarks node and RViz.

ros2 launch hand_landmarks_ros webcam.launch.py source:=0
"""

import os
from math import pi
from pathlib import Path

from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    SetEnvironmentVariable,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import LaunchDescription

HERE = Path(__file__).resolve().parent
CONFIG = HERE.parent / "config"
OPTICAL_FRAME = "camera_optical_frame"


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
            DeclareLaunchArgument("rviz", default_value="true", description="Start RViz too."),
            # Before the camera, whose images need it most.
            SetEnvironmentVariable(
                "FASTRTPS_DEFAULT_PROFILES_FILE",
                os.environ.get("FASTRTPS_DEFAULT_PROFILES_FILE", str(CONFIG / "fastdds_shm.xml")),
            ),
            Node(
                package="hand_landmarks_ros",
                executable="camera_node",
                name="camera",
                parameters=[
                    LaunchConfiguration("camera_params_file"),
                    {"source": LaunchConfiguration("source"), "frame_id": OPTICAL_FRAME},
                ],
                output="screen",
            ),
            # REP-103: the body's x axis points forward, the optical frame's z axis does.
            Node(
                package="tf2_ros",
                executable="static_transform_publisher",
                arguments=[
                    *("--roll", str(-pi / 2), "--yaw", str(-pi / 2)),
                    *("--frame-id", "camera_link", "--child-frame-id", OPTICAL_FRAME),
                ],
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(str(HERE / "hand_landmarks.launch.py")),
                launch_arguments={
                    "image": "image",
                    "rviz": LaunchConfiguration("rviz"),
                    "fixed_frame": "camera_link",
                }.items(),
            ),
        ]
    )

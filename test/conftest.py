# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs before any test module is imported: a ROS domain of the tests' own, and strict messages."""

import os
import tempfile

# rclpy's message classes look at this when they are imported.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ.setdefault("ROS_LOG_DIR", tempfile.mkdtemp(prefix="hand_landmarks_ros_test_"))

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Hand landmarks for ROS 2: detection, tracking and smoothing of 21 landmarks a hand."""

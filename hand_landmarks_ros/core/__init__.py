# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pipeline itself: numpy, OpenCV and SciPy only, no ROS, no inference library."""

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What training.evaluate measures with: runs, groups, tables and plots."""

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fetching public data sets: where they lie, how they come, how they are unpacked."""

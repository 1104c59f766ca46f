# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Readers of labelled images, one module a source, all yielding the same records."""

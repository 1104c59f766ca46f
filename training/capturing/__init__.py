# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Labelled pictures of one's own: a teacher labels them, a mirror checks it, a person rejects."""

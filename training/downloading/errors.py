# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The one error of a download."""

from hand_landmarks_ros.core.errors import HandLandmarksError


class DownloadError(HandLandmarksError):
    """A data set that cannot be fetched or unpacked; says what to do."""

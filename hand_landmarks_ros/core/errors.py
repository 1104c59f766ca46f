# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors raised by this package; each says what was found, what was expected and what to do."""


class HandLandmarksError(Exception):
    """Root of all errors of this package."""


class BackendError(HandLandmarksError):
    """What runs the network failed: the GPU, its memory, CUDA or TensorRT."""


class ImageError(HandLandmarksError):
    """An image or image message that cannot be used."""


class ModelError(HandLandmarksError):
    """A model file that is missing, corrupt or not one of ours."""


class ParameterError(HandLandmarksError):
    """A parameter or command-line value that is unknown or out of range."""


class SourceError(HandLandmarksError):
    """A camera, video or folder that cannot be opened or read."""

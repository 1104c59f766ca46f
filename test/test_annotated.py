# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of annotated images and videos."""

import cv2
import numpy as np
import pytest

from hand_landmarks_ros.annotated import AnnotatedVideo, letterboxed
from hand_landmarks_ros.sources import Frame


def test_a_video_has_every_frame_whatever_its_size(tmp_path):
    video = AnnotatedVideo(tmp_path / "video.mp4", 20.0)
    sizes = [(48, 64), (64, 48), (480, 640), (3, 3), (48, 64)]
    for index, (height, width) in enumerate(sizes):
        image = np.full((height, width, 3), 120, np.uint8)
        video.write(Frame(image, index / 20.0, index, str(index)), hands=())
    video.close()
    written = cv2.VideoCapture(str(tmp_path / "video.mp4"))
    shapes = [written.read()[1].shape for _ in sizes]
    assert shapes == [(48, 64, 3)] * len(sizes) and not written.read()[0]


@pytest.mark.parametrize(
    ("height", "width", "inside"),
    [
        (10, 20, np.s_[15:45, 0:60]),
        (200, 100, np.s_[0:60, 15:45]),
        (1, 600, np.s_[29:30, 0:60]),
    ],
)
def test_a_letterboxed_image_keeps_its_shape_on_black(height, width, inside):
    boxed = letterboxed(np.full((height, width, 3), 200, np.uint8), 60, 60)
    expected = np.zeros((60, 60, 3), np.uint8)
    expected[inside] = 200
    np.testing.assert_array_equal(boxed, expected)

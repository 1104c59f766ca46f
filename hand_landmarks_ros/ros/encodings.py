# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pixel encodings of sensor_msgs/Image, each with its way to RGB; no ROS import.

Names are those of sensor_msgs/image_encodings.hpp, with the layouts found in camera drivers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ..core.errors import ImageError
from ..core.types import Array, RgbImage


@dataclass(frozen=True)
class PixelLayout:
    """How pixels lie in the flat uint8 data of a message.

    item: NumPy's type of a number without its byte order, such as "u2". step: bytes from one row to
    the next, padding included; the last row need not be padded.
    """

    n_rows: int
    width: int
    n_channels: int
    item: str
    step: int
    is_bigendian: bool

    @property
    def row_bytes(self) -> int:
        """Bytes of the pixels of one row, the least that step can be."""
        return self.width * self.n_channels * self._dtype.itemsize

    @property
    def n_bytes(self) -> int:
        """The least that the data can have."""
        return self.step * (self.n_rows - 1) + self.row_bytes

    def view(self, data: Array) -> Array:
        """Return the pixels, (n_rows, width, n_channels), a view of data of n_bytes at least."""
        item_bytes = self._dtype.itemsize
        return np.ndarray(
            (self.n_rows, self.width, self.n_channels),
            self._dtype,
            data,
            strides=(self.step, self.n_channels * item_bytes, item_bytes),
        )

    @property
    def _dtype(self) -> np.dtype[Any]:
        return np.dtype(f"{'>' if self.is_bigendian else '<'}{self.item}")


@dataclass(frozen=True)
class Encoding:
    """How the pixels of one encoding lie in memory, and how they become RGB.

    to_rgb: (rows, W, n_channels) of item_size bytes to (H, W, 3) uint8; it may return a view.
    rows_per_two: stored rows for two image rows: 3 for NV12 and NV21, whose half-height colour
    plane follows the luminance, else 2. needs_even_width: two neighbours share their colour.
    """

    to_rgb: Callable[[Array], RgbImage]
    n_channels: int = 3
    item_size: int = 1
    rows_per_two: int = 2
    needs_even_width: bool = False

    def pixels(
        self, data: Array, width: int, height: int, step: int, is_bigendian: bool
    ) -> RgbImage:
        """Return the image as RGB, a view of `data` where the encoding allows.

        data: flat uint8. step: bytes from one row to the next, padding included; the last row
        need not be padded. Raises ImageError when step or data are too short, or the size is odd
        where pixels share their colour.
        """
        n_rows = height * self.rows_per_two // 2
        item = f"u{self.item_size}"
        layout = PixelLayout(n_rows, width, self.n_channels, item, step, is_bigendian)
        if step < layout.row_bytes:
            raise ImageError(f"step is {step}, expected at least {layout.row_bytes} bytes a row")
        if self.needs_even_width and width % 2:
            raise ImageError(f"the width is {width}; this encoding needs an even width")
        if self.rows_per_two == 3 and height % 2:
            raise ImageError(f"the height is {height}; this encoding needs an even height")
        if len(data) < layout.n_bytes:
            raise ImageError(f"data has {len(data)} bytes, expected at least {layout.n_bytes}")
        return self.to_rgb(layout.view(data))


def _unchanged(pixels: Array) -> RgbImage:
    return pixels


def _converted(code: int) -> Callable[[Array], RgbImage]:
    """Return a conversion by cv2.cvtColor, which wants contiguous rows in native byte order."""

    def to_rgb(pixels: Array) -> RgbImage:
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), code), np.uint8)

    return to_rgb


def _high_byte(convert: Callable[[Array], RgbImage]) -> Callable[[Array], RgbImage]:
    """Return `convert` for 16-bit pixels, of which the full range is mapped to 8 bits."""

    def to_rgb(pixels: Array) -> RgbImage:
        return convert((pixels >> 8).astype(np.uint8))

    return to_rgb


def _semi_planar(code: int) -> Encoding:
    return Encoding(_converted(code), n_channels=1, rows_per_two=3, needs_even_width=True)


_RGB = Encoding(_unchanged)
_BGR = Encoding(_converted(cv2.COLOR_BGR2RGB))
_BGRA = Encoding(_converted(cv2.COLOR_BGRA2RGB), n_channels=4)
_MONO = Encoding(_converted(cv2.COLOR_GRAY2RGB), n_channels=1)
_UYVY = Encoding(_converted(cv2.COLOR_YUV2RGB_UYVY), n_channels=2, needs_even_width=True)
_YUYV = Encoding(_converted(cv2.COLOR_YUV2RGB_YUYV), n_channels=2, needs_even_width=True)

# OpenCV names a Bayer pattern by the second row's second and third pixel, ROS by the first 2 x 2.
_BAYER = {
    "rggb": cv2.COLOR_BayerBG2RGB,
    "bggr": cv2.COLOR_BayerRG2RGB,
    "gbrg": cv2.COLOR_BayerGR2RGB,
    "grbg": cv2.COLOR_BayerGB2RGB,
}

ENCODINGS = {
    "rgb8": _RGB,
    "bgr8": _BGR,
    "rgba8": Encoding(_converted(cv2.COLOR_RGBA2RGB), n_channels=4),
    "bgra8": _BGRA,
    "mono8": _MONO,
    "mono16": Encoding(_high_byte(_MONO.to_rgb), n_channels=1, item_size=2),
    # The generic types say nothing of colour; OpenCV's order is what their publishers mean.
    "8UC1": _MONO,
    "8UC3": _BGR,
    "8UC4": _BGRA,
    "yuv422": _UYVY,
    "uyvy": _UYVY,
    "yuv422_yuy2": _YUYV,
    "yuyv": _YUYV,
    "nv12": _semi_planar(cv2.COLOR_YUV2RGB_NV12),
    "nv21": _semi_planar(cv2.COLOR_YUV2RGB_NV21),
    **{
        f"bayer_{pattern}8": Encoding(_converted(code), n_channels=1)
        for pattern, code in _BAYER.items()
    },
    **{
        f"bayer_{pattern}16": Encoding(_high_byte(_converted(code)), n_channels=1, item_size=2)
        for pattern, code in _BAYER.items()
    },
}
"""Every encoding read without cv_bridge, by its name in sensor_msgs/Image."""

DEPTH_ENCODINGS = {"16UC1": ("u2", 1e-3), "mono16": ("u2", 1e-3), "32FC1": ("f4", 1.0)}
"""Item, as of PixelLayout, and metres per unit of depth images by their encoding (REP-118)."""

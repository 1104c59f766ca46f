# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every conversion between ROS messages and this package's types, forward and inverse.

Arrays go into messages as `array.array` or contiguous float32 arrays of the right length: rclpy
checks other sequences element by element, or copies them without looking at their size.
"""

from __future__ import annotations

import array
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Header

from hand_landmarks_msgs.msg import HandLandmarks, HandLandmarksArray

from ..core.depth import DepthImage
from ..core.errors import ImageError
from ..core.topology import N_LANDMARKS
from ..core.types import Array, Hand, Handedness, RgbImage, check_shape
from .encodings import DEPTH_ENCODINGS, ENCODINGS, PixelLayout

MAX_PIXELS = 64_000_000
"""Larger images are taken for corrupt headers: 8K has 33 megapixels."""


def image_from_msg(message: Image) -> RgbImage:
    """Return the image as RGB, (H, W, 3) uint8: for rgb8 a view of the message's data.

    Honours step, byte order and encoding; raises ImageError for a message that cannot be read.
    """
    _check_size(message.width, message.height)
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        return _image_from_cv_bridge(message)
    try:
        return encoding.pixels(
            np.frombuffer(message.data, np.uint8),
            message.width,
            message.height,
            message.step,
            bool(message.is_bigendian),
        )
    except (ImageError, cv2.error) as error:
        raise ImageError(
            f"{message.encoding} image of {message.width} x {message.height}: {error}"
        ) from error


def image_to_msg(image: RgbImage, header: Header) -> Image:
    """Return the image as an rgb8 message; the inverse of `image_from_msg`."""
    check_shape("image", image, ("height", "width", 3))
    height, width = image.shape[:2]
    message = Image(header=header, height=height, width=width, encoding="rgb8", step=3 * width)
    message.data = array.array("B")
    message.data.frombytes(memoryview(np.ascontiguousarray(image)).cast("B"))
    return message


def image_from_compressed_msg(message: CompressedImage) -> RgbImage:
    """Return the image as RGB, (H, W, 3) uint8, without alpha and in the sensor's orientation.

    An EXIF orientation is ignored: camera_info describes the image as the sensor saw it. Raises
    ImageError when the bytes are no image that OpenCV can read.
    """
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    data = np.frombuffer(message.data, np.uint8)
    try:
        bgr = cv2.imdecode(data, flags) if len(data) else None
    except cv2.error as error:
        raise ImageError(f"the compressed image cannot be decoded: {error}") from error
    if bgr is None:
        raise ImageError(
            f"the compressed image (format '{message.format}', {len(data)} bytes) is no image that "
            "OpenCV can decode; expected for example jpeg or png"
        )
    _check_size(bgr.shape[1], bgr.shape[0])
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def image_to_compressed_msg(image: RgbImage, header: Header, jpeg_quality: int) -> CompressedImage:
    """Return the image as a JPEG message; the lossy inverse of `image_from_compressed_msg`."""
    check_shape("image", image, ("height", "width", 3))
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])
    # The format image_transport's subscribers expect for colour images.
    message = CompressedImage(header=header, format="rgb8; jpeg compressed bgr8")
    message.data = array.array("B", jpeg.tobytes())
    return message


def depth_from_msg(message: Image) -> DepthImage:
    """Return the depth image, a view of the message's data; raises ImageError for any other."""
    _check_size(message.width, message.height)
    if message.encoding not in DEPTH_ENCODINGS:
        raise ImageError(
            f"the depth image has the encoding '{message.encoding}', expected one of: "
            f"{', '.join(DEPTH_ENCODINGS)}"
        )
    item, metres_per_unit = DEPTH_ENCODINGS[message.encoding]
    layout = PixelLayout(
        message.height, message.width, 1, item, message.step, bool(message.is_bigendian)
    )
    if message.step < layout.row_bytes or len(message.data) < layout.n_bytes:
        raise ImageError(
            f"the depth image of {message.width} x {message.height} has {len(message.data)} bytes, "
            f"{message.step} a row; expected at least {layout.row_bytes} a row"
        )
    pixels = layout.view(np.frombuffer(message.data, np.uint8))
    return DepthImage(pixels[..., 0], metres_per_unit)


def registered_depth_from_msg(
    message: Image, header: Header, width: int, height: int
) -> DepthImage:
    """Return the depth image that belongs, pixel by pixel, to an image of that header and size.

    Raises ImageError where it cannot be read, or has another size or frame.
    """
    depth = depth_from_msg(message)
    if depth.values.shape != (height, width) or message.header.frame_id != header.frame_id:
        raise ImageError(
            f"the depth image is of {message.width} x {message.height} in the frame "
            f"'{message.header.frame_id}', the image of {width} x {height} in "
            f"'{header.frame_id}'; publish depth that is registered to the images, as "
            "depth_image_proc and align_depth of camera drivers do"
        )
    return depth


def hands_to_msg(
    hands: Sequence[Hand],
    header: Header,
    width: int,
    height: int,
    lost_track_ids: Sequence[int] = (),
) -> HandLandmarksArray:
    """Return the hands of one image of width x height px; its header is copied unchanged."""
    return HandLandmarksArray(
        header=header,
        image_width=width,
        image_height=height,
        hands=[_hand_to_msg(hand, width, height) for hand in hands],
        lost_track_ids=array.array("I", lost_track_ids),
    )


def hands_from_msg(message: HandLandmarksArray) -> tuple[Hand, ...]:
    """Return the hands of a message; the inverse of `hands_to_msg`."""
    return tuple(
        Hand(
            track_id=hand.track_id,
            handedness=Handedness(hand.handedness),
            handedness_score=hand.handedness_score,
            score=hand.score,
            predicted=hand.predicted,
            xy_px=np.stack([hand.x, hand.y], axis=-1).astype(np.float32),
            z_px=np.array(hand.z, np.float32),
            score_per_landmark=np.array(hand.score_per_landmark, np.float32),
            xyz_m=np.stack([hand.x_m, hand.y_m, hand.z_m], axis=-1) if hand.x_m else None,
        )
        for hand in message.hands
    )


def stamp_to_s(header: Header) -> float:
    """Return a header's stamp in seconds."""
    return header.stamp.sec + 1e-9 * header.stamp.nanosec


def _hand_to_msg(hand: Hand, width: int, height: int) -> HandLandmarks:
    message = HandLandmarks(
        track_id=hand.track_id,
        handedness=int(hand.handedness),
        handedness_score=float(hand.handedness_score),
        score=float(hand.score),
        predicted=bool(hand.predicted),
        roi=_region_of_interest(hand.bounds_px, width, height),
        x=_landmark_field(hand.xy_px[:, 0]),
        y=_landmark_field(hand.xy_px[:, 1]),
        z=_landmark_field(hand.z_px),
        score_per_landmark=_landmark_field(hand.score_per_landmark),
    )
    if hand.xyz_m is not None:
        message.x_m, message.y_m, message.z_m = (
            array.array("f", column.astype(np.float32).tobytes()) for column in hand.xyz_m.T
        )
    return message


def _landmark_field(values: Array) -> NDArray[np.float32]:
    """Return values for a float32[21] field; the only way they may get there.

    rclpy copies 21 floats from whatever array it is given: of another length or stride it would
    read foreign memory.
    """
    check_shape("a landmark field", values, (N_LANDMARKS,))
    return np.ascontiguousarray(values, np.float32)


def _region_of_interest(
    bounds_px: tuple[float, float, float, float], width: int, height: int
) -> RegionOfInterest:
    """Return the pixels that hold the bounds, clipped to the image and at least one pixel wide."""
    first = np.clip(np.floor(np.add(bounds_px[:2], 0.5)), 0, (width - 1, height - 1))
    last = np.clip(np.floor(np.add(bounds_px[2:], 0.5)), 0, (width - 1, height - 1))
    x_offset, y_offset = (int(value) for value in first)
    roi_width, roi_height = (int(value) for value in last - first + 1)
    return RegionOfInterest(
        x_offset=x_offset, y_offset=y_offset, width=roi_width, height=roi_height
    )


def _check_size(width: int, height: int) -> None:
    if min(width, height) == 0:
        raise ImageError(f"the image is {width} x {height}, it has no pixels")
    if width * height > MAX_PIXELS:
        raise ImageError(f"the image is {width} x {height}; expected at most {MAX_PIXELS:,} pixels")


def _image_from_cv_bridge(message: Image) -> RgbImage:
    """Read an encoding that is not ours; cv_bridge needs numpy 1, so nothing else may need it."""
    try:
        from cv_bridge import CvBridge

        # Its compiled part is imported at the first call only.
        return CvBridge().imgmsg_to_cv2(message, desired_encoding="rgb8")
    except (ImportError, AttributeError, RuntimeError) as error:
        raise ImageError(
            f"encoding '{message.encoding}' needs cv_bridge, which does not work here ({error}); "
            f"install it, or publish one of: {', '.join(ENCODINGS)}"
        ) from error
    except (cv2.error, LookupError, TypeError, ValueError) as error:
        # CvBridgeError is a TypeError.
        raise ImageError(f"cv_bridge cannot read '{message.encoding}': {error}") from error

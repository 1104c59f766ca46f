# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Conversions between messages and images or hands."""

import builtins

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from hand_landmarks_msgs.msg import HandLandmarksArray
from hand_landmarks_ros.core.errors import HandLandmarksError, ImageError
from hand_landmarks_ros.core.types import Hand, Handedness
from hand_landmarks_ros.ros.encodings import ENCODINGS
from hand_landmarks_ros.ros.messages import (
    depth_from_msg,
    hands_from_msg,
    hands_to_msg,
    image_from_compressed_msg,
    image_from_msg,
    image_to_compressed_msg,
    image_to_msg,
    stamp_to_s,
)

WIDTH, HEIGHT = 32, 24
HEADER = Header(stamp=Time(sec=12, nanosec=345_678_901), frame_id="camera_optical_frame")


def smooth_image() -> np.ndarray:
    """An RGB image with little detail, which survives chroma subsampling and demosaicing."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([40 + 5 * x, 60 + 6 * y, 220 - 3 * x - 2 * y], axis=-1).astype(np.uint8)


def message_of(encoding: str, rows: np.ndarray, padding: int = 0, *, big: bool = False) -> Image:
    """A message with the stored rows, each padded with rubbish."""
    rows = np.atleast_2d(rows.reshape(len(rows), -1))
    stored = np.ascontiguousarray(rows.astype(rows.dtype.newbyteorder(">" if big else "<")))
    stored = stored.view(np.uint8)
    padded = np.full((len(stored), stored.shape[1] + padding), 0xAB, np.uint8)
    padded[:, : stored.shape[1]] = stored
    message = Image(header=HEADER, width=WIDTH, height=HEIGHT, encoding=encoding)
    message.step = padded.shape[1]
    message.is_bigendian = int(big)
    message.data.frombytes(padded.tobytes())
    return message


def grey(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)


def packed_yuv(rgb: np.ndarray, order: str) -> np.ndarray:
    """Rows of 4:2:2 pixels, luminance and colour interleaved as in `order`."""
    i420 = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)
    y = i420[:HEIGHT]
    u = i420[HEIGHT : HEIGHT + HEIGHT // 4].reshape(HEIGHT // 2, WIDTH // 2).repeat(2, axis=0)
    v = i420[HEIGHT + HEIGHT // 4 :].reshape(HEIGHT // 2, WIDTH // 2).repeat(2, axis=0)
    planes = {"Y": iter((y[:, 0::2], y[:, 1::2])), "U": iter((u,)), "V": iter((v,))}
    return np.stack([next(planes[letter]) for letter in order], axis=-1).reshape(HEIGHT, -1)


def semi_planar(rgb: np.ndarray, order: str) -> np.ndarray:
    """Rows of a luminance plane followed by a half-height plane of interleaved colours."""
    i420 = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)
    u = i420[HEIGHT : HEIGHT + HEIGHT // 4].reshape(HEIGHT // 2, WIDTH // 2)
    v = i420[HEIGHT + HEIGHT // 4 :].reshape(HEIGHT // 2, WIDTH // 2)
    colours = np.stack([u, v] if order == "UV" else [v, u], axis=-1)
    return np.concatenate([i420[:HEIGHT], colours.reshape(HEIGHT // 2, WIDTH)])


def mosaic(rgb: np.ndarray, pattern: str) -> np.ndarray:
    """What a sensor with the given colour filters sees."""
    raw = np.empty((HEIGHT, WIDTH), np.uint8)
    for place, letter in enumerate(pattern):
        row, column = divmod(place, 2)
        raw[row::2, column::2] = rgb[row::2, column::2, "rgb".index(letter)]
    return raw


def stored_rows(encoding: str, rgb: np.ndarray) -> np.ndarray:
    """Encode an RGB image by hand: an oracle for the decoder."""
    if encoding.startswith("bayer_"):
        raw = mosaic(rgb, encoding[6:10])
        return raw.astype(np.uint16) << 8 if encoding.endswith("16") else raw
    alpha = np.full((HEIGHT, WIDTH, 1), 7, np.uint8)
    return {
        "rgb8": lambda: rgb,
        "bgr8": lambda: rgb[..., ::-1],
        "rgba8": lambda: np.concatenate([rgb, alpha], -1),
        "bgra8": lambda: np.concatenate([rgb[..., ::-1], alpha], -1),
        "mono8": lambda: grey(rgb),
        "mono16": lambda: grey(rgb).astype(np.uint16) << 8 | 0x5A,
        "8UC1": lambda: grey(rgb),
        "8UC3": lambda: rgb[..., ::-1],
        "8UC4": lambda: np.concatenate([rgb[..., ::-1], alpha], -1),
        "yuv422": lambda: packed_yuv(rgb, "UYVY"),
        "uyvy": lambda: packed_yuv(rgb, "UYVY"),
        "yuv422_yuy2": lambda: packed_yuv(rgb, "YUYV"),
        "yuyv": lambda: packed_yuv(rgb, "YUYV"),
        "nv12": lambda: semi_planar(rgb, "UV"),
        "nv21": lambda: semi_planar(rgb, "VU"),
    }[encoding]()


def expected_rgb(encoding: str, rgb: np.ndarray) -> np.ndarray:
    is_grey = encoding in ("mono8", "mono16", "8UC1")
    return grey(rgb)[..., None].repeat(3, axis=-1) if is_grey else rgb


def allowed_error(encoding: str) -> int:
    """Largest error in grey levels: colour subsampling and demosaicing interpolate."""
    return 12 if encoding.startswith(("bayer", "yuv", "uyvy", "yuyv", "nv")) else 0


@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_becomes_the_rgb_image_it_was_made_from(encoding, padding):
    rgb = smooth_image()
    image = image_from_msg(message_of(encoding, stored_rows(encoding, rgb), padding))
    assert image.shape == (HEIGHT, WIDTH, 3) and image.dtype == np.uint8
    # Demosaicing has less to go by at the border.
    inner = (slice(2, -2), slice(2, -2))
    difference = image[inner].astype(int) - expected_rgb(encoding, rgb)[inner]
    assert np.abs(difference).max() <= allowed_error(encoding)


@pytest.mark.parametrize("encoding", [name for name, e in ENCODINGS.items() if e.item_size == 2])
def test_big_endian_pixels_equal_little_endian_ones(encoding):
    rows = stored_rows(encoding, smooth_image())
    little = image_from_msg(message_of(encoding, rows, 2))
    big = image_from_msg(message_of(encoding, rows, 2, big=True))
    np.testing.assert_array_equal(big, little)


def test_big_endian_means_nothing_for_single_bytes():
    message = message_of("rgb8", smooth_image())
    message.is_bigendian = 1
    np.testing.assert_array_equal(image_from_msg(message), smooth_image())


def test_an_rgb8_image_is_a_view_of_the_message():
    message = message_of("rgb8", smooth_image(), padding=5)
    image = image_from_msg(message)
    message.data[0] = 99
    assert image[0, 0, 0] == 99


def test_the_last_row_needs_no_padding():
    message = message_of("bgr8", smooth_image()[..., ::-1], padding=4)
    del message.data[-4:]
    np.testing.assert_array_equal(image_from_msg(message), smooth_image())


@given(width=st.integers(1, 40), height=st.integers(1, 40), seed=st.integers(0, 99))
def test_an_image_survives_the_way_to_a_message_and_back(width, height, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    message = deserialize_message(serialize_message(image_to_msg(image, HEADER)), Image)
    np.testing.assert_array_equal(image_from_msg(message), image)
    assert message.header == HEADER


def test_a_transposed_image_is_stored_row_by_row():
    image = smooth_image().transpose(1, 0, 2)
    np.testing.assert_array_equal(image_from_msg(image_to_msg(image, HEADER)), image)


def test_a_compressed_image_survives_the_way_to_a_message_and_back():
    message = image_to_compressed_msg(smooth_image(), HEADER, jpeg_quality=95)
    back = image_from_compressed_msg(message)
    assert np.abs(back.astype(int) - smooth_image()).mean() < 3
    assert message.header == HEADER and "jpeg" in message.format


def compressed(data: bytes) -> CompressedImage:
    message = CompressedImage(header=HEADER, format="jpeg")
    message.data.frombytes(data)
    return message


def test_alpha_of_a_compressed_image_is_dropped():
    rgba = np.dstack([smooth_image(), np.full((HEIGHT, WIDTH), 9, np.uint8)])
    _, png = cv2.imencode(".png", cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    np.testing.assert_array_equal(
        image_from_compressed_msg(compressed(png.tobytes())), smooth_image()
    )


def test_an_exif_orientation_does_not_turn_the_image():
    _, jpeg = cv2.imencode(".jpg", smooth_image())
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    segment = b"Exif\0\0" + tiff
    exif = b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment
    turned = jpeg.tobytes()[:2] + exif + jpeg.tobytes()[2:]
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), 1).shape == (WIDTH, HEIGHT, 3)
    assert image_from_compressed_msg(compressed(turned)).shape == (HEIGHT, WIDTH, 3)


def broken(**changes) -> Image:
    message = message_of("bgr8", smooth_image())
    for name, value in changes.items():
        setattr(message, name, value)
    return message


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (broken(step=WIDTH * 3 - 1), "step is 95, expected at least 96"),
        (broken(step=0), "step is 0"),
        (broken(height=HEIGHT + 1), "data has 2304 bytes, expected at least 2400"),
        (broken(width=0, height=0), "0 x 0"),
        (broken(width=0), "0 x 24"),
        (broken(width=2**32 - 1, height=2**32 - 1, step=2**32 - 1), "at most 64,000,000 pixels"),
        (broken(encoding="nv12", width=31, step=31), "even width"),
    ],
)
def test_a_malformed_image_is_refused_with_the_reason(message, complaint):
    with pytest.raises(ImageError, match=complaint):
        image_from_msg(message)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 3), (319, 20), (320, 21)])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_image_of_odd_size_is_read_or_refused(encoding, width, height):
    layout = ENCODINGS[encoding]
    step = width * layout.n_channels * layout.item_size
    message = Image(width=width, height=height, encoding=encoding, step=step)
    message.data.frombytes(bytes(2 * step * height))
    try:
        image = image_from_msg(message)
    except ImageError:
        assert width % 2 or height % 2
    else:
        assert image.shape == (height, width, 3) and image.dtype == np.uint8


@pytest.mark.parametrize("encoding", ["yuv422", "uyvy", "yuv422_yuy2", "yuyv", "nv12", "nv21"])
def test_an_odd_width_is_refused_where_neighbours_share_their_colour(encoding):
    with pytest.raises(ImageError, match=f"{encoding} image of 31 x 24: .*even width"):
        image_from_msg(broken(encoding=encoding, width=31))


def test_a_failure_of_opencv_is_an_image_error(monkeypatch):
    def fail(*_):
        raise cv2.error("sizes must match")

    monkeypatch.setattr(cv2, "cvtColor", fail)
    with pytest.raises(ImageError, match="bgr8 image of 32 x 24: sizes must match"):
        image_from_msg(broken())


@pytest.mark.parametrize("data", [b"", b"no image", b"\xff\xd8\xff\xe0 cut off", bytes(1000)])
def test_compressed_bytes_that_are_no_image_are_refused(data):
    with pytest.raises(ImageError, match="no image that OpenCV can decode"):
        image_from_compressed_msg(compressed(data))


def test_a_compressed_image_too_large_to_be_true_is_refused():
    _, png = cv2.imencode(".png", np.zeros((8001, 8000), np.uint8))
    with pytest.raises(ImageError, match="at most 64,000,000 pixels"):
        image_from_compressed_msg(compressed(png.tobytes()))


def test_an_unknown_encoding_without_cv_bridge_names_the_known_ones(monkeypatch):
    real_import = builtins.__import__

    def without_cv_bridge(name, *rest):
        if name == "cv_bridge":
            raise ImportError("No module named 'cv_bridge'")
        return real_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_cv_bridge)
    with pytest.raises(ImageError, match=r"'32FC1' needs cv_bridge.*install it.*bgr8"):
        image_from_msg(broken(encoding="32FC1"))


class FakeCvBridgeError(TypeError):
    pass


# As when the compiled part of cv_bridge, imported at its first call, was built for numpy 1.
BROKEN_AT_FIRST_CALL = {
    "16UC1": ImportError("numpy.core.multiarray failed to import"),
    "32FC1": AttributeError("_ARRAY_API not found"),
    "64FC1": RuntimeError("module compiled against another numpy"),
}


class FakeCvBridge:
    def imgmsg_to_cv2(self, message, desired_encoding):
        if message.encoding == "nonsense":
            raise FakeCvBridgeError("Unrecognized image encoding [nonsense]")
        if message.encoding in BROKEN_AT_FIRST_CALL:
            raise BROKEN_AT_FIRST_CALL[message.encoding]
        assert desired_encoding == "rgb8"
        return np.full((message.height, message.width, 3), 42, np.uint8)


@pytest.fixture
def fake_cv_bridge(monkeypatch):
    module = type(builtins)("cv_bridge")
    module.CvBridge, module.CvBridgeError = FakeCvBridge, FakeCvBridgeError
    monkeypatch.setitem(__import__("sys").modules, "cv_bridge", module)


def test_an_unknown_encoding_goes_through_cv_bridge(fake_cv_bridge):
    assert (image_from_msg(broken(encoding="bgr16")) == 42).all()


def test_what_cv_bridge_does_not_know_is_refused(fake_cv_bridge):
    with pytest.raises(ImageError, match=r"cv_bridge cannot read 'nonsense'"):
        image_from_msg(broken(encoding="nonsense"))


@pytest.mark.parametrize("encoding", BROKEN_AT_FIRST_CALL)
def test_a_cv_bridge_that_breaks_at_its_first_call_is_explained(fake_cv_bridge, encoding):
    with pytest.raises(ImageError, match=f"'{encoding}' needs cv_bridge, which does not work"):
        image_from_msg(broken(encoding=encoding))


floats = st.floats(-1e4, 1e4, width=32)


@st.composite
def hands(draw) -> Hand:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    z_px = rng.normal(size=21) * 30 if draw(st.booleans()) else np.full(21, np.nan)
    return Hand(
        track_id=draw(st.integers(0, 2**32 - 1)),
        handedness=draw(st.sampled_from(Handedness)),
        handedness_score=draw(st.floats(0, 1, width=32)),
        score=draw(st.floats(0, 1, width=32)),
        predicted=draw(st.booleans()),
        xy_px=(rng.normal(size=(21, 2)) * 500).astype(np.float32),
        z_px=z_px.astype(np.float32),
        score_per_landmark=rng.uniform(size=21).astype(np.float32),
    )


def assert_same_hand(a: Hand, b: Hand) -> None:
    for name in ("track_id", "handedness", "handedness_score", "score", "predicted"):
        assert getattr(a, name) == getattr(b, name)
    for name in ("xy_px", "z_px", "score_per_landmark"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


@given(st.lists(hands(), max_size=3), st.lists(st.integers(0, 2**32 - 1), max_size=3))
def test_hands_survive_the_way_to_a_message_and_back(hands_in, lost):
    message = hands_to_msg(hands_in, HEADER, 640, 480, lost)
    message = deserialize_message(serialize_message(message), HandLandmarksArray)
    hands_out = hands_from_msg(message)
    assert len(hands_out) == len(hands_in)
    for hand_in, hand_out in zip(hands_in, hands_out, strict=True):
        assert_same_hand(hand_in, hand_out)
    assert list(message.lost_track_ids) == lost
    assert message.header == HEADER
    assert (message.image_width, message.image_height) == (640, 480)
    assert all(not len(hand.x_m) and not len(hand.z_m) for hand in message.hands)


@given(hands())
def test_the_region_of_interest_lies_in_the_image_and_is_not_empty(hand):
    roi = hands_to_msg([hand], HEADER, 640, 480).hands[0].roi
    assert roi.width >= 1 and roi.height >= 1
    assert roi.x_offset + roi.width <= 640 and roi.y_offset + roi.height <= 480


def hand_at(xy_px: np.ndarray, **changes) -> Hand:
    fields = dict(
        track_id=1,
        handedness=Handedness.LEFT,
        handedness_score=0.9,
        score=0.8,
        predicted=False,
        xy_px=xy_px,
        z_px=np.full(21, np.nan, np.float32),
        score_per_landmark=np.ones(21, np.float32),
    )
    return Hand(**{**fields, **changes})


def test_the_region_of_interest_holds_the_pixels_of_the_extreme_landmarks():
    xy_px = np.full((21, 2), 50, np.float32)
    xy_px[3], xy_px[7] = (10.4, 20.6), (99.6, 70.2)
    roi = hands_to_msg([hand_at(xy_px)], HEADER, 640, 480).hands[0].roi
    assert (roi.x_offset, roi.y_offset, roi.width, roi.height) == (10, 21, 91, 50)


def test_float64_and_strided_landmarks_arrive_unharmed():
    xy_px = np.random.default_rng(0).uniform(0, 400, (42, 4))[::2, ::2]
    hand = hand_at(xy_px)
    message = hands_to_msg([hand], HEADER, 640, 480)
    np.testing.assert_array_equal(hands_from_msg(message)[0].xy_px, xy_px.astype(np.float32))


def test_a_landmark_array_of_another_shape_never_reaches_a_message():
    hand = hand_at(np.zeros((21, 2), np.float32))
    object.__setattr__(hand, "z_px", np.zeros((21, 3), np.float32))
    with pytest.raises(HandLandmarksError, match=r"\(21, 3\), expected \(21\)"):
        hands_to_msg([hand], HEADER, 640, 480)


def test_metric_landmarks_are_there_with_depth_only():
    xyz_m = np.random.default_rng(0).uniform(-1, 1, (21, 3)).astype(np.float32)
    xyz_m[3] = np.nan
    hands = [hand_at(np.zeros((21, 2), np.float32), xyz_m=values) for values in (xyz_m, None)]
    message = deserialize_message(
        serialize_message(hands_to_msg(hands, HEADER, 640, 480)), HandLandmarksArray
    )
    assert [len(message.hands[0].z_m), len(message.hands[1].z_m)] == [21, 0]
    np.testing.assert_array_equal(message.hands[0].y_m, xyz_m[:, 1])
    with_depth, without = hands_from_msg(message)
    np.testing.assert_array_equal(with_depth.xyz_m, xyz_m)
    assert without.xyz_m is None


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize(
    ("encoding", "dtype", "unit"), [("16UC1", np.uint16, 1e-3), ("32FC1", np.float32, 1.0)]
)
def test_a_depth_image_is_read_in_metres(encoding, dtype, unit, padding, big):
    stored = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(dtype)
    depth = depth_from_msg(message_of(encoding, stored, padding, big=big))
    np.testing.assert_array_equal(depth.values, stored)
    assert depth.metres_per_unit == unit


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"encoding": "rgb8"}, "encoding 'rgb8', expected one of: 16UC1"),
        ({"step": WIDTH}, f"{WIDTH} a row; expected at least {2 * WIDTH} a row"),
        ({"height": HEIGHT + 1}, f"{WIDTH} x {HEIGHT + 1} has {2 * WIDTH * HEIGHT} bytes"),
        ({"height": 0}, "no pixels"),
    ],
)
def test_what_is_no_depth_image_is_refused(changes, complaint):
    message = message_of("16UC1", np.zeros((HEIGHT, WIDTH), np.uint16))
    for name, value in changes.items():
        setattr(message, name, value)
    with pytest.raises(ImageError, match=complaint):
        depth_from_msg(message)


def test_no_hands_make_an_empty_message():
    message = hands_to_msg([], HEADER, 640, 480)
    assert not message.hands and not message.lost_track_ids and message.image_width == 640


def test_a_stamp_becomes_seconds():
    assert stamp_to_s(HEADER) == pytest.approx(12.345678901, abs=1e-9)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images come from files, folders, videos and cameras alike."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.sources import (
    Camera,
    StillImages,
    VideoFile,
    images_in,
    open_source,
    read_image,
)

RGB = (200, 100, 50)
IMAGE = np.full((24, 32, 3), RGB, np.uint8)


def write_image(path, image_bgr=IMAGE[..., ::-1]):
    assert cv2.imwrite(str(path), image_bgr)
    return path


@pytest.fixture(scope="module")
def video_path(tmp_path_factory):
    """Five grey frames at 20 Hz that get brighter by 40 each."""
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 20.0, (64, 48))
    for level in range(5):
        writer.write(np.full((48, 64, 3), 20 + 40 * level, np.uint8))
    writer.release()
    return path


def read_all(source):
    frames = list(iter(source.read, None))
    source.close()
    return frames


def test_an_image_is_read_as_rgb(tmp_path):
    np.testing.assert_array_equal(read_image(write_image(tmp_path / "a.png")), IMAGE)


@pytest.mark.parametrize(
    "image",
    [
        np.full((24, 32), 90, np.uint8),
        np.full((24, 32), 90 * 257, np.uint16),
        np.full((24, 32, 3), 90 * 257, np.uint16),
        np.full((24, 32, 4), (90, 90, 90, 10), np.uint8),
    ],
    ids=["grey", "16 bit grey", "16 bit colour", "with alpha"],
)
def test_whatever_a_file_holds_becomes_8_bit_rgb(tmp_path, image):
    read = read_image(write_image(tmp_path / "a.png", image))
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, np.full((24, 32, 3), 90))


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_image_is_named(tmp_path, content):
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(SourceError, match=r"bad\.png cannot be read"):
        read_image(tmp_path / "bad.png")


def png_of_size(width: int, height: int) -> bytes:
    """The start of a PNG file of that size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(100))
    chunks = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, data, b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_a_png_that_claims_to_be_huge_is_named(tmp_path):
    (tmp_path / "huge.png").write_bytes(png_of_size(40_000, 40_000))
    with pytest.raises(SourceError, match=r"huge\.png cannot be read"):
        read_image(tmp_path / "huge.png")


def test_a_folder_is_read_in_the_order_people_count(tmp_path):
    for name in ("img10.png", "img9.PNG", "img1.png", "b.jpg", "notes.txt", "img9b.png"):
        if name.endswith("txt"):
            (tmp_path / name).write_text("no image")
        else:
            write_image(tmp_path / name)
    names = [path.name for path in images_in(tmp_path)]
    assert names == ["b.jpg", "img1.png", "img9.PNG", "img9b.png", "img10.png"]


def test_a_name_that_starts_with_a_number_sorts_beside_one_that_does_not(tmp_path):
    for name in ("2.png", "a.png", "10.png", "a1.png"):
        write_image(tmp_path / name)
    assert [path.name for path in images_in(tmp_path)][:2] == ["2.png", "10.png"]


def test_stills_are_independent_and_stamped_by_their_rate(tmp_path):
    for i in range(3):
        write_image(tmp_path / f"{i}.png")
    source = open_source(str(tmp_path), rate_hz=10.0)
    assert not source.is_sequence
    assert not source.is_live
    frames = read_all(source)
    assert [(f.index, f.name) for f in frames] == [(0, "0.png"), (1, "1.png"), (2, "2.png")]
    np.testing.assert_allclose([f.stamp_s for f in frames], [0.0, 0.1, 0.2])


def test_after_a_broken_still_reading_goes_on(tmp_path):
    write_image(tmp_path / "0.png")
    (tmp_path / "1.png").write_bytes(b"broken")
    write_image(tmp_path / "2.png")
    source = open_source(str(tmp_path))
    assert source.read().name == "0.png"
    with pytest.raises(SourceError, match=r"1\.png"):
        source.read()
    assert source.read().name == "2.png"
    assert source.read() is None


def test_looped_stills_start_again_while_their_stamps_go_on(tmp_path):
    source = StillImages([write_image(tmp_path / f"{i}.png") for i in range(2)], loop=True)
    frames = [source.read() for _ in range(5)]
    assert [f.index for f in frames] == [0, 1, 0, 1, 0]
    assert (np.diff([f.stamp_s for f in frames]) > 0).all()


def test_a_loop_of_broken_stills_ends_after_one_round(tmp_path):
    for name in ("0.png", "1.png"):
        (tmp_path / name).write_bytes(b"broken")
    source = open_source(str(tmp_path), loop=True)
    for _ in range(2):
        with pytest.raises(SourceError):
            source.read()
    assert source.read() is None


def test_a_video_gives_its_frames_in_order_at_its_own_rate(video_path):
    source = open_source(str(video_path))
    assert source.is_sequence
    frames = read_all(source)
    levels = [int(f.image.mean()) for f in frames]
    np.testing.assert_allclose(levels, [20, 60, 100, 140, 180], atol=6)
    np.testing.assert_allclose([f.stamp_s for f in frames], np.arange(5) / 20.0)
    assert [f.index for f in frames] == list(range(5))
    assert frames[3].name == "clip.mp4#3"


def test_a_video_can_be_given_another_rate(video_path):
    frames = read_all(open_source(str(video_path), rate_hz=5.0))
    np.testing.assert_allclose([f.stamp_s for f in frames], np.arange(5) / 5.0)


def test_a_looped_video_starts_again_while_its_stamps_go_on(video_path):
    source = VideoFile(video_path, loop=True)
    frames = [source.read() for _ in range(12)]
    source.close()
    assert [f.index for f in frames] == [0, 1, 2, 3, 4] * 2 + [0, 1]
    np.testing.assert_allclose(np.diff([f.stamp_s for f in frames]), 1 / 20.0)


def test_a_file_that_is_no_video_is_named(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video" * 100)
    with pytest.raises(SourceError, match=r"bad\.mp4 cannot be opened as a video"):
        open_source(str(tmp_path / "bad.mp4"))


def test_a_folder_without_images_says_what_it_looked_for(tmp_path):
    with pytest.raises(SourceError, match=r"no image in .*\.png"):
        open_source(str(tmp_path))


def test_a_source_that_does_not_exist_says_what_may_be_given():
    with pytest.raises(SourceError, match=r"'nowhere'.*folder"):
        open_source("nowhere")


def test_a_camera_that_is_not_there_says_what_to_check():
    with pytest.raises(SourceError, match=r"camera 97 .*plugged in"):
        open_source("97")


class FakeCapture:
    """Stands in for cv2.VideoCapture: gives some images, then none."""

    def __init__(self, n_images: int, is_there: bool = True) -> None:
        self.n_images, self.is_open = n_images, is_there

    def isOpened(self):  # noqa: N802 - OpenCV's name
        return self.is_open

    def read(self):
        if not self.is_open or self.n_images == 0:
            return False, None
        self.n_images -= 1
        return True, IMAGE[..., ::-1]

    def release(self):
        self.is_open = False


def test_a_video_without_an_image_is_an_error_once_and_then_at_its_end(video_path, monkeypatch):
    empty = FakeCapture(0)
    empty.get = lambda what: 20.0
    monkeypatch.setattr(cv2, "VideoCapture", lambda path: empty)
    source = open_source(str(video_path))
    with pytest.raises(SourceError, match="holds no image"):
        source.read()
    assert source.read() is None


class RaisingCapture(FakeCapture):
    """Raises once it has no more images."""

    def get(self, what):
        return 20.0

    def read(self):
        if self.is_open and self.n_images == 0:
            raise cv2.error("image too large")
        return super().read()


def test_a_video_at_which_opencv_raises_is_an_error_once_and_then_at_its_end(
    video_path, monkeypatch
):
    capture = RaisingCapture(1)
    monkeypatch.setattr(cv2, "VideoCapture", lambda path: capture)
    source = open_source(str(video_path))
    assert source.read().index == 0
    with pytest.raises(SourceError, match=r"clip\.mp4 cannot be decoded .*image too large"):
        source.read()
    assert source.read() is None


def test_a_camera_at_which_opencv_raises_is_opened_again():
    camera = camera_of(RaisingCapture(0), FakeCapture(1))
    with pytest.raises(SourceError, match=r"camera 7 gives no image \(image too large\)"):
        camera.read()
    assert camera.read().index == 0


def camera_of(*captures: FakeCapture) -> Camera:
    """Return a camera that finds these captures, one after the other."""
    waiting = list(captures)
    stamps_s = iter(np.arange(100.0, 200.0, 0.5))
    return Camera(
        7,
        reconnect_period_s=0.0,
        clock=lambda: next(stamps_s),
        open_capture=lambda device: waiting.pop(0),
    )


def test_a_camera_gives_rgb_images_stamped_as_they_arrive():
    camera = camera_of(FakeCapture(2))
    first, second = camera.read(), camera.read()
    np.testing.assert_array_equal(first.image, IMAGE)
    assert (first.stamp_s, second.stamp_s) == (100.0, 100.5)
    assert (first.index, second.index) == (0, 1)
    assert camera.is_live


def test_a_camera_that_drops_out_is_reported_and_taken_up_again_when_it_is_back():
    camera = camera_of(FakeCapture(1), FakeCapture(0, is_there=False), FakeCapture(3))
    camera.read()
    for _ in range(2):
        with pytest.raises(SourceError, match=r"camera 7 gives no image; trying"):
            camera.read()
    assert camera.read().index == 1
    assert camera.read().index == 2


def test_closing_a_camera_releases_it():
    capture = FakeCapture(1)
    camera_of(capture).close()
    assert not capture.is_open

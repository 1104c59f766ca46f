# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ROS recordings as sources of pictures: SQLite and MCAP, raw and compressed, without ROS."""

import cv2
import numpy as np
import pytest

from hand_landmarks_ros.core.errors import ImageError, SourceError
from training.capturing.bag import BagImages, is_bag
from training.capturing.frames import open_pictures

pytest.importorskip("rosbags")
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

STORE = get_typestore(Stores.ROS2_HUMBLE)
WIDTH_PX, HEIGHT_PX = 24, 16


def picture(i):
    """Return an RGB picture, red on its left and of brightness i."""
    image = np.full((HEIGHT_PX, WIDTH_PX, 3), i, np.uint8)
    image[:, :12, 0] = 200
    return image


def header():
    types = STORE.types
    return types["std_msgs/msg/Header"](types["builtin_interfaces/msg/Time"](0, 0), "camera")


def raw(i, encoding="bgr8"):
    image = cv2.cvtColor(picture(i), cv2.COLOR_RGB2BGR)
    padded = np.pad(image.reshape(HEIGHT_PX, -1), ((0, 0), (0, 4)))
    return STORE.types["sensor_msgs/msg/Image"](
        header(), HEIGHT_PX, WIDTH_PX, encoding, 0, padded.shape[1], padded.ravel()
    )


def compressed(i):
    image = cv2.cvtColor(picture(i), cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".png", image)[1].ravel()
    return STORE.types["sensor_msgs/msg/CompressedImage"](header(), "png", data)


def write_bag(folder, topics, plugin=StoragePlugin.MCAP):
    """Write a bag of {topic: messages}, a tenth of a second apart."""
    with Writer(folder, version=9, storage_plugin=plugin) as bag:
        for topic, messages in topics.items():
            name = messages[0].__msgtype__
            connection = bag.add_connection(topic, name, typestore=STORE)
            for i, message in enumerate(messages):
                bag.write(connection, 10**9 + i * 10**8, STORE.serialize_cdr(message, name))
    return folder


@pytest.mark.parametrize("plugin", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
@pytest.mark.parametrize("make", [raw, compressed])
def test_the_pictures_of_the_only_topic_come_in_order(tmp_path, plugin, make):
    messages = [make(0), make(50), make(100)]
    source = open_pictures(str(write_bag(tmp_path / "bag", {"/image": messages}, plugin)))
    assert isinstance(source, BagImages)
    for i in (0, 50, 100):
        frame = source.read()
        np.testing.assert_array_equal(frame.image, picture(i))
        assert frame.stamp_s == pytest.approx(i / 500)
    assert source.read() is None
    source.close()


def test_a_file_of_a_recording_is_enough(tmp_path):
    bag = write_bag(tmp_path / "bag", {"/image": [raw(0)]})
    (path,) = bag.glob("*.mcap")
    source = open_pictures(str(path))
    assert source.read().name == "bag.mcap/image#0"
    source.close()
    assert not is_bag(tmp_path)


def test_of_several_topics_one_is_chosen(tmp_path):
    bag = write_bag(tmp_path / "bag", {"/left": [raw(0)], "/right": [compressed(9)]})
    with pytest.raises(SourceError, match="pictures on /left, /right, and no --topic"):
        BagImages(bag)
    with pytest.raises(SourceError, match="not '/middle'"):
        BagImages(bag, "/middle")
    source = BagImages(bag, "/right")
    assert source.read().image[0, -1, 0] == 9
    source.close()


def test_a_recording_without_pictures_is_refused(tmp_path):
    message = STORE.types["std_msgs/msg/String"]("hello")
    bag = write_bag(tmp_path / "bag", {"/chatter": [message]})
    with pytest.raises(SourceError, match="pictures on no topic"):
        BagImages(bag)


def test_a_broken_picture_is_told_and_the_next_one_comes(tmp_path):
    damaged = compressed(0)
    damaged.data = damaged.data[:20]
    bag = write_bag(tmp_path / "bag", {"/image": [damaged, compressed(7)]})
    source = BagImages(bag)
    with pytest.raises(SourceError, match=r"bag/image#0 is damaged"):
        source.read()
    assert source.read().image[0, -1, 0] == 7
    source.close()


def test_unknown_encodings_and_short_data_are_told(tmp_path):
    short = raw(0)
    short.data = short.data[:50]
    source = BagImages(write_bag(tmp_path / "bag", {"/image": [raw(0, "xyz9"), short]}))
    with pytest.raises(SourceError, match="encoding 'xyz9', expected one of"):
        source.read()
    with pytest.raises(ImageError, match="data has 50 bytes"):
        source.read()
    source.close()


def test_what_is_no_recording_is_told(tmp_path):
    (tmp_path / "a.mcap").write_bytes(b"nothing of the kind")
    with pytest.raises(SourceError, match=r"a\.mcap cannot be read as a ROS recording"):
        BagImages(tmp_path / "a.mcap")

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pictures of a ROS recording, rosbag2 (SQLite or MCAP) or rosbag1, without ROS.

Read by rosbags (Apache-2.0), which knows all of these; mcap and mcap-ros2-support (MIT) read MCAP
only.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.types import RgbImage
from hand_landmarks_ros.ros.encodings import ENCODINGS
from hand_landmarks_ros.sources import Frame

IMAGE, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
SUFFIXES = (".bag", ".db3", ".mcap")


def is_bag(path: Path) -> bool:
    """Whether the path is a recording: a folder with metadata.yaml, or one of its files."""
    return (path / "metadata.yaml").is_file() or (path.is_file() and path.suffix in SUFFIXES)


class BagImages:
    """The pictures of one topic, a `Source`; stamps are times of recording since the first.

    topic: may be left out where only one topic has pictures. Raises SourceError.
    """

    is_live = False
    is_sequence = True

    def __init__(self, path: Path, topic: str | None = None) -> None:
        try:
            from rosbags.highlevel import AnyReader, AnyReaderError
            from rosbags.typesys import Stores, get_typestore
        except ImportError as error:
            raise SourceError(
                f"reading {path} needs the Python package rosbags ({error}); install it with "
                "`pip install rosbags`"
            ) from error
        self._path = path
        self._open = ExitStack()
        try:
            # SQLite bags before Iron do not say how their messages look; those are Humble's.
            typestore = get_typestore(Stores.ROS2_HUMBLE)
            self._reader = self._open.enter_context(AnyReader([path], default_typestore=typestore))
        except (AnyReaderError, OSError, ValueError, KeyError) as error:
            raise SourceError(
                f"{path} cannot be read as a ROS recording: {error}; one that was cut short is "
                "mended by `ros2 bag reindex` or `mcap recover`"
            ) from error
        self._topic = self._chosen_topic(topic)
        connections = [c for c in self._reader.connections if c.topic == self._topic]
        self._messages = self._reader.messages(connections)
        self._index = 0
        self._start_ns: int | None = None

    def read(self) -> Frame | None:
        """Return the next picture, or None at the end; raises SourceError for a broken one."""
        name = f"{self._path.name}{self._topic}#{self._index}"
        try:
            connection, stamp_ns, raw = next(self._messages)
            message: Any = self._reader.deserialize(raw, connection.msgtype)
        except StopIteration:
            return None
        except Exception as error:  # the files' own: SQLite's, compression's, rosbags'
            raise SourceError(f"{name} cannot be read: {error!r}") from error
        if self._start_ns is None:
            self._start_ns = stamp_ns
        index = self._index
        self._index += 1
        image = _image(message, name, is_compressed=connection.msgtype == COMPRESSED)
        return Frame(image, (stamp_ns - self._start_ns) / 1e9, index, name)

    def close(self) -> None:
        """Close the files."""
        self._open.close()

    def _chosen_topic(self, topic: str | None) -> str:
        found: Sequence[str] = sorted(
            {c.topic for c in self._reader.connections if c.msgtype in (IMAGE, COMPRESSED)}
        )
        if topic in found:
            return str(topic)
        if topic is None and len(found) == 1:
            return found[0]
        self.close()
        asked = "no --topic was given" if topic is None else f"not {topic!r}"
        raise SourceError(
            f"{self._path} has pictures on {', '.join(found) or 'no topic'}, and {asked}; choose "
            "one with --topic"
        )


def _image(message: Any, name: str, *, is_compressed: bool) -> RgbImage:
    if is_compressed:
        decoded = cv2.imdecode(np.asarray(message.data, np.uint8), cv2.IMREAD_COLOR)
        if decoded is None:
            raise SourceError(f"{name} is damaged: {message.format!r} that cannot be decoded")
        return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)
    if message.encoding not in ENCODINGS:
        raise SourceError(
            f"{name} has the encoding {message.encoding!r}, expected one of {', '.join(ENCODINGS)}"
        )
    return ENCODINGS[message.encoding].pixels(
        message.data, message.width, message.height, message.step, bool(message.is_bigendian)
    )

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The life of a node's process: start, spin, end with the right exit status."""

from __future__ import annotations

import ctypes
import logging
import signal
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

import rclpy
import rclpy.logging
from rclpy.executors import ExternalShutdownException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node

from ..core.errors import HandLandmarksError

RCLError = rclpy_implementation.RCLError

# Parameters of glibc's mallopt(3).
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3


NodeT = TypeVar("NodeT", bound=Node)


def run_node(create_node: Callable[[], NodeT], run: Callable[[NodeT], None]) -> int:
    """Create a node and run it to its end or Ctrl-C; return the process's exit status.

    0 after its end, Ctrl-C or a shutdown from outside; 1 after an error of this package, which is
    logged.
    """
    raise_malloc_thresholds()
    # rclpy's own handlers, which shut ROS down, then call these. Python's would raise
    # KeyboardInterrupt anywhere, even while the node is being destroyed: under `ros2 launch` one
    # Ctrl-C arrives more than once.
    _set_signal_handlers(_do_nothing)
    rclpy.init()
    node = None
    try:
        node = create_node()
        send_core_log_to(node)
        run(node)
    except ExternalShutdownException:
        return 0
    except RCLError:
        # Shut down from outside in the middle of a callback: nothing can be published any more.
        if rclpy.ok():
            raise
        return 0
    except HandLandmarksError as error:
        rclpy.logging.get_logger("hand_landmarks_ros").fatal(str(error))
        return 1
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
        # When Python ends it would bring back the system's handlers, which kill.
        _set_signal_handlers(signal.SIG_IGN)
    return 0


def _set_signal_handlers(handler: Callable[..., None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _do_nothing(number: int, frame: FrameType | None) -> None:
    pass


def raise_malloc_thresholds() -> None:
    """Let glibc keep buffers of images instead of returning each one to the kernel.

    By default every buffer of a megabyte is mapped and faulted in anew, which costs more than
    everything else done to a message. Other C libraries have no mallopt and need none.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        libc.mallopt(_M_TRIM_THRESHOLD, 512 << 20)


class _RosLogHandler(logging.Handler):
    """Hands records of Python's logging to a node's logger, and so to /rosout."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self._logger = node.get_logger()

    def emit(self, record: logging.LogRecord) -> None:
        # rclpy ties a severity to the line that logs it, hence one line each.
        if record.levelno >= logging.ERROR:
            self._logger.error(record.getMessage())
        elif record.levelno >= logging.WARNING:
            self._logger.warning(record.getMessage())
        else:
            self._logger.info(record.getMessage())


def send_core_log_to(node: Node) -> None:
    """Make the log of this package's ROS-free part appear as the node's."""
    logger = logging.getLogger("hand_landmarks_ros")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [_RosLogHandler(node)]

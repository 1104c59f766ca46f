# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the commands of the offline side share."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from hand_landmarks_ros.core.errors import HandLandmarksError


@contextmanager
def command() -> Iterator[None]:
    """Log to the terminal, and end with one line and status 1 on an error that says what to do."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        yield
    except HandLandmarksError as error:
        raise SystemExit(f"error: {error}") from error

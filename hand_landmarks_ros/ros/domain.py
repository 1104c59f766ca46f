# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A ROS domain of one's own, so that a demo or a test never meets a robot's topics."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ..core.errors import HandLandmarksError

_LOCK_PORT = 32768
"""TCP port locked for domain 0: the one of ROS's domain_coordinator, so that both get along."""

_DDS_PORT = 7410
"""UDP port of the first participant in domain 0 (DDSI-RTPS 2.2, section 9.6.1)."""

_DDS_PORTS_PER_DOMAIN = 250
_DOMAINS = range(1, 102)
"""Domains whose ports lie below those that Linux gives to outgoing connections."""


@contextmanager
def own_domain_id() -> Iterator[int]:
    """Reserve a ROS domain that nobody on this machine uses, for as long as the context lasts."""
    for domain_id in _DOMAINS:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as lock:
            if _bind(lock, _LOCK_PORT + domain_id) and not _has_participant(domain_id):
                yield domain_id
                return
    raise HandLandmarksError(
        f"all ROS domains from {_DOMAINS[0]} to {_DOMAINS[-1]} are in use; stop some ROS processes"
    )


def _has_participant(domain_id: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return not _bind(probe, _DDS_PORT + _DDS_PORTS_PER_DOMAIN * domain_id)


def _bind(bound: socket.socket, port: int) -> bool:
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True

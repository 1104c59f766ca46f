# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Train or val, decided by what must not lie in both: a session, a video, a person."""

from __future__ import annotations

import hashlib

VAL_SHARE = 0.15


def split_of(group: str, val_share: float = VAL_SHARE) -> str:
    """Return "val" for about that share of groups; the same name always gets the same answer."""
    digest = hashlib.sha256(group.encode()).digest()
    return "val" if int.from_bytes(digest[:8], "big") < val_share * 2**64 else "train"

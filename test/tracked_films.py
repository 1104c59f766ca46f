# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Films without pictures: true hands and what a tracker might have made of them."""

from __future__ import annotations

import numpy as np

from hand_landmarks_ros.core.topology import N_LANDMARKS
from training.datasets.sequences import TrueHands
from training.tracking_metrics import TrackedFrame

RATE_HZ = 30.0
HAND_PX = np.stack(
    [np.linspace(-30, 30, N_LANDMARKS), 40 * np.cos(np.arange(N_LANDMARKS))], axis=-1
)
"""Any shape of about 80 px."""


def true_hands(centres_px, *, seen_share=None, is_still=None, identity=None) -> TrueHands:
    """Return hands at some centres, (T, 2) px; fully seen and moving unless said otherwise."""
    n = len(centres_px)
    return TrueHands(
        identity=np.arange(n) if identity is None else np.array(identity),
        xy_px=np.asarray(centres_px, float).reshape(n, 1, 2) + HAND_PX,
        seen_share=np.ones(n) if seen_share is None else np.array(seen_share, float),
        is_still=np.zeros(n, bool) if is_still is None else np.array(is_still, bool),
    )


def tracked_frame(index, truth: TrueHands, ids, found_px=None) -> TrackedFrame:
    """Return a frame in which true hand k was found as ids[k], or not if that is None.

    found_px: the landmarks, (T, 21, 2); the true ones by default.
    """
    landmarks = truth.xy_px if found_px is None else found_px
    found = [k for k, track_id in enumerate(ids) if track_id is not None]
    return TrackedFrame(
        stamp_s=index / RATE_HZ,
        truth=truth,
        track_id=np.array([ids[k] for k in found], np.int64),
        found_px=np.asarray(landmarks, float)[found].reshape(-1, N_LANDMARKS, 2),
        score=np.ones((len(found), N_LANDMARKS)),
    )

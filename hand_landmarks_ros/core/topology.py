# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The 21 landmarks of a hand and the bones between them (MediaPipe order)."""

import itertools

LANDMARK_NAMES = (
    "WRIST",
    *(f"THUMB_{joint}" for joint in ("CMC", "MCP", "IP", "TIP")),
    *(
        f"{finger}_{joint}"
        for finger in ("INDEX_FINGER", "MIDDLE_FINGER", "RING_FINGER", "PINKY")
        for joint in ("MCP", "PIP", "DIP", "TIP")
    ),
)
N_LANDMARKS = len(LANDMARK_NAMES)

WRIST = 0
INDEX_FINGER_MCP = 5
MIDDLE_FINGER_MCP = 9
RING_FINGER_MCP = 13
PINKY_MCP = 17

FINGERS = {
    "thumb": (1, 2, 3, 4),
    "index": (5, 6, 7, 8),
    "middle": (9, 10, 11, 12),
    "ring": (13, 14, 15, 16),
    "pinky": (17, 18, 19, 20),
}

PALM_BONES = ((0, 1), (0, 5), (5, 9), (9, 13), (13, 17), (0, 17))
"""Bones of the palm as (parent, child): its outline, so that the palm reads as one shape."""

FINGER_BONES = {name: tuple(itertools.pairwise(chain)) for name, chain in FINGERS.items()}
"""Bones of each finger as (parent, child)."""

BONES = PALM_BONES + tuple(bone for bones in FINGER_BONES.values() for bone in bones)
"""All 21 bones as (parent, child) landmark indices."""

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From where hands are seen: turns of an arm into the camera's optical frame.

Directions are thought of as a viewer does, x right, y up, z towards the viewer, and turned into the
optical frame (x right, y down, z forward) at the end. All arms are left arms here.
"""

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from training.synthesis.posing import PosedArm
from training.synthesis.vectors import random_rotation, rotation, unit

Floats = NDArray[np.float64]

OPTICAL_FROM_VIEWER = np.diag([1.0, -1.0, -1.0])
PROBABILITY_OF_PALM = 0.55
PROBABILITY_OF_OWN_PALM = 0.2
MIN_FOREARM_ANGLE_RAD = np.radians(35.0)
"""In one's own view the forearm must not point straight at the eye: it would hide the hand."""


class View(Enum):
    """Another person's hand, one's own, or any orientation."""

    THIRD_PERSON = "third_person"
    EGOCENTRIC = "egocentric"
    UNIFORM = "uniform"


DISTANCE_M = {
    View.THIRD_PERSON: (0.28, 1.1),
    View.EGOCENTRIC: (0.25, 0.6),
    View.UNIFORM: (0.28, 1.1),
}


def sample_turn(view: View, arm: PosedArm, rng: np.random.Generator) -> Floats:
    """Sample the (3, 3) rotation that brings an arm before the camera."""
    hand = hand_axes(arm.landmarks_m)
    if view is View.UNIFORM:
        return random_rotation(rng)
    if view is View.THIRD_PERSON:
        facing = np.pi if rng.random() < PROBABILITY_OF_PALM else 0.0
        yaw, pitch, roll = rng.normal(0, (0.6, 0.4, 0.55))
        return np.asarray(OPTICAL_FROM_VIEWER @ viewer_turn(facing + yaw, pitch, roll) @ hand)
    return OPTICAL_FROM_VIEWER @ _own_view_turn(arm, hand, rng)


def hand_axes(landmarks_m: Floats) -> Floats:
    """Return the (3, 3) rows radial, distal, dorsal of a left hand from its 21 landmarks."""
    distal = unit(landmarks_m[9] - landmarks_m[0])
    across = landmarks_m[5] - landmarks_m[17]
    radial = unit(across - distal * (across @ distal))
    return np.stack([radial, distal, np.cross(radial, distal)])


def viewer_turn(yaw_rad: float, pitch_rad: float, roll_rad: float) -> Floats:
    """Turn a hand whose back faces the viewer, fingers up: about y, then x, then z."""
    turn = rotation([0, 0, 1], roll_rad) @ rotation([1, 0, 0], pitch_rad)
    return np.asarray(turn @ rotation([0, 1, 0], yaw_rad))


def _own_view_turn(arm: PosedArm, hand: Floats, rng: np.random.Generator) -> Floats:
    """Place the elbow below, aside and nearer than the hand, as under one's own eyes."""
    while True:
        elbow_from_hand = np.array(
            [rng.normal(-0.08, 0.12), -rng.uniform(0.10, 0.26), rng.uniform(-0.04, 0.22)]
        )
        forearm = -unit(elbow_from_hand)
        if np.arccos(-forearm[2]) > MIN_FOREARM_ANGLE_RAD:
            break
    towards_eye = np.array([0.0, 0.4, 1.0]) * (-1 if rng.random() < PROBABILITY_OF_OWN_PALM else 1)
    pronation = rng.normal(0, np.radians(45))
    target = rotation(forearm, pronation) @ _frame(forearm, towards_eye).T
    return np.asarray(target @ _frame(arm.landmarks_m[0] - arm.elbow_m, hand[2]))


def _frame(forearm: Floats, dorsal: Floats) -> Floats:
    """Return (3, 3) orthonormal rows: forearm, the part of dorsal across it, their product."""
    first = unit(forearm)
    second = unit(dorsal - first * (dorsal @ first))
    return np.stack([first, second, np.cross(first, second)])

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How hands are held: gestures, blends of them, and random poses within anatomical limits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.synthesis.collision import penetration_m
from training.synthesis.gestures import GESTURES
from training.synthesis.kinematics import HandPose
from training.synthesis.posing import Poser

Floats = NDArray[np.float64]

GESTURE_NAMES = tuple(GESTURES)
GESTURE_SHARE, BLEND_SHARE = 0.45, 0.30
"""The rest are random poses."""
FINGER_LIMITS_RAD = np.radians([(-25, 92), (-18, 18), (-3, 108), (-8, 78)])
THUMB_LIMITS_RAD = np.radians([(-30, 48), (-32, 45), (-15, 58), (-18, 80)])
GESTURE_JITTER_RAD = np.radians([7.0, 3.5, 8.0, 5.0])
MAX_NEIGHBOUR_MCP_RAD = np.radians(75.0)
"""Middle and ring finger cannot bend alone: their MCPs follow their neighbours within this."""
MAX_PENETRATION_M = 0.0008
MAX_TRIES = 25


@dataclass(frozen=True, slots=True)
class SampledPose:
    """A pose and the name it is labelled with: a gesture's, "blend" or "random"."""

    pose: HandPose
    gesture: str


def sample_pose(poser: Poser, rng: np.random.Generator) -> SampledPose:
    """Choose what the hand does, and a variation of it."""
    kind = rng.random()
    if kind < GESTURE_SHARE:
        name = str(rng.choice(GESTURE_NAMES))
    else:
        name = "blend" if kind < GESTURE_SHARE + BLEND_SHARE else "random"
    return SampledPose(sample_variation(poser, name, rng), name)


def sample_variation(poser: Poser, name: str, rng: np.random.Generator) -> HandPose:
    """Vary a gesture (or "blend" or "random") until no part runs through another.

    The choice itself stays, so that closed hands are as frequent as intended. After 25 tries the
    variation with the least overlap is taken.
    """
    best_m, best = np.inf, None
    for attempt in range(MAX_TRIES):
        pose = _sample_pose_of(name, 1 + attempt / 10, rng)
        depth_m = penetration_m(poser.joints_m(pose), poser.finger_radius_m)
        if depth_m < best_m:
            best_m, best = depth_m, pose
        if depth_m <= MAX_PENETRATION_M:
            break
    assert best is not None
    return best


def _sample_pose_of(name: str, variation: float, rng: np.random.Generator) -> HandPose:
    if name == "random":
        fingers, twist = _random_fingers(rng)
    else:
        fingers, twist = _blend(rng) if name == "blend" else GESTURES[name].angles_rad()
        spread = variation * rng.uniform(0.3, 1.3)
        fingers = fingers + rng.normal(size=(5, 4)) * GESTURE_JITTER_RAD * spread
    return HandPose(
        fingers_rad=within_limits(fingers),
        thumb_twist_rad=twist,
        wrist_flexion_rad=_clipped_normal(rng, 0, 22, -65, 65),
        wrist_deviation_rad=_clipped_normal(rng, -4, 10, -32, 20),
        pronation_rad=_clipped_normal(rng, 0, 30, -70, 70),
        elbow_rad=rng.uniform(0, 0.9),
        palm_cup_rad=_clipped_normal(rng, 4, 6, 0, 25),
    )


def _clipped_normal(
    rng: np.random.Generator, mean_deg: float, sigma_deg: float, low_deg: float, high_deg: float
) -> float:
    return float(np.radians(np.clip(rng.normal(mean_deg, sigma_deg), low_deg, high_deg)))


def _blend(rng: np.random.Generator) -> tuple[Floats, float]:
    """Mix two gestures, as a whole or each finger by its own share."""
    first, first_twist = GESTURES[str(rng.choice(GESTURE_NAMES))].angles_rad()
    second, second_twist = GESTURES[str(rng.choice(GESTURE_NAMES))].angles_rad()
    share = rng.uniform(size=(5, 1)) if rng.random() < 0.5 else rng.uniform(size=(1, 1))
    return first * (1 - share) + second * share, (first_twist + second_twist) / 2


def _random_fingers(rng: np.random.Generator) -> tuple[Floats, float]:
    fingers = np.zeros((5, 4))
    fingers[0] = np.radians(rng.uniform([-25, -28, -10, -15], [40, 38, 50, 70]))
    pip = np.radians(105) * rng.beta(0.7, 1.1, 4)
    fingers[1:, 0] = np.radians(rng.uniform(-20, 88, 4))
    fingers[1:, 1] = np.radians(rng.normal(0, 8, 4))
    fingers[1:, 2] = pip
    fingers[1:, 3] = pip * rng.uniform(0.4, 0.8, 4) + np.radians(rng.normal(0, 8, 4))
    if rng.random() < 0.5:  # fingers tend to close together
        fingers[2:, 0] = (fingers[2:, 0] + fingers[2:, 0].mean()) / 2
    return fingers, float(np.radians(rng.uniform(-10, 25)))


def within_limits(fingers_rad: Floats) -> Floats:
    """Clip (5, 4) angles to the joints' ranges and couple neighbouring knuckles."""
    angles = fingers_rad.copy()
    angles[1:] = np.clip(angles[1:], FINGER_LIMITS_RAD[:, 0], FINGER_LIMITS_RAD[:, 1])
    bent = np.clip(angles[1:, 0] / np.radians(85), 0, 1)
    angles[1:, 1] *= 1 - 0.8 * bent  # a bent knuckle leaves little play sideways
    angles[0] = np.clip(angles[0], THUMB_LIMITS_RAD[:, 0], THUMB_LIMITS_RAD[:, 1])
    for finger in (2, 3):
        neighbours = angles[[finger - 1, finger + 1], 0]
        low, high = neighbours.max() - MAX_NEIGHBOUR_MCP_RAD, neighbours.min()
        angles[finger, 0] = np.clip(angles[finger, 0], low, high + MAX_NEIGHBOUR_MCP_RAD)
    return angles

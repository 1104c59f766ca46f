# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Hands that hold things and touch them: fingers close until they meet the surface.

Everything is in the coordinates of a resting left arm, as `posing.Poser` gives them.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.synthesis.collision import (
    PALM_HALF_THICKNESS_M,
    clearance_m,
    penetration_m,
)
from training.synthesis.gestures import THUMBS_DEG
from training.synthesis.kinematics import HandPose
from training.synthesis.pose_sampling import MAX_PENETRATION_M, sample_variation
from training.synthesis.posing import Poser
from training.synthesis.props import Thing
from training.synthesis.vectors import rotation, unit
from training.synthesis.views import hand_axes

Floats = NDArray[np.float64]

PROBABILITY_OF_PINCH = 0.3
PROBABILITY_OF_BALL = 0.25
RADIUS_M = (0.009, 0.042)
HALF_LENGTH_M = (0.04, 0.12)
OBLIQUENESS_RAD = (np.radians(12.0), np.radians(14.0))
"""Mean and deviation of the angle between a held bar and the row of knuckles."""
PLACE_ON_PALM = (0.05, 0.35)
"""From the knuckles to the wrist, as a share of the palm; thick things lie farther from them."""
FLEXION_LIMITS_RAD = np.radians([88.0, 105.0, 70.0])
COARSE_STEP_RAD, N_HALVINGS = np.radians(12.0), 3
N_THUMBS = 60
THUMB_ANGLES = [0, 1, 2, 3, 20]
"""Of the pose's vector: flexion and abduction of the CMC, flexion of MCP and IP, twist."""
THUMB_RANGE_RAD = np.radians([[-20, -28, -5, -5, -5], [40, 38, 50, 60, 20]])
PINCHES = ("pinch", "tripod")
PAD_SQUEEZE = 0.85
"""How near to the bone the pad of a finger gives way, relative to the finger's half thickness."""
MAX_PINCH_M = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Grasp:
    """A pose and what it holds; `name` is the gesture it is labelled with."""

    pose: HandPose
    thing: Thing
    name: str


def sample_grasp(poser: Poser, rng: np.random.Generator) -> Grasp:
    """Sample a bar, cup or ball in the whole hand, or a small thing between finger and thumb."""
    if rng.random() < PROBABILITY_OF_PINCH:
        return _pinch(poser, rng)
    return _power_grasp(poser, rng)


def _power_grasp(poser: Poser, rng: np.random.Generator) -> Grasp:
    pose = sample_variation(poser, "open", rng)  # for wrist and forearm
    fingers_rad = np.zeros((5, 4))
    fingers_rad[1:, 1] = rng.normal(0, np.radians(3), 4)
    fingers_rad[0] = np.radians(THUMBS_DEG["out"][:4])
    pose = replace(pose, fingers_rad=fingers_rad, thumb_twist_rad=0.0)
    thing = _thing_on_palm(poser.joints_m(pose), poser.palm_scale, rng)
    angles_rad = pose.vector()
    for finger in range(1, 5):
        _close_finger(poser, angles_rad, finger, thing)
    _close_thumb(poser, angles_rad, thing, rng)
    return Grasp(HandPose.from_vector(angles_rad), thing, "power_grasp")


def _thing_on_palm(joints_m: Floats, scale: float, rng: np.random.Generator) -> Thing:
    """Lay a thing against the palm, across the fingers."""
    radial, distal, dorsal = hand_axes(joints_m)
    low_m, high_m = np.log(RADIUS_M)
    thickness = rng.random()
    radius_m = scale * float(np.exp(low_m + thickness * (high_m - low_m)))
    palm_m = float(np.linalg.norm(joints_m[9] - joints_m[0]))
    first, last = PLACE_ON_PALM
    share = first + (last - first) * thickness + rng.normal(0, 0.04)
    touch_m = joints_m[[5, 9, 13, 17]].mean(0) - share * palm_m * distal
    centre_m = touch_m - dorsal * (PALM_HALF_THICKNESS_M * scale + radius_m)
    if rng.random() < PROBABILITY_OF_BALL * thickness:
        return Thing(centre_m, radial, radius_m, 0.0)
    axis = rotation(dorsal, rng.normal(*OBLIQUENESS_RAD)) @ radial
    half_length_m = rng.uniform(*HALF_LENGTH_M)
    slip_m = rng.normal(0, 0.25) * half_length_m
    return Thing(centre_m + slip_m * axis, axis, radius_m, half_length_m)


def _close_finger(poser: Poser, angles_rad: Floats, finger: int, thing: Thing) -> None:
    """Bend MCP, then PIP, then DIP in place, each until what it moves touches the thing."""
    for phalanx, column in enumerate((0, 2, 3)):
        angle = 4 * finger + column
        step_rad, limit_rad = COARSE_STEP_RAD, FLEXION_LIMITS_RAD[phalanx]
        for _ in range(N_HALVINGS + 1):
            while angles_rad[angle] + step_rad <= limit_rad:
                angles_rad[angle] += step_rad
                if _clearance_m(poser, angles_rad, finger, phalanx, thing) < 0:
                    angles_rad[angle] -= step_rad
                    break
            step_rad /= 2


def _close_thumb(poser: Poser, angles_rad: Floats, thing: Thing, rng: np.random.Generator) -> None:
    """Choose in place, among random postures of the thumb, the free one whose tip is nearest."""
    best_m, best = np.inf, angles_rad[THUMB_ANGLES].copy()
    for _ in range(N_THUMBS):
        angles_rad[THUMB_ANGLES] = rng.uniform(*THUMB_RANGE_RAD)
        if _clearance_m(poser, angles_rad, 0, 1, thing) < 0:
            continue
        joints_m = poser.joints_m(HandPose.from_vector(angles_rad))
        if penetration_m(joints_m, poser.finger_radius_m) > MAX_PENETRATION_M:
            continue
        tip_m = _clearance_m(poser, angles_rad, 0, 2, thing)
        if tip_m < best_m:
            best_m, best = tip_m, angles_rad[THUMB_ANGLES].copy()
    angles_rad[THUMB_ANGLES] = best


def _clearance_m(
    poser: Poser, angles_rad: Floats, finger: int, phalanx: int, thing: Thing
) -> float:
    """Return the distance between the thing and a finger from one phalanx on; < 0: they overlap."""
    joints_m = poser.joints_m(HandPose.from_vector(angles_rad))
    start_m, end_m = thing.ends_m
    radius_m = float(poser.finger_radius_m[finger])
    return clearance_m(joints_m, finger, phalanx, start_m, end_m, float(thing.radius_m), radius_m)


def _pinch(poser: Poser, rng: np.random.Generator) -> Grasp:
    """Fit a pen or a bead into the gap between thumb and index finger."""
    name = str(rng.choice(PINCHES))
    pose = sample_variation(poser, name, rng)
    joints_m = poser.joints_m(pose)
    thumb_m, index_m = joints_m[4], joints_m[8]
    across = unit(index_m - thumb_m)
    pads_m = PAD_SQUEEZE * poser.finger_radius_m[:2]
    gap_m = float(np.linalg.norm(index_m - thumb_m) - pads_m.sum())
    radius_m = float(np.clip(gap_m / 2, 0.002, MAX_PINCH_M))
    centre_m = thumb_m + across * (pads_m[0] + gap_m / 2)
    if rng.random() < PROBABILITY_OF_BALL:
        return Grasp(pose, Thing(centre_m, across, radius_m, 0.0), name)
    towards_web = joints_m[[2, 5]].mean(0) - centre_m
    axis = unit(towards_web - across * (across @ towards_web))
    half_length_m = rng.uniform(0.05, 0.08)
    middle_m = centre_m + axis * rng.uniform(0.3, 0.6) * half_length_m
    return Grasp(pose, Thing(middle_m, axis, radius_m, half_length_m), name)

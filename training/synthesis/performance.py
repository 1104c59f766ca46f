# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A hand in motion: key frames, and smooth articulated motion between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from training.synthesis.kinematics import HandPose
from training.synthesis.people import MIRROR
from training.synthesis.pose_sampling import sample_variation
from training.synthesis.posing import PosedArm, Poser
from training.synthesis.views import OPTICAL_FROM_VIEWER, hand_axes, viewer_turn

Floats = NDArray[np.float64]

SWAY_M, SWAY_RAD = 0.004, np.radians(2.0)
"""How far a hand that is held up sways."""
PALM_DEG, BACK_DEG = 180.0, 0.0


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """Where a hand is at a moment.

    `position_m` is the middle knuckle in the camera's optical frame. The turn is that of a left
    hand, a right one does the mirror image: yaw 0 shows its back, 180 its palm; positive pitch
    leans the fingers to the viewer; positive roll leans them to the left of the image.
    """

    time_s: float
    position_m: tuple[float, float, float]
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    gesture: str


class Performance:
    """One hand's part as a function of time; `sway` 0 keeps it quite still between equal frames."""

    def __init__(
        self,
        poser: Poser,
        key_frames: Sequence[KeyFrame],
        is_right: bool,
        rng: np.random.Generator,
        sway: float = 1.0,
    ) -> None:
        self.is_right = is_right
        self.start_s, self.end_s = key_frames[0].time_s, key_frames[-1].time_s
        self._poser = poser
        self._sway = sway
        poses = {name: _calm(poser, name, rng) for name in sorted({k.gesture for k in key_frames})}
        rows = [
            np.concatenate(
                [
                    key.position_m,
                    np.radians([key.yaw_deg, key.pitch_deg, key.roll_deg]),
                    poses[key.gesture].vector(),
                ]
            )
            for key in key_frames
        ]
        # Monotone cubics: smooth, and no joint overshoots what the key frames ask for.
        self._motion = PchipInterpolator([key.time_s for key in key_frames], np.array(rows))
        self._sway_phase = rng.uniform(0, 2 * np.pi, 6)
        self._sway_rate = rng.uniform(2.0, 5.0, 6)

    def is_on_stage(self, time_s: float) -> bool:
        """Return whether the hand's part has begun and has not ended."""
        return self.start_s <= time_s <= self.end_s

    def arm_at(self, time_s: float) -> PosedArm:
        """Return the arm in the camera frame."""
        state = self._state(time_s)
        arm = self._poser(HandPose.from_vector(state[6:]))
        arm = arm.turned(self._turn(state, arm.landmarks_m))
        return arm.shifted(state[:3] - arm.landmarks_m[9])

    def landmarks_at(self, time_s: float) -> Floats:
        """Return the (21, 3) landmarks of `arm_at` alone (quick: no skin)."""
        state = self._state(time_s)
        landmarks_m = self._poser.landmarks_m(HandPose.from_vector(state[6:]))
        landmarks_m = landmarks_m @ self._turn(state, landmarks_m).T
        return np.asarray(landmarks_m + state[:3] - landmarks_m[9])

    def _state(self, time_s: float) -> Floats:
        state = np.asarray(self._motion(time_s), np.float64).copy()
        sway = self._sway * np.sin(self._sway_phase + self._sway_rate * time_s)
        state[:3] += SWAY_M * sway[:3]
        state[3:6] += SWAY_RAD * sway[3:]
        return state

    def _turn(self, state: Floats, landmarks_m: Floats) -> Floats:
        yaw, pitch, roll = state[3:6]
        turn = OPTICAL_FROM_VIEWER @ viewer_turn(yaw, pitch, roll) @ hand_axes(landmarks_m)
        return np.asarray(MIRROR @ turn if self.is_right else turn)


def _calm(poser: Poser, gesture: str, rng: np.random.Generator) -> HandPose:
    """Return a gesture whose fingers do not run through each other, the wrist straight."""
    pose = sample_variation(poser, gesture, rng)
    return replace(
        pose,
        wrist_flexion_rad=0.05,
        wrist_deviation_rad=-0.05,
        pronation_rad=0.0,
        elbow_rad=0.4,
        palm_cup_rad=0.06,
    )

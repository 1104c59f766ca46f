# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the hands of the demo clip do: key frames, and smooth motion between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from training.synthesis.kinematics import HandPose
from training.synthesis.pose_sampling import sample_variation
from training.synthesis.posing import PosedArm, Poser
from training.synthesis.scene import MIRROR
from training.synthesis.views import OPTICAL_FROM_VIEWER, hand_axes, viewer_turn

SWAY_M, SWAY_RAD = 0.004, np.radians(2.0)
"""No hand is ever quite still."""
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


RIGHT_HAND = (
    KeyFrame(0.20, (-0.12, 0.40, 0.47), PALM_DEG, 0, 10, "relaxed"),
    KeyFrame(0.40, (-0.11, 0.33, 0.46), PALM_DEG, 0, 10, "relaxed"),
    KeyFrame(1.20, (-0.04, 0.00, 0.45), PALM_DEG, 0, 4, "open"),
    KeyFrame(1.60, (-0.02, -0.02, 0.44), PALM_DEG, 4, -16, "open"),
    KeyFrame(2.00, (-0.05, -0.02, 0.44), PALM_DEG, 4, 18, "open"),
    KeyFrame(2.40, (-0.02, -0.01, 0.43), PALM_DEG, 0, -10, "open"),
    KeyFrame(3.00, (-0.03, 0.03, 0.43), PALM_DEG + 20, 8, 4, "point"),
    KeyFrame(3.70, (-0.08, 0.03, 0.46), PALM_DEG - 15, 4, 8, "peace"),
    KeyFrame(4.40, (-0.13, 0.02, 0.49), PALM_DEG, 0, 6, "fist"),
    KeyFrame(5.10, (-0.14, 0.03, 0.49), PALM_DEG - 25, 5, 10, "ok"),
    KeyFrame(5.90, (-0.13, 0.01, 0.47), BACK_DEG + 10, 0, 6, "open"),
    KeyFrame(6.50, (-0.14, 0.02, 0.48), BACK_DEG + 5, 6, 14, "relaxed_fanned"),
    KeyFrame(7.20, (-0.13, 0.04, 0.49), BACK_DEG + 55, 0, 0, "thumb_up"),
    KeyFrame(7.75, (-0.16, 0.06, 0.49), BACK_DEG + 40, 0, 8, "relaxed"),
    KeyFrame(8.40, (-0.22, 0.42, 0.50), BACK_DEG + 40, 0, 20, "relaxed"),
)
LEFT_HAND = (
    KeyFrame(4.00, (0.52, 0.10, 0.50), PALM_DEG, 0, 60, "relaxed"),
    KeyFrame(4.20, (0.44, 0.09, 0.50), PALM_DEG, 0, 56, "relaxed"),
    KeyFrame(5.00, (0.13, 0.02, 0.49), PALM_DEG, 0, 12, "open"),
    KeyFrame(5.60, (0.12, 0.02, 0.48), PALM_DEG + 20, 5, 4, "pinch"),
    KeyFrame(6.30, (0.13, 0.01, 0.47), PALM_DEG, 0, -6, "three"),
    KeyFrame(7.00, (0.12, 0.03, 0.48), PALM_DEG - 10, 0, 8, "fist"),
    KeyFrame(7.60, (0.10, 0.00, 0.46), PALM_DEG, 4, 14, "flat"),
    KeyFrame(8.10, (0.05, -0.01, 0.44), PALM_DEG, 0, -4, "open"),
    KeyFrame(8.75, (0.06, 0.02, 0.45), PALM_DEG - 20, 0, 10, "call"),
    KeyFrame(9.45, (0.38, 0.10, 0.47), PALM_DEG, 0, 45, "relaxed"),
    KeyFrame(9.65, (0.48, 0.12, 0.47), PALM_DEG, 0, 50, "relaxed"),
)


class Performance:
    """One hand's part as a function of time."""

    def __init__(
        self, poser: Poser, key_frames: Sequence[KeyFrame], is_right: bool, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        self._poser = poser
        self._is_right = is_right
        self.start_s, self.end_s = key_frames[0].time_s, key_frames[-1].time_s
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

    def arm_at(self, time_s: float) -> PosedArm | None:
        """Return the arm in the camera frame, or None before its entry and after its exit."""
        if not self.start_s <= time_s <= self.end_s:
            return None
        state = self._motion(time_s)
        sway = np.sin(self._sway_phase + self._sway_rate * time_s)
        arm = self._poser(HandPose.from_vector(state[6:]))
        yaw, pitch, roll = state[3:6] + SWAY_RAD * sway[3:]
        turn = OPTICAL_FROM_VIEWER @ viewer_turn(yaw, pitch, roll) @ hand_axes(arm.landmarks_m)
        if self._is_right:
            turn = MIRROR @ turn
        arm = arm.turned(turn)
        position_m: NDArray[np.float64] = state[:3] + SWAY_M * sway[:3]
        return arm.shifted(position_m - arm.landmarks_m[9])


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

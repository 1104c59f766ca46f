# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sample what a hand does in a film: hold still, gesture, wander, cross over, wave, leave."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from training.synthesis.camera import Camera
from training.synthesis.performance import BACK_DEG, PALM_DEG, KeyFrame
from training.synthesis.pose_sampling import GESTURE_NAMES

Floats = NDArray[np.float64]

PROBABILITY_OF_PALM = 0.6
PROBABILITY_OF_LATE_ENTRY = 0.4
PROBABILITY_OF_TURNING = 0.2
EDGE = (0.18, 0.82)
"""Where a hand may wander, as shares of the image's width; its height alike, a little lower."""
TILT_SIGMA_DEG = (22.0, 14.0, 16.0)
"""Deviation of yaw, pitch and roll."""
WAVE_SWING_M, WAVE_ROLL_DEG = 0.055, 14.0
ROAMING = 0.25
OUT_OF_SIGHT = 0.55
"""How far beyond the edge a hand goes that leaves, as a share of the image's size."""


class Act(Enum):
    """What a hand does for a while."""

    HOLD = "hold"
    GESTURE = "gesture"
    WANDER = "wander"
    CROSS = "cross"
    WAVE = "wave"
    LEAVE = "leave"


PLAN = (Act.HOLD, Act.WAVE, Act.GESTURE, Act.CROSS, Act.WANDER, Act.HOLD, Act.GESTURE, Act.LEAVE)
"""Played in a random order, again and again; so every hand of a long film does everything."""


@dataclass(frozen=True, slots=True)
class Part:
    """The key frames of one hand, and the moments at which it is out of sight."""

    key_frames: tuple[KeyFrame, ...]
    absences_s: tuple[float, ...]

    def visit(self, time_s: float) -> int:
        """Return how often the hand has been away by then."""
        return sum(absence_s <= time_s for absence_s in self.absences_s)


@dataclass(frozen=True, slots=True)
class Lane:
    """The plane in which a hand moves, so that no two run through each other.

    home: (x, y) shares of the image where it belongs; depth_m: its distance from the camera;
    roaming: deviation of the places it wanders to, as a share of the image.
    """

    home: tuple[float, float]
    depth_m: float
    roaming: float


def improvise(camera: Camera, lane: Lane, duration_s: float, rng: np.random.Generator) -> Part:
    """Sample what one hand does from before 0 s to after `duration_s`."""
    player = _Player(camera, lane, rng)
    player.begin()
    while player.time_s < duration_s:
        for act in rng.permutation(np.array(PLAN, object)):
            player.play(act)
    return Part(tuple(player.key_frames), tuple(player.absences_s))


class _Player:
    """Appends key frames; each act begins where the one before ended."""

    def __init__(self, camera: Camera, lane: Lane, rng: np.random.Generator) -> None:
        self._camera = camera
        self._lane = lane
        self._rng = rng
        self._is_palm = bool(rng.random() < PROBABILITY_OF_PALM)
        self.time_s = -1.0
        self.key_frames: list[KeyFrame] = []
        self.absences_s: list[float] = []

    def begin(self) -> None:
        """Start in view, or out of sight and enter within the first seconds."""
        if self._rng.random() < PROBABILITY_OF_LATE_ENTRY:
            self._add(0.0, self._exit(), "relaxed")
            self._rest(1.0 + self._rng.uniform(0.2, 2.0))
            self._go_home(self._rng.uniform(0.5, 0.9))
        else:
            self._go_home(0.0)
            self._rest(1.0 + self._rng.uniform(0.1, 0.6))

    def play(self, act: Act) -> None:
        """Add the key frames of one act."""
        rng = self._rng
        if act is Act.HOLD:
            self._rest(rng.uniform(1.0, 1.6))
        elif act is Act.GESTURE:
            self._add(rng.uniform(0.3, 0.6), self._here(0.02))
            self._rest(rng.uniform(0.1, 0.3))
        elif act is Act.WANDER:
            self._add(rng.uniform(0.6, 1.1), self._near_home(self._lane.roaming))
        elif act is Act.CROSS:
            self._add(rng.uniform(0.6, 1.0), self._other_side())
            self._go_home(rng.uniform(0.6, 1.0))
        elif act is Act.WAVE:
            self._wave()
        else:
            self._add(rng.uniform(0.4, 0.7), self._exit(), "relaxed")
            away_s = rng.uniform(0.2, 0.9)
            self.absences_s.append(self.time_s + away_s / 2)
            self._rest(away_s)
            self._go_home(rng.uniform(0.4, 0.7))

    def _go_home(self, after_s: float) -> None:
        self._add(after_s, self._near_home(self._lane.roaming / 2))

    def _add(self, after_s: float, place: tuple[float, float], gesture: str | None = None) -> None:
        rng = self._rng
        if rng.random() < PROBABILITY_OF_TURNING:
            self._is_palm = not self._is_palm
        yaw, pitch, roll = rng.normal(0, TILT_SIGMA_DEG)
        facing = PALM_DEG if self._is_palm else BACK_DEG
        name = gesture or str(rng.choice(GESTURE_NAMES))
        self._append(after_s, self._position_m(place), facing + yaw, pitch, roll, name)

    def _rest(self, duration_s: float) -> None:
        """Stay as in the last key frame."""
        self.time_s += duration_s
        self.key_frames.append(replace(self.key_frames[-1], time_s=self.time_s))

    def _wave(self) -> None:
        """Swing to and fro quickly about where the hand is."""
        start = self.key_frames[-1]
        x_m, y_m, z_m = start.position_m
        for k in range(int(self._rng.integers(4, 8))):
            side = 1 if k % 2 else -1
            swing_m = WAVE_SWING_M * self._rng.uniform(0.6, 1.2)
            position_m = (x_m + side * swing_m, y_m, z_m)
            roll = start.roll_deg - side * WAVE_ROLL_DEG
            after_s = self._rng.uniform(0.15, 0.28)
            self._append(after_s, position_m, start.yaw_deg, start.pitch_deg, roll, start.gesture)
        self.time_s += 0.3
        self.key_frames.append(replace(start, time_s=self.time_s))

    def _append(
        self,
        after_s: float,
        position_m: tuple[float, float, float],
        yaw_deg: float,
        pitch_deg: float,
        roll_deg: float,
        gesture: str,
    ) -> None:
        self.time_s += after_s
        self.key_frames.append(
            KeyFrame(self.time_s, position_m, yaw_deg, pitch_deg, roll_deg, gesture)
        )

    def _position_m(self, place: tuple[float, float]) -> tuple[float, float, float]:
        camera, depth_m = self._camera, self._lane.depth_m
        size_px = (camera.width_px, camera.height_px)
        x_m, y_m = (
            (share * size - centre) * depth_m / camera.focal_px
            for share, size, centre in zip(place, size_px, camera.centre_px, strict=True)
        )
        return x_m, y_m, depth_m * (1 + 0.04 * self._rng.uniform(-1, 1))

    def _near_home(self, sigma: float) -> tuple[float, float]:
        x, y = np.array(self._lane.home) + self._rng.normal(0, (sigma, sigma / 2))
        return _inside(x, y)

    def _here(self, sigma: float) -> tuple[float, float]:
        position_m = np.array([self.key_frames[-1].position_m])
        pixel = self._camera.project(position_m)[0]
        size = np.array([self._camera.width_px, self._camera.height_px])
        x, y = pixel / size + self._rng.normal(0, sigma, 2)
        return _inside(x, y)

    def _other_side(self) -> tuple[float, float]:
        x, y = self._lane.home
        return _inside(1 - x + self._rng.normal(0, 0.08), y + self._rng.normal(0, 0.05))

    def _exit(self) -> tuple[float, float]:
        """Leave below, or to the side that is nearer."""
        x, y = self._lane.home
        if self._rng.random() < 0.5:
            return x, 1 + OUT_OF_SIGHT
        return (1 + OUT_OF_SIGHT if x > 0.5 else -OUT_OF_SIGHT), y


def _inside(x: float, y: float) -> tuple[float, float]:
    low, high = EDGE
    return float(np.clip(x, low, high)), float(np.clip(y, low + 0.05, high))


def sample_lanes(n_hands: int, rng: np.random.Generator) -> Sequence[Lane]:
    """Spread hands over the image's width, each at its own depth; the more, the farther away."""
    width = 0.5 + 0.1 * n_hands
    homes = (np.arange(n_hands) + 0.5) / n_hands * width + (1 - width) / 2
    nearest_m = rng.uniform(0.42, 0.7) * (0.8 + 0.2 * n_hands)
    depths_m = nearest_m + 0.13 * rng.permutation(n_hands)
    return [
        Lane((float(x), float(rng.uniform(0.4, 0.65))), float(depth_m), ROAMING / n_hands)
        for x, depth_m in zip(homes, depths_m, strict=True)
    ]

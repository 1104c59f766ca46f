# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""People's arms in front of the camera: posed, turned, dressed, holding things."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from training.synthesis.accessories import (
    PROBABILITY_OF_GLOVES,
    sample_gloves,
    sample_worn,
)
from training.synthesis.arm_meshes import Sleeve
from training.synthesis.arm_model import ArmModel
from training.synthesis.grasps import sample_grasp
from training.synthesis.pose_sampling import sample_pose
from training.synthesis.posing import PosedArm, Poser
from training.synthesis.renderer import Mesh
from training.synthesis.skin import Skin
from training.synthesis.views import View, sample_turn

Floats = NDArray[np.float64]
Choice = TypeVar("Choice")

MIRROR = np.diag([-1.0, 1.0, 1.0])
"""Makes a right arm of a left one."""
PROBABILITY_OF_SLEEVE = 0.6
PROBABILITY_OF_CROSSED_HANDS = 0.15
HANDS_APART_M = (0.07, 0.22)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One person: arm and skin, or the gloves over it."""

    poser: Poser
    skin: Skin
    name: str
    gloves: Skin | None = None

    @property
    def surface(self) -> Skin:
        """Return what covers the hands."""
        return self.gloves or self.skin


@dataclass(frozen=True, slots=True, eq=False)
class ArmInScene:
    """An arm in the camera frame, on the person's left or right side."""

    subject: Subject
    arm: PosedArm
    is_right: bool
    gesture: str
    sleeve: Sleeve | None
    prop: Mesh | None = None
    worn: tuple[Mesh, ...] = ()
    """Rings and watches; their owners are relative to the arm's."""

    def turned(self, turn: Floats) -> "ArmInScene":
        """Apply an orthogonal (3, 3) matrix; a mirror makes it the other arm."""
        return replace(
            self,
            arm=self.arm.turned(turn),
            prop=None if self.prop is None else self.prop.turned(turn),
            worn=tuple(mesh.turned(turn) for mesh in self.worn),
        )

    def shifted(self, shift_m: Floats) -> "ArmInScene":
        """Move by (3,) metres."""
        return replace(
            self,
            arm=self.arm.shifted(shift_m),
            prop=None if self.prop is None else self.prop.shifted(shift_m),
            worn=tuple(mesh.shifted(shift_m) for mesh in self.worn),
        )


def dressed(subject: Subject, rng: np.random.Generator) -> Subject:
    """Put gloves on somebody, seldom."""
    if rng.random() < PROBABILITY_OF_GLOVES:
        return replace(subject, gloves=sample_gloves(subject.skin, rng))
    return subject


def sample_arm(
    subject: Subject,
    model: ArmModel,
    view: View,
    is_right: bool,
    grasps: float,
    rng: np.random.Generator,
) -> ArmInScene:
    """Sample pose, view and dress of an arm whose middle knuckle is at the origin.

    grasps: the share of hands that hold something.
    """
    prop: Mesh | None = None
    if rng.random() < grasps:
        grasp = sample_grasp(subject.poser, rng)
        pose, gesture, prop = grasp.pose, grasp.name, grasp.thing.mesh(rng)
    else:
        sampled = sample_pose(subject.poser, rng)
        pose, gesture = sampled.pose, sampled.gesture
    arm = subject.poser(pose)
    sleeve = sample_sleeve(rng) if rng.random() < PROBABILITY_OF_SLEEVE else None
    worn = sample_worn(arm, model, rng)
    item = ArmInScene(subject, arm, is_right, gesture, sleeve, prop, worn)
    turn = sample_turn(view, arm, rng)
    item = item.turned(MIRROR @ turn if is_right else turn)
    return item.shifted(-item.arm.landmarks_m[9])


def beside(
    item: ArmInScene, view: View, apart_m: tuple[float, float], rng: np.random.Generator
) -> ArmInScene:
    """Move a second arm beside the first, mostly to the side it belongs to in that view."""
    side = 1 if item.is_right == (view is View.EGOCENTRIC) else -1
    if rng.random() < PROBABILITY_OF_CROSSED_HANDS:
        side = -side
    offset = [side * rng.uniform(*apart_m), rng.normal(0, 0.05), rng.normal(0, 0.06)]
    return item.shifted(np.array(offset))


def choose(shares: Mapping[Choice, float], rng: np.random.Generator) -> Choice:
    """Choose a key; the values are its shares and sum to 1."""
    return list(shares)[int(rng.choice(len(shares), p=list(shares.values())))]


def sample_sleeve(rng: np.random.Generator) -> Sleeve:
    """Sample plain or striped cloth that ends anywhere between wrist and elbow."""
    colour = rng.uniform(0.01, 0.8) * np.clip(1 + rng.normal(0, 0.4, 3), 0.1, 2.0)
    return Sleeve(
        cuff_level=rng.uniform(0.04, 0.8),
        thickness_m=rng.uniform(0.003, 0.009),
        folds=rng.uniform(0.2, 1.2),
        colour=np.clip(colour, 0, 1),
        stripe_colour=np.clip(colour * rng.uniform(0.2, 2.5), 0, 1),
        stripes=float(rng.uniform(20, 120)) if rng.random() < 1 / 3 else 0.0,
    )

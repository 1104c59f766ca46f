# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures for a detector: one to four hands of one or two people, near and far, anywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_model import ArmModel
from training.synthesis.camera import Camera
from training.synthesis.lights import sample_lighting
from training.synthesis.people import ArmInScene, Subject, beside, choose, dressed, sample_arm
from training.synthesis.renderer import Mesh
from training.synthesis.scene import Scene, body_behind
from training.synthesis.views import View

Floats = NDArray[np.float64]

PROBABILITY_OF_BODY = 0.75
GRASPS = 0.2
"""Share of hands that hold something."""
FOCAL_RANGE = (0.7, 1.3)
"""Relative to the image's width."""
HANDS_APART_M = (0.08, 0.55)
BORDER = 0.04
"""How far beyond the edge the middle of a hand may be, as a share of the image."""


@dataclass(frozen=True, slots=True)
class CrowdOptions:
    """What is drawn how often."""

    n_hands: Mapping[int, float] = field(default_factory=lambda: {1: 0.3, 2: 0.4, 3: 0.15, 4: 0.15})
    """Shares, which sum to 1; two hands are one person's, three and four those of two people."""
    views: Mapping[View, float] = field(
        default_factory=lambda: {
            View.THIRD_PERSON: 0.65,
            View.EGOCENTRIC: 0.2,
            View.UNIFORM: 0.15,
        }
    )
    """Shares, which sum to 1."""
    heights: tuple[float, float] = (0.03, 0.6)
    """Longer side of the smallest and largest hand relative to the image's height."""


def sample_crowd(
    people: Sequence[Subject],
    n_hands: int,
    options: CrowdOptions,
    size_px: tuple[int, int],
    model: ArmModel,
    rng: np.random.Generator,
) -> Scene:
    """Sample a picture of the first one or two of `people`; `size_px` is (width, height).

    One's own hands are never more than two, so that more are always somebody else's.
    """
    width, height = size_px
    focal_px = float(width * rng.uniform(*FOCAL_RANGE))
    camera = Camera(focal_px, ((width - 1) / 2, (height - 1) / 2), width, height)
    view = choose(options.views, rng)
    if view is View.EGOCENTRIC and n_hands > 2:
        view = View.THIRD_PERSON
    arms: list[ArmInScene] = []
    things: list[Mesh] = []
    for person in people:
        n_arms = min(2, n_hands - len(arms))
        of_person = _arms_of(dressed(person, rng), n_arms, model, view, rng)
        if not of_person:
            break
        share = np.exp(rng.uniform(*np.log(options.heights)))
        of_person = _placed(of_person, camera, view, share, model, rng)
        arms += of_person
        if view is View.THIRD_PERSON and rng.random() < PROBABILITY_OF_BODY:
            things += body_behind(of_person, rng)
    return Scene(tuple(arms), sample_lighting(rng), camera, view, tuple(things))


def _arms_of(
    person: Subject, n_hands: int, model: ArmModel, view: View, rng: np.random.Generator
) -> list[ArmInScene]:
    """Sample one or both arms, dressed alike, the middle knuckle of each at the origin."""
    first_is_right = bool(rng.random() < 0.5)
    arms = [
        sample_arm(person, model, view, first_is_right != (k == 1), GRASPS, rng)
        for k in range(n_hands)
    ]
    return [replace(item, sleeve=arms[0].sleeve) for item in arms]


def _placed(
    arms: Sequence[ArmInScene],
    camera: Camera,
    view: View,
    share: float,
    model: ArmModel,
    rng: np.random.Generator,
) -> list[ArmInScene]:
    """Put a person's first hand anywhere in the picture at its size, the second beside it."""
    hand_m = arms[0].arm.vertices_m[model.hand_weight > 0.5]
    extent_m = float(np.ptp(hand_m[:, :2], axis=0).max())
    depth_m = camera.focal_px * extent_m / (share * camera.height_px)
    size_px = np.array([camera.width_px, camera.height_px])
    xy_px = rng.uniform(-BORDER, 1 + BORDER, 2) * size_px
    xy_m = (xy_px - camera.centre_px) * depth_m / camera.focal_px
    place_m = np.append(xy_m, depth_m)
    others = [beside(item, view, HANDS_APART_M, rng) for item in arms[1:]]
    return [item.shifted(place_m) for item in (arms[0], *others)]

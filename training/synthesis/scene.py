# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything in front of the camera: one or two arms of a person, what they hold, the light."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_meshes import ArmMesher
from training.synthesis.arm_model import ArmModel
from training.synthesis.body import sample_body
from training.synthesis.camera import Camera
from training.synthesis.lights import sample_lighting
from training.synthesis.people import (
    HANDS_APART_M,
    ArmInScene,
    Subject,
    beside,
    choose,
    dressed,
    sample_arm,
)
from training.synthesis.reflection import Lighting
from training.synthesis.renderer import Mesh, Rendering, render
from training.synthesis.views import DISTANCE_M, View

Floats = NDArray[np.float64]

PROBABILITY_OF_BODY = 0.25
ONE_HAND_FRACTION = (0.42, 0.85)
TWO_HANDS_FRACTION = (0.6, 0.92)
"""Size of the hands' bounding box relative to the image."""


@dataclass(frozen=True, slots=True)
class SceneOptions:
    """What is drawn how often."""

    views: Mapping[View, float] = field(
        default_factory=lambda: {
            View.THIRD_PERSON: 0.55,
            View.EGOCENTRIC: 0.25,
            View.UNIFORM: 0.20,
        }
    )
    """Shares, which sum to 1."""
    two_hands: float = 0.2
    """Share of scenes with both hands of the subject."""
    grasps: float = 0.2
    """Share of hands that hold something."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A description that `render_scene` draws; arm k owns k + 1 in the object map."""

    arms: tuple[ArmInScene, ...]
    lighting: Lighting
    camera: Camera
    view: View
    things: tuple[Mesh, ...] = ()
    """Whatever else is in front of the background."""

    @property
    def subject(self) -> Subject:
        """Return the person whose arm comes first."""
        return self.arms[0].subject

    @property
    def view_group(self) -> str:
        """Return what makes the picture hard: several hands, a grasp, else the view."""
        if len(self.arms) > 1:
            return "two_hands"
        return "grasp" if self.arms[0].prop is not None else self.view.value


def sample_scene(
    subject: Subject,
    options: SceneOptions,
    size_px: tuple[int, int],
    model: ArmModel,
    rng: np.random.Generator,
) -> Scene:
    """Sample a scene whose hands fill an image of `size_px` (width, height)."""
    view = choose(options.views, rng)
    subject = dressed(subject, rng)
    n_hands = 2 if rng.random() < options.two_hands else 1
    first_is_right = bool(rng.random() < 0.5)
    arms = [
        sample_arm(subject, model, view, first_is_right != (k == 1), options.grasps, rng)
        for k in range(n_hands)
    ]
    arms[1:] = [beside(item, view, HANDS_APART_M, rng) for item in arms[1:]]
    of_hand = model.hand_weight > 0.5
    hands_m = np.concatenate([item.arm.vertices_m[of_hand] for item in arms])
    centre_m = (hands_m.min(0) + hands_m.max(0)) / 2
    near_m, far_m = DISTANCE_M[view]
    distance_m = np.exp(rng.uniform(np.log(near_m), np.log(far_m)))
    shift_m = np.array([0, 0, distance_m]) - centre_m
    arms = [item.shifted(shift_m) for item in arms]
    fractions = TWO_HANDS_FRACTION if n_hands == 2 else ONE_HAND_FRACTION
    camera = _frame_hands(hands_m + shift_m, rng.uniform(*fractions), size_px, rng)
    body: tuple[Mesh, ...] = ()
    if view is View.THIRD_PERSON and rng.random() < PROBABILITY_OF_BODY:
        body = body_behind(arms, rng)
    return Scene(tuple(arms), sample_lighting(rng), camera, view, body)


def body_behind(arms: Sequence[ArmInScene], rng: np.random.Generator) -> tuple[Mesh, ...]:
    """Sample the body of the person whose arms these are."""
    sleeve = arms[0].sleeve
    return sample_body(
        [item.arm for item in arms],
        [item.is_right for item in arms],
        arms[0].subject.skin,
        None if sleeve is None else sleeve.material,
        rng,
    )


def render_scene(scene: Scene, mesher: ArmMesher, samples_per_pixel: int) -> Rendering:
    """Draw the scene's arms, sleeves and props."""
    meshes: list[Mesh] = []
    for k, item in enumerate(scene.arms):
        meshes.append(mesher.arm(item.arm, item.is_right, item.subject.surface, owner=k + 1))
        if item.sleeve is not None:
            meshes.append(mesher.sleeve(item.arm, item.sleeve, owner=k + 1))
        if item.prop is not None:
            meshes.append(item.prop)
        meshes += [replace(mesh, owner=mesh.owner + k + 1) for mesh in item.worn]
    meshes.extend(scene.things)
    return render(meshes, scene.lighting, scene.camera, samples_per_pixel)


def _frame_hands(
    hands_m: Floats, fraction: float, size_px: tuple[int, int], rng: np.random.Generator
) -> Camera:
    """Choose focal length and principal point so that the hands fill a fraction of the image."""
    size = np.array(size_px)
    in_focus = hands_m[:, :2] / np.maximum(hands_m[:, 2:], 0.05)
    low, high = in_focus.min(0), in_focus.max(0)
    focal_px = fraction * float((size / (high - low)).min())
    jitter_px = rng.uniform(-0.5, 0.5, 2) * (1 - fraction) * 0.9 * size
    centre_px = (size - 1) / 2 - focal_px * (low + high) / 2 + jitter_px
    return Camera(focal_px, (float(centre_px[0]), float(centre_px[1])), *size_px)

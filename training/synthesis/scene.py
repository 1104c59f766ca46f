# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything in front of the camera: sample one or two arms, sleeves, a held thing, lights."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_meshes import ArmMesher, Sleeve
from training.synthesis.camera import Camera
from training.synthesis.gestures import GRASPS, THIN_GRASPS
from training.synthesis.pose_sampling import sample_pose
from training.synthesis.posing import PosedArm, Poser
from training.synthesis.props import held_prop
from training.synthesis.reflection import Lighting
from training.synthesis.renderer import Mesh, Rendering, render
from training.synthesis.skin import Skin
from training.synthesis.vectors import unit
from training.synthesis.views import DISTANCE_M, View, sample_turn

Floats = NDArray[np.float64]

MIRROR = np.diag([-1.0, 1.0, 1.0])
"""Makes a right arm of a left one."""
PROBABILITY_OF_SLEEVE = 0.6
PROBABILITY_OF_PROP = 0.45
PROBABILITY_OF_CROSSED_HANDS = 0.15
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


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One person: arm and skin."""

    poser: Poser
    skin: Skin
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class ArmInScene:
    """An arm in the camera frame, on the person's left or right side."""

    arm: PosedArm
    is_right: bool
    gesture: str
    sleeve: Sleeve | None
    prop: Mesh | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A description that `render_scene` draws; arm k owns k + 1 in the object map."""

    subject: Subject
    arms: tuple[ArmInScene, ...]
    lighting: Lighting
    camera: Camera
    view: View


def sample_scene(
    subject: Subject,
    options: SceneOptions,
    size_px: int,
    hand_weight: Floats,
    rng: np.random.Generator,
) -> Scene:
    """Sample a scene whose hands fill a square image of `size_px`.

    hand_weight: (V,) of the arm model; its hand is what gets framed.
    """
    views = list(options.views)
    view = views[int(rng.choice(len(views), p=list(options.views.values())))]
    n_hands = 2 if rng.random() < options.two_hands else 1
    arms: list[ArmInScene] = []
    first_is_right = bool(rng.random() < 0.5)
    for k in range(n_hands):
        arms.append(_sample_arm(subject, view, first_is_right != (k == 1), rng))
    if n_hands == 2:
        arms[1] = _beside(arms[1], rng)
    of_hand = hand_weight > 0.5
    hands_m = np.concatenate([arm.arm.vertices_m[of_hand] for arm in arms])
    centre_m = (hands_m.min(0) + hands_m.max(0)) / 2
    near_m, far_m = DISTANCE_M[view]
    distance_m = np.exp(rng.uniform(np.log(near_m), np.log(far_m)))
    shift_m = np.array([0, 0, distance_m]) - centre_m
    arms = [_shifted(arm, shift_m) for arm in arms]
    fractions = TWO_HANDS_FRACTION if n_hands == 2 else ONE_HAND_FRACTION
    camera = _frame_hands(hands_m + shift_m, rng.uniform(*fractions), size_px, rng)
    arms[0] = _maybe_holding(arms[0], rng)
    return Scene(subject, tuple(arms), sample_lighting(rng), camera, view)


def render_scene(scene: Scene, mesher: ArmMesher, samples_per_pixel: int) -> Rendering:
    """Draw the scene's arms, sleeves and props."""
    meshes: list[Mesh] = []
    for k, item in enumerate(scene.arms):
        meshes.append(mesher.arm(item.arm, item.is_right, scene.subject.skin, owner=k + 1))
        if item.sleeve is not None:
            meshes.append(mesher.sleeve(item.arm, item.sleeve, owner=k + 1))
        if item.prop is not None:
            meshes.append(item.prop)
    return render(meshes, scene.subject.skin, scene.lighting, scene.camera, samples_per_pixel)


def _sample_arm(
    subject: Subject, view: View, is_right: bool, rng: np.random.Generator
) -> ArmInScene:
    sampled = sample_pose(subject.poser, rng)
    arm = subject.poser(sampled.pose)
    turn = sample_turn(view, arm, rng)
    if is_right:
        turn = MIRROR @ turn
    sleeve = sample_sleeve(rng) if rng.random() < PROBABILITY_OF_SLEEVE else None
    arm = arm.turned(turn)
    return ArmInScene(arm.shifted(-arm.landmarks_m[9]), is_right, sampled.gesture, sleeve)


def _beside(item: ArmInScene, rng: np.random.Generator) -> ArmInScene:
    """Move a second arm beside the first, mostly to the side it belongs to in one's own view."""
    side = 1 if item.is_right else -1
    if rng.random() < PROBABILITY_OF_CROSSED_HANDS:
        side = -side
    offset = [side * rng.uniform(0.07, 0.22), rng.normal(0, 0.05), rng.normal(0, 0.06)]
    return _shifted(item, np.array(offset))


def _shifted(item: ArmInScene, shift_m: Floats) -> ArmInScene:
    return replace(item, arm=item.arm.shifted(shift_m))


def _maybe_holding(item: ArmInScene, rng: np.random.Generator) -> ArmInScene:
    if item.gesture not in GRASPS | {"blend"} or rng.random() > PROBABILITY_OF_PROP:
        return item
    prop = held_prop(item.arm.landmarks_m, item.gesture in THIN_GRASPS, rng)
    return replace(item, prop=prop)


def _frame_hands(
    hands_m: Floats, fraction: float, size_px: int, rng: np.random.Generator
) -> Camera:
    """Choose focal length and principal point so that the hands fill a fraction of the image."""
    in_focus = hands_m[:, :2] / np.maximum(hands_m[:, 2:], 0.05)
    low, high = in_focus.min(0), in_focus.max(0)
    focal_px = size_px * fraction / float((high - low).max())
    jitter_px = rng.uniform(-0.5, 0.5, 2) * (1 - fraction) * 0.9 * size_px
    centre_px = (size_px - 1) / 2 - focal_px * (low + high) / 2 + jitter_px
    return Camera(focal_px, (float(centre_px[0]), float(centre_px[1])), size_px, size_px)


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


def sample_lighting(rng: np.random.Generator) -> Lighting:
    """Sample a key light mostly from above, a fill light, and coloured surroundings."""
    key_direction = unit(rng.normal([0, -0.6, -0.5], [1, 0.7, 1]))
    fill_direction = unit(rng.normal([0, -0.1, 0.2], 1))
    ambient = np.exp(rng.uniform(np.log(0.12), np.log(0.9)))
    key = np.exp(rng.uniform(np.log(0.15), np.log(2.2)))
    harmonics = np.zeros((9, 3))
    harmonics[0] = ambient * light_colour(rng.uniform(3000, 9000))
    for k in range(1, 4):
        tint = np.clip(1 + rng.normal(0, 0.15, 3), 0.4, 1.6)
        harmonics[k] = harmonics[0] * rng.normal(0, 0.35) * tint
    harmonics[1] = -np.abs(harmonics[1])  # the sky is above, where y is negative
    harmonics[4:] = harmonics[0] * rng.normal(0, 0.1, (5, 1))
    key_colour = key * light_colour(rng.uniform(2700, 8500))
    fill_colour = key * rng.uniform(0, 0.7) * light_colour(rng.uniform(3000, 9000))
    return Lighting(
        directions=np.stack([key_direction, fill_direction]),
        colours=np.stack([key_colour, fill_colour]),
        ambient=harmonics,
        bump=rng.uniform(0.5, 1.2),
        subsurface=rng.uniform(0.5, 1.2),
        shadow_strength=rng.uniform(0.6, 1.0),
    )


def light_colour(temperature_k: float) -> Floats:
    """Approximate the (3,) linear colour of a black body, 2700 to 9000 K."""
    t = (temperature_k - 2700) / (9000 - 2700)
    return np.array([1.25 - 0.5 * t, 1.0, 0.62 + 0.75 * t])

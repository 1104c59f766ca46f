# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whose arm it is: sample bodies of every age, sex, origin and build."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_model import FINGER_BONES, ArmModel, neutral_vertices_m

PHALANX_SCALE = np.array(
    [
        [1.0, 0.92, 0.98],
        [0.87, 0.93, 0.90],
        [0.84, 0.87, 0.94],
        [0.86, 0.90, 0.93],
        [0.80, 1.10, 1.02],
    ]
)
"""(5, 3) mean phalanx length relative to MakeHuman's, fitted so that the ratios of bone lengths
agree with labels of real frontal hands with straight fingers."""
PHALANX_LENGTH_SIGMA = 0.04
FINGER_LENGTH_SIGMA = 0.03
FINGER_THICKNESS_SIGMA = 0.05
PROBABILITY_OF_CHILD = 0.12
PROBABILITY_OF_AGED = 0.28
DETAIL_SIGMA: Mapping[str, float] = {
    "hands/hand-fingers-diameter": 0.5,
    "hands/hand-fingers-distance": 0.3,
    "hands/hand-fingers-length": 0.5,
    "hands/hand-scale": 0.3,
    "hands/measure-wrist-circ": 0.4,
    "arms/lowerarm-fat": 0.4,
    "arms/lowerarm-muscle": 0.4,
    "arms/lowerarm-scale-horiz": 0.3,
    "arms/lowerarm-scale-depth": 0.3,
}
"""Standard deviation of each shape detail, which has a target for either direction."""


@dataclass(frozen=True, slots=True, eq=False)
class ArmShape:
    """A left arm at rest in metres: (C, 3) cage vertices, (J, 3) joints, how old it looks (0-1)."""

    cage_m: NDArray[np.float64]
    joints_m: NDArray[np.float64]
    agedness: float


def neutral_shape(model: ArmModel) -> ArmShape:
    """Return the average adult's arm, unscaled: the reference for skin textures."""
    vertices_m = neutral_vertices_m(model.asset)
    cage_m = vertices_m[: model.asset.n_skin_vertices]
    return ArmShape(cage_m, model.joints_m(vertices_m), agedness=0.0)


def sample_shape(model: ArmModel, rng: np.random.Generator) -> ArmShape:
    """Sample a body, then the lengths and thicknesses of its phalanges."""
    ages = _sample_ages(rng)
    weights = _macro_weights(ages, rng) | _detail_weights(rng)
    vector = np.zeros(len(model.asset.target_names))
    for name, weight in weights.items():
        vector[model.asset.target_names.index(name)] = weight
    vertices_m = model.asset.vertices_m + np.tensordot(vector, model.asset.targets_m, 1)
    cage_m = vertices_m[: model.asset.n_skin_vertices].copy()
    joints_m = model.joints_m(vertices_m)
    for finger in range(5):
        _scale_finger(model, finger, cage_m, joints_m, rng)
    return ArmShape(cage_m, joints_m, ages["old"])


def _sample_ages(rng: np.random.Generator) -> dict[str, float]:
    group = rng.random()
    if group < PROBABILITY_OF_CHILD:
        child = rng.uniform(0.3, 1)
        return {"child": child, "young": 1 - child, "old": 0.0}
    if group < PROBABILITY_OF_CHILD + PROBABILITY_OF_AGED:
        old = rng.uniform(0.2, 1)
        return {"child": 0.0, "young": 1 - old, "old": old}
    return {"child": 0.0, "young": 1.0, "old": 0.0}


def _macro_weights(ages: Mapping[str, float], rng: np.random.Generator) -> dict[str, float]:
    """Blend MakeHuman's corner bodies: origin x sex x age, and sex x age x muscle x weight."""
    male = rng.random()
    sexes = {"female": 1 - male, "male": male}
    origins = dict(zip(("african", "asian", "caucasian"), rng.dirichlet([0.6] * 3), strict=True))
    muscles, fat = _levels(rng.normal(0.5, 0.22)), _levels(rng.normal(0.5, 0.25))
    weights: dict[str, float] = {}
    for sex, sex_share in sexes.items():
        for age, age_share in ages.items():
            for origin, share in origins.items():
                weights[f"race/{origin}/{sex}/{age}"] = share * sex_share * age_share
            for muscle, muscle_share in muscles.items():
                for level, fat_share in fat.items():
                    share = sex_share * age_share * muscle_share * fat_share
                    weights[f"body/{sex}/{age}/{muscle}/{level}"] = share
    return weights


def _levels(value: float) -> dict[str, float]:
    """Split 0-1 over the corners min, average (0.5) and max; the shares sum to 1."""
    value = float(np.clip(value, 0, 1))
    return {
        "min": max(0.0, 1 - 2 * value),
        "average": 1 - abs(2 * value - 1),
        "max": max(0.0, 2 * value - 1),
    }


def _detail_weights(rng: np.random.Generator) -> dict[str, float]:
    values = {name: np.clip(rng.normal(0, sigma), -1, 1) for name, sigma in DETAIL_SIGMA.items()}
    return {f"{n}-{'incr' if v > 0 else 'decr'}": float(abs(v)) for n, v in values.items()}


def _scale_finger(
    model: ArmModel,
    finger: int,
    cage_m: NDArray[np.float64],
    joints_m: NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    """Lengthen and thicken one finger of a resting arm in place, through its skin weights."""
    jitter = rng.normal(0, PHALANX_LENGTH_SIGMA, 3) + rng.normal(0, FINGER_LENGTH_SIGMA)
    lengths = PHALANX_SCALE[finger] * np.exp(jitter)
    thickness = np.exp(rng.normal(0, FINGER_THICKNESS_SIGMA))
    rows = [model.joint(f"finger-{finger + 1}-{k}") for k in (1, 2, 3, 4)]
    old_m = joints_m[rows]
    phalanges_m = np.diff(old_m, axis=0)
    new_m = np.concatenate([old_m[:1], old_m[0] + np.cumsum(phalanges_m * lengths[:, None], 0)])
    shift_m = np.zeros_like(cage_m)
    for k, bone in enumerate(FINGER_BONES[finger]):
        direction = phalanges_m[k] / np.linalg.norm(phalanges_m[k])
        offset_m = cage_m - old_m[k]
        along_m = (offset_m @ direction)[:, None] * direction
        moved_m = new_m[k] + along_m * lengths[k] + (offset_m - along_m) * thickness
        shift_m += model.skin_weights[:, [bone]] * (moved_m - cage_m)
    cage_m += shift_m
    joints_m[rows] = new_m

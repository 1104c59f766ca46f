# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The rasteriser's rules, and that labels lie exactly where things are drawn."""

import numpy as np
import pytest

from training.synthesis.camera import Camera
from training.synthesis.generator import Generator
from training.synthesis.rasteriser import rasterise
from training.synthesis.renderer import Material, Mesh, render

WHITE = Material(np.ones(3), np.ones(3))
TARGET_RADIUS_PX = 2.0
SAMPLES = 8


def drawn(screen, inverse_depth, triangles, front=0, level=None, min_level=-1.0, size=8):
    """Rasterise on a size² grid; return nearest inverse depth, triangle and weights."""
    inverse_depth = np.array(inverse_depth, np.float32)
    level = np.zeros(len(screen)) if level is None else np.array(level)
    nearest = np.zeros((size, size), np.float32)
    triangle = np.full((size, size), -1, np.int32)
    weights = np.zeros((size, size, 2), np.float32)
    rasterise(
        np.array(screen, np.float32),
        inverse_depth,
        np.array(triangles, np.int32),
        0,
        level.astype(np.float32),
        min_level,
        front,
        nearest,
        triangle,
        weights,
    )
    return nearest, triangle, weights


def test_samples_lie_at_integer_positions():
    _, triangle, _ = drawn([(1.9, 1.9), (5.2, 1.9), (1.9, 5.2)], [1, 1, 1], [(0, 1, 2)])
    rows, columns = np.nonzero(triangle == 0)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (2, 5, 2, 5)


def test_the_nearest_triangle_wins_whatever_the_order():
    screen = [(0, 0), (9, 0), (0, 9)] * 2
    depths = [1, 1, 1, 2, 2, 2]
    for order in ([(0, 1, 2), (3, 4, 5)], [(3, 4, 5), (0, 1, 2)]):
        nearest, _, _ = drawn(screen, depths, order)
        assert nearest[2, 2] == pytest.approx(2)


def test_weights_are_correct_in_perspective():
    """Half-way on the screen between depths 1 and 3 m lies a quarter of the way in space."""
    _, _, weights = drawn([(0, 0), (6, 0), (0, 6)], [1, 1 / 3, 1], [(0, 1, 2)])
    assert weights[0, 3, 1] == pytest.approx(0.25)


def test_what_is_behind_the_camera_is_not_drawn():
    _, triangle, _ = drawn([(0, 0), (9, 0), (0, 9)], [1, -1, 1], [(0, 1, 2)])
    assert (triangle == -1).all()


def test_back_faces_are_culled_on_demand():
    screen = [(0, 0), (9, 0), (0, 9)]
    for order, sign in (((0, 1, 2), 1), ((0, 2, 1), -1)):
        for front in (-1, 0, 1):
            _, triangle, _ = drawn(screen, [1, 1, 1], [order], front)
            assert (triangle >= 0).any() == (front in (0, sign))


def test_a_triangle_is_cut_at_the_level():
    screen = [(0, 0), (8, 0), (0, 8)]
    _, triangle, _ = drawn(screen, [1, 1, 1], [(0, 1, 2)], level=[0, 8, 0], min_level=3)
    assert set(np.nonzero(triangle == 0)[1]) == {3, 4, 5, 6, 7}


def octahedron(centre_m, radius_m):
    vertices_m = centre_m + radius_m * np.concatenate([np.eye(3), -np.eye(3)])
    triangles = [[x, y, z] for x in (0, 3) for y in (1, 4) for z in (2, 5)]
    zeros, ones = np.zeros(6), np.ones(6)
    return Mesh(
        vertices_m=vertices_m,
        normals=(vertices_m - centre_m) / radius_m,
        occlusion=ones,
        mottle=ones,
        hand_weight=zeros,
        level=zeros,
        triangles=np.array(triangles, np.int32),
        triangle_uv=np.zeros((8, 3, 2), np.float32),
        material=WHITE,
        owner=1,
    )


@pytest.fixture(scope="module")
def generator():
    return Generator(seed=3, size_px=(160, 160))


def test_targets_at_the_landmarks_are_drawn_where_the_labels_say(generator):
    errors_px = []
    for index in (0, 5, 9):
        drawn_image = generator(index)
        scene = drawn_image.scene
        for landmark_m, xy_px in zip(
            scene.arms[0].arm.landmarks_m, drawn_image.hands[0].xy_px, strict=True
        ):
            if not (xy_px > 4).all() or not (xy_px < 160 - 5).all():
                continue
            radius_m = TARGET_RADIUS_PX * landmark_m[2] / scene.camera.focal_px  # 2 to 4 mm
            mesh = octahedron(landmark_m, radius_m)
            picture = render([mesh], scene.lighting, scene.camera, SAMPLES)
            rows, columns = np.nonzero(picture.coverage)
            weights = picture.coverage[rows, columns]
            centroid_px = np.array([columns @ weights, rows @ weights]) / weights.sum()
            errors_px.append(centroid_px - xy_px)
    errors_px = np.array(errors_px)
    assert len(errors_px) > 40
    assert np.abs(errors_px.mean(0)).max() < 0.02
    assert np.linalg.norm(errors_px, axis=1).max() < 0.2


def test_the_surface_is_known_at_every_pixel(generator):
    camera = Camera(100.0, (15.5, 15.5), 32, 32)
    scene = generator(0).scene
    mesh = octahedron(np.array([0.0, 0.0, 1.0]), 0.1)
    picture = render([mesh], scene.lighting, camera, 2)
    owner, depth_m = picture.surface_at(np.array([[15.5, 15.5], [0.0, 0.0], [99.0, -7.0]]))
    assert owner.tolist() == [1, 0, 0]
    assert depth_m[0] == pytest.approx(0.9, abs=0.01) and np.isinf(depth_m[1:]).all()
    assert picture.coverage[16, 16] == 1 and picture.coverage[0, 0] == 0


def test_light_falls_off_with_the_lights(generator):
    camera = Camera(100.0, (15.5, 15.5), 32, 32)
    scene = generator(0).scene
    mesh = octahedron(np.array([0.0, 0.0, 1.0]), 0.1)
    lit = render([mesh], scene.lighting, camera, 1).light
    dark = scene.lighting._replace(
        colours=np.zeros((2, 3)), ambient=np.zeros_like(scene.lighting.ambient)
    )
    assert lit.sum() > 0
    assert render([mesh], dark, camera, 1).light.sum() == 0

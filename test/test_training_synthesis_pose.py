# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Poses: kinematics, limits, collisions, skinning and where the landmarks lie."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_landmarks_ros.core.topology import FINGER_BONES
from training.synthesis.arm_model import load_arm_model
from training.synthesis.arm_shape import neutral_shape, sample_shape
from training.synthesis.collision import penetration_m
from training.synthesis.gestures import GESTURES
from training.synthesis.kinematics import HandPose
from training.synthesis.landmarks import JOINT_CENTRES, MEDIAPIPE
from training.synthesis.pose_sampling import sample_pose, sample_variation, within_limits
from training.synthesis.posing import FINGER_RADIUS_M, Poser, vertex_normals
from training.synthesis.vectors import random_rotation, rotation
from training.synthesis.views import View, hand_axes, sample_turn

angles = st.lists(st.floats(-1.5, 1.5), min_size=26, max_size=26).map(np.array)


@functools.cache
def a_poser():
    model = load_arm_model()
    return Poser(model, sample_shape(model, np.random.default_rng(4)))


@pytest.fixture
def poser():
    return a_poser()


def straight(**changes):
    fields = dict(
        fingers_rad=np.zeros((5, 4)),
        thumb_twist_rad=0.0,
        wrist_flexion_rad=0.0,
        wrist_deviation_rad=0.0,
        pronation_rad=0.0,
        elbow_rad=0.0,
        palm_cup_rad=0.0,
    )
    return HandPose(**(fields | changes))


def bone_lengths(landmarks_m):
    bones = np.array([bone for chain in FINGER_BONES.values() for bone in chain])
    return np.linalg.norm(landmarks_m[bones[:, 0]] - landmarks_m[bones[:, 1]], axis=1)


@given(angles)
def test_a_pose_survives_its_vector(vector):
    np.testing.assert_array_equal(HandPose.from_vector(vector).vector(), vector)


@settings(max_examples=30)
@given(angles)
def test_no_pose_changes_the_length_of_a_bone(vector):
    poser = a_poser()
    reference = bone_lengths(poser.joints_m(straight()))
    lengths = bone_lengths(poser.joints_m(HandPose.from_vector(vector)))
    np.testing.assert_allclose(lengths, reference)


def test_the_rest_pose_leaves_the_mesh_where_it_is():
    model = load_arm_model()
    shape = neutral_shape(model)
    poser = Poser(model, shape)
    fingers = np.zeros((5, 4))
    fingers[:, [0, 2, 3]] = poser.rig.rest_flexion_rad
    posed = poser(straight(fingers_rad=fingers))
    np.testing.assert_allclose(posed.vertices_m, model.subdivision @ shape.cage_m, atol=1e-9)


def test_bending_a_finger_moves_its_tip_towards_the_palm_and_no_other(poser):
    bent = np.zeros((5, 4))
    bent[2, 0] = np.radians(60)
    open_m, bent_m = poser.joints_m(straight()), poser.joints_m(straight(fingers_rad=bent))
    dorsal = poser.rig.hand_axes[2]
    assert (bent_m[12] - open_m[12]) @ dorsal < -0.02
    others = [k for k in range(21) if k not in (10, 11, 12)]
    np.testing.assert_allclose(bent_m[others], open_m[others], atol=1e-12)


def test_landmarks_lie_inside_the_skin():
    model = load_arm_model()
    for seed in range(5):
        arm = Poser(model, sample_shape(model, np.random.default_rng(seed)))(straight())
        for landmark_m in arm.landmarks_m:
            offset_m = arm.vertices_m - landmark_m
            nearest = np.argmin((offset_m**2).sum(1))
            assert offset_m[nearest] @ arm.normals[nearest] > 0


def test_the_convention_moves_wrist_thumb_base_and_tips_alone():
    model = load_arm_model()
    shape = neutral_shape(model)
    pose = straight()
    joints_m, mediapipe_m = (
        Poser(model, shape, convention)(pose).landmarks_m
        for convention in (JOINT_CENTRES, MEDIAPIPE)
    )
    moved = np.flatnonzero(np.linalg.norm(joints_m - mediapipe_m, axis=1) > 1e-6)
    assert moved.tolist() == [0, 1, 4, 8, 12, 16, 20]
    np.testing.assert_allclose(joints_m, Poser(model, shape).joints_m(pose), atol=1e-12)


def test_joints_stay_within_their_limits():
    rng = np.random.default_rng(1)
    for _ in range(50):
        angles_deg = np.degrees(within_limits(rng.normal(0, 1.5, (5, 4))))
        assert angles_deg[1:, 2].min() > -3.01 and angles_deg[1:, 2].max() < 108.01
        assert np.abs(angles_deg[1:, 1]).max() < 18.01


def test_parallel_fingers_collide_when_they_are_nearer_than_they_are_thick():
    joints_m = np.zeros((21, 3))
    for finger in range(5):
        for k in range(4):
            joints_m[1 + 4 * finger + k] = (0.03 * finger, 0.09 + 0.03 * k, 0.0)
    assert penetration_m(joints_m, FINGER_RADIUS_M) == 0
    joints_m[9:13, 0] = joints_m[5:9, 0] + 0.005
    assert penetration_m(joints_m, FINGER_RADIUS_M) > 0.005


@pytest.mark.parametrize("gesture", ["open", "point", "peace", "relaxed", "letter_c"])
def test_sampled_gestures_do_not_run_through_themselves(poser, gesture):
    rng = np.random.default_rng(2)
    pose = sample_variation(poser, gesture, rng)
    assert penetration_m(poser.joints_m(pose), poser.finger_radius_m) < 0.003


def test_sampled_poses_cover_every_gesture(poser):
    rng = np.random.default_rng(3)
    names = {sample_pose(poser, rng).gesture for _ in range(400)}
    assert {"blend", "random"} < names and len(names & set(GESTURES)) > 0.8 * len(GESTURES)


def test_normals_of_a_sphere_point_outward():
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rings = [
        np.sin(a) * np.stack([np.cos(turn), np.sin(turn)], 1) for a in np.linspace(0.2, 2.9, 12)
    ]
    heights = np.cos(np.linspace(0.2, 2.9, 12))
    points = np.concatenate(
        [np.column_stack([r, np.full(24, h)]) for r, h in zip(rings, heights, strict=True)]
    )
    i, j = np.meshgrid(np.arange(11), np.arange(24), indexing="ij")
    a, b = 24 * i + j, 24 * i + (j + 1) % 24
    triangles = np.concatenate(
        [
            np.stack([a, a + 24, b], -1).reshape(-1, 3),
            np.stack([b, a + 24, b + 24], -1).reshape(-1, 3),
        ]
    )
    normals = vertex_normals(points, triangles.astype(np.int32))
    inner = slice(24, -24)
    assert ((normals * points).sum(1)[inner] > 0.98).all()


def test_rotations_are_rotations():
    rng = np.random.default_rng(5)
    for turn in (random_rotation(rng), rotation([1, 2, 3], 0.7)):
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(turn) == pytest.approx(1)


@pytest.mark.parametrize("view", list(View))
def test_views_turn_arms_without_bending_them(poser, view):
    rng = np.random.default_rng(6)
    arm = poser(sample_pose(poser, rng).pose)
    turn = sample_turn(view, arm, rng)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(turn) == pytest.approx(1)


def test_ones_own_hand_is_seen_from_the_elbows_side(poser):
    """In an egocentric view the elbow is below the hand and mostly nearer to the eye."""
    rng = np.random.default_rng(7)
    arm = poser(sample_pose(poser, rng).pose)
    elbows = np.array(
        [
            sample_turn(View.EGOCENTRIC, arm, rng) @ (arm.elbow_m - arm.landmarks_m[0])
            for _ in range(50)
        ]
    )
    assert (elbows[:, 1] > 0).all()  # y points down
    assert np.median(elbows[:, 2]) < 0  # z points away


def test_the_back_of_a_third_persons_hand_can_face_the_camera(poser):
    rng = np.random.default_rng(8)
    arm = poser(sample_pose(poser, rng).pose)
    axes = hand_axes(arm.landmarks_m)
    towards_camera = [-(sample_turn(View.THIRD_PERSON, arm, rng) @ axes[2])[2] for _ in range(60)]
    assert np.mean(np.array(towards_camera) > 0) == pytest.approx(0.45, abs=0.2)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Markers in the camera's optical frame."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_hands import known_hand
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header
from tiny_model import hand_xy_px
from visualization_msgs.msg import Marker

from hand_landmarks_ros.core.errors import HandLandmarksError
from hand_landmarks_ros.core.topology import MIDDLE_FINGER_MCP, WRIST
from hand_landmarks_ros.ros.camera_info import camera_info_from_file, guessed_camera_info
from hand_landmarks_ros.ros.camera_model import camera_from_info
from hand_landmarks_ros.ros.markers import joints_in_camera, markers_from_hands

PALM_LENGTH_M = 0.09


def info(**changes) -> CameraInfo:
    message = CameraInfo(
        width=640,
        height=480,
        distortion_model="plumb_bob",
        d=[-0.3, 0.1, 0.001, -0.002, 0.0],
        k=[600.0, 0.0, 322.0, 0.0, 610.0, 238.0, 0.0, 0.0, 1.0],
        p=[550.0, 0.0, 330.0, 0.0, 0.0, 555.0, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    )
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def camera(message=None, width=640, height=480, *, is_rectified=False):
    return camera_from_info(message or info(), width, height, is_rectified=is_rectified)


@given(x=st.floats(-0.3, 0.3), y=st.floats(-0.2, 0.2))
def test_a_ray_through_a_distorted_pixel_leads_back_to_the_point(x, y):
    message = info()
    k, d = np.array(message.k).reshape(3, 3), np.array(message.d)
    xy_px, _ = cv2.projectPoints(np.array([[x, y, 1.0]]), np.zeros(3), np.zeros(3), k, d)
    np.testing.assert_allclose(camera(message).rays(xy_px[0]), [[x, y]], atol=2e-4)


def test_a_fisheye_camera_is_undistorted_by_its_own_model():
    message = info(distortion_model="equidistant", d=[0.05, -0.01, 0.002, 0.0])
    k, d = np.array(message.k).reshape(3, 3), np.array(message.d)
    point = np.array([[[0.4, -0.3, 1.0]]])
    xy_px, _ = cv2.fisheye.projectPoints(point, np.zeros(3), np.zeros(3), k, d)
    np.testing.assert_allclose(camera(message).rays(xy_px[0]), [[0.4, -0.3]], atol=1e-4)


def test_a_rectified_image_follows_p_without_distortion():
    rays = camera(is_rectified=True).rays([[330.0 + 55, 240.0 - 111]])
    np.testing.assert_allclose(rays, [[0.1, -0.2]])


def test_binning_and_region_of_interest_shift_and_scale_the_camera():
    plain = info(d=[])
    binned = info(
        d=[],
        binning_x=2,
        binning_y=2,
        roi=RegionOfInterest(x_offset=100, y_offset=40, width=400, height=300),
    )
    xy_full_px = np.array([[250.0, 130.0]])
    xy_binned_px = (xy_full_px - [100, 40]) / 2
    np.testing.assert_allclose(
        camera(binned, 200, 150).rays(xy_binned_px), camera(plain).rays(xy_full_px)
    )


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (info(width=1280, height=720), "1280 x 720, the image has 640 x 480"),
        (info(k=[0.0] * 9), "no focal length"),
        (info(distortion_model="magic"), "'magic' with 5 coefficients, expected one of"),
        (info(distortion_model="equidistant"), "'equidistant' with 5 coefficients"),
    ],
)
def test_a_camera_info_that_cannot_be_used_is_refused(message, complaint):
    with pytest.raises(HandLandmarksError, match=complaint):
        camera(message)


@given(distance_m=st.floats(0.2, 3.0), x_m=st.floats(-0.05, 0.05), y_m=st.floats(-0.05, 0.05))
def test_a_hand_of_the_stated_palm_length_is_put_at_its_true_distance(distance_m, x_m, y_m):
    xy = hand_xy_px((0.0, 0.0), 1.0) * (0.9, 1.0)
    xy_m = xy / np.linalg.norm(xy[MIDDLE_FINGER_MCP] - xy[WRIST]) * PALM_LENGTH_M + (x_m, y_m)
    k = np.array(info().k).reshape(3, 3)
    points_m = np.concatenate([xy_m, np.full((21, 1), distance_m)], axis=1)
    xy_px = (points_m @ k.T)[:, :2] / distance_m
    found_m = joints_in_camera(known_hand(xy_px), camera(info(d=[])), PALM_LENGTH_M)
    np.testing.assert_allclose(found_m, points_m, rtol=1e-3, atol=1e-5)


def test_a_palm_tilted_towards_the_camera_is_measured_by_its_breadth():
    xy_px = hand_xy_px((320.0, 240.0), 100.0)
    flat = joints_in_camera(known_hand(xy_px), camera(info(d=[])), PALM_LENGTH_M)
    tilted_px = (xy_px - (320.0, 240.0)) * (1.0, 0.2) + (320.0, 240.0)
    tilted = joints_in_camera(known_hand(tilted_px), camera(info(d=[])), PALM_LENGTH_M)
    assert tilted[0, 2] < 1.2 * flat[0, 2]


def test_a_hand_with_depth_is_put_where_it_was_measured():
    """At the median of the landmarks with depth; the others come along."""
    xy_px = hand_xy_px((320.0, 240.0), 100.0)
    z_px = np.linspace(-10.0, 10.0, 21)
    xyz_m = np.full((21, 3), np.nan, np.float32)
    xyz_m[5:10, 2] = (0.5, 0.7, 0.7, 0.7, 0.9)
    placed = joints_in_camera(
        known_hand(xy_px, z_px, xyz_m=xyz_m), camera(info(d=[])), PALM_LENGTH_M
    )
    expected_m = 0.7 + (z_px - z_px[7]) * 0.7 / 600.0
    np.testing.assert_allclose(placed[:, 2], expected_m, rtol=1e-5)
    nowhere = known_hand(xy_px, z_px, xyz_m=np.full((21, 3), np.nan, np.float32))
    by_size = joints_in_camera(known_hand(xy_px, z_px), camera(info(d=[])), PALM_LENGTH_M)
    np.testing.assert_array_equal(
        joints_in_camera(nowhere, camera(info(d=[])), PALM_LENGTH_M), by_size
    )


def test_relative_depth_moves_a_joint_along_its_ray():
    xy_px = hand_xy_px((320.0, 240.0), 100.0)
    z_px = np.zeros(21)
    z_px[8] = -20.0
    flat = joints_in_camera(known_hand(xy_px), camera(info(d=[])), PALM_LENGTH_M)
    bent = joints_in_camera(known_hand(xy_px, z_px), camera(info(d=[])), PALM_LENGTH_M)
    assert bent[8, 2] == pytest.approx(flat[8, 2] * (1 - 20 / 600))
    np.testing.assert_allclose(bent[8, :2] / bent[8, 2], flat[8, :2] / flat[8, 2])
    np.testing.assert_allclose(np.delete(bent, 8, axis=0), np.delete(flat, 8, axis=0))


def test_landmarks_in_one_point_give_finite_markers():
    joints = joints_in_camera(known_hand(np.full((21, 2), 100.0)), camera(), PALM_LENGTH_M)
    assert np.isfinite(joints).all()


def test_each_hand_has_markers_of_its_own_and_lost_ones_are_deleted():
    hands = [known_hand(hand_xy_px(), track_id=number) for number in (3, 2**32 - 1)]
    header = Header(frame_id="optical")
    markers = markers_from_hands(hands, header, camera(), PALM_LENGTH_M, [2]).markers
    keys = {(marker.ns, marker.id, marker.action) for marker in markers}
    assert len(keys) == 6 == len(markers)
    assert {key for key in keys if key[2] == Marker.DELETE} == {
        ("joints", 2, Marker.DELETE),
        ("bones", 2, Marker.DELETE),
    }
    assert all(marker.header.frame_id == "optical" for marker in markers)
    drawn = [marker for marker in markers if marker.action == Marker.ADD]
    assert all(marker.lifetime.nanosec and marker.scale.x > 0 for marker in drawn)
    assert all(marker.pose.orientation.w == 1.0 for marker in drawn)


CALIBRATION = """
image_width: 640
image_height: 480
camera_name: narrow_stereo
camera_matrix: {rows: 3, cols: 3, data: [600, 0, 322, 0, 610, 238, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [-0.3, 0.1, 0.001, -0.002, 0.0]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [550, 0, 330, 0, 0, 555, 240, 0, 0, 0, 1, 0]}
"""


def test_a_calibration_file_becomes_a_camera_info(tmp_path):
    path = tmp_path / "camera.yaml"
    path.write_text(CALIBRATION)
    found = camera_info_from_file(path)
    assert (found.width, found.height, found.distortion_model) == (640, 480, "plumb_bob")
    assert list(found.k) == list(info().k) and list(found.d) == list(info().d)
    assert list(found.p) == list(info().p) and found.r[0] == 1.0


@pytest.mark.parametrize("text", ["", "image_width: 640", "a: [", CALIBRATION.replace("322, ", "")])
def test_a_calibration_file_that_cannot_be_read_is_refused(tmp_path, text):
    path = tmp_path / "camera.yaml"
    path.write_text(text)
    with pytest.raises(HandLandmarksError, match="written by camera_calibration"):
        camera_info_from_file(path)


def test_a_guessed_camera_sees_its_field_of_view():
    guessed = camera(guessed_camera_info(640, 480, 1.2), 640, 480)
    left, right = guessed.rays([[-0.5, 239.5], [639.5, 239.5]])[:, 0]
    assert np.arctan(right) - np.arctan(left) == pytest.approx(1.2)

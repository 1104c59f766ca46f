# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of hands with exact labels, rendered on the CPU from a CC0 arm model.

The data flows one way, a module a step::

    arm_asset -> arm_model -> arm_shape          whose arm it is (mesh, joints)
    gestures  -> pose_sampling -> kinematics     how it is held
    posing                                       vertices, normals, 21 landmarks in 3-D
    skin_regions -> skin                         what its skin looks like (one texture)
    views, props -> scene                        camera, lights, one or two arms, things held
    arm_meshes -> renderer                       linear light, coverage, what is where
                 (rasteriser, shading, reflection)
    background -> photo                          composition, optics and sensor
    labels                                       pixels, visibility, relative depth
    generator -> dataset                         image i = f(seed, i), its checks, its files
    choreography, room -> clip                   the demo's clip

Frames: the rest pose is in metres in the body frame of MakeHuman (x to the left of the body,
y up, z to the front). Everything after posing is in metres in the camera's optical frame (x right,
y down, z forward). Pixels follow the repository: x right, y down, integer = pixel centre.
"""

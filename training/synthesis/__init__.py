# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of hands with exact labels, rendered on the CPU from a CC0 arm model.

The data flows one way, a module a step::

    arm_asset -> arm_model -> arm_shape          whose arm it is (mesh, joints)
    gestures  -> pose_sampling -> kinematics     how it is held
    grasps, props                                what it holds and how it closes round it
    posing                                       vertices, normals, 21 landmarks in 3-D
    skin_regions -> skin, accessories            its skin (one texture), gloves, rings, watches
    views -> people                              arms turned to the camera, dressed
    lights, body -> scene, crowd                 what is in front of the camera
    arm_meshes, solids -> renderer               linear light, coverage, what is where
                 (rasteriser, shading, reflection)
    background, photo_background -> photo        composition, optics and sensor
    labels                                       pixels, visibility, relative depth
    kinds -> generator                           image i = f(kind, seed, i), and its checks
    dataset_options, records -> dataset          its files
    performance -> stage (motion_blur)           hands in motion, and how they are filmed
    choreography, room -> clip                   the demo's clip
    improvisation -> sequence -> sequence_files  films with identities

Frames: the rest pose is in metres in the body frame of MakeHuman (x to the left of the body,
y up, z to the front). Everything after posing is in metres in the camera's optical frame (x right,
y down, z forward). Pixels follow the repository: x right, y down, integer = pixel centre.
"""

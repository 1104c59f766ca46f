# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Do fingers run through each other or through the palm? (capsules around the bones)"""

import numpy as np
from numpy.typing import NDArray

from training.synthesis.compiled import compiled

Floats = NDArray[np.float64]

PHALANX_TAPER = (1.0, 0.95, 0.85)
FINGER_SQUEEZE = 0.78
"""Touching fingers flatten: capsules may come this close, relative to their radii."""
PALM_HALF_THICKNESS_M = 0.0105


@compiled
def penetration_m(joints_m: Floats, finger_radius_m: Floats) -> float:
    """Return by how many metres the worst pair of parts overlaps; 0 where none does.

    joints_m: (21, 3) joint centres; finger_radius_m: (5,).
    """
    worst = 0.0
    for first in range(5):
        for second in range(first + 1, 5):
            for i in range(3):
                for j in range(3):
                    if i == 0 and (first == 0 or j == 0):
                        continue  # neighbours that share the palm always touch there
                    gap = segment_distance(
                        joints_m[1 + 4 * first + i],
                        joints_m[2 + 4 * first + i],
                        joints_m[1 + 4 * second + j],
                        joints_m[2 + 4 * second + j],
                    )
                    reach = finger_radius_m[first] * PHALANX_TAPER[i]
                    reach += finger_radius_m[second] * PHALANX_TAPER[j]
                    worst = max(worst, FINGER_SQUEEZE * reach - gap)
    for finger in range(5):
        for metacarpal in range(1, 5):
            if finger == 0 and metacarpal == 1:
                continue
            knuckle = joints_m[1 + 4 * metacarpal]
            start = 0.75 * joints_m[0] + 0.25 * knuckle
            end = knuckle if finger != metacarpal else start + 0.85 * (knuckle - start)
            reach = 0.95 * (PALM_HALF_THICKNESS_M + 0.8 * finger_radius_m[finger])
            for k in (3, 4):
                point = joints_m[4 * finger + k]
                worst = max(worst, reach - segment_distance(start, end, point, point))
    return worst


@compiled
def clearance_m(
    joints_m: Floats,
    finger: int,
    first_phalanx: int,
    start_m: Floats,
    end_m: Floats,
    radius_m: float,
    finger_radius_m: float,
) -> float:
    """Return the least distance of a finger, from one phalanx on, to a bar; < 0: they overlap."""
    least = np.inf
    for k in range(first_phalanx, 3):
        joint = 1 + 4 * finger + k
        gap = segment_distance(joints_m[joint], joints_m[joint + 1], start_m, end_m)
        least = min(least, gap - radius_m - finger_radius_m * PHALANX_TAPER[k])
    return least


@compiled
def segment_distance(p1: Floats, q1: Floats, p2: Floats, q2: Floats) -> float:
    """Return the distance of two segments; the second may be a point.

    Ericson, "Real-Time Collision Detection", 2005, section 5.1.9.
    """
    a = b = c = e = f = 0.0
    for k in range(3):
        d1, d2, r = q1[k] - p1[k], q2[k] - p2[k], p1[k] - p2[k]
        a += d1 * d1
        b += d1 * d2
        c += d1 * r
        e += d2 * d2
        f += d2 * r
    s = t = 0.0
    if e < 1e-12:
        s = min(max(-c / a, 0.0), 1.0)
    else:
        denominator = a * e - b * b
        if denominator > 1e-12:
            s = min(max((b * f - c * e) / denominator, 0.0), 1.0)
        t = (b * s + f) / e
        if t < 0.0:
            t = 0.0
            s = min(max(-c / a, 0.0), 1.0)
        elif t > 1.0:
            t = 1.0
            s = min(max((b - c) / a, 0.0), 1.0)
    squared = 0.0
    for k in range(3):
        squared += (p1[k] + s * (q1[k] - p1[k]) - p2[k] - t * (q2[k] - p2[k])) ** 2
    return float(np.sqrt(squared))

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Triangles to samples: a z-buffer with perspective-correct barycentric coordinates.

Samples lie at integer positions of the screen (x right, y down), so that with one sample a pixel
they are the pixel centres of the repository's convention.
"""

import numpy as np
from numpy.typing import NDArray

from training.synthesis.compiled import compiled

Floats = NDArray[np.float32]
Triangles = NDArray[np.int32]


@compiled
def rasterise(
    screen: Floats,
    inverse_depth: Floats,
    triangles: Triangles,
    first_triangle: int,
    level: Floats,
    min_level: float,
    front: int,
    nearest: Floats,
    triangle_of_sample: Triangles,
    barycentric: Floats,
) -> None:
    """Draw triangles into the buffers where they are nearest.

    screen: (V, 2); inverse_depth: (V,) 1/m, not positive for vertices behind the camera, whose
    triangles are skipped. level: (V,); parts of a triangle below `min_level` are cut away.
    front: sign on the screen of the area of triangles that are seen from outside; only these are
    drawn, or all if it is 0.
    nearest: (H, W) inverse depth, 0 where empty. triangle_of_sample: (H, W), gets
    `first_triangle` + index. barycentric: (H, W, 2) weights of the first two corners.
    """
    height, width = nearest.shape
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        depth_a, depth_b, depth_c = inverse_depth[a], inverse_depth[b], inverse_depth[c]
        if depth_a <= 0 or depth_b <= 0 or depth_c <= 0:
            continue
        if level[a] < min_level and level[b] < min_level and level[c] < min_level:
            continue
        ax, ay = screen[a, 0], screen[a, 1]
        bx, by = screen[b, 0] - ax, screen[b, 1] - ay
        cx, cy = screen[c, 0] - ax, screen[c, 1] - ay
        area = bx * cy - cx * by
        if abs(area) < 1e-9 or area * front < 0:
            continue
        left = max(0, int(np.ceil(ax + min(0.0, bx, cx))))
        right = min(width - 1, int(np.floor(ax + max(0.0, bx, cx))))
        top = max(0, int(np.ceil(ay + min(0.0, by, cy))))
        bottom = min(height - 1, int(np.floor(ay + max(0.0, by, cy))))
        for y in range(top, bottom + 1):
            dy = y - ay
            for x in range(left, right + 1):
                dx = x - ax
                weight_b = (dx * cy - cx * dy) / area
                weight_c = (bx * dy - dx * by) / area
                weight_a = 1 - weight_b - weight_c
                if weight_a < 0 or weight_b < 0 or weight_c < 0:
                    continue
                weight_a *= depth_a
                weight_b *= depth_b
                total = weight_a + weight_b + weight_c * depth_c
                if total <= nearest[y, x]:
                    continue
                weight_a /= total
                weight_b /= total
                here = weight_a * level[a] + weight_b * level[b]
                if here + (1 - weight_a - weight_b) * level[c] < min_level:
                    continue
                nearest[y, x] = total
                triangle_of_sample[y, x] = first_triangle + t
                barycentric[y, x, 0] = weight_a
                barycentric[y, x, 1] = weight_b


@compiled
def rasterise_shadow(screen: Floats, depth: Floats, triangles: Triangles, nearest: Floats) -> None:
    """Keep the smallest depth (V,) of the triangles at each sample of `nearest` (H, W)."""
    height, width = nearest.shape
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = screen[a, 0], screen[a, 1]
        bx, by = screen[b, 0] - ax, screen[b, 1] - ay
        cx, cy = screen[c, 0] - ax, screen[c, 1] - ay
        area = bx * cy - cx * by
        if abs(area) < 1e-12:
            continue
        left = max(0, int(np.ceil(ax + min(0.0, bx, cx))))
        right = min(width - 1, int(np.floor(ax + max(0.0, bx, cx))))
        top = max(0, int(np.ceil(ay + min(0.0, by, cy))))
        bottom = min(height - 1, int(np.floor(ay + max(0.0, by, cy))))
        for y in range(top, bottom + 1):
            dy = y - ay
            for x in range(left, right + 1):
                dx = x - ax
                weight_b = (dx * cy - cx * dy) / area
                weight_c = (bx * dy - dx * by) / area
                if weight_b < 0 or weight_c < 0 or weight_b + weight_c > 1:
                    continue
                here = (
                    depth[a] + weight_b * (depth[b] - depth[a]) + weight_c * (depth[c] - depth[a])
                )
                nearest[y, x] = min(nearest[y, x], here)

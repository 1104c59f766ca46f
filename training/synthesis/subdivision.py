# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One step of Catmull-Clark subdivision as a sparse matrix.

Catmull and Clark, "Recursively generated B-spline surfaces on arbitrary topological meshes",
Computer-Aided Design 10(6), 1978. Because the step is linear in the vertices, the matrix is made
once and applied to every posed mesh.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Indices = NDArray[np.int64]


def subdivide_surface(quads: Indices, n_vertices: int) -> tuple[sparse.csr_matrix, Indices]:
    """Return (M, N) smoothing weights and the (4F, 4) quads over the M = N + E + F new vertices.

    Border edges follow the cubic B-spline rule, so an open mesh keeps its outline.
    """
    edges, edge_of_side = _edges(quads)
    n_faces, n_edges = len(quads), len(edges)
    face_points = _rows(quads, n_vertices) / 4
    edge_midpoints = _rows(edges, n_vertices) / 2
    sides = edge_of_side.ravel()
    faces_at_edge = _pairs(sides, np.repeat(np.arange(n_faces), 4), (n_edges, n_faces))
    on_border = np.bincount(sides, minlength=n_edges) == 1
    inner_edge_points = 0.5 * edge_midpoints + 0.25 * (faces_at_edge @ face_points)
    edge_points = _choose(on_border, edge_midpoints, inner_edge_points)

    faces_at_vertex = _rows(quads, n_vertices).T
    edges_at_vertex = _rows(edges, n_vertices).T
    valence = np.maximum(np.asarray(faces_at_vertex.sum(1)).ravel(), 1.0)
    mean_face_point = _scale(1 / valence) @ faces_at_vertex @ face_points
    n_edges_at_vertex = np.maximum(np.asarray(edges_at_vertex.sum(1)).ravel(), 1.0)
    mean_midpoint = _scale(1 / n_edges_at_vertex) @ edges_at_vertex @ edge_midpoints
    inner_vertex_points = _scale(1 / valence) @ (
        mean_face_point + 2 * mean_midpoint + _scale(valence - 3)
    )
    border_edges = edges[on_border]
    vertex_on_border = np.zeros(n_vertices, bool)
    vertex_on_border[border_edges] = True
    ends = np.concatenate([border_edges, border_edges[:, ::-1]])
    neighbours = _pairs(ends[:, 0], ends[:, 1], (n_vertices, n_vertices))
    n_neighbours = np.maximum(np.asarray(neighbours.sum(1)).ravel(), 1.0)
    border_vertex_points = 0.75 * sparse.eye(n_vertices) + 0.25 * (
        _scale(1 / n_neighbours) @ neighbours
    )
    vertex_points = _choose(vertex_on_border, border_vertex_points, inner_vertex_points)
    matrix = sparse.vstack([vertex_points, edge_points, face_points]).tocsr()
    return matrix, _new_quads(quads, edge_of_side, n_vertices, n_edges)


def subdivide_linearly(quads: Indices, n_vertices: int) -> tuple[sparse.csr_matrix, Indices]:
    """Return the same refinement without smoothing, for texture coordinates."""
    edges, edge_of_side = _edges(quads)
    matrix = sparse.vstack(
        [sparse.eye(n_vertices), _rows(edges, n_vertices) / 2, _rows(quads, n_vertices) / 4]
    ).tocsr()
    return matrix, _new_quads(quads, edge_of_side, n_vertices, len(edges))


def _edges(quads: Indices) -> tuple[Indices, Indices]:
    """Return the unique (E, 2) edges and, per face, the (F, 4) edge of each side k to k + 1."""
    sides = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2)
    edges, edge_of_side = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True)
    return edges, edge_of_side.reshape(-1, 4)


def _new_quads(quads: Indices, edge_of_side: Indices, n_vertices: int, n_edges: int) -> Indices:
    face_point = n_vertices + n_edges + np.arange(len(quads))
    corners = [
        np.stack(
            [
                quads[:, k],
                n_vertices + edge_of_side[:, k],
                face_point,
                n_vertices + edge_of_side[:, k - 1],
            ],
            axis=1,
        )
        for k in range(4)
    ]
    return np.stack(corners, axis=1).reshape(-1, 4)


def _rows(members: Indices, n_columns: int) -> sparse.csr_matrix:
    """Return a matrix whose row i has ones at the columns members[i]."""
    rows = np.repeat(np.arange(len(members)), members.shape[1])
    return _pairs(rows, members.ravel(), (len(members), n_columns))


def _pairs(rows: Indices, columns: Indices, shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape)


def _scale(factors: NDArray[np.float64]) -> sparse.dia_matrix:
    return sparse.diags(factors)


def _choose(
    condition: NDArray[np.bool_], where_true: sparse.csr_matrix, where_false: sparse.csr_matrix
) -> sparse.csr_matrix:
    """Take whole rows from one matrix or the other."""
    return _scale(condition.astype(float)) @ where_true + _scale((~condition).astype(float)) @ (
        where_false
    )

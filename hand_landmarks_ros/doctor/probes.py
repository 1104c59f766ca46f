# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Looks at one library or driver and prints what it finds: run by `System.probe` as a process.

`python -m hand_landmarks_ros.doctor.probes NAME [ARGUMENT...]` prints one line of JSON; what goes
wrong is the exception at the end of standard error.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import sys
from pathlib import Path
from time import monotonic
from typing import Any


def module(name: str) -> dict[str, Any]:
    """Import a module; `version` is its package's, empty where that has none."""
    file = importlib.import_module(name).__file__ or ""
    package = sys.modules[name.partition(".")[0]]
    version = getattr(package, "__version__", "") or getattr(package, "VERSION_TEXT", "")
    return {"version": version, "file": file}


def opencv() -> dict[str, Any]:
    """Import OpenCV; `gstreamer` says whether it was built with it."""
    import cv2

    lines = cv2.getBuildInformation().splitlines()
    gstreamer = any("GStreamer:" in line and "YES" in line for line in lines)
    return {**module("cv2"), "gstreamer": gstreamer}


def onnxruntime() -> dict[str, Any]:
    """Import ONNX Runtime and list its execution providers."""
    import onnxruntime

    return {**module("onnxruntime"), "providers": onnxruntime.get_available_providers()}


def rclpy() -> dict[str, Any]:
    """Import rclpy and name the middleware that it takes."""
    import rclpy

    return {**module("rclpy"), "middleware": rclpy.get_rmw_implementation_identifier()}


def cuda() -> dict[str, Any]:
    """Ask the CUDA driver for its version and the first GPU."""
    driver = ctypes.CDLL("libcuda.so.1")

    def call(function: str, *arguments: Any) -> None:
        code = getattr(driver, function)(*arguments)
        if code:
            text = ctypes.c_char_p()
            driver.cuGetErrorString(code, ctypes.byref(text))
            raise RuntimeError(f"{function} gave error {code} ({(text.value or b'?').decode()})")

    version, device, value = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    name = ctypes.create_string_buffer(256)
    call("cuInit", 0)
    call("cuDriverGetVersion", ctypes.byref(version))
    call("cuDeviceGet", ctypes.byref(device), 0)
    call("cuDeviceGetName", name, len(name), device)
    capability = []
    for attribute in (75, 76):  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR
        call("cuDeviceGetAttribute", ctypes.byref(value), attribute, device)
        capability.append(value.value)
    return {
        "version": f"{version.value // 1000}.{version.value % 1000 // 10}",
        "gpu": name.value.decode(),
        "capability": capability,
    }


def model(path: str) -> dict[str, Any]:
    """Load a model on the CPU and run it once."""
    from ..backends.onnxruntime import OnnxRuntimeBackend

    backend = OnnxRuntimeBackend(Path(path))
    return {"version": backend.card.version, "backend": backend.description}


def topics(duration_s: str) -> dict[str, Any]:
    """Join the ROS graph for a while and list the topics that carry images, and who is on them."""
    import rclpy as ros

    ros.init()
    node = ros.create_node("doctor")
    end_s = monotonic() + float(duration_s)
    while (left_s := end_s - monotonic()) > 0:
        ros.spin_once(node, timeout_sec=left_s)
    found = []
    for topic, types in node.get_topic_names_and_types():
        if any(name.startswith("sensor_msgs/msg/") and "Image" in name for name in types):
            ends = {
                "publishers": node.get_publishers_info_by_topic(topic),
                "subscribers": node.get_subscriptions_info_by_topic(topic),
            }
            listed = {side: [_endpoint(end) for end in all_ends] for side, all_ends in ends.items()}
            found.append({"topic": topic, **listed})
    node.destroy_node()
    ros.try_shutdown()
    return {"topics": found}


def _endpoint(info: Any) -> dict[str, Any]:
    return {
        "node": info.node_name,
        "type": info.topic_type,
        "reliability": info.qos_profile.reliability.name,
    }


PROBES = {
    probe.__name__: probe for probe in (module, opencv, onnxruntime, rclpy, cuda, model, topics)
}


def main() -> None:
    """Run the probe that the command line names."""
    name, *arguments = sys.argv[1:]
    answer = PROBES[name](*arguments)
    print(f"\n{json.dumps(answer)}", flush=True)


if __name__ == "__main__":
    main()

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The doctor on machines that tests play: Jetsons, a PC, and installations that are broken."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

import pytest

from hand_landmarks_ros.backends.loader import shipped_models
from hand_landmarks_ros.doctor import main
from hand_landmarks_ros.doctor.command_line import CHECKS
from hand_landmarks_ros.doctor.findings import Line, Status, examine
from hand_landmarks_ros.doctor.jetson import clocks, fastest_power_mode, jetpack, l4t_version
from hand_landmarks_ros.doctor.system import ProbeError, ThisMachine


@dataclass
class PlayedSystem:
    """A machine made of what it answers; a probe's answer may be an error's text.

    denied: paths that this user may not use.
    """

    files: dict[str, str] = field(default_factory=dict)
    commands: dict[str, str] = field(default_factory=dict)
    probes: dict[str, Any] = field(default_factory=dict)
    denied: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    python_version: tuple[int, int, int] = (3, 10, 12)
    machine: str = "aarch64"
    free: int = 20 << 30

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def paths(self, pattern: str) -> list[str]:
        return sorted(path for path in self.files if fnmatch(path, pattern))

    def may(self, path: str, mode: int) -> bool:
        if mode == os.F_OK:
            return path in self.files or path == "/"
        return path not in self.denied

    def free_bytes(self, path: str) -> int:
        return self.free

    def run(self, *command: str) -> str | None:
        return self.commands.get(" ".join(command))

    def probe(self, name: str, *arguments: str) -> dict[str, Any]:
        key = arguments[0] if name == "module" else name
        answer = self.probes.get(key, f"ModuleNotFoundError: No module named '{key}'")
        if isinstance(answer, str):
            raise ProbeError(answer)
        return answer


APT = "/usr/lib/python3/dist-packages"
PIP = "/home/robot/.local/lib/python3.10/site-packages"


def module(version: str, folder: str = APT, **more: Any) -> dict[str, Any]:
    return {"version": version, "file": f"{folder}/module.py", **more}


def jetson(release: str, tensorrt: str, ros: str, ubuntu: str) -> PlayedSystem:
    """Return a Jetson on which everything works."""
    return PlayedSystem(
        files={
            "/proc/device-tree/model": "NVIDIA Jetson Orin Nano Developer Kit Super\0",
            "/etc/nv_tegra_release": release,
            "/etc/os-release": f'NAME="Ubuntu"\nVERSION_ID="{ubuntu}"\n',
            "/etc/nvpmodel.conf": "< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=1 NAME=25W >\n"
            "< POWER_MODEL ID=2 NAME=MAXN_SUPER >\n",
            "/dev/video0": "",
            "/sys/class/video4linux/video0/name": "UVC Camera\n",
            "/sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq": "1728000\n",
            "/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq": "1728000\n",
            "/sys/class/devfreq/17000000.gpu": "",
            "/sys/class/devfreq/17000000.gpu/min_freq": "1020000000\n",
            "/sys/class/devfreq/17000000.gpu/max_freq": "1020000000\n",
        },
        commands={
            "nvpmodel -q": "NV Power Mode: MAXN_SUPER\n2\n",
            "v4l2-ctl --device /dev/video0 --list-formats": "[0]: 'MJPG'\n[1]: 'YUYV'\n",
        },
        probes={
            "rclpy": module("", middleware="rmw_fastrtps_cpp"),
            "hand_landmarks_msgs.msg": module(""),
            "numpy": module("1.21.5"),
            "opencv": module("4.5.4", gstreamer=True),
            "onnxruntime": module("1.20.0", PIP, providers=["CPUExecutionProvider"]),
            "cuda": {"version": "12.6", "gpu": "Orin", "capability": [8, 7]},
            "tensorrt": module(tensorrt),
            "pycuda.driver": module("2024.1", PIP),
            "model": {"version": "1", "backend": "onnxruntime"},
            "topics": {"topics": []},
        },
        environment={"ROS_DISTRO": ros},
        python_version=(3, 10, 12) if ubuntu == "22.04" else (3, 12, 3),
    )


RELEASE_36_4 = "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64\n"
RELEASE_39_2 = "# R39 (release), REVISION: 2.0, GCID: 40000000, BOARD: generic, EABI: aarch64\n"


@pytest.fixture
def jetpack_6() -> PlayedSystem:
    return jetson(RELEASE_36_4, "10.3.0", "humble", "22.04")


@pytest.fixture
def jetpack_7() -> PlayedSystem:
    return jetson(RELEASE_39_2, "10.16.1.11", "jazzy", "24.04")


@pytest.fixture
def pc() -> PlayedSystem:
    """A PC without a GPU and without ROS."""
    return PlayedSystem(
        machine="x86_64",
        probes={
            "numpy": module("2.2.6", PIP),
            "opencv": module("4.13.0", PIP, gstreamer=False),
            "onnxruntime": module("1.23.2", PIP, providers=["CPUExecutionProvider"]),
            "cuda": "OSError: libcuda.so.1: cannot open shared object file: No such file",
            "model": {"version": "1", "backend": "onnxruntime"},
        },
    )


def lines(system: PlayedSystem, check: str) -> list[Line]:
    return list(examine({check: CHECKS[check]}, system))


def only(system: PlayedSystem, check: str) -> tuple[Status, str, str]:
    """Return status, message and remedy of a check that has one line."""
    (line,) = lines(system, check)
    return line.finding.status, line.finding.message, line.finding.remedy


def statuses(system: PlayedSystem) -> dict[str, str]:
    return {line.check: line.finding.status.value for line in examine(CHECKS, system)}


# Whole machines


@pytest.mark.parametrize("name", ["jetpack_6", "jetpack_7"])
def test_on_a_good_jetson_everything_is_fine(name, request, capsys):
    system = request.getfixturevalue(name)
    assert {check: found for check, found in statuses(system).items() if found != "OK"} == {
        "image topics": "skipped"
    }
    assert main([], system) == 0
    assert "0 WARN, 0 FAIL" in capsys.readouterr().out


def test_on_a_pc_without_gpu_and_ros_only_the_node_is_missing(pc):
    found = statuses(pc)
    assert "FAIL" not in found.values()
    assert found["ROS 2"] == found["messages"] == "WARN"
    assert found["GPU"] == found["TensorRT"] == found["pycuda"] == found["JetPack"] == "skipped"


def test_an_empty_machine_is_a_report_and_no_crash(capsys):
    assert main([], PlayedSystem()) == 1
    printed = capsys.readouterr().out
    assert all(f"{check}: " in printed for check in CHECKS)
    assert "the check itself failed" not in printed


def test_whatever_is_wrong_has_a_remedy(jetpack_6):
    jetpack_6.probes.clear()
    wrong = [
        line.finding
        for line in examine(CHECKS, jetpack_6)
        if line.finding.status in (Status.WARN, Status.FAIL)
    ]
    assert len(wrong) > 5
    assert all(finding.remedy for finding in wrong)


# The report


def test_a_check_that_raises_is_reported_and_the_others_go_on(jetpack_6, capsys):
    def broken(system):
        raise ZeroDivisionError("an odd machine")
        yield

    first, second = examine({"odd": broken, "Python": CHECKS["Python"]}, jetpack_6)
    assert first.finding.status == Status.FAIL
    assert "ZeroDivisionError: an odd machine" in first.finding.message
    assert second.finding.status == Status.OK


def test_json_has_every_line_and_says_whether_anything_fails(jetpack_6, capsys):
    jetpack_6.probes["numpy"] = "ImportError: broken"
    assert main(["--json"], jetpack_6) == 1
    report = json.loads(capsys.readouterr().out)
    assert not report["healthy"]
    (numpy,) = [line for line in report["findings"] if line["check"] == "numpy"]
    assert numpy == {
        "check": "numpy",
        "status": "FAIL",
        "message": "ImportError: broken",
        "remedy": "sudo apt install python3-numpy",
    }


def test_some_checks_can_be_asked_for_alone(pc, capsys):
    assert main(["--only", "numpy", "Python"], pc) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()[:2]] == [
        *("OK       numpy", "OK       Python")
    ]


# The Jetson


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ("# R35 (release), REVISION: 4.1, GCID", "5"),
        ("# R36 (release), REVISION: 3.0, GCID", "6.0"),
        (RELEASE_36_4, "6.1 or 6.2"),
        ("# R36 (release), REVISION: 5.0, GCID", "6.1 or 6.2"),
        ("# R38 (release), REVISION: 2.0, GCID", "7.0 or 7.1"),
        (RELEASE_39_2, "7.2"),
    ],
)
def test_the_jetpack_follows_from_the_version_of_jetson_linux(release, name):
    assert jetpack(PlayedSystem({"/etc/nv_tegra_release": release})).name == name


def test_an_unknown_jetson_linux_is_no_known_jetpack():
    system = PlayedSystem({"/etc/nv_tegra_release": "# R99 (release), REVISION: 1.0, GCID"})
    assert l4t_version(system) == "99.1.0" and jetpack(system) is None
    assert only(system, "JetPack")[0] == Status.WARN


def test_a_jetpack_without_python_3_10_is_too_old():
    system = PlayedSystem({"/etc/nv_tegra_release": "# R35 (release), REVISION: 4.1, GCID"})
    assert only(system, "JetPack")[0] == Status.FAIL


def test_a_python_that_is_not_the_jetpacks_is_warned_of(jetpack_6):
    jetpack_6.python_version = (3, 12, 1)
    status, message, remedy = only(jetpack_6, "Python")
    assert status == Status.WARN and "has 3.10" in message and "system's python3" in remedy


@pytest.mark.parametrize(("version", "status"), [((3, 9, 1), "FAIL"), ((3, 14, 0), "WARN")])
def test_pythons_that_have_not_been_tried_are_named(version, status):
    assert only(PlayedSystem(python_version=version), "Python")[0].value == status


def test_a_low_power_mode_comes_with_the_command_for_the_fastest(jetpack_6):
    jetpack_6.commands["nvpmodel -q"] = "NV Power Mode: 15W\n0\n"
    assert fastest_power_mode(jetpack_6) == ("2", "MAXN_SUPER")
    status, message, remedy = only(jetpack_6, "power mode")
    assert status == Status.WARN and message.startswith("15W") and remedy == "sudo nvpmodel -m 2"


def test_clocks_that_follow_the_load_are_warned_of(jetpack_6):
    jetpack_6.files["/sys/class/devfreq/17000000.gpu/min_freq"] = "306000000\n"
    assert str(clocks(jetpack_6)["GPU"]) == "306 to 1020 MHz"
    status, message, remedy = only(jetpack_6, "clocks")
    assert status == Status.WARN and "CPU 1728 MHz" in message and "jetson_clocks" in remedy


# TensorRT and the GPU


def test_the_tensorrt_of_pip_does_not_work_on_a_jetson(jetpack_6):
    jetpack_6.probes["tensorrt"] = module("10.7.0", PIP)
    status, message, remedy = only(jetpack_6, "TensorRT")
    assert status == Status.FAIL
    assert "Target GPU SM 87 is not supported" in message and "pip uninstall tensorrt" in remedy


def test_the_tensorrt_of_a_container_may_do_on_jetpack_7(jetpack_7):
    jetpack_7.probes["tensorrt"] = module("10.15.1", "/usr/local/lib/python3.12/dist-packages")
    status, message, remedy = only(jetpack_7, "TensorRT")
    assert status == Status.WARN and "not JetPack's own" in message and "build_engine" in remedy


def test_the_tensorrt_of_pip_is_fine_on_a_pc(pc):
    pc.probes["tensorrt"] = module("10.16.1.11", PIP)
    assert only(pc, "TensorRT")[0] == Status.OK


def test_a_tensorrt_that_is_not_the_jetpacks_is_warned_of(jetpack_6):
    jetpack_6.probes["tensorrt"] = module("10.7.0")
    status, message, _ = only(jetpack_6, "TensorRT")
    assert status == Status.WARN and "JetPack 6.1 or 6.2 came with 10.3" in message


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("ModuleNotFoundError: No module named 'tensorrt'", "--system-site-packages"),
        ("ImportError: libnvinfer.so.10: cannot open shared object file", "no library of its"),
        ("ImportError: libnvdla_compiler.so: cannot open shared object", "for Arm servers"),
        ("ended by SIGSEGV", "nvidia-jetpack"),
    ],
)
def test_a_tensorrt_that_does_not_load_on_a_jetson_fails(jetpack_6, error, remedy):
    jetpack_6.probes["tensorrt"] = error
    status, message, found = only(jetpack_6, "TensorRT")
    assert status == Status.FAIL and error in message and remedy in found


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("OSError: libcuda.so.1: cannot open shared object file", "--runtime nvidia"),
        ("RuntimeError: cuInit gave error 999 (unknown error)", "usermod -aG video,render"),
    ],
)
def test_a_driver_that_does_not_answer_fails_on_a_jetson(jetpack_6, error, remedy):
    jetpack_6.probes["cuda"] = error
    status, message, found = only(jetpack_6, "GPU")
    assert status == Status.FAIL and message == error and remedy in found


def test_a_gpu_too_old_for_tensorrt_is_warned_of(pc):
    pc.probes["cuda"] = {"version": "12.2", "gpu": "GTX 1080", "capability": [6, 1]}
    status, message, remedy = only(pc, "GPU")
    assert status == Status.WARN and "6.1: too old" in message and "onnxruntime" in remedy


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("ModuleNotFoundError: No module named 'pycuda'", "/usr/local/cuda/bin"),
        ("ImportError: libcurand.so.10: cannot open shared object file", "--force-reinstall"),
    ],
)
def test_tensorrt_without_pycuda_fails(jetpack_6, error, remedy):
    jetpack_6.probes["pycuda.driver"] = error
    status, _, found = only(jetpack_6, "pycuda")
    assert status == Status.FAIL and remedy in found


# Libraries


def test_numpy_2_beside_the_ros_of_apt_is_warned_of(jetpack_6):
    jetpack_6.probes["numpy"] = module("2.2.6", PIP)
    status, _, remedy = only(jetpack_6, "numpy")
    assert status == Status.WARN and "'numpy<2'" in remedy


def test_an_old_numpy_fails(pc):
    pc.probes["numpy"] = module("1.19.5")
    assert only(pc, "numpy")[0] == Status.FAIL


def test_an_opencv_that_numpy_2_broke_is_recognised(jetpack_6):
    jetpack_6.probes["opencv"] = "ImportError: numpy.core.multiarray failed to import"
    status, _, remedy = only(jetpack_6, "OpenCV")
    assert status == Status.FAIL and "'numpy<2'" in remedy


def test_the_opencv_of_pip_cannot_open_csi_cameras(jetpack_6):
    jetpack_6.probes["opencv"] = module("4.10.0", PIP, gstreamer=False)
    status, message, remedy = only(jetpack_6, "OpenCV")
    assert status == Status.WARN and "CSI" in message and "pip uninstall" in remedy


def test_an_old_opencv_fails(pc):
    pc.probes["opencv"] = module("4.2.0", gstreamer=True)
    assert only(pc, "OpenCV")[0] == Status.FAIL


def test_the_execution_providers_are_listed(pc):
    pc.probes["onnxruntime"]["providers"] = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert "providers: CUDA, CPU" in only(pc, "ONNX Runtime")[1]


def test_a_missing_onnxruntime_fails_and_the_models_wait(pc):
    del pc.probes["onnxruntime"]
    pc.probes["model"] = "ModuleNotFoundError: No module named 'onnxruntime'"
    assert only(pc, "ONNX Runtime")[0] == Status.FAIL
    assert {line.finding.status for line in lines(pc, "models")} == {Status.SKIPPED}


def test_every_shipped_model_is_tried(pc):
    pc.probes["model"] = "ModelError: ONNX Runtime cannot load it"
    found = lines(pc, "models")
    assert len(found) == len(shipped_models())
    assert {line.finding.status for line in found} == {Status.FAIL}


# ROS


def test_ros_that_is_sourced_and_does_not_load_fails(jetpack_6):
    jetpack_6.probes["rclpy"] = "ModuleNotFoundError: No module named 'rclpy._rclpy_pybind11'"
    status, message, _ = only(jetpack_6, "ROS 2")
    assert status == Status.FAIL and "humble" in message
    assert only(jetpack_6, "middleware")[0] == Status.SKIPPED


@pytest.mark.parametrize("distribution", ["jazzy", "foxy"])
def test_a_distribution_for_another_ubuntu_or_untried_is_warned_of(jetpack_6, distribution):
    jetpack_6.environment["ROS_DISTRO"] = distribution
    assert only(jetpack_6, "ROS 2")[0] == Status.WARN


def test_a_profile_that_cannot_be_read_is_warned_of(jetpack_6):
    path = "/home/robot/missing.xml"
    jetpack_6.environment["FASTRTPS_DEFAULT_PROFILES_FILE"] = path
    jetpack_6.denied = (path,)
    status, message, _ = only(jetpack_6, "middleware")
    assert status == Status.WARN and path in message


def test_cyclonedds_with_a_small_kernel_buffer_is_warned_of(jetpack_6):
    jetpack_6.probes["rclpy"]["middleware"] = "rmw_cyclonedds_cpp"
    jetpack_6.files["/proc/sys/net/core/rmem_max"] = "212992\n"
    status, message, remedy = only(jetpack_6, "middleware")
    assert status == Status.WARN and "208 KiB" in message and "rmem_max" in remedy


def test_messages_of_another_python_are_to_be_built_anew(jetpack_6):
    jetpack_6.probes["hand_landmarks_msgs.msg"] = "ImportError: undefined symbol: _PyThreadState"
    status, _, remedy = only(jetpack_6, "messages")
    assert status == Status.WARN and "remove build/ and install/" in remedy


def end(node: str, kind: str = "Image", reliability: str = "RELIABLE") -> dict[str, str]:
    return {"node": node, "type": f"sensor_msgs/msg/{kind}", "reliability": reliability}


@pytest.mark.parametrize(
    ("publishers", "listeners", "status", "word"),
    [
        ([end("camera")], [end("hand_landmarks", reliability="BEST_EFFORT")], "OK", "camera"),
        ([end("camera")], [], "OK", "nobody"),
        ([], [end("hand_landmarks")], "WARN", "waits for images"),
        ([end("camera", "CompressedImage")], [end("hand_landmarks")], "FAIL", "types differ"),
        (
            [end("camera", reliability="BEST_EFFORT")],
            [end("hand_landmarks")],
            "FAIL",
            "never hears",
        ),
    ],
)
def test_who_can_hear_whom_is_told(pc, publishers, listeners, status, word):
    topic = {"topic": "/image", "publishers": publishers, "subscribers": listeners}
    pc.probes["topics"] = {"topics": [topic]}
    found, message, _ = only(pc, "image topics")
    assert found.value == status and word in message


# Cache and cameras


def test_a_cache_that_cannot_be_written_fails(pc, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/mnt/cache")
    pc.files["/mnt"] = ""
    pc.denied = ("/mnt",)
    status, message, remedy = only(pc, "cache directory")
    assert status == Status.FAIL
    assert message.startswith("/mnt/cache") and "XDG_CACHE_HOME" in remedy


def test_a_full_disk_is_warned_of(pc):
    pc.free = 10 << 20
    assert only(pc, "cache directory")[:1] == (Status.WARN,)
    assert "10 MiB left" in only(pc, "cache directory")[1]


def test_a_camera_that_this_user_may_not_open_is_warned_of(jetpack_6):
    jetpack_6.denied = ("/dev/video0",)
    status, message, remedy = only(jetpack_6, "cameras")
    assert status == Status.WARN and "UVC Camera" in message and "usermod -aG video" in remedy


@pytest.mark.parametrize(("has_argus", "status"), [(True, Status.OK), (False, Status.WARN)])
def test_a_csi_camera_needs_argus(jetpack_6, has_argus, status):
    jetpack_6.commands["v4l2-ctl --device /dev/video0 --list-formats"] = "[0]: 'RG10'\n"
    if has_argus:
        jetpack_6.files["/tmp/argus_socket"] = ""
    assert only(jetpack_6, "cameras")[0] == status


def test_a_node_of_metadata_is_no_camera(jetpack_6):
    jetpack_6.commands["v4l2-ctl --device /dev/video0 --list-formats"] = "ioctl: VIDIOC_ENUM_FMT\n"
    assert only(jetpack_6, "cameras")[0] == Status.SKIPPED


# This machine


def test_a_library_is_really_looked_at():
    found = ThisMachine().probe("module", "json")
    assert found["file"].endswith("json/__init__.py")


def test_a_model_is_really_run(tmp_path):
    pytest.importorskip("onnx")
    from tiny_model import CARD, save_tiny_model

    found = ThisMachine().probe("model", str(save_tiny_model(tmp_path / "tiny.onnx")))
    assert found["version"] == CARD.version and "CPUExecutionProvider" in found["backend"]


@pytest.mark.parametrize(
    ("probe", "reason"),
    [
        (("module", "no_such_module"), "No module named 'no_such_module'"),
        (("no_such_probe",), "KeyError"),
        (("model", "no_such_model"), "there is no model file at no_such_model"),
    ],
)
def test_what_a_probe_dies_of_is_told(probe, reason):
    with pytest.raises(ProbeError, match=reason):
        ThisMachine().probe(*probe)


def test_a_library_that_kills_the_interpreter_does_not_kill_the_doctor(tmp_path, monkeypatch):
    (tmp_path / "deadly.py").write_text("import os; os.abort()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(ProbeError, match="ended by SIGABRT"):
        ThisMachine().probe("module", "deadly")


def test_a_library_that_prints_while_it_loads_is_understood(tmp_path, monkeypatch):
    (tmp_path / "talkative.py").write_text("print('hello'); __version__ = '7'")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    assert ThisMachine().probe("module", "talkative")["version"] == "7"


def test_commands_and_files_that_are_not_there_are_none(tmp_path):
    system = ThisMachine()
    assert system.run("no-such-command") is None
    assert system.run("false") is None
    assert system.run("echo", "x") == "x\n"
    assert system.read(str(tmp_path / "absent")) is None
    assert system.paths(f"{tmp_path}/*") == []


def test_the_doctor_examines_this_very_machine(capsys):
    names = ["Python", "OpenCV", "ONNX Runtime", "cache directory"]
    status = main(["--json", "--only", *names])
    report = json.loads(capsys.readouterr().out)
    assert {line["check"] for line in report["findings"]} == set(names)
    assert status == 0, report


def test_topics_of_this_machines_graph_are_seen(monkeypatch):
    pytest.importorskip("rclpy")
    import rclpy
    from ros_graph import DEADLINE_S, ros
    from sensor_msgs.msg import Image

    with ros():
        domain_id = rclpy.utilities.get_default_context().get_domain_id()
        monkeypatch.setenv("ROS_DOMAIN_ID", str(domain_id))
        node = rclpy.create_node("a_camera")
        node.create_publisher(Image, "a_camera/image_raw", 1)
        topics, end_s = [], time.monotonic() + DEADLINE_S
        while not topics and time.monotonic() < end_s:
            topics = ThisMachine().probe("topics", "4")["topics"]
        node.destroy_node()
    (topic,) = topics
    assert topic["topic"] == "/a_camera/image_raw"
    assert topic["publishers"] == [end("a_camera")] and topic["subscribers"] == []

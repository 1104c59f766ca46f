# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a Jetson is: board, JetPack, power mode and clocks. Also read by the benchmark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .system import System

_BOARD = "/proc/device-tree/model"
_RELEASE = "/etc/nv_tegra_release"
_POWER_MODES = "/etc/nvpmodel.conf"
_GPU_CLOCKS = "/sys/class/devfreq/*gpu*"
_CPU_CLOCKS = "/sys/devices/system/cpu/cpu0/cpufreq"


@dataclass(frozen=True)
class JetPack:
    """What one release of NVIDIA's software for the Jetson holds.

    l4t: beginning of its Linux's version. ros: the distribution that apt has for it.
    """

    name: str
    l4t: str
    python: tuple[int, int]
    cuda: str
    tensorrt: str
    ros: str


JETPACKS = (
    JetPack("5", "35.", (3, 8), "11.4", "8.5", "foxy"),
    JetPack("6.0", "36.3", (3, 10), "12.2", "8.6", "humble"),
    JetPack("6.1 or 6.2", "36.", (3, 10), "12.6", "10.3", "humble"),
    JetPack("7.0 or 7.1", "38.", (3, 12), "13.0", "10.13", "jazzy"),
    JetPack("7.2", "39.", (3, 12), "13.2", "10.16", "jazzy"),
)
"""The first whose `l4t` fits counts."""


def board(system: System) -> str:
    """Return the Jetson's name, empty on any other machine."""
    name = (system.read(_BOARD) or "").strip("\0\n ")
    return name if "Jetson" in name else ("a Jetson" if system.read(_RELEASE) else "")


def l4t_version(system: System) -> str:
    """Return the version of Jetson Linux, such as 36.4.3, empty where its file is missing."""
    found = re.search(r"# R(\d+).*?REVISION: ([\d.]+)", system.read(_RELEASE) or "")
    return ".".join(found.groups()) if found else ""


def jetpack(system: System) -> JetPack | None:
    """Return the JetPack that this Jetson Linux belongs to, None for one that is not known."""
    version = l4t_version(system)
    return next((known for known in JETPACKS if version.startswith(known.l4t)), None)


def power_mode(system: System) -> str:
    """Return the name of the power mode in force, empty where there is none."""
    found = re.search(r"NV Power Mode:\s*(\S+)", system.run("nvpmodel", "-q") or "")
    return found.group(1) if found else ""


def fastest_power_mode(system: System) -> tuple[str, str] | None:
    """Return number and name of the mode without a limit, None where it is not listed."""
    modes = re.findall(r"POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)", system.read(_POWER_MODES) or "")
    unlimited = [(number, name) for number, name in modes if name.startswith("MAXN")]
    return max(unlimited, key=lambda mode: len(mode[1]), default=None)


@dataclass(frozen=True)
class Clock:
    """The range in which a clock may move now; pinned when both ends are one."""

    lowest_mhz: float
    highest_mhz: float

    @property
    def is_pinned(self) -> bool:
        """Whether it stays where it is, as jetson_clocks makes it."""
        return self.lowest_mhz == self.highest_mhz

    def __str__(self) -> str:
        lowest = "" if self.is_pinned else f"{self.lowest_mhz:.0f} to "
        return f"{lowest}{self.highest_mhz:.0f} MHz"


def clocks(system: System) -> dict[str, Clock]:
    """Return the clocks of CPU and GPU, as far as the system shows them."""
    gpu = next(iter(system.paths(_GPU_CLOCKS)), "")
    # The kernel gives the CPU's in kHz and the GPU's in Hz.
    files = {
        "CPU": (f"{_CPU_CLOCKS}/scaling_min_freq", f"{_CPU_CLOCKS}/scaling_max_freq", 1e3),
        "GPU": (f"{gpu}/min_freq", f"{gpu}/max_freq", 1e6),
    }
    found = {}
    for name, (lowest, highest, per_mhz) in files.items():
        texts = [system.read(path) for path in (lowest, highest)]
        if all(text and text.strip().isdecimal() for text in texts):
            found[name] = Clock(*(int(text or 0) / per_mhz for text in texts))
    return found


def listed_clocks(found: Mapping[str, Clock]) -> str:
    """Return clocks as one line for people, empty for none."""
    return ", ".join(f"{name} {clock}" for name, clock in found.items())

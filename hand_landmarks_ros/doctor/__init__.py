# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Says what of the installation works, and for what does not, why and how to mend it.

`python -m hand_landmarks_ros.doctor`. Each check is one function of a `System`, through which it
sees the machine; so tests can play a Jetson, a PC or a broken installation.
"""

from .command_line import main

__all__ = ["main"]

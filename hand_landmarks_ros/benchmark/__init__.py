# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How fast this package is on the machine at hand: `python -m hand_landmarks_ros.benchmark`.

Its own few lines of timing instead of a library: pytest-benchmark and pyperf time one callable in
one process, asv follows a project from commit to commit. What counts here runs across processes
(a camera's image to a node's answer), or must alternate with a rival in the same minutes.
"""

from .command_line import main

__all__ = ["main"]

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs the doctor from the command line."""

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What runs the network; each backend implements `core.inference.Backend`."""

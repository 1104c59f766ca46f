# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The offline side: data, training, evaluation and export. Never imported by the runtime."""

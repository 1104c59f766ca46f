# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the hands of the demo clip do: their key frames."""

from training.synthesis.performance import BACK_DEG, PALM_DEG, KeyFrame

RIGHT_HAND = (
    KeyFrame(0.20, (-0.12, 0.40, 0.47), PALM_DEG, 0, 10, "relaxed"),
    KeyFrame(0.40, (-0.11, 0.33, 0.46), PALM_DEG, 0, 10, "relaxed"),
    KeyFrame(1.20, (-0.04, 0.00, 0.45), PALM_DEG, 0, 4, "open"),
    KeyFrame(1.60, (-0.02, -0.02, 0.44), PALM_DEG, 4, -16, "open"),
    KeyFrame(2.00, (-0.05, -0.02, 0.44), PALM_DEG, 4, 18, "open"),
    KeyFrame(2.40, (-0.02, -0.01, 0.43), PALM_DEG, 0, -10, "open"),
    KeyFrame(3.00, (-0.03, 0.03, 0.43), PALM_DEG + 20, 8, 4, "point"),
    KeyFrame(3.70, (-0.08, 0.03, 0.46), PALM_DEG - 15, 4, 8, "peace"),
    KeyFrame(4.40, (-0.13, 0.02, 0.49), PALM_DEG, 0, 6, "fist"),
    KeyFrame(5.10, (-0.14, 0.03, 0.49), PALM_DEG - 25, 5, 10, "ok"),
    KeyFrame(5.90, (-0.13, 0.01, 0.47), BACK_DEG + 10, 0, 6, "open"),
    KeyFrame(6.50, (-0.14, 0.02, 0.48), BACK_DEG + 5, 6, 14, "relaxed_fanned"),
    KeyFrame(7.20, (-0.13, 0.04, 0.49), BACK_DEG + 55, 0, 0, "thumb_up"),
    KeyFrame(7.75, (-0.16, 0.06, 0.49), BACK_DEG + 40, 0, 8, "relaxed"),
    KeyFrame(8.40, (-0.22, 0.42, 0.50), BACK_DEG + 40, 0, 20, "relaxed"),
)
LEFT_HAND = (
    KeyFrame(4.00, (0.52, 0.10, 0.50), PALM_DEG, 0, 60, "relaxed"),
    KeyFrame(4.20, (0.44, 0.09, 0.50), PALM_DEG, 0, 56, "relaxed"),
    KeyFrame(5.00, (0.13, 0.02, 0.49), PALM_DEG, 0, 12, "open"),
    KeyFrame(5.60, (0.12, 0.02, 0.48), PALM_DEG + 20, 5, 4, "pinch"),
    KeyFrame(6.30, (0.13, 0.01, 0.47), PALM_DEG, 0, -6, "three"),
    KeyFrame(7.00, (0.12, 0.03, 0.48), PALM_DEG - 10, 0, 8, "fist"),
    KeyFrame(7.60, (0.10, 0.00, 0.46), PALM_DEG, 4, 14, "flat"),
    KeyFrame(8.10, (0.05, -0.01, 0.44), PALM_DEG, 0, -4, "open"),
    KeyFrame(8.75, (0.06, 0.02, 0.45), PALM_DEG - 20, 0, 10, "call"),
    KeyFrame(9.45, (0.38, 0.10, 0.47), PALM_DEG, 0, 45, "relaxed"),
    KeyFrame(9.65, (0.48, 0.12, 0.47), PALM_DEG, 0, 50, "relaxed"),
)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy of landmarks, from distances in pixels of the 224-px hand crop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.region import HAND_REGION_SCALE

PROTOCOL_SIZE_PX = 224
PCK_THRESHOLDS_PX = (1, 3, 5, 7, 10)
AUC_LIMIT_PX = 30.0


def landmark_metrics(errors_px: NDArray[np.float64]) -> dict[str, Any]:
    """Summarise distances (n_hands, 21), px of the 224-px crop, NaN if not counted.

    pck: share of landmarks within each threshold. pck_0.2: within 0.2 of the longer side of the
    tight box. auc: area under the PCK curve from 0 to 30 px, in closed form. epe_px: mean error.
    """
    error = errors_px[np.isfinite(errors_px)]
    longer_side_px = PROTOCOL_SIZE_PX / HAND_REGION_SCALE
    return {
        "n_hands": len(errors_px),
        "pck": {str(limit): float(np.mean(error <= limit)) for limit in PCK_THRESHOLDS_PX},
        "pck_0.2": float(np.mean(error <= 0.2 * longer_side_px)),
        "auc": float(np.mean(np.maximum(0.0, 1.0 - error / AUC_LIMIT_PX))),
        "epe_px": float(np.mean(error)),
    }


def average(per_set: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Average metrics over sets, each set counting once; numbers, n_..., are added up."""
    keys = {key for metrics in per_set for key in metrics}
    result: dict[str, Any] = {}
    for key in sorted(keys):
        values = [metrics[key] for metrics in per_set if key in metrics]
        if key.startswith("n_"):
            result[key] = sum(values)
        elif isinstance(values[0], Mapping):
            result[key] = {k: float(np.mean([v[k] for v in values])) for k in values[0]}
        else:
            result[key] = float(np.mean(values))
    return result

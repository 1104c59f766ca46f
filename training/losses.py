# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Losses of the landmark network."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .networks.landmark_network import Predictions


def heatmap_cross_entropy(logits: Tensor, heatmaps: Tensor, weight: Tensor) -> Tensor:
    """Spatial cross-entropy, nats above the target's own entropy (so its floor is zero).

    logits, heatmaps: (N, 21, h, w); each target is normalised to sum one over its map. weight:
    (N, 21), 0 where a landmark does not count. Mean squared error on mostly empty maps starts on
    the all-zero plateau; a softmax over the map learns from the first step.
    """
    log_probability = logits.flatten(2).log_softmax(dim=-1)
    target = heatmaps.flatten(2)
    target = target / target.sum(dim=-1, keepdim=True).clamp_min(1e-6)
    divergence = functional.kl_div(log_probability, target, reduction="none").sum(dim=-1)
    return (divergence * weight).sum() / weight.sum().clamp_min(1.0)


def masked_binary_cross_entropy(logit: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy over the entries whose target is not NaN; zero if there is none."""
    known = ~torch.isnan(target)
    if not bool(known.any()):
        return logit.sum() * 0.0
    return functional.binary_cross_entropy_with_logits(logit[known], target[known])


def landmark_losses(predictions: Predictions, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return each loss by name; their sum is what training minimises."""
    return {
        "heatmap": heatmap_cross_entropy(
            predictions.heatmap_logits, batch["heatmaps"], batch["weight"]
        ),
        "presence": 0.2
        * masked_binary_cross_entropy(predictions.presence_logit, batch["presence"]),
        "handedness": 0.2
        * masked_binary_cross_entropy(predictions.handedness_logit, batch["handedness"]),
    }

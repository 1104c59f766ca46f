# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Losses of the landmark network, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from hand_landmarks_ros.core.errors import ParameterError

from .networks.coordinate_head import UNITS_PER_CROP, Coordinates
from .networks.landmark_network import Predictions, heatmaps_from_logits

HeatmapLoss = Callable[[Tensor, Tensor, Tensor, float], Tensor]
CoordinateLoss = Callable[[Coordinates, Tensor, Tensor], Tensor]


def heatmap_cross_entropy(
    logits: Tensor, heatmaps: Tensor, weight: Tensor, sigma_px: float
) -> Tensor:
    """Spatial cross-entropy, nats above the target's own entropy (so its floor is zero).

    logits, heatmaps: (N, 21, h, w); each target is normalised to sum one over its map. weight:
    (N, 21), 0 where a landmark does not count. sigma_px plays no part. Mean squared error on mostly
    empty maps starts on the all-zero plateau; a softmax over the map learns from the first step.
    """
    log_probability = logits.flatten(2).log_softmax(dim=-1)
    target = heatmaps.flatten(2)
    target = target / target.sum(dim=-1, keepdim=True).clamp_min(1e-6)
    divergence = functional.kl_div(log_probability, target, reduction="none").sum(dim=-1)
    return weighted_mean(divergence, weight)


def heatmap_mse(logits: Tensor, heatmaps: Tensor, weight: Tensor, sigma_px: float) -> Tensor:
    """Squared error of maps that peak at one, summed over each map; arguments as above."""
    error = heatmaps_from_logits(logits, sigma_px) - heatmaps
    return weighted_mean(error.square().sum(dim=(2, 3)), weight)


def heatmap_adaptive_wing(
    logits: Tensor, heatmaps: Tensor, weight: Tensor, sigma_px: float
) -> Tensor:
    """Adaptive wing loss, averaged over each map; arguments as above.

    Source: Wang et al., ICCV 2019, equations 3 and 5, with its constants and weight map of 10.
    """
    alpha, omega, epsilon, theta = 2.1, 14.0, 1.0, 0.5
    error = (heatmaps_from_logits(logits, sigma_px) - heatmaps).abs()
    power = alpha - heatmaps
    ratio = theta / epsilon
    slope = omega / (1 + ratio**power) * power * ratio ** (power - 1) / epsilon
    offset = theta * slope - omega * torch.log1p(ratio**power)
    near = omega * torch.log1p((error / epsilon).clamp_min(1e-6) ** power)
    loss = torch.where(error < theta, near, slope * error - offset)
    matters = functional.max_pool2d(heatmaps, 3, stride=1, padding=1) >= 0.2
    return weighted_mean((loss * (1 + 10 * matters)).mean(dim=(2, 3)), weight)


def heatmap_dice(logits: Tensor, heatmaps: Tensor, weight: Tensor, sigma_px: float) -> Tensor:
    """One less the overlap of both maps (Milletari et al., V-Net, 3DV 2016); arguments as above."""
    predicted = heatmaps_from_logits(logits, sigma_px)
    overlap = 2 * (predicted * heatmaps).sum(dim=(2, 3))
    total = predicted.square().sum(dim=(2, 3)) + heatmaps.square().sum(dim=(2, 3))
    return weighted_mean(1 - overlap / total.clamp_min(1e-6), weight)


def student_t(coordinates: Coordinates, xy: Tensor, weight: Tensor) -> Tensor:
    """Negative log density of the truth, nats but for a constant.

    xy: (N, 21, 2) shares of the crop's side. weight: (N, 21). The scale is learned with the place:
    where the network errs, a wide distribution costs less (Kendall and Gal, NeurIPS 2017).
    """
    log_unit = 2.0 * torch.log(torch.tensor(UNITS_PER_CROP))
    return weighted_mean(-coordinates.log_density(xy) + log_unit, weight)


def wing(coordinates: Coordinates, xy: Tensor, weight: Tensor) -> Tensor:
    """Wing loss (Feng et al., CVPR 2018) in 224ths of the crop; the scale is not trained."""
    width, curvature = 10.0, 2.0
    error = (coordinates.xy - xy).abs().sum(dim=-1) * UNITS_PER_CROP
    near = width * torch.log1p(error / curvature)
    offset = width - width * torch.log1p(torch.tensor(width / curvature))
    return weighted_mean(torch.where(error < width, near, error - offset), weight)


HEATMAP_LOSSES: dict[str, HeatmapLoss] = {
    "adaptive_wing": heatmap_adaptive_wing,
    "cross_entropy": heatmap_cross_entropy,
    "dice": heatmap_dice,
    "mse": heatmap_mse,
}
COORDINATE_LOSSES: dict[str, CoordinateLoss] = {"student_t": student_t, "wing": wing}


@dataclass(frozen=True)
class LossOptions:
    """Which losses are summed, and how much each counts."""

    heatmap: str = "cross_entropy"
    coordinates: str = "student_t"
    coordinates_weight: float = 0.5
    presence_weight: float = 0.2
    handedness_weight: float = 0.2
    z_weight: float = 1.0

    def __post_init__(self) -> None:
        if self.heatmap not in HEATMAP_LOSSES or self.coordinates not in COORDINATE_LOSSES:
            raise ParameterError(
                f"there is no pair of losses {self.heatmap!r} and {self.coordinates!r}; there are "
                f"{sorted(HEATMAP_LOSSES)} and {sorted(COORDINATE_LOSSES)}"
            )


def landmark_losses(
    predictions: Predictions, batch: dict[str, Tensor], sigma_px: float, options: LossOptions
) -> dict[str, Tensor]:
    """Return each loss by name, weighted; their sum is what training minimises."""
    weight = batch["weight"]
    heatmap_loss = HEATMAP_LOSSES[options.heatmap]
    losses = {
        "heatmap": heatmap_loss(predictions.heatmap_logits, batch["heatmaps"], weight, sigma_px),
        "presence": options.presence_weight
        * masked_binary_cross_entropy(predictions.presence_logit, batch["presence"]),
        "handedness": options.handedness_weight
        * masked_binary_cross_entropy(predictions.handedness_logit, batch["handedness"]),
    }
    if predictions.coordinates is not None:
        loss = COORDINATE_LOSSES[options.coordinates](predictions.coordinates, batch["xy"], weight)
        losses["coordinates"] = options.coordinates_weight * loss
    if predictions.z is not None:
        known = ~torch.isnan(batch["z"])
        error = (predictions.z - torch.where(known, batch["z"], predictions.z.detach())).abs()
        losses["z"] = options.z_weight * weighted_mean(error, known.float())
    return losses


def masked_binary_cross_entropy(logit: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy over the entries whose target is not NaN; zero if there is none."""
    known = ~torch.isnan(target)
    if not bool(known.any()):
        return logit.sum() * 0.0
    return functional.binary_cross_entropy_with_logits(logit[known], target[known])


def weighted_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Mean of values by weight, both of one shape; zero where no weight is."""
    return (values * weight).sum() / weight.sum().clamp_min(1.0)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Losses of the detector network."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from hand_landmarks_ros.core.detection_codec import LARGEST_LOG_SIZE

from .losses import weighted_mean
from .networks.detector_network import DetectorPredictions

Batch = dict[str, Tensor]


def detector_losses(predictions: DetectorPredictions, batch: Batch) -> dict[str, Tensor]:
    """Return each loss by name; their sum is what training minimises.

    batch: `detection_targets` of each sample, stacked.
    """
    landmark_weight = batch["landmark_weight"]
    return {
        "centre": centre_focal_loss(predictions.centre_logit, batch["centre"], batch["background"]),
        "box": 2.0
        * weighted_mean(1.0 - generalized_iou(predictions.box, batch["box"]), landmark_weight),
        "region": weighted_mean(
            region_distance(predictions.region, batch["region"]), landmark_weight
        ),
        "handedness": 0.3 * _handedness_loss(predictions.handedness_logit, batch),
    }


def centre_focal_loss(logit: Tensor, centre: Tensor, background: Tensor) -> Tensor:
    """Focal loss of "Objects as Points" (Zhou et al., 2019), per hand; all inputs (N, m, m).

    A cell whose target is one is a centre; the others count as background the less the nearer
    they are to one, and not at all where `background` is zero.
    """
    log_p, log_not_p = functional.logsigmoid(logit), functional.logsigmoid(-logit)
    p = logit.sigmoid()
    is_centre = centre == 1.0
    at_centres = torch.where(is_centre, (1 - p) ** 2 * log_p, 0.0)
    elsewhere = torch.where(is_centre, 0.0, (1 - centre) ** 4 * background * p**2 * log_not_p)
    return -(at_centres.sum() + elsewhere.sum()) / is_centre.sum().clamp_min(1)


def generalized_iou(box: Tensor, target: Tensor) -> Tensor:
    """Generalised intersection over union of the boxes in each cell, -1 to 1, (N, m, m).

    box, target: (N, 4, m, m): offset of the centre, log width and height, in cells. Rezatofighi et
    al., CVPR 2019.
    """
    (low_a, high_a), (low_b, high_b) = (
        (
            b[:, :2] - b[:, 2:].clamp_max(LARGEST_LOG_SIZE).exp() / 2,
            b[:, :2] + b[:, 2:].clamp_max(LARGEST_LOG_SIZE).exp() / 2,
        )
        for b in (box, target)
    )
    inner = (torch.minimum(high_a, high_b) - torch.maximum(low_a, low_b)).clamp_min(0).prod(dim=1)
    hull = (torch.maximum(high_a, high_b) - torch.minimum(low_a, low_b)).prod(dim=1)
    union = (high_a - low_a).prod(dim=1) + (high_b - low_b).prod(dim=1) - inner
    return inner / union - (hull - union) / hull


def region_distance(region: Tensor, target: Tensor) -> Tensor:
    """Distance of the regions in each cell, (N, m, m): of place and size in sides, and of turn.

    region, target: (N, 5, m, m): offset of the centre, log side, sine and cosine of the angle.
    """
    side = target[:, 2:3].exp()
    place = ((region[:, :2] - target[:, :2]) / side).abs().sum(dim=1)
    size_and_turn = (region[:, 2:] - target[:, 2:]).abs().sum(dim=1)
    return place + size_and_turn


def _handedness_loss(logit: Tensor, batch: Batch) -> Tensor:
    target = batch["handedness"]
    known = ~torch.isnan(target)
    loss = functional.binary_cross_entropy_with_logits(
        logit, torch.where(known, target, 0.5), reduction="none"
    )
    return weighted_mean(loss, batch["hand_weight"] * known)

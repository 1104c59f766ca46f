# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The landmark network: backbone, top-down decoder, and one head per output."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from hand_landmarks_ros.core.topology import N_LANDMARKS

from .backbones import MobileNetV2


@dataclass
class Predictions:
    """Raw outputs for N crops.

    heatmap_logits: (N, 21, h, w), a softmax over each map gives where the landmark is.
    presence_logit, handedness_logit: (N,); positive means a hand, and a right hand.
    """

    heatmap_logits: Tensor
    presence_logit: Tensor
    handedness_logit: Tensor


def heatmaps_from_logits(logits: Tensor, sigma_px: float) -> Tensor:
    """Softmax over each map, scaled so that a perfect Gaussian of sigma_px peaks at one.

    logits and result: (N, 21, h, w). The peak so says how sure the network is: it falls when the
    mass spreads wider than the target.
    """
    # Plain integers keep the exported shapes static but for the batch.
    height, width = int(logits.shape[2]), int(logits.shape[3])
    flat = logits.reshape(-1, N_LANDMARKS, height * width)
    probability = flat.softmax(dim=-1).reshape(-1, N_LANDMARKS, height, width)
    return probability * (2.0 * math.pi * sigma_px**2)


class TopDownDecoder(nn.Module):
    """Brings coarse features back to stride 4, adding the finer maps on the way.

    Feature pyramid of Lin et al., CVPR 2017, with depthwise-separable smoothing at each level.
    """

    def __init__(self, channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(n, width, 1) for n in channels)
        self.smooth = nn.ModuleList(_separable(width) for _ in channels[:-1])

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return (N, width, H / 4, W / 4) from maps at strides 4, 8, 16, 32."""
        x = self.lateral[-1](maps[-1])
        for level in reversed(range(len(maps) - 1)):
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = self.smooth[level](x + self.lateral[level](maps[level]))
        return cast(Tensor, x)


def _separable(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False),
        nn.BatchNorm2d(width),
        nn.Conv2d(width, width, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )


class LandmarkNetwork(nn.Module):
    """RGB crops in; heatmaps, presence and handedness out. Normalisation is its first layer."""

    stride_px = 4

    def __init__(self, decoder_width: int = 64) -> None:
        super().__init__()
        self.backbone = MobileNetV2()
        self.decoder = TopDownDecoder(MobileNetV2.channels, decoder_width)
        self.heatmap_head = nn.Conv2d(decoder_width, N_LANDMARKS, 1)
        self.classifier = nn.Sequential(
            nn.Linear(MobileNetV2.channels[-1], 64), nn.ReLU(inplace=True), nn.Linear(64, 2)
        )

    def forward(self, image: Tensor) -> Predictions:
        """Predict from image (N, S, S, 3) uint8, S divisible by 32."""
        x = image.permute(0, 3, 1, 2).to(self.heatmap_head.weight.dtype) / 127.5 - 1.0
        maps = self.backbone(x)
        logits = self.heatmap_head(self.decoder(maps))
        presence, handedness = self.classifier(maps[-1].mean(dim=(2, 3))).unbind(dim=1)
        return Predictions(logits, presence, handedness)

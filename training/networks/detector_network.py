# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The detector network: a shortened backbone, a top-down decoder, and one head per map."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn

from hand_landmarks_ros.core.detection_codec import MAP_CHANNELS

from .decoders import TopDownDecoder
from .mobilenet_v2 import MobileNetV2

_CENTRE_PRIOR = 0.01
"""Probability of a centre before training, so that empty cells do not drown the first steps."""


class ShortMobileNetV2(MobileNetV2):
    """MobileNetV2 without its last block, which holds a quarter of the weights."""

    strides = (8, 16, 32)
    channels = (32, 96, 160)
    _taps = (6, 13, 16)

    def __init__(self) -> None:
        super().__init__()
        del self.features[self._taps[-1] + 1 :]


@dataclass
class DetectorPredictions:
    """Raw maps for N images, named and laid out as in DetectionCodec, with a batch in front.

    centre_logit, handedness_logit: (N, m, m). box: (N, 4, m, m). region: (N, 5, m, m).
    """

    centre_logit: Tensor
    box: Tensor
    region: Tensor
    handedness_logit: Tensor


class DetectorNetwork(nn.Module):
    """RGB images in; the maps of DetectionCodec out. Normalisation is its first layer."""

    stride_px = 8

    def __init__(self, decoder_width: int = 64) -> None:
        super().__init__()
        self.backbone = ShortMobileNetV2()
        self.decoder = TopDownDecoder(ShortMobileNetV2.channels, decoder_width)
        self.head = nn.Sequential(
            nn.Conv2d(decoder_width, decoder_width, 5, padding=2, groups=decoder_width, bias=False),
            nn.BatchNorm2d(decoder_width),
            nn.Conv2d(decoder_width, 2 * decoder_width, 1, bias=False),
            nn.BatchNorm2d(2 * decoder_width),
            nn.ReLU(inplace=True),
            nn.Conv2d(2 * decoder_width, sum(MAP_CHANNELS.values()), 1),
        )
        bias = self.head[-1].bias
        assert isinstance(bias, Tensor)
        nn.init.zeros_(bias)
        nn.init.constant_(bias[:1], math.log(_CENTRE_PRIOR / (1 - _CENTRE_PRIOR)))

    def forward(self, image: Tensor) -> DetectorPredictions:
        """Predict from image (N, S, S, 3) uint8, S divisible by 32."""
        # TensorRT takes 8-bit integers into a cast only.
        pixels = image.to(next(self.parameters()).dtype).permute(0, 3, 1, 2) / 127.5 - 1.0
        maps = self.head(self.decoder(self.backbone(pixels)))
        centre, box, region, handedness = maps.split(list(MAP_CHANNELS.values()), dim=1)
        return DetectorPredictions(centre[:, 0], box, region, handedness[:, 0])

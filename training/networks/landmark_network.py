# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The landmark network: a backbone, and one head per output.

Heatmaps come from one of three heads. `heatmaps`: a decoder brings the features back to a fine
map, as in pose estimation since Xiao et al., ECCV 2018. `coordinates`: the pooled features give
each point with its uncertainty, drawn as a map. `fused`: both, as the product of what the pooled
features expect and what the maps show; on log maps that is a sum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn

from hand_landmarks_ros.core.errors import ParameterError
from hand_landmarks_ros.core.topology import N_LANDMARKS

from .backbones import as_backbone, make_backbone
from .coordinate_head import UNITS_PER_CROP, CoordinateHead, Coordinates
from .decoders import make_decoder

HEADS = ("heatmaps", "coordinates", "fused")


@dataclass(frozen=True)
class NetworkOptions:
    """Which member of the family a network is.

    backbone, decoder, head: names. decoder_width: channels. heatmap_stride_px: crop px per map px,
    one of the backbone's strides. has_z: whether depth relative to the wrist is predicted.
    """

    backbone: str = "mobilenet_v2"
    head: str = "heatmaps"
    decoder: str = "top_down"
    decoder_width: int = 64
    heatmap_stride_px: int = 4
    has_z: bool = False

    def __post_init__(self) -> None:
        if self.head not in HEADS:
            raise ParameterError(f"there is no head {self.head!r}; there are {HEADS}")


@dataclass
class Predictions:
    """Raw outputs for N crops.

    heatmap_logits: (N, 21, h, w), a softmax over each map gives where the landmark is.
    presence_logit, handedness_logit: (N,); positive means a hand, and a right hand. coordinates:
    of the heads that have them. z: (N, 21) depth relative to the wrist, shares of the crop's side,
    where the network predicts it.
    """

    heatmap_logits: Tensor
    presence_logit: Tensor
    handedness_logit: Tensor
    coordinates: Coordinates | None = None
    z: Tensor | None = None


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


class LandmarkNetwork(nn.Module):
    """RGB crops in; heatmaps, presence, handedness and depth out.

    Normalisation is its first layer.
    """

    def __init__(self, options: NetworkOptions) -> None:
        super().__init__()
        self.options = options
        self.backbone = make_backbone(options.backbone)
        backbone = as_backbone(self.backbone)
        if options.heatmap_stride_px not in backbone.strides:
            raise ParameterError(
                f"heatmap_stride_px is {options.heatmap_stride_px}, expected one of the strides "
                f"{backbone.strides} of {options.backbone}"
            )
        self.first_level = backbone.strides.index(options.heatmap_stride_px)
        n_pooled = backbone.channels[-1]
        if options.head != "coordinates":
            channels = backbone.channels[self.first_level :]
            self.decoder = make_decoder(options.decoder, channels, options.decoder_width)
            self.heatmap_head = nn.Conv2d(options.decoder_width, N_LANDMARKS, 1)
        if options.head != "heatmaps":
            self.coordinate_head = CoordinateHead(n_pooled)
        if options.head == "fused":
            # So the maps begin by showing what the pooled features expect.
            for parameter in self.heatmap_head.parameters():
                nn.init.zeros_(parameter)
        if options.has_z:
            self.z_head = nn.Linear(n_pooled, N_LANDMARKS)
        self.classifier = nn.Sequential(
            nn.Linear(n_pooled, 64), nn.ReLU(inplace=True), nn.Linear(64, 2)
        )

    @property
    def stride_px(self) -> int:
        """Crop px per heatmap px."""
        return self.options.heatmap_stride_px

    def forward(self, image: Tensor) -> Predictions:
        """Predict from image (N, S, S, 3) uint8, S divisible by 32."""
        # TensorRT takes 8-bit integers into a cast only, so that comes first.
        pixels = image.to(next(self.parameters()).dtype).permute(0, 3, 1, 2)
        low, high = as_backbone(self.backbone).input_range
        maps = self.backbone(pixels * ((high - low) / 255.0) + low)
        pooled = maps[-1].mean(dim=(2, 3))
        presence, handedness = self.classifier(pooled).unbind(dim=1)
        z = self.z_head(pooled) / UNITS_PER_CROP if self.options.has_z else None
        coordinates = self.coordinate_head(pooled) if self.options.head != "heatmaps" else None
        terms = []
        if self.options.head != "coordinates":
            terms.append(self.heatmap_head(self.decoder(maps[self.first_level :])))
        if coordinates is not None:
            shape = int(pixels.shape[2]) // self.stride_px, int(pixels.shape[3]) // self.stride_px
            terms.append(coordinates.log_density_map(*shape))
        logits = sum(terms[1:], terms[0])
        return Predictions(logits, presence, handedness, coordinates, z)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Feature extractors by name: an image batch in, one feature map per stride out."""

from __future__ import annotations

from typing import Protocol, cast

from torch import Tensor, nn

from hand_landmarks_ros.core.errors import ParameterError

from .efficientnet_lite import EfficientNetLite, EfficientNetLiteSmall
from .mobilenet_v2 import MobileNetV2
from .mobilenet_v3 import MobileNetV3Large, MobileNetV3Small
from .unet import CompactUNet


class Backbone(Protocol):
    """What the networks need of a backbone, which is an nn.Module besides.

    strides, channels: of the maps that it returns, finest first. input_range: of the RGB values
    that it takes. features: its blocks in order, so that the first ones can be frozen.
    """

    strides: tuple[int, ...]
    channels: tuple[int, ...]
    input_range: tuple[float, float]
    features: nn.ModuleList

    def __call__(self, x: Tensor) -> list[Tensor]:
        """Return the feature maps of (N, 3, H, W), H and W divisible by the coarsest stride."""
        ...


BACKBONES: dict[str, type[nn.Module]] = {
    "compact_unet": CompactUNet,
    "efficientnet_lite": EfficientNetLite,
    "efficientnet_lite_small": EfficientNetLiteSmall,
    "mobilenet_v2": MobileNetV2,
    "mobilenet_v3_large": MobileNetV3Large,
    "mobilenet_v3_small": MobileNetV3Small,
}


def make_backbone(name: str) -> nn.Module:
    """Return a new backbone; raises ParameterError that names the ones there are."""
    if name not in BACKBONES:
        raise ParameterError(f"there is no backbone {name!r}; there are {sorted(BACKBONES)}")
    return BACKBONES[name]()


def as_backbone(module: nn.Module) -> Backbone:
    """Tell the type checker what `make_backbone` made."""
    return cast(Backbone, module)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""MobileNetV2, with ImageNet weights where a file of them is at hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from hand_landmarks_ros.core.errors import ModelError

from .layers import FoldedInvertedResidual, same_convolution

_STAGES = (
    # expansion, channels, repeats, first stride: table 2 of Sandler et al., CVPR 2018
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class MobileNetV2(nn.Module):
    """MobileNetV2 1.0 without classifier, batch normalisation folded into the convolutions.

    Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018.
    Takes RGB in `input_range`, (N, 3, H, W) with H and W divisible by 32.
    """

    strides: tuple[int, ...] = (4, 8, 16, 32)
    channels: tuple[int, ...] = (24, 32, 96, 320)
    input_range = (-1.0, 1.0)
    _taps: tuple[int, ...] = (3, 6, 13, 17)

    def __init__(self) -> None:
        super().__init__()
        blocks: list[nn.Module] = [same_convolution(3, 32, 3, 2)]
        n_in = 32
        for expansion, n_out, repeats, first_stride in _STAGES:
            for repeat in range(repeats):
                stride = first_stride if repeat == 0 else 1
                blocks.append(
                    FoldedInvertedResidual(n_in, n_out, stride=stride, expansion=expansion)
                )
                n_in = n_out
        self.features = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the feature maps at strides 4, 8, 16 and 32."""
        maps = []
        for index, block in enumerate(self.features):
            x = nn.functional.relu6(block(x), inplace=True) if index == 0 else block(x)
            if index in self._taps:
                maps.append(x)
        return maps

    def load_imagenet(self, path: Path) -> None:
        """Start from folded ImageNet weights; raises ModelError if some are missing.

        The file holds `features.0` and `features.N.expand`, `.dw` and `.project`.
        """
        stored: Mapping[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        own = self.state_dict()
        renamed = {name: _stored_name(name) for name in own}
        missing = sorted(key for key in renamed.values() if key not in stored)
        if missing:
            raise ModelError(
                f"{path} is no folded MobileNetV2: {len(missing)} weights are missing, "
                f"first {missing[:3]}"
            )
        self.load_state_dict({name: stored[key] for name, key in renamed.items()})


def _stored_name(name: str) -> str:
    """`features.3.dw.1.weight` -> `features.3.dw.weight`: drop the index within the Sequential."""
    head, _, leaf = name.rpartition(".")
    return f"{head.rpartition('.')[0]}.{leaf}"

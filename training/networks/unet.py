# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A compact U-Net's contracting path; the landmark network's decoder is its expanding path."""

from __future__ import annotations

from torch import Tensor, nn

from .layers import normalised_convolution


class CompactUNet(nn.Module):
    """Five levels of two separable convolutions each, halving the side from one to the next.

    Source: Ronneberger et al., "U-Net", MICCAI 2015, thinned: separable convolutions, and no
    maps finer than stride 4. Takes RGB in `input_range`, (N, 3, H, W), H and W divisible by 32.
    """

    strides = (4, 8, 16, 32)
    channels = (32, 64, 128, 256)
    input_range = (-1.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        levels: list[nn.Module] = [normalised_convolution(3, 16, 3, 2, activation=nn.ReLU)]
        n_in = 16
        for n_out in self.channels:
            levels.append(
                nn.Sequential(nn.MaxPool2d(2), *_separable(n_in, n_out), *_separable(n_out, n_out))
            )
            n_in = n_out
        self.features = nn.ModuleList(levels)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the feature maps at strides 4, 8, 16 and 32."""
        maps = []
        for level in self.features:
            x = level(x)
            maps.append(x)
        return maps[1:]


def _separable(n_in: int, n_out: int) -> tuple[nn.Module, nn.Module]:
    return (
        normalised_convolution(n_in, n_in, 3, depthwise=True),
        normalised_convolution(n_in, n_out, 1, activation=nn.ReLU),
    )

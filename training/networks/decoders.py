# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From feature maps back to one fine map."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from hand_landmarks_ros.core.errors import ParameterError


class TopDownDecoder(nn.Module):
    """Brings coarse features back to a finer stride, adding the finer maps on the way.

    Feature pyramid of Lin et al., CVPR 2017, with depthwise-separable smoothing at each level.
    channels: of the maps from the wanted stride to the coarsest, each half the side of the last.
    """

    def __init__(self, channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(n, width, 1) for n in channels)
        self.smooth = nn.ModuleList(_separable(width) for _ in channels[:-1])

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return (N, width, h, w) at the stride of the first map."""
        x = self.lateral[-1](maps[-1])
        for level in reversed(range(len(maps) - 1)):
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = self.smooth[level](x + self.lateral[level](maps[level]))
        return cast(Tensor, x)


class DeconvolutionDecoder(nn.Module):
    """Transposed convolutions on the coarsest map alone.

    Source: Xiao et al., "Simple Baselines", ECCV 2018. channels: as of `TopDownDecoder`; their
    number says how often the side is doubled.
    """

    def __init__(self, channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        n_in = channels[-1]
        for _ in channels[:-1]:
            layers += [
                nn.ConvTranspose2d(n_in, width, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
            n_in = width
        layers = layers or [nn.Conv2d(n_in, width, 1), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return (N, width, h, w) at the stride of the first map."""
        return cast(Tensor, self.layers(maps[-1]))


DECODERS: dict[str, type[TopDownDecoder] | type[DeconvolutionDecoder]] = {
    "deconvolution": DeconvolutionDecoder,
    "top_down": TopDownDecoder,
}


def make_decoder(name: str, channels: tuple[int, ...], width: int) -> nn.Module:
    """Return a new decoder; raises ParameterError that names the ones there are."""
    if name not in DECODERS:
        raise ParameterError(f"there is no decoder {name!r}; there are {sorted(DECODERS)}")
    return DECODERS[name](channels, width)


def _separable(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False),
        nn.BatchNorm2d(width),
        nn.Conv2d(width, width, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )

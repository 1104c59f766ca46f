# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""MobileNetV3, large and small."""

from __future__ import annotations

from torch import Tensor, nn

from .layers import normalised_convolution

_Row = tuple[int, int, int, bool, type[nn.Module], int]

# kernel, expanded channels, channels, squeeze-and-excitation, activation, stride: tables 1 and 2 of
# Howard et al., ICCV 2019
_LARGE: tuple[_Row, ...] = (
    (3, 16, 16, False, nn.ReLU, 1),
    (3, 64, 24, False, nn.ReLU, 2),
    (3, 72, 24, False, nn.ReLU, 1),
    (5, 72, 40, True, nn.ReLU, 2),
    (5, 120, 40, True, nn.ReLU, 1),
    (5, 120, 40, True, nn.ReLU, 1),
    (3, 240, 80, False, nn.Hardswish, 2),
    (3, 200, 80, False, nn.Hardswish, 1),
    (3, 184, 80, False, nn.Hardswish, 1),
    (3, 184, 80, False, nn.Hardswish, 1),
    (3, 480, 112, True, nn.Hardswish, 1),
    (3, 672, 112, True, nn.Hardswish, 1),
    (5, 672, 160, True, nn.Hardswish, 2),
    (5, 960, 160, True, nn.Hardswish, 1),
    (5, 960, 160, True, nn.Hardswish, 1),
)
_SMALL: tuple[_Row, ...] = (
    (3, 16, 16, True, nn.ReLU, 2),
    (3, 72, 24, False, nn.ReLU, 2),
    (3, 88, 24, False, nn.ReLU, 1),
    (5, 96, 40, True, nn.Hardswish, 2),
    (5, 240, 40, True, nn.Hardswish, 1),
    (5, 240, 40, True, nn.Hardswish, 1),
    (5, 120, 48, True, nn.Hardswish, 1),
    (5, 144, 48, True, nn.Hardswish, 1),
    (5, 288, 96, True, nn.Hardswish, 2),
    (5, 576, 96, True, nn.Hardswish, 1),
    (5, 576, 96, True, nn.Hardswish, 1),
)


class SqueezeExcitation(nn.Module):
    """Scales each channel by what the whole map shows (Hu et al., CVPR 2018), a quarter wide."""

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        n_squeezed = max(8, n_channels // 4 // 8 * 8)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(n_channels, n_squeezed, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(n_squeezed, n_channels, 1),
            nn.Hardsigmoid(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        scaled: Tensor = x * self.gate(x)
        return scaled


class _Block(nn.Module):
    """Inverted residual with batch normalisation and, where asked, squeeze-and-excitation."""

    def __init__(self, n_in: int, row: _Row) -> None:
        super().__init__()
        kernel, n_hidden, n_out, squeezes, activation, stride = row
        layers = [
            normalised_convolution(
                n_hidden, n_hidden, kernel, stride, depthwise=True, activation=activation
            ),
            normalised_convolution(n_hidden, n_out, 1),
        ]
        if n_hidden != n_in:
            layers.insert(0, normalised_convolution(n_in, n_hidden, 1, activation=activation))
        if squeezes:
            layers.insert(-1, nn.Sequential(SqueezeExcitation(n_hidden)))
        self.layers = nn.Sequential(*layers)
        self.is_residual = stride == 1 and n_in == n_out

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return x + out if self.is_residual else out


class _MobileNetV3(nn.Module):
    """Source: Howard et al., "Searching for MobileNetV3", ICCV 2019; no pre-trained weights."""

    strides = (4, 8, 16, 32)
    channels: tuple[int, ...]
    input_range = (-1.0, 1.0)
    _taps: tuple[int, ...]

    def __init__(self, rows: tuple[_Row, ...]) -> None:
        super().__init__()
        blocks: list[nn.Module] = [normalised_convolution(3, 16, 3, 2, activation=nn.Hardswish)]
        n_in = 16
        for row in rows:
            blocks.append(_Block(n_in, row))
            n_in = row[2]
        blocks.append(normalised_convolution(n_in, self.channels[-1], 1, activation=nn.Hardswish))
        self.features = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the feature maps at strides 4, 8, 16 and 32."""
        maps = []
        for index, block in enumerate(self.features):
            x = block(x)
            if index in self._taps:
                maps.append(x)
        return maps


class MobileNetV3Large(_MobileNetV3):
    """MobileNetV3-Large 1.0 without classifier."""

    channels = (24, 40, 112, 960)
    _taps = (3, 6, 12, 16)

    def __init__(self) -> None:
        super().__init__(_LARGE)


class MobileNetV3Small(_MobileNetV3):
    """MobileNetV3-Small 1.0 without classifier."""

    channels = (16, 24, 48, 576)
    _taps = (1, 3, 8, 12)

    def __init__(self) -> None:
        super().__init__(_SMALL)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pieces that several networks are made of."""

from __future__ import annotations

from torch import Tensor, nn


class SamePadding(nn.Module):
    """Zero padding for a convolution of stride 2 on an even side, as TensorFlow's SAME does it.

    The odd one of the kernel - 2 rows goes to the bottom, the odd column to the right.
    """

    def __init__(self, kernel: int = 3) -> None:
        super().__init__()
        before = (kernel - 2) // 2
        self.padding = (before, kernel - 2 - before) * 2

    def forward(self, x: Tensor) -> Tensor:
        """Pad (N, C, H, W) to (N, C, H + kernel - 2, W + kernel - 2)."""
        return nn.functional.pad(x, self.padding)


def same_convolution(
    n_in: int, n_out: int, kernel: int, stride: int = 1, *, depthwise: bool = False
) -> nn.Sequential:
    """Return a convolution with bias that maps side s to s / stride, padded as TensorFlow does."""
    padding = kernel // 2 if stride == 1 else 0
    groups = n_in if depthwise else 1
    layers: list[nn.Module] = [SamePadding(kernel)] if stride == 2 else []
    layers.append(nn.Conv2d(n_in, n_out, kernel, stride, padding, groups=groups))
    return nn.Sequential(*layers)


class FoldedInvertedResidual(nn.Module):
    """MobileNetV2's block: expand, filter each channel, project.

    Batch normalisation is folded into the convolutions, as networks for deployment come. Where the
    number of channels stays, the input is added; at stride 2 its maxima, if `pools` says so.
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        stride: int,
        expansion: int,
        kernel: int = 3,
        pools: bool = False,
    ) -> None:
        super().__init__()
        n_hidden = n_in * expansion
        self.expand = same_convolution(n_in, n_hidden, 1) if expansion > 1 else None
        self.dw = same_convolution(n_hidden, n_hidden, kernel, stride, depthwise=True)
        self.project = same_convolution(n_hidden, n_out, 1)
        self.is_residual = n_in == n_out and (stride == 1 or pools)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, n_in, H, W) to (N, n_out, H / stride, W / stride)."""
        hidden = x if self.expand is None else nn.functional.relu6(self.expand(x), inplace=True)
        out: Tensor = self.project(nn.functional.relu6(self.dw(hidden), inplace=True))
        if not self.is_residual:
            return out
        return out + (x if self.stride == 1 else nn.functional.max_pool2d(x, self.stride))


def normalised_convolution(
    n_in: int,
    n_out: int,
    kernel: int,
    stride: int = 1,
    *,
    depthwise: bool = False,
    activation: type[nn.Module] | None = None,
) -> nn.Sequential:
    """Return a convolution, batch normalisation and an activation, for networks that learn both."""
    groups = n_in if depthwise else 1
    layers: list[nn.Module] = [
        nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(n_out),
    ]
    if activation is not None:
        layers.append(activation(inplace=True))
    return nn.Sequential(*layers)

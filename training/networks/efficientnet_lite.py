# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0 in the variant of MediaPipe's hand landmark model."""

from __future__ import annotations

from torch import Tensor, nn

from .layers import FoldedInvertedResidual, same_convolution

_Stages = tuple[tuple[int, int, int, tuple[int, ...]], ...]
# kernel, channels, first stride, expansions
_FULL: _Stages = (
    (3, 24, 2, (4, 6)),
    (5, 40, 2, (6, 6)),
    (3, 80, 2, (6, 6, 6)),
    (5, 112, 1, (6, 6, 6)),
    (5, 192, 2, (6, 6, 6, 6)),
)
_SMALL: _Stages = (
    (3, 16, 2, (4, 6)),
    (5, 24, 2, (6, 6)),
    (3, 48, 2, (6, 6, 6)),
    (5, 64, 1, (6, 6, 6)),
    (5, 112, 2, (6, 6, 6, 6)),
)


class EfficientNetLite(nn.Module):
    """EfficientNet-Lite0 that ends in the expanded features of its last block.

    Source: Tan and Le, "EfficientNet", ICML 2019, without squeeze-and-excitation and with ReLU6
    (EfficientNet-Lite); stages as in MediaPipe's hand_landmark_full.tflite, so that its weights
    fit (`training.mediapipe_weights`). Batch normalisation is folded into the convolutions. Takes
    RGB in `input_range`, (N, 3, H, W) with H and W divisible by 32.
    """

    strides = (4, 8, 16, 32)
    channels: tuple[int, ...] = (24, 40, 112, 1152)
    input_range = (0.0, 1.0)
    _stages = _FULL
    _taps = (3, 5, 11)

    def __init__(self) -> None:
        super().__init__()
        blocks: list[nn.Module] = [
            same_convolution(3, 24, 3, 2),
            FoldedInvertedResidual(24, 16, stride=1, expansion=1),
        ]
        n_in = 16
        for kernel, n_out, first_stride, expansions in self._stages:
            for repeat, expansion in enumerate(expansions):
                block = FoldedInvertedResidual(
                    n_in,
                    n_out,
                    stride=first_stride if repeat == 0 else 1,
                    expansion=expansion,
                    kernel=kernel,
                    pools=True,
                )
                blocks.append(block)
                n_in = n_out
        n_last = self.channels[-1]
        blocks += [
            same_convolution(n_in, n_last, 1),
            same_convolution(n_last, n_last, 3, depthwise=True),
        ]
        self.features = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the feature maps at strides 4, 8, 16 and 32."""
        maps = []
        for index, block in enumerate(self.features):
            x = block(x)
            if not isinstance(block, FoldedInvertedResidual):
                x = nn.functional.relu6(x, inplace=True)
            if index in self._taps:
                maps.append(x)
        return [*maps, x]


class EfficientNetLiteSmall(EfficientNetLite):
    """The narrower one of hand_landmark_lite.tflite."""

    channels = (16, 24, 64, 672)
    _stages = _SMALL

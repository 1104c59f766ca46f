# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A first look at a crop: where exactly the hand lies in it, and how it is turned.

A spatial transformer (Jaderberg et al., NeurIPS 2015) whose parameters are not left to be
discovered: the first look learns landmarks, and the square around them is computed as the runtime
computes it. So the second look sees each hand upright and at one size, as in tracking, whatever
region a detector, a search or an evaluation has cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from hand_landmarks_ros.core.region import HAND_REGION_SCALE, PALM_TOP
from hand_landmarks_ros.core.topology import WRIST

from .backbones import as_backbone, make_backbone
from .coordinate_head import CoordinateHead, Coordinates

_SMALLEST_SIDE, _LARGEST_SIDE = 0.3, 1.5
"""Of the square, in sides of the crop: what a wrong guess can do is bounded."""


class Aligner(nn.Module):
    """Looks at half the resolution and guesses the landmarks."""

    def __init__(self, backbone: str) -> None:
        super().__init__()
        self.backbone = make_backbone(backbone)
        self.coordinate_head = CoordinateHead(as_backbone(self.backbone).channels[-1])

    def forward(self, pixels: Tensor) -> Coordinates:
        """Guess from pixels (N, 3, S, S) in 0-255."""
        low, high = as_backbone(self.backbone).input_range
        half = functional.avg_pool2d(pixels, 2) * ((high - low) / 255.0) + low
        pooled = self.backbone(half)[-1].mean(dim=(2, 3))
        guess: Coordinates = self.coordinate_head(pooled)
        return guess


@dataclass
class AlignedSquare:
    """Squares in N crops, in shares of the crop's side.

    centre: (N, 2). side: (N,). crop_from_square: (N, 2, 2) rotation.
    """

    centre: Tensor
    side: Tensor
    crop_from_square: Tensor

    @classmethod
    def around(cls, xy: Tensor) -> AlignedSquare:
        """Return the square around each hand, xy (N, 21, 2), as `core.region` defines it."""
        up = xy[:, PALM_TOP].mean(dim=1) - xy[:, WRIST]
        up = up / up.square().sum(dim=-1, keepdim=True).sqrt().clamp_min(1e-4)
        right = torch.stack([-up[:, 1], up[:, 0]], dim=-1)
        crop_from_square = torch.stack([right, -up], dim=-1)
        turned = xy @ crop_from_square
        low, high = turned.amin(dim=1), turned.amax(dim=1)
        centre = (crop_from_square @ ((low + high) / 2.0)[..., None])[..., 0]
        side = (high - low).amax(dim=1) * HAND_REGION_SCALE
        return cls(
            centre.clamp(0.0, 1.0), side.clamp(_SMALLEST_SIDE, _LARGEST_SIDE), crop_from_square
        )

    def cut(self, pixels: Tensor) -> Tensor:
        """Return what the squares show of pixels (N, C, S, S), as large; black beyond the crop."""
        turned = _cell_offsets(pixels) @ self.crop_from_square.transpose(1, 2)
        offset = (self.centre - 0.5)[:, None] + self.side[:, None, None] * turned
        return _sampled(pixels, offset, "zeros")

    def put_back(self, maps: Tensor) -> Tensor:
        """Return maps (N, C, h, w) of the squares as maps of the crops.

        Beyond a square its border goes on.
        """
        offset = _cell_offsets(maps) - (self.centre - 0.5)[:, None]
        return _sampled(maps, offset @ self.crop_from_square / self.side[:, None, None], "border")

    def coordinates_in_crop(self, coordinates: Coordinates) -> Coordinates:
        """Return coordinates in the squares as ones in the crops."""
        place = (coordinates.xy - 0.5) @ self.crop_from_square.transpose(1, 2)
        return Coordinates(
            self.centre[:, None] + self.side[:, None, None] * place,
            coordinates.scale * self.side[:, None],
        )


def _cell_offsets(maps: Tensor) -> Tensor:
    """Return where the cells of maps lie from their middle, (h * w, 2), shares of their side.

    From the middle, since float16 is finest around zero.
    """
    height, width = int(maps.shape[2]), int(maps.shape[3])
    x = (torch.arange(width, device=maps.device) + 0.5) / width - 0.5
    y = (torch.arange(height, device=maps.device) + 0.5) / height - 0.5
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).reshape(-1, 2).to(maps.dtype)


def _sampled(maps: Tensor, offset: Tensor, beyond: str) -> Tensor:
    """Return the maps at offsets (N, h * w, 2) from their middle, shares of the side, bilinear."""
    grid = (2.0 * offset).reshape(-1, int(maps.shape[2]), int(maps.shape[3]), 2)
    return functional.grid_sample(maps, grid, padding_mode=beyond, align_corners=False)

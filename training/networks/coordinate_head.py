# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Landmark coordinates straight from the pooled features, each with its own uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from hand_landmarks_ros.core.topology import N_LANDMARKS

UNITS_PER_CROP = 224.0
"""The layers' outputs are 224ths of the crop, so that their weights are of usual size."""

DEGREES_OF_FREEDOM = 3.0
"""Of Student's t: heavy tails, so that a wrong guess does not outweigh what the maps show."""

_SMALLEST_SCALE, _LARGEST_SCALE = 2.0, 60.0


@dataclass
class Coordinates:
    """Where N hands' landmarks are guessed to be, as shares of the crop's side.

    xy: (N, 21, 2), 0 the left or upper border, 1 the right or lower one. scale: (N, 21), that of
    Student's t distribution around it.
    """

    xy: Tensor
    scale: Tensor

    def squared_distance(self, xy: Tensor) -> Tensor:
        """Return (N, 21) squared distances from points (N, 21, 2), in units of the scale."""
        return (xy - self.xy).square().sum(dim=-1) / self.scale.square()

    def log_density(self, xy: Tensor) -> Tensor:
        """Return (N, 21) log densities at points (N, 21, 2), but for a constant."""
        return _log_density(self.squared_distance(xy)) - 2.0 * self.scale.log()

    def log_density_map(self, height: int, width: int) -> Tensor:
        """Return (N, 21, height, width) log densities at the cells' centres, but for a constant."""
        place_x = (torch.arange(width, device=self.xy.device) + 0.5) / width
        place_y = (torch.arange(height, device=self.xy.device) + 0.5) / height
        offset_x = (place_x - self.xy[..., :1]) / self.scale[..., None]
        offset_y = (place_y - self.xy[..., 1:]) / self.scale[..., None]
        return _log_density(offset_x.square()[..., None, :] + offset_y.square()[..., :, None])


def _log_density(squared_distance: Tensor) -> Tensor:
    exponent = (DEGREES_OF_FREEDOM + 2.0) / 2.0
    return -exponent * torch.log1p(squared_distance / DEGREES_OF_FREEDOM)


class CoordinateHead(nn.Module):
    """Two linear layers on pooled features: coordinates, and the logarithm of their scale."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.xy = nn.Linear(n_features, 2 * N_LANDMARKS)
        self.log_scale = nn.Linear(n_features, N_LANDMARKS)
        nn.init.zeros_(self.log_scale.weight)
        nn.init.constant_(self.log_scale.bias, 2.0)
        nn.init.constant_(self.xy.bias, UNITS_PER_CROP / 2.0)

    def forward(self, pooled: Tensor) -> Coordinates:
        """Guess from pooled features (N, C)."""
        xy = self.xy(pooled).reshape(-1, N_LANDMARKS, 2) / UNITS_PER_CROP
        scale = self.log_scale(pooled).exp().clamp(_SMALLEST_SCALE, _LARGEST_SCALE)
        return Coordinates(xy, scale / UNITS_PER_CROP)

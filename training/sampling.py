# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which samples an epoch sees, and how many processes make them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import torch
from torch.utils.data import Sampler


class EpochSampler(Sampler[int]):
    """Samples epoch x n to epoch x n + n - 1, dealt out to the processes that train together.

    Samples are random by themselves, each a function of its number. So an epoch is the same whether
    a run came to it at once or was resumed, and no process sees another's samples. With `repeats`
    every epoch is the first.
    """

    def __init__(self, n_samples: int, *, repeats: bool = False) -> None:
        self.n_samples, self.repeats, self.epoch = n_samples, repeats, 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; Lightning calls it before each."""
        self.epoch = 0 if self.repeats else epoch

    def __len__(self) -> int:
        return self.n_samples // _process()[1]

    def __iter__(self) -> Iterator[int]:
        rank, n_processes = _process()
        first = self.epoch * self.n_samples + rank
        return iter(range(first, first + len(self) * n_processes, n_processes))


def default_workers() -> int:
    """Return one loader process for each core that training leaves, at least one, at most 16."""
    return max(1, min(16, len(os.sched_getaffinity(0)) - 1))


def _process() -> tuple[int, int]:
    """Return this process's rank and how many train together."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a user may choose about TensorRT engines, with the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..core.errors import ParameterError


@dataclass(frozen=True)
class EngineOptions:
    """How engines are built, kept and run; raises ParameterError for values that make no sense.

    max_batch: the largest batch of one run; a larger one takes several runs. workspace_mib: most
    memory a layer may use while it computes, which a Jetson takes from the CPU's. cache_directory:
    where engines are kept, None for `engine_cache.default_cache_directory`. cuda_graph: record the
    launches of each batch size once and replay them. device: index of the GPU.
    """

    max_batch: int = 4
    workspace_mib: int = 512
    cache_directory: Path | None = None
    cuda_graph: bool = False
    device: int = 0

    def __post_init__(self) -> None:
        for name, smallest in (("max_batch", 1), ("workspace_mib", 1), ("device", 0)):
            if getattr(self, name) < smallest:
                raise ParameterError(
                    f"{name} is {getattr(self, name)}, expected {smallest} or more"
                )

    @classmethod
    def max_batch_for(cls, max_hands: int) -> int:
        """Return a max_batch for so many hands: as a rule the default, so that engines differ
        little and can be built beforehand."""
        return max(cls.max_batch, max_hands)

    @property
    def best_batch(self) -> int:
        """The batch size that engines are tuned for: as a rule a person shows two hands or one."""
        return min(2, self.max_batch)

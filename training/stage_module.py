# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the training of every kind of model shares, and what each kind says of itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, IterableDataset

from hand_landmarks_ros.core.errors import ParameterError

from .config import Stage, TrainConfig
from .datasets.records import ImageRecord

Records = Mapping[str, Sequence[ImageRecord]]


class ValidationPictures(IterableDataset[ImageRecord]):
    """About n_images of the records, evenly spread, one batch a picture."""

    def __init__(self, records: Sequence[ImageRecord], n_images: int) -> None:
        self.records = records[:: max(1, len(records) // n_images)]

    def __iter__(self) -> Iterator[ImageRecord]:
        return iter(self.records)


class StageModule(lightning.LightningModule):
    """A network with a `backbone` of blocks named `features`, for one stage of training.

    `monitored`: the figure of validation that tells how good the network is; more is better.
    """

    monitored: str

    def __init__(self, network: nn.Module, config: TrainConfig, stage: Stage) -> None:
        super().__init__()
        self.network, self.config, self.stage = network, config, stage
        parts = dict(network.named_children())
        if set(stage.trained_parts) - set(parts):
            raise ParameterError(
                f"stage {stage.name} trains {list(stage.trained_parts)}, expected some of "
                f"{sorted(parts)}"
            )
        network.requires_grad_(True)
        trained = set(stage.trained_parts or parts)
        self._untouched = [part for name, part in parts.items() if name not in trained]
        for part in self._untouched:
            part.requires_grad_(False)
        frozen = list(network.get_submodule("backbone.features").children())
        for block in frozen[: stage.n_frozen_blocks]:
            block.requires_grad_(False)

    def on_train_epoch_start(self) -> None:
        """Leave what is not trained in evaluation: its batch statistics stay as well."""
        for part in self._untouched:
            part.eval()

    @staticmethod
    @abstractmethod
    def make_network(config: TrainConfig) -> nn.Module:
        """Return a new network of this kind."""

    @abstractmethod
    def training_data(self, sets: Records, n_samples: int, seed: int) -> Dataset[dict[str, Tensor]]:
        """Return n_samples random samples; each depends on its number and the seed alone."""

    @abstractmethod
    def validation_data(self, records: Sequence[ImageRecord]) -> ValidationPictures:
        """Return those of the held out records that `validation_step` takes."""

    @abstractmethod
    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return each loss of one batch by name; their sum is what training minimises."""

    def loss(self, batch: dict[str, Tensor]) -> Tensor:
        """Return the sum of the losses of one batch."""
        return torch.stack(list(self.losses(batch).values())).sum()

    def training_step(self, batch: dict[str, Tensor], index: int) -> Tensor:
        """Log the losses of one batch and return their sum."""
        losses = self.losses(batch)
        self.log_dict({f"train/{name}": loss for name, loss in losses.items()}, prog_bar=True)
        return torch.stack(list(losses.values())).sum()

    def transfer_batch_to_device(self, batch: Any, device: torch.device, index: int) -> Any:
        """Leave validation records on the host, where they are read."""
        if isinstance(batch, ImageRecord):
            return batch
        return super().transfer_batch_to_device(batch, device, index)

    def configure_optimizers(self) -> Any:
        """AdamW with a short warm-up, then a straight line between the stage's two rates."""
        first, last = self.stage.learning_rate
        # Fewer where several processes share the samples.
        total = max(1, int(self.trainer.estimated_stepping_batches))
        trained = [(n, p) for n, p in self.network.named_parameters() if p.requires_grad]
        backbone = [p for name, p in trained if name.startswith("backbone")]
        rest = [p for name, p in trained if not name.startswith("backbone")]
        optimizer = torch.optim.AdamW(
            [
                {"params": rest, "lr": first},
                {"params": backbone, "lr": first * self.stage.backbone_rate},
            ],
            weight_decay=self.config.weight_decay,
            fused=True,
        )

        def factor(step: int) -> float:
            warmup = min(1.0, (step + 1) / max(1, self.stage.warmup_steps))
            done = min(1.0, step / total)
            return warmup * (1.0 + done * (last / first - 1.0))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

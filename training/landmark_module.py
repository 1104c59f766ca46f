# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How the landmark network learns: Lightning's view of one training stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from hand_landmarks_ros.core.codec import HeatmapCodec

from .config import Stage, TrainConfig
from .datasets.protocol import ProtocolCrops, protocol_crops
from .datasets.records import ImageRecord
from .losses import landmark_losses
from .metrics import landmark_metrics
from .networks.landmark_network import LandmarkNetwork, heatmaps_from_logits


class LandmarkModule(lightning.LightningModule):
    """The network with its optimiser, schedule and validation for one stage."""

    def __init__(self, network: LandmarkNetwork, config: TrainConfig, stage: Stage) -> None:
        super().__init__()
        self.network, self.config, self.stage = network, config, stage
        self.codec = HeatmapCodec(stage.input_size_px, network.stride_px, config.sigma_px)
        self._errors_px: list[np.ndarray[Any, Any]] = []
        for index, block in enumerate(network.backbone.features):
            block.requires_grad_(index >= stage.n_frozen_blocks)

    def training_step(self, batch: dict[str, Tensor], index: int) -> Tensor:
        """Return the sum of the losses of one batch."""
        losses = landmark_losses(self.network(batch["image"]), batch)
        self.log_dict({f"train/{name}": loss for name, loss in losses.items()}, prog_bar=True)
        return torch.stack(list(losses.values())).sum()

    def transfer_batch_to_device(self, batch: Any, device: torch.device, index: int) -> Any:
        """Leave validation batches on the host, where they are cut and scored with NumPy."""
        if isinstance(batch, ProtocolCrops):
            return batch
        return super().transfer_batch_to_device(batch, device, index)

    def validation_step(self, batch: ProtocolCrops, index: int) -> None:
        """Collect the errors of one image's hands."""
        logits = self.network(torch.from_numpy(batch.crops).to(self.device)).heatmap_logits
        heatmaps = heatmaps_from_logits(logits, self.config.sigma_px)
        xy_crop_px, _ = self.codec.decode(heatmaps.float().cpu().numpy())
        self._errors_px.append(batch.errors_px(xy_crop_px))

    def on_validation_epoch_end(self) -> None:
        """Log the accuracy over all validation hands."""
        metrics = landmark_metrics(np.concatenate(self._errors_px))
        self._errors_px.clear()
        self.log("val/pck_5", metrics["pck"]["5"], prog_bar=True)
        self.log("val/epe_px", metrics["epe_px"], prog_bar=True)

    def configure_optimizers(self) -> Any:
        """AdamW with a short warm-up, then a straight line between the stage's two rates."""
        first, last = self.stage.learning_rate
        total = max(1, self.stage.n_samples // self.stage.batch_size)
        backbone = [p for p in self.network.backbone.parameters() if p.requires_grad]
        rest = [p for name, p in self.network.named_parameters() if not name.startswith("backbone")]
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


class ValidationCrops(IterableDataset[ProtocolCrops]):
    """Every n-th image of the validation records, one batch an image."""

    def __init__(self, records: list[ImageRecord], size_px: int, n_images: int) -> None:
        step = max(1, len(records) // n_images)
        self.records, self.size_px = records[::step], size_px

    def __iter__(self) -> Iterator[ProtocolCrops]:
        return protocol_crops(self.records, self.size_px)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How the landmark network learns: Lightning's view of one training stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from hand_landmarks_ros.core.codec import HeatmapCodec

from .config import Stage, TrainConfig
from .datasets.crops import HandCrops
from .datasets.protocol import ProtocolCrops, protocol_crops
from .datasets.records import ImageRecord
from .losses import landmark_losses
from .metrics import landmark_metrics
from .networks.landmark_network import LandmarkNetwork, heatmaps_from_logits
from .stage_module import Records, StageModule


class LandmarkModule(StageModule):
    """The network with its samples, losses and validation for one stage."""

    monitored = "val/pck_5"

    def __init__(self, network: LandmarkNetwork, config: TrainConfig, stage: Stage) -> None:
        super().__init__(network, config, stage)
        self.codec = HeatmapCodec(stage.input_size_px, network.stride_px, config.sigma_px)
        self._errors_px: list[np.ndarray[Any, Any]] = []

    @staticmethod
    def make_network(config: TrainConfig) -> LandmarkNetwork:
        """Return a new network of the family."""
        return LandmarkNetwork(config.network)

    def training_data(self, sets: Records, n_samples: int, seed: int) -> HandCrops:
        """Return random crops of labelled hands, and of none."""
        return HandCrops(
            sets,
            self.stage.set_weights,
            self.codec,
            n_samples,
            seed=seed,
            options=self.stage.crops,
        )

    def validation_data(self, records: Sequence[ImageRecord]) -> ValidationCrops:
        """Return the hands of about 250 images, cut by the protocol."""
        with_hands = [record for record in records if record.hands]
        return ValidationCrops(with_hands, self.stage.input_size_px, 250)

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return each loss of one batch by name, weighted."""
        predictions = self.network(batch["image"])
        return landmark_losses(predictions, batch, self.config.sigma_px, self.config.losses)

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


class ValidationCrops(IterableDataset[ProtocolCrops]):
    """Every n-th image of the validation records, one batch an image."""

    def __init__(self, records: Sequence[ImageRecord], size_px: int, n_images: int) -> None:
        step = max(1, len(records) // n_images)
        self.records, self.size_px = records[::step], size_px

    def __iter__(self) -> Iterator[ProtocolCrops]:
        return protocol_crops(self.records, self.size_px)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How the landmark network learns: Lightning's view of one training stage."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from hand_landmarks_ros.core.model_card import ModelCard

from .config import Stage, TrainConfig
from .datasets.crops import HandCrops
from .datasets.records import ImageRecord
from .evaluation.landmarks import NetworkOnCrops, in_true_crops
from .evaluation.results import HandResults
from .losses import landmark_losses
from .metrics import landmark_metrics
from .network_backend import NetworkBackend
from .networks.landmark_network import LandmarkNetwork, heatmaps_from_logits
from .stage_module import Records, StageModule, ValidationPictures


class DeployedNetwork(nn.Module):
    """The network as the runtime sees it: probabilities out, heatmaps that peak at one, z in px."""

    def __init__(self, network: LandmarkNetwork, sigma_px: float) -> None:
        super().__init__()
        self.network, self.sigma_px = network, sigma_px

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Return heatmaps (N, 21, h, w), presence (N,), handedness (N,), and z (N, 21) if it has.

        All are in 0-1 but z, depth relative to the wrist in px of the crop.
        """
        raw = self.network(image)
        outputs = (
            heatmaps_from_logits(raw.heatmap_logits, self.sigma_px),
            raw.presence_logit.sigmoid(),
            raw.handedness_logit.sigmoid(),
        )
        return outputs if raw.z is None else (*outputs, raw.z * int(image.shape[1]))


class LandmarkModule(StageModule):
    """The network with its samples, losses and validation for one stage."""

    monitored = "val/pck_5"

    def __init__(self, network: LandmarkNetwork, config: TrainConfig, stage: Stage) -> None:
        super().__init__(network, config, stage)
        card = landmark_card(config, stage.input_size_px)
        self.codec = card.codec()
        self._model = NetworkOnCrops(
            NetworkBackend(DeployedNetwork(network, config.sigma_px), card)
        )
        self._results: list[HandResults] = []

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

    def validation_data(self, records: Sequence[ImageRecord]) -> ValidationPictures:
        """Return about 250 pictures with hands."""
        return ValidationPictures([record for record in records if record.hands], 250)

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return each loss of one batch by name, weighted."""
        predictions = self.network(batch["image"])
        return landmark_losses(predictions, batch, self.config.sigma_px, self.config.losses)

    def validation_step(self, batch: ImageRecord, index: int) -> None:
        """Look at the hands of one picture as training.evaluate does."""
        results = in_true_crops(self._model, [batch])
        self._results += [] if results is None else [results]

    def on_validation_epoch_end(self) -> None:
        """Log the accuracy over all validation hands."""
        metrics = landmark_metrics(HandResults.joined(self._results).errors_px)
        self._results.clear()
        self.log("val/pck_5", metrics["pck"]["5"], prog_bar=True)
        self.log("val/epe_px", metrics["epe_px"], prog_bar=True)


def landmark_card(config: TrainConfig, input_size_px: int) -> ModelCard:
    """Fill in what is known before evaluation; accuracy is added by training.evaluate."""
    return ModelCard(
        name=config.name,
        version=config.version,
        input_size_px=input_size_px,
        stride_px=config.network.heatmap_stride_px,
        sigma_px=config.sigma_px,
        outputs=("heatmaps", "presence", "handedness", *(["z"] if config.network.has_z else [])),
        training_data=config.training_data,
        licence=config.licence,
    )

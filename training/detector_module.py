# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How the detector network learns: Lightning's view of one training stage."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from hand_landmarks_ros.core.detection_codec import MAP_CHANNELS, DetectionCodec
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL, ModelCard

from .config import Stage, TrainConfig
from .datasets.records import ImageRecord
from .datasets.scenes import HandScenes
from .detection_metrics import ImageBoxes, average_precision
from .detector_losses import detector_losses
from .evaluation.detections import box_finder
from .network_backend import NetworkBackend
from .networks.detector_network import DetectorNetwork
from .stage_module import Records, StageModule, ValidationPictures


class DeployedDetector(nn.Module):
    """The network as the runtime sees it: the maps of DetectionCodec, probabilities in 0-1."""

    def __init__(self, network: DetectorNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return centre (N, m, m), box (N, 4, m, m), region (N, 5, m, m), handedness (N, m, m)."""
        raw = self.network(image)
        return raw.centre_logit.sigmoid(), raw.box, raw.region, raw.handedness_logit.sigmoid()


class DetectorModule(StageModule):
    """The detector network with its optimiser, schedule and validation for one stage."""

    monitored = "val/ap50"

    def __init__(self, network: DetectorNetwork, config: TrainConfig, stage: Stage) -> None:
        super().__init__(network, config, stage)
        self.codec = DetectionCodec(stage.input_size_px, network.stride_px)
        card = detector_card(config, stage.input_size_px)
        self._find_boxes = box_finder(NetworkBackend(DeployedDetector(network), card))
        self._images: list[ImageBoxes] = []

    @staticmethod
    def make_network(config: TrainConfig) -> DetectorNetwork:
        """Return a new detector network."""
        return DetectorNetwork()

    def training_data(self, sets: Records, n_samples: int, seed: int) -> HandScenes:
        """Return random scenes."""
        return HandScenes(
            sets,
            self.stage.set_weights,
            self.codec,
            n_samples,
            seed=seed,
            options=self.stage.scenes,
        )

    def validation_data(self, records: Sequence[ImageRecord]) -> ValidationPictures:
        """Return about 200 of the completely labelled images."""
        return ValidationPictures([record for record in records if record.is_complete], 200)

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return each loss of one batch by name, weighted."""
        return detector_losses(self.network(batch["image"]), batch)

    def validation_step(self, batch: ImageRecord, index: int) -> None:
        """Look for the hands of one picture."""
        self._images.append(self._find_boxes(batch))

    def on_validation_epoch_end(self) -> None:
        """Log the average precision over all validation pictures."""
        for name, value in average_precision(self._images).items():
            self.log(f"val/{name}", value, prog_bar=True)
        self._images.clear()


def detector_card(config: TrainConfig, input_size_px: int) -> ModelCard:
    """Fill in what is known before evaluation; accuracy is added by training.evaluate."""
    return ModelCard(
        name=config.name,
        version=config.version,
        input_size_px=input_size_px,
        stride_px=DetectorNetwork.stride_px,
        sigma_px=0.0,
        outputs=tuple(MAP_CHANNELS),
        training_data=config.training_data,
        licence=config.licence,
        kind=DETECTOR_MODEL,
    )

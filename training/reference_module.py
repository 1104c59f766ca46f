# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Well-known detectors of torchvision, trained and measured like ours, to compare with.

They learn upright boxes from the same scenes, EgoHands' included, and are judged by the same
average precision; nothing at run time uses them. torchvision is an optional extra.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from hand_landmarks_ros.core.crop import cut_crops
from hand_landmarks_ros.core.detection import whole_image
from hand_landmarks_ros.core.detection_codec import DetectionCodec
from hand_landmarks_ros.core.errors import ParameterError
from hand_landmarks_ros.core.geometry import apply, invert

from .augment import change_light
from .config import Stage, TrainConfig
from .datasets.records import ImageRecord
from .datasets.scenes import HandScenes
from .detection_metrics import ImageBoxes, average_precision
from .stage_module import Records, StageModule, ValidationPictures

HAND = 1
"""torchvision's label of the only class; 0 is the background."""

_MOST_HANDS = 32


class ReferenceNetwork(nn.Module):
    """A detector with torchvision's contract, its whole backbone as the one block to freeze."""

    def __init__(self, detector: nn.Module) -> None:
        super().__init__()
        # First, so that its parameters are named as the backbone's.
        self.backbone = nn.Module()
        self.backbone.features = nn.ModuleList([detector.get_submodule("backbone")])
        self.detector = detector

    def forward(self, image: Tensor, targets: list[dict[str, Tensor]] | None = None) -> Any:
        """Return losses by name in training, else boxes and scores; image (N, S, S, 3) uint8."""
        pixels = image.permute(0, 3, 1, 2).float() / 255.0
        return self.detector(list(pixels), targets)


class SceneBoxes(Dataset[dict[str, Tensor]]):
    """The scenes of HandScenes with the hands' upright boxes, `bounds_px` (32, 4), NaN for none."""

    def __init__(self, scenes: HandScenes) -> None:
        self.scenes = scenes

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return image (S, S, 3) uint8 and bounds_px."""
        rng = np.random.default_rng((self.scenes.seed, index))
        scene = self.scenes.scene(rng)
        bounds_px = np.full((_MOST_HANDS, 4), np.nan, np.float32)
        seen_px = scene.hands.bounds_px[:_MOST_HANDS]
        bounds_px[: len(seen_px)] = seen_px
        return {
            "image": torch.from_numpy(change_light(scene.image, rng)),
            "bounds_px": torch.from_numpy(bounds_px),
        }


class ReferenceModule(StageModule):
    """A detector of torchvision with its validation for one stage."""

    monitored = "val/ap50"

    def __init__(self, network: ReferenceNetwork, config: TrainConfig, stage: Stage) -> None:
        super().__init__(network, config, stage)
        self._images: list[ImageBoxes] = []

    @staticmethod
    @abstractmethod
    def make_network(config: TrainConfig) -> ReferenceNetwork:
        """Return the detector with random weights; raises ParameterError without torchvision."""

    def training_data(self, sets: Records, n_samples: int, seed: int) -> SceneBoxes:
        """Return random scenes."""
        codec = DetectionCodec(self.stage.input_size_px, 1)
        weights, options = self.stage.set_weights, self.stage.scenes
        return SceneBoxes(HandScenes(sets, weights, codec, n_samples, seed=seed, options=options))

    def validation_data(self, records: Sequence[ImageRecord]) -> ValidationPictures:
        """Return all completely labelled images."""
        complete = [record for record in records if record.is_complete]
        return ValidationPictures(complete, len(records))

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return torchvision's losses of one batch by name."""
        targets = []
        for bounds_px in batch["bounds_px"]:
            boxes = bounds_px[~torch.isnan(bounds_px[:, 0])]
            labels = torch.full((len(boxes),), HAND, dtype=torch.int64, device=boxes.device)
            targets.append({"boxes": boxes, "labels": labels})
        losses: dict[str, Tensor] = self.network(batch["image"], targets)
        return losses

    def validation_step(self, batch: ImageRecord, index: int) -> None:
        """Look for the hands of one picture, letterboxed as for our own detector."""
        image = batch.read_image()
        frame = whole_image(batch.width_px, batch.height_px)
        letterboxed, affines = cut_crops(image, frame, self.stage.input_size_px)
        (found,) = self.network(torch.from_numpy(letterboxed).to(self.device))
        corners_px = found["boxes"].double().cpu().numpy().reshape(-1, 2, 2)
        self._images.append(
            ImageBoxes(
                np.array([hand.bounds_px for hand in batch.hands]).reshape(-1, 4),
                apply(invert(affines[0]), corners_px).reshape(-1, 4),
                found["scores"].double().cpu().numpy(),
            )
        )

    def on_validation_epoch_end(self) -> None:
        """Log the average precision over all validation pictures."""
        for name, value in average_precision(self._images).items():
            self.log(f"val/{name}", value, prog_bar=True)
        self._images.clear()


class SsdLiteModule(ReferenceModule):
    """SSDLite with MobileNetV3-Large (Howard et al., ICCV 2019); takes 320 x 320 px."""

    @staticmethod
    def make_network(config: TrainConfig) -> ReferenceNetwork:
        """Return the detector with random weights; raises ParameterError without torchvision."""
        return _from_torchvision("ssdlite320_mobilenet_v3_large")


class FasterRcnnModule(ReferenceModule):
    """Faster R-CNN (Ren et al., NIPS 2015) with a ResNet-50 feature pyramid."""

    @staticmethod
    def make_network(config: TrainConfig) -> ReferenceNetwork:
        """Return the detector with random weights; raises ParameterError without torchvision."""
        return _from_torchvision("fasterrcnn_resnet50_fpn")


def _from_torchvision(name: str) -> ReferenceNetwork:
    try:
        from torchvision.models import detection
    except (ImportError, RuntimeError) as error:  # RuntimeError: built for another torch
        raise ParameterError(
            f"the reference {name} needs torchvision, which cannot be imported ({error}); install "
            "the build of torchvision that belongs to the installed torch"
        ) from error
    build = getattr(detection, name)
    return ReferenceNetwork(build(weights=None, weights_backbone=None, num_classes=1 + HAND))

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a training run is made of; read from YAML, unknown keys refused.

dacite turns the YAML into dataclasses. OmegaConf and pydantic were considered: they also merge,
interpolate and coerce, none of which a config here needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import dacite
import yaml

from hand_landmarks_ros.core.errors import ParameterError
from hand_landmarks_ros.core.model_card import LANDMARK_MODEL

from .datasets.crops import CropOptions
from .datasets.scene_composition import SceneOptions
from .losses import LossOptions
from .networks.landmark_network import NetworkOptions


@dataclass(frozen=True)
class Stage:
    """One stretch of training at one input size.

    n_samples: samples to see, in epochs of about epoch_samples each; after every epoch the network
    is validated and a checkpoint written, from which a run can be resumed. patience_epochs: stop
    after so many without a better validation; 0 never does. learning_rate runs linearly from its
    first to its second value; backbone_rate multiplies it for the backbone. n_frozen_blocks: first
    backbone blocks kept as they are, which saves the backward pass through the largest maps.
    trained_parts: of the network, by name; none means all.
    set_weights: how often a hand of a set is drawn, and what its images show besides, over the
    default of 1; 0 leaves the set out.
    crops, scenes: what samples of a landmark model, and of a detector, look like.
    """

    name: str
    input_size_px: int
    n_samples: int
    learning_rate: tuple[float, float]
    backbone_rate: float = 0.5
    batch_size: int = 32
    n_frozen_blocks: int = 0
    trained_parts: tuple[str, ...] = ()
    warmup_steps: int = 200
    epoch_samples: int = 20_000
    patience_epochs: int = 0
    set_weights: dict[str, float] = field(default_factory=dict)
    crops: CropOptions = field(default_factory=CropOptions)
    scenes: SceneOptions = field(default_factory=SceneOptions)

    @property
    def n_epochs(self) -> int:
        """How many epochs come nearest to epoch_samples each."""
        return max(1, round(self.n_samples / self.epoch_samples))

    @property
    def n_epoch_steps(self) -> int:
        """Batches of one epoch."""
        return max(1, self.n_samples // self.n_epochs // self.batch_size)

    @property
    def n_epoch_samples(self) -> int:
        """Samples of one epoch, a whole number of batches."""
        return self.n_epoch_steps * self.batch_size


@dataclass(frozen=True)
class TrainConfig:
    """A model and the stages that train it.

    kind: what the model is for, as its card says. sigma_px: heatmap px. training_data and licence
    go into the card. Images of the excluded subjects are never trained on, whatever set they lie
    in. network, losses: of a landmark model.
    """

    name: str
    version: str
    sigma_px: float
    training_data: str
    licence: str
    stages: tuple[Stage, ...]
    kind: str = LANDMARK_MODEL
    network: NetworkOptions = field(default_factory=NetworkOptions)
    losses: LossOptions = field(default_factory=LossOptions)
    seed: int = 1
    excluded_subjects: tuple[str, ...] = ()
    ema_decay: float = 0.999
    weight_decay: float = 0.01
    gradient_clip: float = 1.0


def read_config(path: Path) -> TrainConfig:
    """Read a YAML file; raises ParameterError that names the key at fault."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        return dacite.from_dict(
            TrainConfig, values, dacite.Config(strict=True, cast=[tuple], type_hooks={float: float})
        )
    except (OSError, yaml.YAMLError, dacite.DaciteError, TypeError, ValueError) as error:
        raise ParameterError(f"{path} is no training config: {error}") from error

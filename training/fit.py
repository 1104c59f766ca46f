# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Train a landmark model stage by stage: python -m training.fit --config FILE --data DIR."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import cv2
import lightning
import torch
from lightning.pytorch.callbacks import (
    EMAWeightAveraging,
    LearningRateMonitor,
    ModelCheckpoint,
    TQDMProgressBar,
)
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader

from hand_landmarks_ros.core.errors import ParameterError

from .command_line import command
from .config import Stage, TrainConfig, read_config
from .datasets.crops import HandCrops
from .datasets.labels_jsonl import read_sets
from .landmark_module import LandmarkModule, ValidationCrops
from .networks.landmark_network import LandmarkNetwork
from .weights import load_weights, save_weights

_logger = logging.getLogger(__name__)


@command()
def main() -> None:
    """Read the command line and train every stage, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="YAML of training/configs")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders of data sets")
    parser.add_argument("--out", type=Path, default=Path("build/train"))
    parser.add_argument("--stages", nargs="+", help="names of the stages to run; default all")
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument(
        "--init-from", type=Path, help="weights.pt, checkpoint or .onnx to start from"
    )
    start.add_argument("--backbone-weights", type=Path, help="folded ImageNet MobileNetV2 (.pt)")
    start.add_argument("--random-backbone", action="store_true", help="start from nothing")
    parser.add_argument("--workers", type=int, default=1, help="loader processes")
    arguments = parser.parse_args()
    config = read_config(arguments.config)
    network = LandmarkNetwork(config.decoder_width)
    if arguments.init_from:
        load_weights(network, arguments.init_from)
    elif arguments.backbone_weights:
        network.backbone.load_imagenet(arguments.backbone_weights)
    for stage in _selected(config, arguments.stages):
        fit_stage(
            network,
            config,
            stage,
            arguments.data,
            arguments.out / config.name / stage.name,
            n_workers=arguments.workers,
        )
    save_weights(network, arguments.out / config.name / "weights.pt")


def fit_stage(
    network: LandmarkNetwork,
    config: TrainConfig,
    stage: Stage,
    data: list[Path],
    out: Path,
    *,
    n_workers: int = 1,
) -> None:
    """Train `network` in place through one stage; averaged weights end in OUT/weights.pt."""
    lightning.seed_everything(config.seed, verbose=False)
    cv2.setNumThreads(1)
    # Convolutions on the CPU train faster on channels-last data.
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    module = LandmarkModule(network, config, stage)
    n_steps = stage.n_samples // stage.batch_size
    every = max(1, min(n_steps, 20_000 // stage.batch_size))
    train = HandCrops(
        read_sets(data, "train", config.excluded_subjects),
        stage.set_weights,
        module.codec,
        n_steps * stage.batch_size,
        seed=config.seed + config.stages.index(stage),  # each stage sees crops of its own
        options=stage.crops,
    )
    held_out = [r for records in read_sets(data, "val").values() for r in records if r.hands]
    averaging = EMAWeightAveraging(decay=config.ema_decay)
    trainer = lightning.Trainer(
        accelerator="auto",
        devices=1,
        max_steps=n_steps,
        gradient_clip_val=config.gradient_clip,
        val_check_interval=every,
        num_sanity_val_steps=0,
        log_every_n_steps=50,
        enable_model_summary=False,
        logger=CSVLogger(out, name="", version=""),
        callbacks=[
            averaging,
            LearningRateMonitor("step"),
            ModelCheckpoint(out, filename="last", every_n_train_steps=every, save_top_k=1),
            TQDMProgressBar(refresh_rate=20),
        ],
    )
    trainer.fit(
        module,
        DataLoader(
            train,
            batch_size=stage.batch_size,
            num_workers=n_workers,
            persistent_workers=n_workers > 0,
            multiprocessing_context="fork" if n_workers else None,
        ),
        DataLoader(ValidationCrops(held_out, stage.input_size_px, 250), batch_size=None),
    )
    save_weights(network, out / "weights.pt")
    _logger.info("stage %s: weights in %s", stage.name, out / "weights.pt")


def _selected(config: TrainConfig, names: list[str] | None) -> list[Stage]:
    known = [stage.name for stage in config.stages]
    unknown = set(names or ()) - set(known)
    if unknown:
        raise ParameterError(f"{config.name} has no stage {sorted(unknown)}; it has {known}")
    return [stage for stage in config.stages if not names or stage.name in names]


if __name__ == "__main__":
    main()

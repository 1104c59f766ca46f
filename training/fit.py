# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Train a model stage by stage: python -m training.fit --config FILE --data DIR."""

from __future__ import annotations

import argparse
import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import lightning
import torch
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    EMAWeightAveraging,
    LearningRateMonitor,
    ModelCheckpoint,
    TQDMProgressBar,
)
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader, Dataset

from hand_landmarks_ros.core.errors import ParameterError, SourceError

from .command_line import command
from .config import Stage, TrainConfig, read_config
from .datasets.catalogue import find_sets, read_sets
from .sampling import EpochSampler, default_workers
from .stage_module import StageModule
from .tasks import module_class
from .weights import load_backbone, load_weights, save_weights

LAST = "last"
BEST = "best"

_logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """How a run uses the machine; what is trained is the config's matter.

    n_workers: loader processes for each device. resumes: go on from the stage's last checkpoint
    where there is one. overfit_batches: train on so many batches over and over, to see that the
    network can learn at all. trainer: further arguments of Lightning's Trainer.
    """

    n_workers: int
    resumes: bool = False
    overfit_batches: int = 0
    trainer: dict[str, Any] = dataclasses.field(default_factory=dict)


@command()
def main() -> None:
    """Read the command line and train every stage, or those named."""
    arguments = _parser().parse_args()
    config = _reweighted(read_config(arguments.config), dict(arguments.set_weight), arguments.data)
    lightning.seed_everything(config.seed, verbose=False)
    module_type = module_class(config.kind)
    network = module_type.make_network(config)
    if arguments.init_from:
        load_weights(network, arguments.init_from)
    elif arguments.backbone_weights:
        load_backbone(network.get_submodule("backbone"), arguments.backbone_weights)
    options = RunOptions(
        n_workers=default_workers() if arguments.workers is None else arguments.workers,
        resumes=arguments.resume,
        overfit_batches=arguments.overfit_batches,
        trainer={
            "accelerator": arguments.accelerator,
            "devices": arguments.devices,
            "num_nodes": arguments.nodes,
            "strategy": arguments.strategy,
            "precision": arguments.precision,
            "fast_dev_run": arguments.fast_dev_run,
        },
    )
    out = arguments.out / config.name
    for stage in _selected(config, arguments.stages):
        module = module_type(network, config, stage)
        fit_stage(module, arguments.data, out / stage.name, options)
    if not arguments.fast_dev_run:
        save_weights(network, out / "weights.pt")


def fit_stage(
    module: StageModule, data: Sequence[Path | str], out: Path, options: RunOptions
) -> None:
    """Train the module's network in place through its stage; its weights end in OUT/weights.pt.

    They are the averaged ones of the last step; where the stage may stop early, of the best epoch.
    """
    config, stage = module.config, module.stage
    lightning.seed_everything(config.seed, verbose=False)
    cv2.setNumThreads(1)
    # Convolutions on the CPU train faster on channels-last data.
    network = module.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    trainer = lightning.Trainer(
        max_epochs=stage.n_epochs,
        gradient_clip_val=config.gradient_clip,
        num_sanity_val_steps=0,
        log_every_n_steps=min(50, stage.n_epoch_steps),
        enable_model_summary=False,
        overfit_batches=options.overfit_batches,
        # EpochSampler shares the samples out itself.
        use_distributed_sampler=False,
        # A resumed run logs into a folder of its own, beside those before.
        logger=[CSVLogger(out, name="csv"), TensorBoardLogger(out, name="tensorboard")],
        callbacks=_callbacks(module, out),
        **options.trainer,
    )
    held_out = read_sets(data, "val", config.excluded_subjects)
    if not held_out:
        raise SourceError(
            f"no picture of split 'val' in {', '.join(map(str, data))}; a run is judged by "
            "pictures that it does not train on: give some sessions that split in labels.jsonl"
        )
    validation = module.validation_data([r for records in held_out.values() for r in records])
    training = module.training_data(
        read_sets(data, "train", config.excluded_subjects),
        stage.n_epochs * stage.n_epoch_samples,
        config.seed + config.stages.index(stage),  # each stage sees samples of its own
    )
    checkpoint = out / f"{LAST}.ckpt"
    trainer.fit(
        module,
        training_loader(training, stage, options),
        DataLoader(validation, batch_size=None),
        ckpt_path=checkpoint if options.resumes and checkpoint.is_file() else None,
    )
    if options.trainer.get("fast_dev_run"):
        return
    if stage.patience_epochs:
        load_weights(network, out / f"{BEST}.ckpt")
    if trainer.is_global_zero:
        save_weights(network, out / "weights.pt")
        _logger.info("stage %s: weights in %s", stage.name, out / "weights.pt")


def _callbacks(module: StageModule, out: Path) -> list[Callback]:
    watched: dict[str, Any] = {"monitor": module.monitored, "mode": "max"}
    callbacks = [
        EMAWeightAveraging(decay=module.config.ema_decay),
        LearningRateMonitor("step"),
        ModelCheckpoint(out, filename=LAST, save_top_k=1, enable_version_counter=False),
        ModelCheckpoint(out, filename=BEST, enable_version_counter=False, **watched),
        TQDMProgressBar(refresh_rate=20),
    ]
    if module.stage.patience_epochs:
        callbacks.append(EarlyStopping(patience=module.stage.patience_epochs, **watched))
    return callbacks


def training_loader(samples: Dataset[Any], stage: Stage, options: RunOptions) -> DataLoader[Any]:
    """Return batches of the samples, epoch by epoch."""
    n_each = stage.n_epoch_samples
    if options.overfit_batches:
        n_each = options.overfit_batches * stage.batch_size
    return DataLoader(
        samples,
        batch_size=stage.batch_size,
        # The same few samples in each epoch are what overfitting needs.
        sampler=EpochSampler(n_each, repeats=options.overfit_batches > 0),
        num_workers=options.n_workers,
        persistent_workers=options.n_workers > 0,
        multiprocessing_context="fork" if options.n_workers else None,
        pin_memory=torch.cuda.is_available(),
        drop_last=True,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="YAML of training/configs")
    parser.add_argument(
        "--data", nargs="+", required=True, help="folders of data sets, or NAME:FOLDER"
    )
    parser.add_argument("--out", type=Path, default=Path("build/train"))
    parser.add_argument("--stages", nargs="+", help="names of the stages to run; default all")
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument(
        "--init-from",
        type=Path,
        help="start from weights.pt, a checkpoint, an .onnx, or MediaPipe's .tflite",
    )
    start.add_argument(
        "--backbone-weights",
        type=Path,
        help="start from a folded ImageNet MobileNetV2 (.pt) or an exported model's backbone",
    )
    start.add_argument("--random-backbone", action="store_true", help="start from nothing")
    parser.add_argument(
        "--set-weight",
        type=_named_weight,
        action="append",
        default=[],
        metavar="SET=WEIGHT",
        help="instead of the config's: synthetic=0 trains without that set",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on exactly from the last checkpoints in --out"
    )
    parser.add_argument("--workers", type=int, help="loader processes a device; default: the cores")
    machine = parser.add_argument_group("machine, as of Lightning's Trainer")
    machine.add_argument("--accelerator", default="auto")
    machine.add_argument("--devices", default="auto")
    machine.add_argument("--nodes", type=int, default=1)
    machine.add_argument("--strategy", default="auto", help="ddp, for example")
    machine.add_argument("--precision", default="32-true", help="16-mixed, bf16-mixed")
    check = parser.add_argument_group("quick checks")
    check.add_argument("--fast-dev-run", action="store_true", help="one batch of each kind")
    check.add_argument(
        "--overfit-batches", type=int, default=0, help="train on so many batches over and over"
    )
    return parser


def _named_weight(text: str) -> tuple[str, float]:
    name, _, weight = text.partition("=")
    try:
        value = float(weight)
    except ValueError:
        value = -1.0
    if not value >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not SET=WEIGHT with a weight from 0 up")
    return name, value


def _reweighted(
    config: TrainConfig, weights: dict[str, float], data: Sequence[Path | str]
) -> TrainConfig:
    """Put --set-weight, of which all must be there, over the config's weights."""
    known = {name for spec in data for name in find_sets(spec)}
    if set(weights) - known:
        raise ParameterError(
            f"--set-weight names {sorted(set(weights) - known)}; --data has {sorted(known)}"
        )
    weighed = {name for stage in config.stages for name in stage.set_weights}
    if weighed - known:
        _logger.warning(
            "the config weighs %s, which --data does not have; of its sets %s have no weight there "
            "and count 1 (--set-weight SET=WEIGHT gives one)",
            ", ".join(sorted(weighed - known)),
            ", ".join(sorted(known - weighed - set(weights))) or "none",
        )
    stages = [
        dataclasses.replace(stage, set_weights=stage.set_weights | weights)
        for stage in config.stages
    ]
    return dataclasses.replace(config, stages=tuple(stages))


def _selected(config: TrainConfig, names: list[str] | None) -> list[Stage]:
    known = [stage.name for stage in config.stages]
    unknown = set(names or ()) - set(known)
    if unknown:
        raise ParameterError(f"{config.name} has no stage {sorted(unknown)}; it has {known}")
    return [stage for stage in config.stages if not names or stage.name in names]


if __name__ == "__main__":
    main()

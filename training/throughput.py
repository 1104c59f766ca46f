# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Is loading or training the bottleneck? python -m training.throughput --config FILE --data DIR.

Measures, for each stage, samples per second of the loader alone and of the training step alone, on
the device that training would use. Loading should be the faster one: give it more --workers.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from .command_line import command
from .config import read_config
from .datasets.catalogue import read_sets
from .fit import RunOptions, training_loader
from .sampling import default_workers
from .stage_module import StageModule
from .tasks import module_class

Batch = dict[str, Tensor]


@command()
def main() -> None:
    """Read the command line and print one row for each stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, required=True, help="YAML of training/configs")
    parser.add_argument("--data", nargs="+", required=True, help="folders of data sets")
    parser.add_argument("--workers", type=int, default=default_workers())
    parser.add_argument("--batches", type=int, default=20, help="timed ones (20)")
    arguments = parser.parse_args()
    config = read_config(arguments.config)
    sets = read_sets(arguments.data, "train", config.excluded_subjects)
    module_type = module_class(config.kind)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    sys.stdout.write("| stage | batch | workers | loader samples/s | step samples/s | device |\n")
    sys.stdout.write("| --- | ---: | ---: | ---: | ---: | --- |\n")
    for stage in config.stages:
        module = module_type(module_type.make_network(config), config, stage)
        samples = module.training_data(sets, stage.n_samples, config.seed)
        loader = training_loader(samples, stage, RunOptions(arguments.workers))
        loaded, batch = loading_rate(loader, arguments.batches)
        stepped = step_rate(module.to(device), batch, device, arguments.batches)
        sys.stdout.write(
            f"| {stage.name} | {stage.batch_size} | {arguments.workers} | {loaded:.0f} | "
            f"{stepped:.0f} | {device} |\n"
        )


def loading_rate(loader: DataLoader[Any], n_batches: int) -> tuple[float, Batch]:
    """Return samples per second of the loader alone, once it runs, and its last batch."""
    batches: Iterator[Batch] = iter(loader)
    # The first batches are made while the loader starts.
    batch = next(batches)
    start, n_samples = time.perf_counter(), 0
    for batch in islice(batches, n_batches):
        n_samples += len(batch["image"])
    return n_samples / (time.perf_counter() - start), batch


def step_rate(module: StageModule, batch: Batch, device: torch.device, n_steps: int) -> float:
    """Return samples per second of forward, backward and optimiser on one batch, over and over."""
    batch = {name: values.to(device) for name, values in batch.items()}
    trained = [p for p in module.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.0, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        module.loss(batch).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    step()  # the first one allocates
    _wait(device)
    start = time.perf_counter()
    for _ in range(n_steps):
        step()
    _wait(device)
    return n_steps * len(batch["image"]) / (time.perf_counter() - start)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


if __name__ == "__main__":
    main()

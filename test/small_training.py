# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs of training that take seconds: data, config, and the commands as users give them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml
from labelled_hands import write_set

STAGE = {
    "name": "only",
    "input_size_px": 32,
    "n_samples": 16,
    "batch_size": 4,
    "learning_rate": [1e-3, 1e-4],
}


def write_config(path: Path, *changes_of_stages: Mapping[str, Any], **values: Any) -> Path:
    """Write a config with a stage for each set of changes to STAGE; values: its other keys."""
    config = {
        "name": "tiny",
        "version": "1",
        "sigma_px": 1.25,
        "training_data": "drawn hands",
        "licence": "Apache-2.0",
        "stages": [{**STAGE, **changes} for changes in changes_of_stages],
    }
    path.write_text(yaml.safe_dump({**config, **values}))
    return path


def write_data(folder: Path, n_train: int = 6, n_val: int = 2) -> Path:
    """Write the sets train_set and val_set, one drawn hand to a picture, and return the folder."""
    write_set(folder / "train_set", n_train)
    write_set(folder / "val_set", n_val, split="val")
    return folder


def run_command(monkeypatch: pytest.MonkeyPatch, module: ModuleType, *arguments: object) -> None:
    """Run `python -m training.MODULE ARGUMENTS` in this process."""
    monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, arguments)])
    module.main()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch take one thread: several that wait for each other crawl on a busy machine."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)

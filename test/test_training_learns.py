# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From nothing to a model that has learned the hands it was shown, in seconds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_training import one_thread, write_config

from training.config import read_config
from training.datasets.catalogue import read_sets
from training.datasets.protocol import protocol_crops
from training.fit import RunOptions, fit_stage
from training.landmark_module import LandmarkModule
from training.metrics import landmark_metrics
from training.networks.landmark_network import heatmaps_from_logits
from training.synthesis.dataset import DatasetOptions, write_dataset

N_HANDS = 8
STAGE = {
    "input_size_px": 64,
    "n_samples": 2400,
    "epoch_samples": 2400,
    "batch_size": 16,
    "learning_rate": [4e-3, 4e-4],
    "backbone_rate": 1.0,
    "warmup_steps": 5,
    "crops": {
        "negative_share": 0.0,
        "views": {"upright": 1.0, "free_rotation": 0.0, "rotation_rad": 0.1, "far": 0.0},
    },
}
NETWORK = {"backbone": "compact_unet", "decoder_width": 32, "head": "fused"}


@pytest.mark.timeout(600)
def test_a_network_learns_synthetic_hands_from_nothing(tmp_path):
    options = DatasetOptions(
        width_px=96,
        height_px=96,
        samples_per_pixel=1,
        third_person=1.0,
        egocentric=0.0,
        uniform=0.0,
        two_hands=0.0,
    )
    write_dataset(tmp_path / "hands", N_HANDS, options, 1)
    write_dataset(tmp_path / "others", 2, replace(options, seed=1, split="val"), 1)
    path = tmp_path / "learner.yaml"
    config = read_config(write_config(path, STAGE, network=NETWORK, sigma_px=1.0, ema_decay=0.9))
    torch.manual_seed(0)
    module = LandmarkModule(LandmarkModule.make_network(config), config, config.stages[0])
    data = [tmp_path / "hands", tmp_path / "others"]
    with one_thread():
        fit_stage(module, data, tmp_path / "out", RunOptions(0))

    network = module.network.eval()
    errors_px = []
    for sample in protocol_crops(read_sets([tmp_path / "hands"], "train")["hands"], 64):
        with torch.no_grad():
            logits = network(torch.from_numpy(sample.crops)).heatmap_logits
        xy_crop_px, _ = module.codec.decode(heatmaps_from_logits(logits, 1.0).numpy())
        errors_px.append(sample.errors_px(xy_crop_px))
    figures = landmark_metrics(np.concatenate(errors_px))
    # Nearly all landmarks of these hands are found within a fifth of the hand's size.
    assert figures["pck_0.2"] > 0.85, figures

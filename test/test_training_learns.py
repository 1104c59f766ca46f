# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From nothing to a model that has learned the hands it was shown, in seconds."""

from dataclasses import replace

import pytest
import torch
from small_training import one_thread, write_config

from training.config import read_config
from training.datasets.catalogue import read_sets
from training.evaluation.landmarks import NetworkOnCrops, in_true_crops
from training.fit import RunOptions, fit_stage
from training.landmark_module import DeployedNetwork, LandmarkModule, landmark_card
from training.metrics import landmark_metrics
from training.network_backend import NetworkBackend
from training.synthesis.dataset import DatasetOptions, write_dataset

N_HANDS = 8
STAGE = {
    "input_size_px": 64,
    "n_samples": 3600,
    "epoch_samples": 3600,
    "batch_size": 16,
    "learning_rate": [4e-3, 4e-4],
    "backbone_rate": 1.0,
    "warmup_steps": 5,
    "crops": {
        "negative_share": 0.0,
        "views": {"upright": 0.3, "free_rotation": 0.0, "rotation_rad": 0.1, "far": 0.0},
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

    card = landmark_card(config, 64)
    deployed = DeployedNetwork(module.network.eval(), config.sigma_px)
    model = NetworkOnCrops(NetworkBackend(deployed, card))
    results = in_true_crops(model, read_sets([tmp_path / "hands"], "train")["hands"])
    figures = landmark_metrics(results.errors_px)
    # Nearly all landmarks of these hands are found within a fifth of the hand's size.
    assert figures["pck_0.2"] > 0.85, figures

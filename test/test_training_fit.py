# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Training runs: resumed, shared by processes, cut short, and learning from nothing."""

import pytest
import torch
from small_training import STAGE, one_thread, run_command, write_config, write_data

from training import fit
from training.sampling import EpochSampler

SHORT_EPOCHS = {"epoch_samples": 8, "warmup_steps": 2}
NETWORK = {"backbone": "compact_unet", "decoder_width": 16, "head": "fused"}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Train by the command; returns the folder of the stage."""
    data = write_data(tmp_path / "data")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def fit_tiny(name, *arguments, **changes):
        config = write_config(tmp_path / "tiny.yaml", SHORT_EPOCHS | changes, network=NETWORK)
        options = ["--config", config, "--data", data, "--out", tmp_path / name]
        cpu = ["--random-backbone", "--accelerator", "cpu", "--workers", 0]
        run_command(monkeypatch, fit, *options, *cpu, *arguments)
        return tmp_path / name / "tiny" / "only"

    with one_thread():
        yield fit_tiny


def weights(folder):
    return torch.load(folder / "weights.pt", weights_only=True)


def test_an_epoch_deals_its_samples_out_to_all_processes(monkeypatch):
    sampler = EpochSampler(6)
    sampler.set_epoch(2)
    assert list(sampler) == list(range(12, 18))
    dealt = []
    for rank in range(3):
        monkeypatch.setattr("training.sampling._process", lambda rank=rank: (rank, 3))
        assert len(sampler) == 2
        dealt += sampler
    assert sorted(dealt) == list(range(12, 18))


def test_overfitting_repeats_the_first_epoch():
    sampler = EpochSampler(4, repeats=True)
    sampler.set_epoch(5)
    assert list(sampler) == [0, 1, 2, 3]


def test_a_resumed_run_ends_with_the_very_weights_of_an_uninterrupted_one(run, monkeypatch):
    whole = weights(run("whole"))
    with monkeypatch.context() as interruption:
        interruption.setattr(fit.TQDMProgressBar, "on_train_epoch_start", _stop_in_epoch(1))
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            run("cut")
    resumed = weights(run("cut", "--resume"))
    for name, value in whole.items():
        assert torch.equal(value, resumed[name]), name


def _stop_in_epoch(epoch):
    def stop(self, trainer, *_):
        if trainer.current_epoch == epoch:
            raise KeyboardInterrupt

    return stop


def test_two_processes_share_the_samples(run):
    folder = run("two", "--devices", "2", "--strategy", "ddp_fork")
    assert all(torch.isfinite(value).all() for value in weights(folder).values())
    n_steps = torch.load(folder / "last.ckpt", weights_only=False)["global_step"]
    assert n_steps == STAGE["n_samples"] // (2 * STAGE["batch_size"])


def test_a_weight_for_a_set_that_is_not_there_is_told(run, caplog):
    run("known", "--fast-dev-run", set_weights={"train_set": 2.0})
    assert "weighs" not in caplog.text
    run("unknown", "--fast-dev-run", set_weights={"films": 2.0})
    assert "weighs films, which --data does not have" in caplog.text
    assert "of its sets train_set, val_set have no weight there" in caplog.text


def test_a_quick_run_takes_one_batch_and_writes_no_weights(run):
    assert not (run("quick", "--fast-dev-run") / "weights.pt").exists()


def test_a_run_that_gets_no_better_stops_early_with_its_best_weights(run):
    folder = run("early", n_samples=80, patience_epochs=1, learning_rate=[1e-9, 1e-9])
    epochs = torch.load(folder / "last.ckpt", weights_only=False)["epoch"]
    assert epochs < 9
    best = torch.load(folder / "best.ckpt", weights_only=True)["state_dict"]
    for name, value in weights(folder).items():
        assert torch.equal(value, best[f"network.{name}"]), name


def test_a_set_is_left_out_by_its_weight(run, capsys):
    with pytest.raises(SystemExit, match="no hand with keypoints"):
        run("none", "--set-weight", "train_set=0", "--set-weight", "val_set=0")
    for weight in ("unknown_set=1", "train_set", "train_set=-1"):
        with pytest.raises(SystemExit) as error:
            run("wrong", "--set-weight", weight)
        said = f"{error.value} {capsys.readouterr().err}"
        assert "['train_set', 'val_set']" in said or "is not SET=WEIGHT" in said


def test_only_the_named_parts_of_a_network_are_trained(run):
    # Both start from the same random weights.
    classifier = weights(run("classifier", trained_parts=["classifier"]))
    decoder = weights(run("decoder", trained_parts=["decoder", "heatmap_head"]))
    for name, value in classifier.items():
        if name.startswith("backbone"):
            assert torch.equal(value, decoder[name]), f"{name} was to stay"
    assert any(
        not torch.equal(value, decoder[name])
        for name, value in classifier.items()
        if name.startswith("classifier")
    )
    with pytest.raises(SystemExit, match=r"\['tail'\], expected some of .*'classifier'"):
        run("unknown", trained_parts=["tail"])

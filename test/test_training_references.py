# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The reference detectors: what torchvision is given, and how what it finds is judged."""

import sys
from pathlib import Path

import lightning
import numpy as np
import pytest
import torch
from labelled_hands import write_set
from torch import nn
from torch.utils.data import DataLoader

import training
from hand_landmarks_ros.core.errors import ParameterError
from training.config import read_config
from training.datasets.labels_jsonl import read_set
from training.reference_module import (
    FasterRcnnModule,
    ReferenceModule,
    ReferenceNetwork,
    SsdLiteModule,
)
from training.tasks import module_class

CONFIGS = Path(training.__file__).parent / "configs"
REFERENCES = {"reference_ssdlite": SsdLiteModule, "reference_faster_rcnn": FasterRcnnModule}


class Oracle(nn.Module):
    """Keeps torchvision's contract and knows the boxes: in training, they are its loss."""

    def __init__(self, boxes=()):
        super().__init__()
        self.backbone = nn.Conv2d(3, 4, 3)
        self.boxes, self.asked = iter(boxes), []

    def forward(self, images, targets):
        self.asked.append((images, targets))
        nothing = 0.0 * self.backbone(torch.stack(images)).sum()
        if self.training:
            total = sum(target["boxes"].sum() for target in targets) + nothing
            return {"boxes": total, "labels": sum(t["labels"].sum() for t in targets) + nothing}
        found = [next(self.boxes) for _ in images]
        return [{"boxes": boxes, "scores": torch.ones(len(boxes))} for boxes in found]


class OracleModule(ReferenceModule):
    @staticmethod
    def make_network(config):
        return ReferenceNetwork(Oracle())


def module(network):
    config = read_config(CONFIGS / "reference_ssdlite.yaml")
    return OracleModule(network, config, config.stages[0])


def test_scenes_reach_the_detector_as_its_contract_wants_them(tmp_path):
    write_set(tmp_path / "set", n_images=2)
    network = ReferenceNetwork(Oracle()).train()
    learner = module(network)
    samples = learner.training_data({"set": read_set(tmp_path / "set")}, 3, seed=0)
    batch = torch.utils.data.default_collate([samples[i] for i in range(len(samples))])
    loss = learner.loss(batch)
    ((images, targets),) = network.detector.asked
    n_hands = 0
    for image, target in zip(images, targets, strict=True):
        assert image.shape == (3, 320, 320)
        assert 0.0 <= image.min() <= image.max() <= 1.0
        boxes = target["boxes"]
        assert (boxes[:, 2:] > boxes[:, :2]).all()
        assert (target["labels"] == torch.ones(len(boxes), dtype=torch.int64)).all()
        n_hands += len(boxes)
    assert n_hands > 0
    assert loss.item() == pytest.approx(sum(t["boxes"].sum().item() for t in targets) + n_hands)


def test_found_boxes_are_judged_in_the_picture(tmp_path):
    write_set(tmp_path / "set", n_images=2, split="val")
    records = read_set(tmp_path / "set")
    # 320 x 240 px fill 320 x 320 px but for bars of 40 px.
    boxes = [
        torch.tensor(np.add([r.hands[0].bounds_px], [0, 40, 0, 40]), dtype=torch.float32)
        for r in records
    ]
    learner = module(ReferenceNetwork(Oracle(boxes)).eval())
    logged = {}
    learner.log = lambda name, value, **_: logged.update({name: value})
    for record in learner.validation_data(records):
        learner.validation_step(record, 0)
    learner.on_validation_epoch_end()
    assert logged == {"val/ap": pytest.approx(1.0), "val/ap50": pytest.approx(1.0)}


def test_lightning_trains_every_parameter_of_a_reference_once(tmp_path):
    write_set(tmp_path / "set", n_images=1)
    records = read_set(tmp_path / "set")
    network = ReferenceNetwork(Oracle([torch.zeros(0, 4)]))
    learner = module(network)
    trainer = lightning.Trainer(
        fast_dev_run=1, accelerator="cpu", logger=False, enable_progress_bar=False
    )
    samples = learner.training_data({"set": records}, 1, seed=0)
    validation = DataLoader(learner.validation_data(records), batch_size=None)
    trainer.fit(learner, DataLoader(samples, batch_size=1), validation)
    groups = trainer.optimizers[0].param_groups
    trained = [parameter for group in groups for parameter in group["params"]]
    assert {id(p) for p in trained} == {id(p) for p in network.parameters()}
    assert len(trained) == len({id(p) for p in trained})


@pytest.mark.parametrize("name", REFERENCES)
def test_each_reference_has_a_config_and_says_when_torchvision_is_missing(name, monkeypatch):
    config = read_config(CONFIGS / f"{name}.yaml")
    assert module_class(config.kind) is REFERENCES[name]
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(ParameterError, match="needs torchvision"):
        module_class(config.kind).make_network(config)


@pytest.mark.parametrize("name", REFERENCES)
def test_torchvisions_detectors_train_and_find_boxes(name):
    try:
        pytest.importorskip("torchvision")
    except RuntimeError as error:  # a build for another torch
        pytest.skip(str(error))
    network = REFERENCES[name].make_network(read_config(CONFIGS / f"{name}.yaml"))
    image = torch.zeros(2, 64, 64, 3, dtype=torch.uint8)
    target = {"boxes": torch.tensor([[10.0, 10.0, 40.0, 50.0]]), "labels": torch.tensor([1])}
    losses = network.train()(image, [target, target])
    assert all(torch.isfinite(loss) for loss in losses.values())
    found = network.eval()(image[:1])
    assert found[0]["boxes"].shape[1] == 4

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Export trained weights to one self-describing ONNX file: python -m training.export --help."""

from __future__ import annotations

import argparse
import dataclasses
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from hand_landmarks_ros.core.crop import cut_crops
from hand_landmarks_ros.core.detection import whole_image
from hand_landmarks_ros.core.errors import ModelError, ParameterError
from hand_landmarks_ros.core.model_card import DETECTOR_MODEL, KINDS, ModelCard
from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.types import RgbImage
from hand_landmarks_ros.ground_truth import read_ground_truth
from hand_landmarks_ros.sources import SYNTHETIC, open_source

from .command_line import command
from .config import TrainConfig, read_config
from .decoders import mean_place
from .detector_module import DeployedDetector, detector_card
from .graph_folding import fold_constants, fold_paddings
from .landmark_module import DeployedNetwork, landmark_card
from .networks.detector_network import DetectorNetwork
from .networks.landmark_network import LandmarkNetwork
from .tasks import module_class
from .weights import load_average

OPSET = 17
PARITY_LIMIT_PX = 0.1

_logger = logging.getLogger(__name__)


def export_onnx(network: nn.Module, config: TrainConfig, card: ModelCard, path: Path) -> None:
    """Write `path`, check it, and refuse it when it does not agree with PyTorch.

    Raises ModelError when places differ by more than 0.1 px of the input.
    """
    deployed = _deployed(network, config).eval()
    size_px = card.input_size_px
    example = torch.zeros(2, size_px, size_px, 3, dtype=torch.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        deployed,
        (example,),
        str(path),
        opset_version=OPSET,
        # Batch normalisation stays apart, so that training can go on from the file; runtimes fold
        # it when they load.
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        input_names=["image"],
        output_names=list(card.outputs),
        dynamic_axes={name: {0: "n_hands"} for name in ("image", *card.outputs)},
        dynamo=False,
    )
    model = onnx.load(path)
    fold_constants(model)
    fold_paddings(model)
    state_output_sizes(model)
    onnx.save(model, path)
    write_card(path, card)
    is_detector = card.kind == DETECTOR_MODEL
    difference_px = (detector_parity_px if is_detector else parity_px)(deployed, card, path)
    if difference_px > PARITY_LIMIT_PX:
        path.unlink()
        raise ModelError(
            f"ONNX Runtime and PyTorch differ by {difference_px:.3f} px of the input, expected at "
            f"most {PARITY_LIMIT_PX}; the file was removed"
        )
    _logger.info("%s: %.1f MB, parity %.4f px", path, path.stat().st_size / 1e6, difference_px)


def state_output_sizes(model: onnx.ModelProto) -> None:
    """Write down the sizes of the outputs, in place; the first one, the batch, stays open.

    PyTorch leaves sizes open that follow from the network, or takes one for the batch.
    """
    batch = model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    for output, known in zip(model.graph.output, inferred.graph.output, strict=True):
        output.CopyFrom(known)
        output.type.tensor_type.shape.dim[0].dim_param = batch


def _deployed(network: nn.Module, config: TrainConfig) -> nn.Module:
    if isinstance(network, DetectorNetwork):
        return DeployedDetector(network)
    if isinstance(network, LandmarkNetwork):
        return DeployedNetwork(network, config.sigma_px)
    raise ParameterError(
        f"{config.name} is of the kind {config.kind!r}, which nothing at run time can use; "
        f"exported are {' and '.join(KINDS)}"
    )


def write_card(path: Path, card: ModelCard) -> None:
    """Store the card in the metadata of an ONNX file, replacing what was there."""
    model = onnx.load(path)
    onnx.helper.set_model_props(model, card.to_metadata())
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def parity_px(deployed: nn.Module, card: ModelCard, path: Path) -> float:
    """Return the largest difference between PyTorch and ONNX Runtime, px of the crop.

    Compared are, on crops of the shipped clip, each map's centre of mass, which any map has, and
    the decoded landmarks whose score is above a half: such a map has one peak, while which of
    several peaks is the highest can be a matter of rounding.
    """
    images = sample_crops(card.input_size_px)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    theirs = session.run(["heatmaps"], {"image": images})[0]
    with torch.no_grad():
        ours = deployed(torch.from_numpy(images))[0].numpy()
    codec = card.codec()
    (xy_ours_px, score), (xy_theirs_px, _) = codec.decode(ours), codec.decode(theirs)
    decoded_px = np.linalg.norm(xy_ours_px - xy_theirs_px, axis=-1)[score > 0.5]
    centres = [mean_place(maps.astype(np.float64)) for maps in (ours, theirs)]
    centre_px = np.abs(centres[0] - centres[1]) * card.stride_px
    return float(max(centre_px.max(), decoded_px.max(initial=0.0)))


def detector_parity_px(deployed: nn.Module, card: ModelCard, path: Path) -> float:
    """Return the largest difference between PyTorch and ONNX Runtime on frames of the shipped clip.

    All values of all maps are compared as if they were offsets, in cells of stride_px.
    """
    images = np.concatenate(
        [
            cut_crops(image, whole_image(image.shape[1], image.shape[0]), card.input_size_px)[0]
            for image, _ in _sample_frames()
        ]
    )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    theirs = session.run(list(card.outputs), {"image": images})
    with torch.no_grad():
        ours = [values.numpy() for values in deployed(torch.from_numpy(images))]
    differences = [np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True)]
    return float(max(differences)) * card.stride_px


def sample_crops(size_px: int) -> NDArray[np.uint8]:
    """Cut hands out of every 20th frame of the shipped clip, (N, size_px, size_px, 3) uint8."""
    crops = [
        cut_crops(image, boxes_from_landmarks(xy_px), size_px)[0]
        for image, xy_px in _sample_frames()
    ]
    return np.concatenate(crops)


def _sample_frames() -> Iterator[tuple[RgbImage, NDArray[np.float32]]]:
    """Yield every 20th frame of the shipped clip that shows a hand, with its hands (N, 21, 2)."""
    clip = open_source(SYNTHETIC)
    for index, hands in enumerate(read_ground_truth()):
        frame = clip.read()
        if frame is not None and hands and index % 20 == 0:
            yield frame.image, np.stack([hand.xy_px for hand in hands])
    clip.close()


@command()
def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="YAML of training/configs")
    parser.add_argument(
        "--weights",
        type=Path,
        nargs="+",
        required=True,
        help="weights.pt, a checkpoint or an exported model; the mean of several",
    )
    parser.add_argument("--out", type=Path, required=True, help="the .onnx file to write")
    parser.add_argument("--input-size", type=int, help="px; default: that of the last stage")
    arguments = parser.parse_args()
    config = read_config(arguments.config)
    network = module_class(config.kind).make_network(config)
    load_average(network, arguments.weights)
    card = model_card(config)
    if arguments.input_size:
        card = dataclasses.replace(card, input_size_px=arguments.input_size)
    export_onnx(network, config, card, arguments.out)


def model_card(config: TrainConfig) -> ModelCard:
    """Fill in what is known before evaluation; accuracy is added by training.evaluate."""
    if config.kind == DETECTOR_MODEL:
        return detector_card(config, config.stages[-1].input_size_px)
    return landmark_card(config, config.stages[-1].input_size_px)


if __name__ == "__main__":
    main()

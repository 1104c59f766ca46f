# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Make a landmark model's file smaller: python -m training.compress --model FILE.onnx --to float16.

float16 stores the weights in half of the bytes; the runtime widens them when it loads the file.
int8 computes in integers (quantise-dequantise, calibrated on training crops). A file that fails its
gate is not kept: landmarks must stay within 0.1 px of the crop for float16; int8 may cost 0.01 of
PCK@5, mean over the validation sets, and must be faster here.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from hand_landmarks_ros.backends.loader import load_backend, resolve_model
from hand_landmarks_ros.core.codec import HeatmapCodec
from hand_landmarks_ros.core.errors import ModelError
from hand_landmarks_ros.core.inference import Backend
from hand_landmarks_ros.core.model_card import ModelCard

from .command_line import command
from .datasets.catalogue import read_sets
from .datasets.crops import HandCrops
from .evaluation.comparison import Comparison, Sets
from .evaluation.landmarks import NetworkOnCrops
from .export import PARITY_LIMIT_PX, sample_crops, write_card

LARGEST_LOSS = 0.01
"""Of PCK@5, mean over the validation sets, that int8 may cost."""

_LEAST_ELEMENTS = 64
"""Smaller constants stay as they are: they weigh nothing, and some are places and scales."""

_N_TIMED = 30


@command()
def main() -> None:
    """Read the command line, compress, judge, keep or refuse."""
    arguments = _parser().parse_args()
    source = resolve_model(arguments.model)
    with tempfile.TemporaryDirectory() as scratch:
        candidate = Path(scratch) / "candidate.onnx"
        if arguments.to == "float16":
            store_weights_as_float16(source, candidate)
            verdict = judge_float16(source, candidate)
        else:
            train = read_sets(arguments.data, "train", arguments.exclude)
            quantise(source, candidate, calibration_crops(train, source, arguments.crops))
            verdict = judge_int8(source, candidate, read_sets(arguments.data, "val"))
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_bytes(candidate.read_bytes())
    sys.stdout.write(f"{arguments.out}: {verdict}\n")


def store_weights_as_float16(source: Path, target: Path) -> None:
    """Write the model with its larger float32 constants as float16, each followed by a cast."""
    model = onnx.load(source)
    graph = model.graph
    casts = []
    for index, constant in enumerate(graph.initializer):
        if constant.data_type != TensorProto.FLOAT or np.prod(constant.dims) < _LEAST_ELEMENTS:
            continue
        narrow = numpy_helper.to_array(constant).astype(np.float16)
        name, narrow_name = constant.name, f"{constant.name}_float16"
        graph.initializer[index].CopyFrom(numpy_helper.from_array(narrow, narrow_name))
        casts.append(helper.make_node("Cast", [narrow_name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, target)


def judge_float16(source: Path, target: Path) -> str:
    """Return the verdict; raises ModelError when landmarks move by more than 0.1 px of the crop.

    Compared are landmarks of a score above a half, on crops of the shipped clip.
    """
    with closing(_open(source)) as before, closing(_open(target)) as after:
        images = sample_crops(before.card.input_size_px)
        codec = before.card.codec()
        (xy_before_px, score), (xy_after_px, _) = (
            codec.decode(backend({"image": images})["heatmaps"]) for backend in (before, after)
        )
    moved_px = np.linalg.norm(xy_before_px - xy_after_px, axis=-1)[score > 0.5].max(initial=0.0)
    sizes = [path.stat().st_size / 1e6 for path in (source, target)]
    figures = f"{sizes[0]:.1f} MB -> {sizes[1]:.1f} MB, landmarks move by at most {moved_px:.3f} px"
    if moved_px > PARITY_LIMIT_PX:
        raise ModelError(f"refused: {figures} of the crop, allowed is {PARITY_LIMIT_PX}")
    return figures


def calibration_crops(sets: Sets, model: Path, n: int) -> NDArray[np.uint8]:
    """Return n training crops as the network sees them, (n, S, S, 3)."""
    with closing(_open(model)) as backend:
        card: ModelCard = backend.card
    codec = HeatmapCodec(card.input_size_px, card.stride_px, card.sigma_px)
    samples = HandCrops(sets, {}, codec, n, seed=0)
    return np.stack([samples[index]["image"].numpy() for index in range(n)])


def quantise(source: Path, target: Path, images: NDArray[np.uint8]) -> None:
    """Write the model with convolutions in 8-bit integers, ranges taken from the images."""
    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(target),
            _Images(images),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            # What comes after the last convolution is a distribution: its tails need floats.
            op_types_to_quantize=["Conv"],
        )
    with closing(_open(source)) as backend:
        write_card(target, backend.card)


def judge_int8(source: Path, target: Path, sets: Sets) -> str:
    """Return the verdict; raises ModelError when accuracy falls too far or nothing is gained."""
    with closing(_open(source)) as before, closing(_open(target)) as after:
        accuracy = [_pck_5(backend, sets) for backend in (before, after)]
        ratio = latency_ratio(before, after)
    figures = (
        f"PCK@5 {accuracy[0]:.3f} -> {accuracy[1]:.3f}, time per crop {ratio:.2f} of float32's"
    )
    if accuracy[0] - accuracy[1] > LARGEST_LOSS or ratio >= 1.0:
        raise ModelError(
            f"refused: {figures}; allowed are a loss of {LARGEST_LOSS} and a ratio below 1"
        )
    return figures


def latency_ratio(before: Backend, after: Backend) -> float:
    """Return the median time of one crop in `after` over that in `before`, run in turns."""
    size_px = before.card.input_size_px
    image = np.zeros((1, size_px, size_px, 3), np.uint8)
    times_s: tuple[list[float], list[float]] = [], []
    for _ in range(_N_TIMED):
        for backend, times in zip((before, after), times_s, strict=True):
            start = time.perf_counter()
            backend({"image": image})
            times.append(time.perf_counter() - start)
    return float(np.median(times_s[1]) / np.median(times_s[0]))


class _Images(CalibrationDataReader):  # type: ignore[misc]
    """Hands ONNX Runtime's calibration one image after the other."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._images: Iterator[NDArray[np.uint8]] = iter(images)

    def get_next(self) -> dict[str, Any] | None:
        image = next(self._images, None)
        return None if image is None else {"image": image[None]}


def _pck_5(backend: Backend, sets: Sets) -> float:
    comparison = Comparison()
    comparison.add_in_true_crops(NetworkOnCrops(backend), sets)
    return float(comparison.reports[0]["overall"]["pck"]["5"])


def _open(path: Path) -> Backend:
    return load_backend(path, "onnxruntime")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="hand_landmarks", help="shipped name or .onnx file")
    parser.add_argument("--to", choices=("float16", "int8"), required=True)
    parser.add_argument("--out", type=Path, required=True, help="the .onnx file to write")
    parser.add_argument("--data", nargs="+", default=[], help="data sets, needed for int8")
    parser.add_argument("--exclude", nargs="*", default=["epsrc"], help="subjects left out")
    parser.add_argument("--crops", type=int, default=200, help="calibration crops (200)")
    return parser


if __name__ == "__main__":
    main()

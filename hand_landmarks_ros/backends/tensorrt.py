# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs a model with TensorRT, on a Jetson or any other machine with an NVIDIA GPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.errors import ModelError
from ..core.model_card import DETECTOR_MODEL, ModelCard
from ..core.types import Array
from .background import LoadProgress
from .batches import run_in_batches
from .cuda import cuda_errors, primary_context
from .engine_builder import Build
from .engine_options import EngineOptions
from .engine_source import EngineSource, LoadedEngine
from .onnx_metadata import read_metadata
from .signature import Tensor, check_tensors, expected_inputs, expected_outputs
from .tensorrt_api import described, import_tensorrt
from .tensorrt_session import TensorRtSession


class TensorRtBackend:
    """A model in a TensorRT engine.

    The engine comes from the cache or is built, which takes minutes. precision: "fp16" lets
    TensorRT compute in half precision. rebuild: build the engine even if it is in the cache.
    Raises ParameterError where TensorRT, pycuda or a GPU is missing, ModelError for a file that is
    missing, corrupt or not one of ours, BackendError where the GPU fails or its memory is full, and
    LoadCancelledError.
    """

    def __init__(
        self,
        path: Path,
        *,
        precision: str = "fp16",
        options: EngineOptions | None = None,
        progress: LoadProgress | None = None,
        rebuild: bool = False,
    ) -> None:
        options = options or EngineOptions()
        trt, gpu = import_tensorrt(), primary_context(options.device)
        onnx = _read(path)
        self._card = ModelCard.from_metadata(read_metadata(onnx))
        if self._card.kind == DETECTOR_MODEL:
            # It sees one image at a time, so its engine is tuned for that.
            options = replace(options, max_batch=1)
        self._outputs = expected_outputs(self._card)
        build = Build(onnx, expected_inputs(self._card), self._outputs, precision, options)
        with cuda_errors("while the engine was made ready"), gpu.current():
            source = EngineSource(trt, gpu, path.stem, build, progress or LoadProgress())
            loaded = source.load(rebuild=rebuild)
            _check_engine(trt, loaded.engine, build)
        self._session = TensorRtSession(
            trt,
            gpu,
            loaded.engine,
            build.inputs,
            build.outputs,
            options.max_batch,
            uses_graphs=options.cuda_graph,
        )
        self.engine_file = loaded.file
        """Where the engine is kept; None if it could not be saved."""
        self.build_time_s = loaded.build_time_s
        """None if the engine came from the cache."""
        self._description = _describe(trt, gpu.describe(), precision, options, loaded)

    @property
    def card(self) -> ModelCard:
        """What the model says of itself."""
        return self._card

    @property
    def description(self) -> str:
        """Version, GPU, precision and batch sizes."""
        return self._description

    @property
    def stage_times_s(self) -> Mapping[str, float]:
        """How long the GPU took for each part of the last run: tensorrt_session.STAGES."""
        return self._session.stage_times_s

    def __call__(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Run the network; N = 0 gives empty outputs, N > max_batch takes several runs."""
        return run_in_batches(self._session, inputs, self._outputs, self._session.max_batch)

    def close(self) -> None:
        """Release the engine and its memory; a closed backend must not be called."""
        self._session.close()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"the model file {path} cannot be read ({error})") from error


def _check_engine(trt: Any, engine: Any, build: Build) -> None:
    """Raise ModelError unless the engine has what the model's card promises."""
    found: dict[str, list[Tensor]] = {"input": [], "output": []}
    for name in map(engine.get_tensor_name, range(engine.num_io_tensors)):
        kind = "input" if engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT else "output"
        tensor = described(name, engine.get_tensor_dtype(name), engine.get_tensor_shape(name))
        found[kind].append(tensor)
    check_tensors("input", found["input"], build.inputs)
    check_tensors("output", found["output"], build.outputs)


def _describe(
    trt: Any,
    gpu: Mapping[str, str],
    precision: str,
    options: EngineOptions,
    loaded: LoadedEngine,
) -> str:
    graph = ", CUDA graphs" if options.cuda_graph else ""
    unsaved = "" if loaded.file else ", engine could not be saved"
    return (
        f"tensorrt {trt.__version__}, {gpu['gpu']} (compute capability "
        f"{gpu['compute_capability']}), {precision}, batches of 1 to {options.max_batch}"
        f"{graph}{unsaved}"
    )

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Builds a TensorRT engine from an ONNX model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import BackendError, ModelError
from .background import LoadProgress
from .engine_options import EngineOptions
from .half_precision import to_half_precision
from .signature import Tensor, check_tensors
from .tensorrt_api import described, has_fp16_flag, network_flags, start, tensorrt_logger


@dataclass(frozen=True)
class Build:
    """What an engine is made of.

    onnx: the serialized model. inputs and outputs: what its card promises.
    """

    onnx: bytes
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]
    precision: str
    options: EngineOptions


def build_plan(
    trt: Any, build: Build, timing_cache: bytes, progress: LoadProgress
) -> tuple[bytes, bytes]:
    """Return a serialized engine and the timing cache, which now knows more; takes minutes.

    timing_cache: from an earlier build, or empty. Raises ModelError for a model that TensorRT
    cannot use, BackendError where building fails, and LoadCancelledError.
    """
    logger = tensorrt_logger(trt)
    builder = start(trt, "Builder")
    is_strongly_typed = build.precision == "fp16" and not has_fp16_flag(trt)
    network = builder.create_network(network_flags(trt, is_strongly_typed=is_strongly_typed))
    parser = trt.OnnxParser(network, logger)
    _parse(parser, to_half_precision(build.onnx) if is_strongly_typed else build.onnx)
    _check_network(network, build)
    config = _configuration(trt, builder, build)
    _use_timing_cache(config, timing_cache)
    # It must live until the build is over.
    monitor = _progress_monitor(trt, progress)
    if monitor is not None:
        config.progress_monitor = monitor
    plan = builder.build_serialized_network(network, config)
    progress.check()
    if plan is None:
        raise BackendError(
            f"TensorRT could not build the engine ({logger.last_errors()}); if memory ran out, end "
            "other programs or lower workspace_mib or max_hands"
        )
    return bytes(plan), bytes(config.get_timing_cache().serialize())


def _parse(parser: Any, onnx: bytes) -> None:
    if not parser.parse(onnx):
        errors = "; ".join(str(parser.get_error(i)) for i in range(parser.num_errors))
        raise ModelError(
            f"TensorRT cannot read the model ({errors or 'no reason given'}); export it again with "
            "this version of the package, or choose the backend onnxruntime"
        )


def _check_network(network: Any, build: Build) -> None:
    """Raise ModelError now rather than in minutes if the model does not keep its promises."""
    inputs = [network.get_input(i) for i in range(network.num_inputs)]
    outputs = [network.get_output(i) for i in range(network.num_outputs)]
    for kind, found, expected in (
        ("input", inputs, build.inputs),
        ("output", outputs, build.outputs),
    ):
        check_tensors(kind, [described(t.name, t.dtype, t.shape) for t in found], expected)


def _configuration(trt: Any, builder: Any, build: Build) -> Any:
    config, options = builder.create_builder_config(), build.options
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, options.workspace_mib << 20)
    profile = builder.create_optimization_profile()
    for tensor in build.inputs:
        batches = (1, options.best_batch, options.max_batch)
        profile.set_shape(tensor.name, *map(tensor.shape_of, batches))
    if config.add_optimization_profile(profile) < 0:
        raise BackendError(
            f"TensorRT refuses batches of 1 to {options.max_batch} "
            f"({tensorrt_logger(trt).last_errors()}); export the model with an open batch size"
        )
    if build.precision == "fp32":
        # Else an Ampere GPU rounds to ten bits, no more than float16 has.
        config.clear_flag(trt.BuilderFlag.TF32)
    elif has_fp16_flag(trt):
        config.set_flag(trt.BuilderFlag.FP16)
    return config


def _use_timing_cache(config: Any, serialized: bytes) -> None:
    """Let the build take over what an earlier one measured, unless another GPU measured it."""
    for content in (serialized, b""):
        cache = config.create_timing_cache(content)
        if cache is not None and config.set_timing_cache(cache, False):
            return


def _progress_monitor(trt: Any, progress: LoadProgress) -> Any:
    """Return what tells `progress` of each step and may stop the build; None before TensorRT 10."""
    if not hasattr(trt, "IProgressMonitor"):
        return None

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self._n_steps: dict[str, int] = {}

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            self._n_steps[phase_name] = num_steps

        def step_complete(self, phase_name: str, step: int) -> bool:
            n_steps = self._n_steps.get(phase_name, 0)
            progress.report(f"{phase_name} {step + 1}/{n_steps}")
            return not progress.is_cancelled

        def phase_finish(self, phase_name: str) -> None:
            self._n_steps.pop(phase_name, None)

    return Monitor()

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From a network to an engine: optimization profile, timing cache, configuration and builder."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from fake_gpu import gpu

from . import plan
from .network import INetworkDefinition
from .strict import Bound, Buffer, Made, setting
from .types import (
    HAS_PROGRESS_MONITOR,
    HAS_WEAK_TYPING,
    BuilderFlag,
    IHostMemory,
    ILogger,
    MemoryPoolType,
    NetworkDefinitionCreationFlag,
)

_N_STEPS = 50


class IOptimizationProfile(Made):
    """Smallest, best and largest shape of each input."""

    def set_shape(self, input: str, min: Dims, opt: Dims, max: Dims) -> None:  # noqa: F821
        if not (len(min) == len(opt) == len(max)) or any(
            not 0 <= low <= best <= high for low, best, high in zip(min, opt, max, strict=True)
        ):
            raise ValueError(f"shapes of {input} are inconsistent: {min}, {opt}, {max}")
        self._shapes[input] = (min, opt, max)


class ITimingCache(Made):
    """What was measured of kernels, for one kind of GPU and version."""

    def serialize(self) -> IHostMemory:
        return IHostMemory._make(json.dumps(self._content).encode())


class IBuilderConfig(Made):
    """How to build."""

    if HAS_PROGRESS_MONITOR:
        progress_monitor = setting("progress_monitor", "IProgressMonitor")

    def set_flag(self, flag: BuilderFlag) -> None:
        self._flags.add(flag)

    def clear_flag(self, flag: BuilderFlag) -> None:
        self._flags.discard(flag)

    def set_memory_pool_limit(self, pool: MemoryPoolType, pool_size: int) -> None:
        self._workspace_bytes = pool_size

    def add_optimization_profile(self, profile: IOptimizationProfile) -> int:
        self._profiles.append(profile)
        return len(self._profiles) - 1

    def create_timing_cache(self, serialized_timing_cache: Buffer) -> ITimingCache:
        try:
            content = json.loads(serialized_timing_cache or json.dumps({"environment": None}))
        except ValueError:
            return None
        return ITimingCache._make(content=content)

    def set_timing_cache(self, cache: ITimingCache, ignore_mismatch: bool) -> bool:
        if cache._content["environment"] not in (None, plan.environment()) and not ignore_mismatch:
            self._logger.log(ILogger.ERROR, "The timing cache was made in another environment.")
            return False
        self._timing_cache = cache
        return True

    def get_timing_cache(self) -> ITimingCache:
        return self._timing_cache


class Builder(Bound):
    """Makes everything above, and the engine."""

    def __init__(self, logger: ILogger) -> None:
        plan.check_context("Builder", may_be_none=True)
        if gpu.fails("Builder"):
            logger.log(ILogger.ERROR, "CUDA initialization failure with error: 35")
            raise TypeError("pybind11::init(): factory function returned nullptr")
        self._logger = logger

    def create_network(self, flags: int = 0) -> INetworkDefinition:
        names = NetworkDefinitionCreationFlag.__members__
        is_set = {name: bool(flags >> int(value) & 1) for name, value in names.items()}
        return INetworkDefinition._make(
            inputs=[],
            outputs=[],
            onnx=b"",
            has_explicit_batch=is_set.get("EXPLICIT_BATCH", False),
            is_strongly_typed=not HAS_WEAK_TYPING or is_set.get("STRONGLY_TYPED", False),
        )

    def create_builder_config(self) -> IBuilderConfig:
        return IBuilderConfig._make(
            flags={BuilderFlag.TF32},
            profiles=[],
            workspace_bytes=gpu.memory_bytes,
            timing_cache=None,
            logger=self._logger,
        )

    def create_optimization_profile(self) -> IOptimizationProfile:
        return IOptimizationProfile._make(shapes={})

    def build_serialized_network(
        self, network: INetworkDefinition, config: IBuilderConfig
    ) -> IHostMemory:
        plan.check_context("build_serialized_network", may_be_none=True)
        problem = _problem(network, config)
        if problem is None and not _measure_kernels(config):
            problem = "the build was cancelled by the progress monitor"
        if problem is None and gpu.fails("build"):
            problem = (
                "[defaultAllocator.cpp::allocate::31] Error Code 1: Cuda Runtime (out of memory)"
            )
        if problem is not None:
            self._logger.log(ILogger.ERROR, f"IBuilder::buildSerializedNetwork: {problem}")
            return None
        if config._timing_cache is not None:
            gpu.timing_caches.append(config._timing_cache._content["environment"])
            config._timing_cache._content.update(environment=plan.environment(), n_kernels=40)
        (profile,) = config._profiles
        flags = sorted(flag.name for flag in config._flags)
        header = {
            "flags": flags,
            "is_strongly_typed": network._is_strongly_typed,
            "profile": profile._shapes,
            "workspace_bytes": config._workspace_bytes,
        }
        return IHostMemory._make(plan.pack(header, network._onnx))


def _problem(network: INetworkDefinition, config: IBuilderConfig) -> str | None:
    """Return what makes a build impossible."""
    if not network._onnx:
        return "Network must have at least one output"
    if len(config._profiles) != 1:
        return "Network has dynamic inputs, but no optimization profile has been defined."
    for tensor in network._inputs:
        shapes = config._profiles[0]._shapes.get(tensor.name)
        if shapes is None:
            return f"{tensor.name}: dynamic input is missing dimensions in profile 0."
        for wanted, *sizes in zip(tensor.shape, *shapes, strict=True):
            if wanted != -1 and set(sizes) != {wanted}:
                return f"{tensor.name}: the profile does not fit the network's {tensor.shape}"
    if network._is_strongly_typed and "FP16" in {flag.name for flag in config._flags}:
        return "!(config flag FP16) with a strongly typed network"
    return None


def _measure_kernels(config: IBuilderConfig) -> bool:
    """Take the time of a build and report progress, from another thread as TensorRT does."""
    gpu.n_builds += 1
    if gpu.build_log:
        with Path(gpu.build_log).open("a") as file:
            file.write("build\n")
    monitor = config.progress_monitor if HAS_PROGRESS_MONITOR else None
    is_to_go_on = []

    def measure() -> None:
        while gpu.build_until and not Path(gpu.build_until).exists():
            time.sleep(0.02)
        if monitor is not None:
            monitor.phase_start("Building Engine", "", _N_STEPS)
        for step in range(_N_STEPS):
            time.sleep(gpu.build_s / _N_STEPS)
            goes_on = monitor is None or monitor.step_complete("Building Engine", step)
            if not isinstance(goes_on, bool):
                gpu.misuse(f"step_complete returns {goes_on!r}: Unable to cast to C++ type 'bool'")
            if not goes_on:
                return
        if monitor is not None:
            monitor.phase_finish("Building Engine")
        is_to_go_on.append(True)

    thread = threading.Thread(target=measure, name="TensorRT builder")
    thread.start()
    thread.join()
    return bool(is_to_go_on)

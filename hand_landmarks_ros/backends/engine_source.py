# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a model's engine comes from: the cache, or else a build whose result goes there."""

from __future__ import annotations

import hashlib
import logging
import platform
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from ..core.errors import BackendError
from .background import LoadProgress
from .cuda import PrimaryContext
from .engine_builder import Build, build_plan
from .engine_cache import CacheEntry, EngineCache, default_cache_directory
from .tensorrt_api import has_fp16_flag, start, tensorrt_logger

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedEngine:
    """An engine ready to run.

    engine: tensorrt's ICudaEngine. file: where it is kept, None if it could not be saved.
    build_time_s: None if it came from the cache.
    """

    engine: Any
    file: Path | None
    build_time_s: float | None


class EngineSource:
    """Gets the engine of one build for one GPU. Everything with the GPU's context current."""

    def __init__(
        self, trt: Any, gpu: PrimaryContext, name: str, build: Build, progress: LoadProgress
    ) -> None:
        self._trt, self._build, self._progress = trt, build, progress
        self._unwanted: bytes | None = None
        self._cache = EngineCache(build.options.cache_directory or default_cache_directory())
        platform_key = {
            "tensorrt": trt.__version__,
            "machine": platform.machine(),
            **gpu.describe(),
        }
        self._engine = CacheEntry(name, ".engine", {**platform_key, **_build_key(trt, build)})
        # What one build measured serves the next one of any model.
        self._timing = CacheEntry("timing", ".cache", platform_key)

    def load(self, *, rebuild: bool = False) -> LoadedEngine:
        """Return the engine; one that is not in the cache is built, which takes minutes.

        rebuild: build it even if it is there. Raises BackendError, ModelError and
        LoadCancelledError.
        """
        self._unwanted = self._cache.read(self._engine) if rebuild else None
        cached = self._from_cache()
        if cached is not None:
            return cached
        with (
            self._progress.task(f"building the TensorRT engine of {self._engine.stem}"),
            self._cache.lock(self._engine, self._progress),
        ):
            # Another process may have built it while this one waited for the lock.
            return self._from_cache() or self._build_and_save()

    def _from_cache(self) -> LoadedEngine | None:
        """Return the cached engine, None if there is none or it does not load."""
        plan = self._cache.read(self._engine)
        if plan is None or plan == self._unwanted:
            return None
        path = self._cache.path(self._engine)
        engine = self._deserialize(plan)
        if engine is None:
            self._unwanted = plan
            _LOGGER.warning(
                "the engine %s does not load (%s); it is built anew",
                path,
                tensorrt_logger(self._trt).last_errors(),
            )
            return None
        return LoadedEngine(engine, path, build_time_s=None)

    def _build_and_save(self) -> LoadedEngine:
        path = self._cache.path(self._engine)
        _LOGGER.info("building the TensorRT engine %s: this takes minutes, once", path)
        start_s = monotonic()
        plan, timing = build_plan(
            self._trt, self._build, self._cache.read(self._timing) or b"", self._progress
        )
        build_time_s = monotonic() - start_s
        engine = self._deserialize(plan)
        if engine is None:
            raise BackendError(
                "TensorRT does not load the engine that it has just built "
                f"({tensorrt_logger(self._trt).last_errors()}); check that only one TensorRT is "
                "installed (`doctor`)"
            )
        _LOGGER.info("engine built in %.0f s", build_time_s)
        return LoadedEngine(engine, self._save(plan, timing), build_time_s)

    def _save(self, plan: bytes, timing: bytes) -> Path | None:
        """Put a new engine into the cache and return where it is; None if that fails."""
        path = self._cache.path(self._engine)
        try:
            self._cache.write(self._engine, plan)
            self._cache.write(self._timing, timing)
        except OSError as error:
            _LOGGER.warning(
                "the engine could not be saved to %s (%s): it will be built again at each start; "
                "free space there, or set engine_cache_dir to a folder that can be written",
                path,
                str(error),  # a handler that kept the error would keep the engine in its frames
            )
            return None
        _LOGGER.info("engine saved to %s", path)
        return path

    def _deserialize(self, plan: bytes) -> Any:
        """Return the engine, or None if this TensorRT cannot use the plan."""
        return start(self._trt, "Runtime").deserialize_cuda_engine(plan)


def _build_key(trt: Any, build: Build) -> dict[str, str]:
    """Return what else than the machine an engine depends on."""
    options = build.options
    return {
        "onnx_sha256": hashlib.sha256(build.onnx).hexdigest(),
        "precision": build.precision,
        "typing": "weak" if has_fp16_flag(trt) else "strong",
        "batch": f"1 to {options.max_batch}, best {options.best_batch}",
        "workspace_mib": str(options.workspace_mib),
    }

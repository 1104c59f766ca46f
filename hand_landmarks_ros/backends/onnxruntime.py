# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs a model with ONNX Runtime, by default on the CPU."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import onnxruntime

from ..core.errors import BackendError, ModelError, ParameterError
from ..core.model_card import LANDMARK_MODEL, ModelCard
from ..core.types import Array
from .batches import joined, part_of, run_in_batches
from .engine_cache import default_cache_directory
from .engine_options import EngineOptions
from .execution_providers import (
    PROVIDERS,
    REMEDY,
    check_available,
    check_started,
    described_placement,
    placement_from_profile,
    provider_chain,
)
from .signature import Tensor, check_tensors, check_trial, expected_inputs, expected_outputs

_DTYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32"}
"""numpy's names of ONNX Runtime's types; others are shown as they are."""

_MOST_THREADS = 4
"""A robot has other work for its further cores."""


class OnnxRuntimeBackend:
    """A model in an ONNX Runtime session.

    provider: "cpu", "cuda" or "tensorrt"; nothing is replaced silently. precision: "fp16" lets
    TensorRT compute in half precision, and CUDA in TF32; the CPU always computes in float32.
    n_threads: on the CPU; 0 takes as many as there are cores, up to four. Equal parts of a batch
    run side by side, each on one thread; the items that remain share all of them.
    engine_options: of "tensorrt", whose engines take minutes to build; larger batches than theirs
    take several runs.
    Raises ModelError for a file that is missing, corrupt or not one of ours, ParameterError for a
    provider that this machine does not have or that does not run the model, and BackendError where
    it fails.
    """

    def __init__(
        self,
        path: Path,
        *,
        provider: str = "cpu",
        precision: str = "fp16",
        n_threads: int = 0,
        engine_options: EngineOptions | None = None,
    ) -> None:
        check_available(provider)
        engine_options = engine_options or EngineOptions()
        n_threads = n_threads or _default_threads()
        # The CPU opens every good file, so what fails afterwards is the provider's fault.
        session = _open_file(path, n_threads)
        self._card = ModelCard.from_metadata(session.get_modelmeta().custom_metadata_map)
        self._outputs = expected_outputs(self._card)
        self._inputs = expected_inputs(self._card)
        check_tensors("input", _tensors(session.get_inputs()), self._inputs)
        check_tensors("output", _tensors(session.get_outputs()), self._outputs)
        self._session = session
        # Only an engine of TensorRT has a largest batch.
        self._max_batch = engine_options.max_batch if provider == "tensorrt" else None
        runs_on = f"{PROVIDERS['cpu']}, fp32"
        self._n_side_by_side = 0
        if provider == "cpu":
            if n_threads > 1 and self._card.kind == LANDMARK_MODEL:
                self._run_side_by_side(path, n_threads)
            self._try_out()
        else:
            options = session_options(n_threads)
            runs_on = self._start(path, provider, precision, options, engine_options)
        self._description = f"onnxruntime {onnxruntime.__version__}, {runs_on}, {n_threads} threads"

    @property
    def card(self) -> ModelCard:
        """What the model says of itself."""
        return self._card

    @property
    def description(self) -> str:
        """Version, provider, precision and threads."""
        return self._description

    def __call__(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Run the network on `image` (N, S, S, 3) uint8; N = 0 gives empty outputs."""
        return run_in_batches(self._run, inputs, self._outputs, self._max_batch)

    def close(self) -> None:
        """Release the session; a closed backend must not be called."""
        del self._session
        if self._n_side_by_side:
            self._threads.shutdown()
            del self._session_of_one_thread

    def _run_side_by_side(self, path: Path, n_threads: int) -> None:
        """Prepare for many hands: on all threads together, each would wait for the others.

        A detector looks at one image at a time.
        """
        self._n_side_by_side = n_threads
        self._session_of_one_thread = _open_file(path, 1)
        self._threads = ThreadPoolExecutor(n_threads, "onnxruntime")

    def _run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        n, n_threads = len(inputs["image"]), self._n_side_by_side
        n_each = n // n_threads if n_threads else 0
        parts: list[dict[str, Array]] = []
        if n_each:
            of_each = [part_of(inputs, i * n_each, (i + 1) * n_each) for i in range(n_threads)]
            run_alone = partial(self._run_session, self._session_of_one_thread)
            parts += self._threads.map(run_alone, of_each)
        if n_each * n_threads < n:
            rest = part_of(inputs, n_each * n_threads, n)
            parts.append(self._run_session(self._session, rest))
        return joined(parts)

    def _run_session(
        self, session: onnxruntime.InferenceSession, inputs: Mapping[str, Array]
    ) -> dict[str, Array]:
        names = [tensor.name for tensor in self._outputs]
        try:
            values = session.run(names, inputs)
        except Exception as error:  # its exception classes are not public
            raise BackendError(
                f"ONNX Runtime failed to run the model ({_reason(error)}); if memory ran out, end "
                "other programs that use the GPU"
            ) from error
        return dict(zip(names, values, strict=True))

    def _try_out(self) -> None:
        check_trial(self({tensor.name: tensor.zeros(1) for tensor in self._inputs}), self._outputs)

    def _start(
        self,
        path: Path,
        provider: str,
        precision: str,
        options: onnxruntime.SessionOptions,
        engine_options: EngineOptions,
    ) -> str:
        """Put a session with a GPU's provider in the CPU's place and return what runs where."""
        cache_directory = engine_options.cache_directory or default_cache_directory()
        cache_directory /= "onnxruntime"
        chain = provider_chain(provider, precision, self._inputs, engine_options, cache_directory)
        with tempfile.TemporaryDirectory() as folder:
            options.enable_profiling = True
            options.profile_file_prefix = str(Path(folder) / "trial")
            try:
                cache_directory.mkdir(parents=True, exist_ok=True)
                self._session = _session(path, chain, options)
                check_started(provider, self._session.get_providers())
                self._try_out()
            except (ModelError, ParameterError):
                raise
            except Exception as error:  # its exception classes are not public
                raise BackendError(
                    f"ONNX Runtime cannot run {path} on {PROVIDERS[provider]}; {REMEDY} "
                    f"({_reason(error)})"
                ) from error
            # Of the trial alone: from here on nothing is recorded.
            placement = placement_from_profile(Path(self._session.end_profiling()))
        return f"{described_placement(provider, placement)}, {precision}"


def _default_threads() -> int:
    return min(_MOST_THREADS, len(os.sched_getaffinity(0)))


def _open_file(path: Path, n_threads: int) -> onnxruntime.InferenceSession:
    if not path.is_file():
        raise ModelError(f"there is no model file at {path}")
    try:
        return _session(path, [PROVIDERS["cpu"]], session_options(n_threads))
    except Exception as error:  # its exception classes are not public
        raise ModelError(
            f"ONNX Runtime cannot load {path}; if the file is damaged, fetch or export it again "
            f"({_reason(error)})"
        ) from error


def _session(
    path: Path, providers: Sequence[Any], options: onnxruntime.SessionOptions
) -> onnxruntime.InferenceSession:
    session = onnxruntime.InferenceSession(
        str(path), options, providers=list(providers), enable_fallback=0
    )
    # Otherwise a call that fails on the GPU is repeated on the CPU, and so are all that follow.
    session.disable_fallback()
    return session


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())


def session_options(n_threads: int) -> onnxruntime.SessionOptions:
    """Return what the benchmark's suite `sessions` chose.

    All graph optimisations; threads that sleep while they wait, since spinning ones take the cores
    from the rest of the robot; arena and memory pattern as they are by default.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors only: warnings are about its own optimisations
    return options


def _tensors(arguments: Sequence[onnxruntime.NodeArg]) -> list[Tensor]:
    return [
        Tensor(argument.name, _DTYPES.get(argument.type, argument.type), tuple(argument.shape))
        for argument in arguments
    ]

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs a landmark model with ONNX Runtime, by default on the CPU."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnxruntime

from ..core.errors import ModelError, ParameterError
from ..core.model_card import ModelCard
from ..core.types import Array
from .signature import Tensor, check_tensors, check_trial, expected_inputs, expected_outputs

_CPU = "CPUExecutionProvider"

_DTYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32"}
"""numpy's names of ONNX Runtime's types; others are shown as they are."""

_MOST_THREADS = 4
"""A robot has other work for its further cores."""


class OnnxRuntimeBackend:
    """A landmark model in an ONNX Runtime session.

    providers: execution providers, all of which must be there; nothing is replaced silently.
    n_threads: threads for one operator; 0 takes as many as there are cores, up to four.
    Raises ModelError for a file that is missing, corrupt or not one of ours, and ParameterError
    for a provider this machine does not have.
    """

    def __init__(
        self, path: Path, *, providers: Sequence[str] = (_CPU,), n_threads: int = 0
    ) -> None:
        self._session = _open_session(path, providers, n_threads or _default_threads())
        self._card = ModelCard.from_metadata(self._session.get_modelmeta().custom_metadata_map)
        self._outputs = expected_outputs(self._card)
        inputs = expected_inputs(self._card)
        check_tensors("input", _tensors(self._session.get_inputs()), inputs)
        check_tensors("output", _tensors(self._session.get_outputs()), self._outputs)
        self._output_names = [tensor.name for tensor in self._outputs]
        check_trial(self({tensor.name: tensor.zeros(1) for tensor in inputs}), self._outputs)

    @property
    def card(self) -> ModelCard:
        """What the model says of itself."""
        return self._card

    @property
    def description(self) -> str:
        """Version, providers, precision and threads."""
        providers = " + ".join(self._session.get_providers())
        n_threads = self._session.get_session_options().intra_op_num_threads
        return f"onnxruntime {onnxruntime.__version__}, {providers}, fp32, {n_threads} threads"

    def __call__(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Run the network on `image` (N, S, S, 3) uint8; N = 0 gives empty outputs."""
        if len(inputs["image"]) == 0:
            return {tensor.name: tensor.zeros(0) for tensor in self._outputs}
        values = self._session.run(self._output_names, inputs)
        return dict(zip(self._output_names, values, strict=True))

    def close(self) -> None:
        """Release the session; a closed backend must not be called."""
        del self._session


def _default_threads() -> int:
    return min(_MOST_THREADS, len(os.sched_getaffinity(0)))


def _open_session(
    path: Path, providers: Sequence[str], n_threads: int
) -> onnxruntime.InferenceSession:
    available = onnxruntime.get_available_providers()
    absent = [provider for provider in providers if provider not in available]
    if absent:
        raise ParameterError(
            f"ONNX Runtime has no {', '.join(absent)} here, only {', '.join(available)}; choose "
            "one of these or install the onnxruntime package built for that provider"
        )
    if not path.is_file():
        raise ModelError(f"there is no model file at {path}")
    try:
        session = onnxruntime.InferenceSession(
            str(path), session_options(n_threads), providers=list(providers)
        )
    except Exception as error:  # its exception classes are not public
        reason = " ".join(str(error).split())
        raise ModelError(
            f"ONNX Runtime cannot load {path}; if the file is damaged, fetch or export it again "
            f"({reason})"
        ) from error
    missing = [provider for provider in providers if provider not in session.get_providers()]
    if missing:
        raise ParameterError(
            f"ONNX Runtime could not start {', '.join(missing)} and would use "
            f"{', '.join(session.get_providers())}; check the driver and libraries it needs"
        )
    return session


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

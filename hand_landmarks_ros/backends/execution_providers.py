# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime's execution providers: their options, and whether they did what was asked of them.

ONNX Runtime leaves out a provider that fails to start, and gives the CPU whatever the others do not
take, without an error in either case. Both are found out here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnxruntime

from ..core.errors import ParameterError
from .engine_options import EngineOptions
from .signature import Tensor

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
"""ONNX Runtime's names of the providers that can be chosen."""

_HEAVY_OPERATORS = ("Conv", "ConvTranspose", "FusedConv")
"""A GPU on which none of these run is not used; small ones about shapes belong on the CPU."""

REMEDY = (
    "check the versions of CUDA, cuDNN and TensorRT that this onnxruntime was built for "
    "(`doctor` lists what is here), or choose the backend onnxruntime, which runs on the CPU"
)


def check_available(provider: str) -> None:
    """Raise ParameterError unless this onnxruntime was built with the provider."""
    available = onnxruntime.get_available_providers()
    if PROVIDERS[provider] not in available:
        raise ParameterError(
            f"ONNX Runtime {onnxruntime.__version__} has no {PROVIDERS[provider]} here, only "
            f"{', '.join(available)}; install the onnxruntime-gpu built for this machine (a "
            "Jetson's is not on PyPI, see docs/jetson.md) in place of onnxruntime, or choose the "
            "backend onnxruntime, which runs on the CPU"
        )


def provider_chain(
    provider: str,
    precision: str,
    inputs: Sequence[Tensor],
    options: EngineOptions,
    cache_directory: Path,
) -> list[tuple[str, dict[str, str]]]:
    """Return a provider, those behind it that take what it cannot run, and the options of each.

    inputs: the model's. cache_directory: where TensorRT's engines go.
    """
    cuda = {
        "device_id": str(options.device),
        # The default tries every algorithm anew for each batch size, in the middle of a stream.
        "cudnn_conv_algo_search": "HEURISTIC",
        # Its default is 1.
        **({} if precision == "fp16" else {"use_tf32": "0"}),
    }
    tensorrt = {
        "device_id": str(options.device),
        "trt_fp16_enable": str(precision == "fp16"),
        "trt_max_workspace_size": str(options.workspace_mib << 20),
        "trt_engine_cache_enable": "True",
        "trt_engine_cache_path": str(cache_directory),
        "trt_timing_cache_enable": "True",
        "trt_timing_cache_path": str(cache_directory),
        # Without a profile a new engine would be built for each batch size that comes along.
        "trt_profile_min_shapes": _shapes(inputs, 1),
        "trt_profile_opt_shapes": _shapes(inputs, options.best_batch),
        "trt_profile_max_shapes": _shapes(inputs, options.max_batch),
    }
    chain = [(PROVIDERS["tensorrt"], tensorrt), (PROVIDERS["cuda"], cuda), (PROVIDERS["cpu"], {})]
    return chain[[name for name, _ in chain].index(PROVIDERS[provider]) :]


def _shapes(inputs: Sequence[Tensor], n: int) -> str:
    return ",".join(
        f"{tensor.name}:{'x'.join(map(str, tensor.zeros(n).shape))}" for tensor in inputs
    )


def check_started(provider: str, started: Sequence[str]) -> None:
    """Raise ParameterError unless a provider is among those that a session started."""
    if PROVIDERS[provider] not in started:
        raise ParameterError(
            f"ONNX Runtime could not start {PROVIDERS[provider]} and would use "
            f"{', '.join(started)} instead; {REMEDY}"
        )


Placement = Mapping[tuple[str, str], int]
"""How many of a model's operators ran where: (provider, kind of operator) -> number."""


def placement_from_profile(path: Path) -> Placement:
    """Read what ONNX Runtime's profiler wrote about one run."""
    events = json.loads(path.read_text(encoding="utf-8"))
    operators = [event["args"] for event in events if event.get("cat") == "Node"]
    return Counter((args["provider"], args["op_name"]) for args in operators if "provider" in args)


def described_placement(provider: str, placement: Placement) -> str:
    """Return a provider and its share of the operators; raises ParameterError if it is no use."""
    name, cpu = PROVIDERS[provider], PROVIDERS["cpu"]
    n_there = Counter[str]()
    for (place, _), n in placement.items():
        n_there[place] += n
    share = f"{n_there[name]} of {sum(n_there.values())} operators"
    has_heavy_on_cpu = any((cpu, operator) in placement for operator in _HEAVY_OPERATORS)
    if not n_there[name] or (name != cpu and has_heavy_on_cpu):
        raise ParameterError(
            f"ONNX Runtime ran only {share} of the model on {name}, which was chosen, and "
            f"{n_there[cpu]} on the CPU; {REMEDY}"
        )
    return f"{name} ({share})"

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From the names that users write to a model file and the backend that runs it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from ..core.errors import HandLandmarksError, ModelError, ParameterError
from ..core.inference import Backend
from ..core.model_card import LANDMARK_MODEL, ModelCard
from .background import LoadProgress
from .engine_options import EngineOptions
from .onnx_metadata import read_metadata

_LOGGER = logging.getLogger(__name__)

DEFAULT_MODEL = "hand_landmarks"
PRECISIONS = ("fp16", "fp32")

_MODELS_DIRECTORY = Path(__file__).resolve().parent.parent / "models"


def load_backend(
    model: str | Path = DEFAULT_MODEL,
    backend: str = "auto",
    precision: str = "fp16",
    *,
    kind: str = LANDMARK_MODEL,
    n_threads: int = 0,
    engine_options: EngineOptions | None = None,
    progress: LoadProgress | None = None,
) -> Backend:
    """Load a model, given as a shipped name or a path, into a backend and log what was chosen.

    backend: a name in BACKENDS; "auto" is tensorrt where that and a GPU are there, else
    onnxruntime. precision: "fp16" allows half precision where the backend has it; ONNX Runtime on
    the CPU always computes in fp32. kind: what the model must be for, one of model_card.KINDS.
    n_threads: 0 chooses. engine_options: for the backends that build an engine, which can take
    minutes; progress: says meanwhile what is being done, and may stop it.
    Raises ModelError, ParameterError or BackendError, which say what to do.
    """
    if precision not in PRECISIONS:
        raise ParameterError(f"precision is {precision!r}, expected one of {', '.join(PRECISIONS)}")
    if backend not in BACKENDS:
        raise ParameterError(f"backend is {backend!r}, expected one of {', '.join(BACKENDS)}")
    path = resolve_model(model)
    request = LoadRequest(
        path, precision, n_threads, engine_options or EngineOptions(), progress or LoadProgress()
    )
    loaded = BACKENDS[backend](request)
    try:
        loaded.card.check_kind(kind)
    except ModelError:
        loaded.close()
        raise
    _LOGGER.info(
        "model %s %s from %s, backend %s: %s",
        loaded.card.name,
        loaded.card.version,
        path,
        backend,
        loaded.description,
    )
    return loaded


def resolve_model(model: str | Path) -> Path:
    """Return the file of a model given by shipped name or by path; raises ModelError."""
    shipped = shipped_models()
    if str(model) in shipped:
        return shipped[str(model)]
    path = Path(model).expanduser()
    if path.is_file():
        return path
    names = ", ".join(shipped) or "none in this installation"
    raise ModelError(
        f"model {str(model)!r} is neither a shipped model ({names}) nor a file; give one of these "
        "names or the path of an .onnx file"
    )


def model_card(model: str | Path) -> ModelCard:
    """Return what a model, given by shipped name or path, says of itself; raises ModelError."""
    return ModelCard.from_metadata(read_metadata(resolve_model(model).read_bytes()))


def shipped_models() -> dict[str, Path]:
    """Return the models that come with the package, by name."""
    return {path.stem: path for path in sorted(_MODELS_DIRECTORY.glob("*.onnx"))}


@dataclass(frozen=True)
class LoadRequest:
    """What a backend is made from; the parameters of `load_backend` say what they mean."""

    path: Path
    precision: str
    n_threads: int
    engine_options: EngineOptions
    progress: LoadProgress


def _load_auto(request: LoadRequest) -> Backend:
    """Choose tensorrt if it is installed and works; else onnxruntime, and log why."""
    if find_spec("tensorrt") is None:
        _LOGGER.info("backend auto: tensorrt is not installed, so onnxruntime on the CPU it is")
        return _load_onnxruntime(request)
    from .cuda import primary_context
    from .tensorrt_api import import_tensorrt

    try:
        import_tensorrt()
        primary_context(request.engine_options.device)
    except HandLandmarksError as error:
        _LOGGER.warning(
            "backend auto: tensorrt is installed but cannot be used, so onnxruntime on the CPU it "
            "is: %s",
            error,
        )
        return _load_onnxruntime(request)
    return _load_tensorrt(request)


def _load_onnxruntime(request: LoadRequest, *, provider: str = "cpu") -> Backend:
    try:
        from .onnxruntime import OnnxRuntimeBackend
    except ImportError as error:
        raise ParameterError(
            f"the backend onnxruntime needs the Python package onnxruntime ({error}); install it "
            "with `pip install onnxruntime`"
        ) from error
    return OnnxRuntimeBackend(
        request.path,
        provider=provider,
        precision=request.precision,
        n_threads=request.n_threads,
        engine_options=request.engine_options,
    )


def _load_tensorrt(request: LoadRequest) -> Backend:
    from .tensorrt import TensorRtBackend

    return TensorRtBackend(
        request.path,
        precision=request.precision,
        options=request.engine_options,
        progress=request.progress,
    )


BACKENDS: dict[str, Callable[[LoadRequest], Backend]] = {
    "auto": _load_auto,
    "onnxruntime": _load_onnxruntime,
    "onnxruntime_cuda": partial(_load_onnxruntime, provider="cuda"),
    "onnxruntime_tensorrt": partial(_load_onnxruntime, provider="tensorrt"),
    "tensorrt": _load_tensorrt,
}
"""What loads a model, by the name that users write; nothing is imported before it is chosen."""

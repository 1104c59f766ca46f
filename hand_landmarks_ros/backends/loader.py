# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From the names that users write to a model file and the backend that runs it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from ..core.errors import ModelError, ParameterError
from ..core.inference import Backend

_LOGGER = logging.getLogger(__name__)

DEFAULT_MODEL = "hand_landmarks"
PRECISIONS = ("fp16", "fp32")

_MODELS_DIRECTORY = Path(__file__).resolve().parent.parent / "models"


def load_backend(
    model: str | Path = DEFAULT_MODEL,
    backend: str = "auto",
    precision: str = "fp16",
    *,
    n_threads: int = 0,
) -> Backend:
    """Load a model, given as a shipped name or a path, into a backend and log what was chosen.

    backend: "auto" or a name in BACKENDS. precision: "fp16" allows half precision where the
    backend has it; ONNX Runtime on the CPU always computes in fp32. n_threads: 0 chooses.
    Raises ModelError or ParameterError, which say what to do.
    """
    if precision not in PRECISIONS:
        raise ParameterError(f"precision is {precision!r}, expected one of {', '.join(PRECISIONS)}")
    if backend not in BACKENDS:
        raise ParameterError(f"backend is {backend!r}, expected one of {', '.join(BACKENDS)}")
    path = resolve_model(model)
    loaded = BACKENDS[backend](path, precision, n_threads)
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


def shipped_models() -> dict[str, Path]:
    """Return the models that come with the package, by name."""
    return {path.stem: path for path in sorted(_MODELS_DIRECTORY.glob("*.onnx"))}


def _load_onnxruntime(path: Path, precision: str, n_threads: int) -> Backend:
    try:
        from .onnxruntime import OnnxRuntimeBackend
    except ImportError as error:
        raise ParameterError(
            f"the backend onnxruntime needs the Python package onnxruntime ({error}); install it "
            "with `pip install onnxruntime`"
        ) from error
    return OnnxRuntimeBackend(path, n_threads=n_threads)


def _load_tensorrt(path: Path, precision: str, n_threads: int) -> Backend:
    raise ParameterError(
        "the backend tensorrt is not built into this version; use onnxruntime or auto"
    )


BACKENDS: dict[str, Callable[[Path, str, int], Backend]] = {
    "auto": _load_onnxruntime,
    "onnxruntime": _load_onnxruntime,
    "tensorrt": _load_tensorrt,
}
"""What loads a model, by the name that users write; nothing is imported before it is chosen."""

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT's Python module: how to get it, what it logs, and what differs between its versions.

Known to differ: 8.6 needs explicit batch and has no progress monitor; 11 has no FP16 flag, and
every network is strongly typed. What is there is asked, never the version.
"""

from __future__ import annotations

import importlib
import logging
from collections import deque
from functools import cache
from typing import Any

from ..core.errors import BackendError, ParameterError
from .signature import BATCH, Tensor

_LOGGER = logging.getLogger(__name__)

_DTYPES = {"UINT8": "uint8", "FLOAT": "float32", "HALF": "float16"}
"""numpy's names of TensorRT's types; `tensorrt.nptype` of 8.6 fails with numpy 1.24 and newer."""


def import_tensorrt() -> Any:
    """Return the module tensorrt; raises ParameterError with what to do where it is missing."""
    try:
        return importlib.import_module("tensorrt")
    except ModuleNotFoundError as error:
        raise ParameterError(
            f"the backend tensorrt needs the Python package tensorrt ({error}); on a Jetson "
            "install JetPack's with `sudo apt install python3-libnvinfer-dev` and use the system's "
            "Python, or a virtual environment made with --system-site-packages (a tensorrt from "
            "pip does not know a Jetson's GPU); or choose the backend onnxruntime"
        ) from error
    except ImportError as error:
        raise ParameterError(
            f"tensorrt is installed but does not load ({error}); the library it names is missing: "
            "install JetPack with `sudo apt install nvidia-jetpack` (in a container: start it with "
            "`--runtime nvidia`), or choose the backend onnxruntime"
        ) from error


@cache
def tensorrt_logger(trt: Any) -> Any:
    """Return the one logger of this process; TensorRT allows no second.

    TensorRT's calls only return None or False when they fail: `last_errors` says why, and
    `forget_errors` goes before a call that may fail.
    """
    severity = trt.ILogger.Severity
    levels = {
        severity.INTERNAL_ERROR: logging.ERROR,
        severity.ERROR: logging.ERROR,
        severity.WARNING: logging.INFO,  # mostly about what it does on its own account
        severity.INFO: logging.DEBUG,
    }

    class Logger(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self._errors: deque[str] = deque(maxlen=5)

        def log(self, severity: Any, message: str) -> None:
            """Take one message, maybe in a thread of TensorRT's."""
            if severity not in levels:
                return
            if levels[severity] == logging.ERROR:
                self._errors.append(message)
            _LOGGER.log(levels[severity], "TensorRT: %s", message)

        def last_errors(self) -> str:
            """Return what TensorRT last complained of."""
            return "; ".join(self._errors) or "TensorRT gave no reason"

        def forget_errors(self) -> None:
            """Forget what TensorRT complained of so far."""
            self._errors.clear()

    return Logger()


def start(trt: Any, name: str) -> Any:
    """Return a new Builder or Runtime, by name; raises BackendError where TensorRT cannot start."""
    logger = tensorrt_logger(trt)
    logger.forget_errors()
    try:
        return getattr(trt, name)(logger)
    except TypeError as error:  # what pybind11 makes of a null pointer
        raise BackendError(
            f"TensorRT's {name} does not start ({logger.last_errors()}); check that the GPU has "
            "free memory and that driver, CUDA and TensorRT are of one JetPack (`doctor`)"
        ) from error


def has_fp16_flag(trt: Any) -> bool:
    """Whether the builder turns a float32 network into float16 by itself."""
    return hasattr(trt.BuilderFlag, "FP16")


def network_flags(trt: Any, *, is_strongly_typed: bool) -> int:
    """Return the flags of a network with named tensors; its types are binding if strongly typed."""
    names = ["EXPLICIT_BATCH"] + ["STRONGLY_TYPED"] * is_strongly_typed
    known = trt.NetworkDefinitionCreationFlag
    return sum(1 << int(getattr(known, name)) for name in names if hasattr(known, name))


def described(name: str, dtype: Any, shape: Any) -> Tensor:
    """Return a tensor of TensorRT's in the words of `signature`; -1 becomes the open batch."""
    sizes = tuple(BATCH if size == -1 else int(size) for size in shape)
    return Tensor(name, _DTYPES.get(dtype.name, dtype.name), sizes)

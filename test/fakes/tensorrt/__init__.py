# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A strict fake of TensorRT's Python bindings, over fake_gpu; ONNX Runtime computes.

It has what the backend uses and no name that the real bindings of the version in the environment
variable FAKE_TENSORRT_VERSION lack (test_tensorrt_conformance.py); known are 8.6.1, 10.3.0,
10.16.1.11 and 11.4.0.106.
"""
# ruff: noqa: F401

from . import types as _types
from .builder import (
    Builder,
    IBuilderConfig,
    IOptimizationProfile,
    ITimingCache,
)
from .network import INetworkDefinition, ITensor, OnnxParser, ParserError
from .runtime import ICudaEngine, IExecutionContext, Runtime
from .strict import absent as _absent
from .types import (
    BuilderFlag,
    DataType,
    Dims,
    IHostMemory,
    ILogger,
    MemoryPoolType,
    NetworkDefinitionCreationFlag,
    TensorIOMode,
    __version__,
)

if _types.HAS_PROGRESS_MONITOR:
    from .types import IProgressMonitor


def __getattr__(name: str):
    return _absent("tensorrt", name, "module 'tensorrt'")

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Version, enumerations, and the classes that users derive from."""

from __future__ import annotations

import ctypes
import os

from .strict import Bound, Made, enumeration

__version__ = os.environ.get("FAKE_TENSORRT_VERSION", "10.3.0")

MAJOR = int(__version__.split(".")[0])
HAS_WEAK_TYPING = MAJOR < 11
HAS_STRONG_TYPING = MAJOR >= 10
HAS_PROGRESS_MONITOR = MAJOR >= 10

BuilderFlag = enumeration("BuilderFlag", *(["FP16"] if HAS_WEAK_TYPING else []), "TF32")
DataType = enumeration("DataType", "FLOAT", "HALF", "INT8", "INT32", "BOOL", "UINT8")
MemoryPoolType = enumeration("MemoryPoolType", "WORKSPACE")
NetworkDefinitionCreationFlag = enumeration(
    "NetworkDefinitionCreationFlag",
    *(["EXPLICIT_BATCH"] if HAS_WEAK_TYPING else []),
    *(["STRONGLY_TYPED"] if HAS_STRONG_TYPING else []),
)
TensorIOMode = enumeration("TensorIOMode", "NONE", "INPUT", "OUTPUT")


class Dims(Made):
    """A shape: a sequence that can be turned into a tuple; -1 stands for an open size."""

    def __len__(self) -> int:
        return len(self._shape)

    def __getitem__(self, index: int) -> int:
        return self._shape[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dims | tuple | list) and tuple(self) == tuple(other)

    __hash__ = None

    def __repr__(self) -> str:
        return str(self._shape)


class IHostMemory(ctypes.Structure):
    """Memory of TensorRT: it has the buffer protocol, `nbytes`, and no more, not even a length."""

    @classmethod
    def _make(cls, content: bytes) -> IHostMemory:
        fields = [("_content", ctypes.c_ubyte * len(content))]
        return type("IHostMemory", (cls,), {"_fields_": fields}).from_buffer_copy(content)

    @property
    def nbytes(self) -> int:
        return ctypes.sizeof(self)


class ILogger(Bound):
    """Where messages go; made to be derived from."""

    Severity = enumeration("Severity", "INTERNAL_ERROR", "ERROR", "WARNING", "INFO", "VERBOSE")
    INTERNAL_ERROR, ERROR, WARNING, INFO, VERBOSE = Severity.__members__.values()
    _is_initialised = False

    def __init__(self) -> None:
        self._is_initialised = True

    def log(self, severity: Severity, msg: str) -> None:
        raise NotImplementedError("Tried to call pure virtual function ILogger::log")


if HAS_PROGRESS_MONITOR:

    class IProgressMonitor(Bound):
        """Is told how far a build is; made to be derived from."""

        _is_initialised = False

        def __init__(self) -> None:
            self._is_initialised = True

        def phase_start(self, phase_name: str, parent_phase: str, num_steps: int) -> None:
            raise NotImplementedError("Tried to call pure virtual function")

        def step_complete(self, phase_name: str, step: int) -> bool:
            raise NotImplementedError("Tried to call pure virtual function")

        def phase_finish(self, phase_name: str) -> None:
            raise NotImplementedError("Tried to call pure virtual function")

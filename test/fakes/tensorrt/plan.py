# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The fake's engine file: what it was built for, and the ONNX model it runs."""

from __future__ import annotations

import json
import zlib
from typing import Any

from fake_gpu import gpu

from .types import __version__

_MAGIC = b"ftrt"


def check_context(what: str, *, may_be_none: bool = False) -> None:
    """TensorRT works in the primary context; what it makes must meet buffers made in the same."""
    if gpu.current() is None and may_be_none:
        return
    gpu.check_current(gpu.primary, what)


def environment() -> list[Any]:
    """What an engine and a timing cache are tied to."""
    return [__version__, gpu.name, list(gpu.compute_capability)]


def pack(header: dict[str, Any], onnx: bytes) -> bytes:
    """Return the content of an engine file."""
    text = json.dumps({**header, "environment": environment()}).encode()
    content = len(text).to_bytes(4, "little") + text + onnx
    return _MAGIC + zlib.crc32(content).to_bytes(4, "little") + content


def unpack(content: bytes) -> tuple[dict[str, Any], bytes] | str:
    """Return header and model, or what TensorRT logs before it returns None.

    The real library has no checksum: a damaged engine crashes it, so handing one over is a misuse.
    """
    if not content:
        return "Error Code 3: API Usage Error (Parameter check failed, condition: blob != nullptr)"
    magic, checksum, rest = content[:4], content[4:8], content[8:]
    if magic != _MAGIC:
        return "Serialization assertion magicTagRead == kMAGIC_TAG failed. Magic tag does not match"
    if zlib.crc32(rest).to_bytes(4, "little") != checksum:
        gpu.misuse("a damaged engine is handed to TensorRT, which may crash on it")
    size = int.from_bytes(rest[:4], "little")
    header = json.loads(rest[4 : 4 + size])
    version, _, capability = header["environment"]
    if version != __version__:
        return (
            "Serialization assertion stdVersionRead == kSERIALIZATION_VERSION failed. Version tag "
            f"does not match. Note: Current Version: {__version__}, Engine Version: {version}"
        )
    if capability != list(gpu.compute_capability):
        return "Error Code 6: The engine plan file is generated on an incompatible device"
    return header, rest[4 + size :]

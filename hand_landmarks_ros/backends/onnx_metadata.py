# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads the metadata of an ONNX file without the package onnx, which a robot need not have."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.errors import ModelError

# Field numbers of ModelProto and StringStringEntryProto, and wire types of protobuf's encoding:
# https://github.com/onnx/onnx/blob/main/onnx/onnx.proto,
# https://protobuf.dev/programming-guides/encoding
_METADATA_PROPS = 14
_KEY, _VALUE = 1, 2
_VARINT, _FIXED_64_BIT, _LENGTH_DELIMITED, _FIXED_32_BIT = 0, 1, 2, 5


def read_metadata(onnx: bytes) -> dict[str, str]:
    """Return the `metadata_props` of a serialized ONNX model.

    Raises ModelError for bytes that are not protobuf.
    """
    try:
        return dict(
            _entry(content)
            for number, content in _fields(memoryview(onnx))
            if number == _METADATA_PROPS
        )
    except (IndexError, ValueError) as error:
        raise ModelError(
            f"the file is no ONNX model or a damaged one ({error}); fetch or export it again"
        ) from error


def _entry(content: memoryview) -> tuple[str, str]:
    values = {number: str(text, "utf-8") for number, text in _fields(content)}
    return values.get(_KEY, ""), values.get(_VALUE, "")


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield number and content of each length-delimited field; others are passed over."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            _, at = _varint(message, at)
        elif wire_type == _LENGTH_DELIMITED:
            size, start = _varint(message, at)
            at = start + size
            if at > len(message):
                raise ValueError("it ends in the middle of a field")
            yield number, message[start:at]
        elif wire_type in (_FIXED_32_BIT, _FIXED_64_BIT):
            at += 4 if wire_type == _FIXED_32_BIT else 8
        else:
            raise ValueError(f"wire type {wire_type} does not exist")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return the number that begins there, seven bits a byte, and where it ends."""
    number, shift = 0, 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return number, at

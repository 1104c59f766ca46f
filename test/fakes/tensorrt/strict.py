# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What makes the fake behave like classes bound by pybind11.

Calls are held to the annotations, with the conversions that pybind11 makes and no others. Names
that are asked for and not there are noted in `gpu.absent_names`: the conformance test checks that
the real library lacks them too.
"""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable
from typing import Any

from fake_gpu import gpu

Buffer = Any
"""Anything with the buffer protocol; the bindings' documentation calls it so."""


def absent(owner: str, name: str, described: str) -> Any:
    """Note and raise that there is no such name."""
    if not name.startswith("_"):
        gpu.absent_names.add(f"{owner}.{name}")
    raise AttributeError(f"{described} has no attribute '{name}'")


def convert(value: Any, kind: str, what: str) -> Any:
    """Return an argument as pybind11 hands it on, or raise TypeError."""
    kind, _, or_none = kind.partition(" | ")
    if or_none and value is None:
        return value
    try:
        if kind == "int" and not isinstance(value, float):
            return operator.index(value)
        if kind == "Dims":
            return tuple(operator.index(size) for size in value)
        if kind == "Buffer":
            return memoryview(value).cast("B").tobytes()
    except (TypeError, ValueError):
        pass
    # Derived classes must call the __init__ of the class bound by pybind11.
    is_ready = getattr(value, "_is_initialised", True)
    if is_ready and kind in {base.__name__ for base in type(value).__mro__}:
        return value
    raise TypeError(
        f"{what}: incompatible function arguments: expected {kind}, got {type(value).__name__}"
    )


def _checked(function: Callable) -> Callable:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        for name, value in list(bound.arguments.items())[1:]:
            kind = signature.parameters[name].annotation
            bound.arguments[name] = convert(value, kind, f"{function.__qualname__}(): {name}")
        return function(*bound.args, **bound.kwargs)

    return call


class _Type(type):
    """Type of the classes: notes what is looked for in vain."""

    def __getattr__(cls, name: str) -> Any:
        return absent(cls.__name__, name, f"type object '{cls.__name__}'")


class Bound(metaclass=_Type):
    """A class of the library. Its instances have no attributes but the declared ones."""

    def __init_subclass__(cls) -> None:
        if not cls.__module__.startswith(__package__):
            return
        for name, member in list(vars(cls).items()):
            if inspect.isfunction(member) and (name == "__init__" or not name.startswith("_")):
                setattr(cls, name, _checked(member))

    def __getattr__(self, name: str) -> Any:
        return absent(type(self).__name__, name, f"'{type(self).__name__}' object")

    def __setattr__(self, name: str, value: Any) -> None:
        is_from_library = type(self).__module__.startswith(__package__)
        if is_from_library and not name.startswith("_") and name not in dir(type(self)):
            absent(type(self).__name__, name, f"'{type(self).__name__}' object")
        super().__setattr__(name, value)


class Made(Bound):
    """A class whose instances the library makes, not the user; each counts until it is gone."""

    def __init__(self) -> None:
        raise TypeError(f"{type(self).__name__}: No constructor defined!")

    @classmethod
    def _make(cls, **private: Any) -> Any:
        self = object.__new__(cls)
        for name, value in private.items():
            object.__setattr__(self, f"_{name}", value)
        gpu.objects[cls.__name__] += 1
        return self

    def __del__(self) -> None:
        gpu.objects[type(self).__name__] -= 1


class Enumeration(metaclass=_Type):
    """An enumeration of pybind11: an int only when asked to be one (`1 << flag` is an error)."""

    __members__: dict[str, Any]

    def __init__(self, value: int) -> None:
        (self.name,) = (name for name, member in self.__members__.items() if int(member) == value)
        self._value = value

    def __int__(self) -> int:
        return self._value

    __index__ = __int__

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and int(other) == self._value

    def __lt__(self, other: Any) -> bool:
        return self._value < int(other)

    def __le__(self, other: Any) -> bool:
        return self._value <= int(other)

    def __hash__(self) -> int:
        return self._value

    def __str__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    def __repr__(self) -> str:
        return f"<{self}: {self._value}>"


def enumeration(name: str, *members: str) -> type[Enumeration]:
    """Return an enumeration of these members, numbered from 0."""
    result = _Type(name, (Enumeration,), {"__members__": {}})
    for value, member in enumerate(members):
        instance = object.__new__(result)
        instance.name, instance._value = member, value
        result.__members__[member] = instance
        setattr(result, member, instance)
    return result


def setting(name: str, kind: str, default: Any = None) -> property:
    """Return a property that keeps what it is set to."""

    def get(self: Any) -> Any:
        return self.__dict__.get(f"_{name}", default)

    def put(self: Any, value: Any) -> None:
        object.__setattr__(self, f"_{name}", convert(value, kind, name))

    return property(get, put)

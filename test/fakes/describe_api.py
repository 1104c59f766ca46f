# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Prints what a module has, as JSON: python -I -S describe_api.py MODULE [FOLDER...].

For each class its members: "property", "value", or a list of signatures, each a list of
[name, type, is_optional]. Signatures of pybind11 and Boost.Python are read from the documentation
that these generate. Also for the fakes, so that one description is compared with another.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from types import ModuleType
from typing import Any

_PYBIND11 = r"^(?:\d+\. )?{name}\((?!\*args)(.*)\)(?: -> .*)?$"
_BOOST = r"^{name}\((.*)\) -> \w+ :$"
_TYPES = {"SupportsInt": "int", "buffer": "Buffer"}


def describe(module: ModuleType) -> dict[str, dict[str, Any]]:
    """Return the classes of a module and, as class "", its functions."""
    names = [name for name in dir(module) if not name.startswith("_")]
    members = {name: getattr(module, name) for name in names}
    functions = {n: _signatures(n, f) for n, f in members.items() if not inspect.isclass(f)}
    described = {"": {name: found for name, found in functions.items() if found}}
    for name, member in members.items():
        if inspect.isclass(member):
            described[name] = _describe_class(member)
    return described


def _describe_class(cls: type) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for name in dir(cls):
        if name.startswith("_") and name != "__init__":
            continue
        static = inspect.getattr_static(cls, name)
        if isinstance(static, property) or "property" in type(static).__name__:
            described[name] = "property"
        elif inspect.isclass(static):
            described[name] = _describe_class(static)
        else:
            described[name] = _signatures(name, getattr(cls, name)) or "value"
    for name, member in getattr(cls, "__members__", {}).items():
        described[name] = int(member)
    return described


def _signatures(name: str, function: Any) -> list[list[list[Any]]]:
    """Return the signatures of a function, or of each of its overloads; none for other things."""
    if inspect.isfunction(function):
        parameters = inspect.signature(function).parameters.values()
        return [
            [
                [p.name, _plain(str(p.annotation)), p.default is not p.empty]
                for p in parameters
                if p.name != "self"
            ]
        ]
    lines = [line.strip() for line in (getattr(function, "__doc__", None) or "").splitlines()]
    for pattern, parse in ((_PYBIND11, _pybind11_parameters), (_BOOST, _boost_parameters)):
        compiled = re.compile(pattern.format(name=re.escape(name)))
        found = [match for match in map(compiled.match, lines) if match]
        if found:
            return [parse(match[1]) for match in found]
    return []


def _pybind11_parameters(text: str) -> list[list[Any]]:
    """Read `self: X, name: str, flags: int = 0`."""
    found = []
    for parameter in re.findall(r"(\w+): ((?:\[[^]]*\]|<[^>]*>|[^,<\[])+)", text):
        name, (kind, _, default) = parameter[0], parameter[1].partition(" = ")
        if name != "self":
            optional = " | None" if default == "None" else ""
            found.append([name, _plain(kind) + optional, bool(default)])
    return found


def _boost_parameters(text: str) -> list[list[Any]]:
    """Read ` (object)dest, (object)src [, (object)stream=None]`; names may be arg1, arg2 ..."""
    found = re.findall(r"\((\w+)\)(\w+)(=)?", text)
    return [[name, kind, bool(default)] for kind, name, default in found if name != "self"]


def _plain(kind: str) -> str:
    """Return the last part of a type's name, by the name that the fakes use."""
    last = re.split(r"[.:]", kind.replace(" | None", "").partition("[")[0])[-1].strip()
    return _TYPES.get(last, last) + (" | None" if kind.endswith(" | None") else "")


if __name__ == "__main__":
    sys.path[:0] = sys.argv[2:]
    json.dump(describe(importlib.import_module(sys.argv[1])), sys.stdout)

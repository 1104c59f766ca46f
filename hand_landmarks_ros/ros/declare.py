# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Declares the parameters of ros/parameters.py on an rclpy node, and follows their changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from ..core.errors import ParameterError
from .parameters import Rule, Value, check, default, rules, unknown_name

ParametersT = TypeVar("ParametersT")

# Names that every rclpy node declares by itself.
_OF_RCLPY = ("use_sim_time", "start_type_description_service")


class DeclaredParameters(Generic[ParametersT]):
    """The parameters of a node, declared with type, range and description.

    `values` is the present state. A change at run time is refused with a reason, or taken over
    after `on_change(new values)`, which may refuse it too by raising ParameterError. Raises
    ParameterError when a value given at start makes no sense.
    """

    def __init__(
        self,
        node: Node,
        parameters: type[ParametersT],
        on_change: Callable[[ParametersT], None] = lambda values: None,
    ) -> None:
        self._type = parameters
        self._on_change = on_change
        self.values = parameters(
            **{
                name: _declare(node, parameters, name, rule)
                for name, rule in rules(parameters).items()
            }
        )
        _warn_of_unknown_names(node, parameters)
        node.add_on_set_parameters_callback(self._on_set)

    def _on_set(self, changed: Sequence[Parameter]) -> SetParametersResult:
        own = {p.name: p.value for p in changed if p.name in rules(self._type)}
        if not own:
            return SetParametersResult(successful=True)
        try:
            for name, value in own.items():
                check(self._type, name, value)
            values = replace(self.values, **own)
            self._on_change(values)
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        self.values = values
        return SetParametersResult(successful=True)


def descriptor_of(rule: Rule, value: Value) -> ParameterDescriptor:
    """Return the descriptor that `ros2 param describe` shows and rclpy enforces."""
    descriptor = ParameterDescriptor(
        description=rule.description,
        additional_constraints=rule.allowed,
        read_only=not rule.dynamic,
        dynamic_typing=rule.is_text_even_if_number,
    )
    if rule.minimum is not None and isinstance(value, float):
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=rule.minimum, to_value=rule.maximum)
        ]
    elif rule.minimum is not None:
        descriptor.integer_range = [
            IntegerRange(from_value=int(rule.minimum), to_value=int(rule.maximum))
        ]
    return descriptor


def _declare(node: Node, parameters: type, name: str, rule: Rule) -> Value:
    """Declare one parameter and return its value at start."""
    try:
        declared = node.declare_parameter(
            name, default(parameters, name), descriptor_of(rule, default(parameters, name))
        )
    except (InvalidParameterTypeException, InvalidParameterValueException) as error:
        expected = rule.allowed or type(default(parameters, name)).__name__
        raise ParameterError(f"parameter '{name}': {error}; expected {expected}") from error
    return str(declared.value) if rule.is_text_even_if_number else declared.value


def _warn_of_unknown_names(node: Node, parameters: type) -> None:
    """Name parameters given at start that do not exist: rclpy ignores them in silence.

    Only a warning, since parameter files for all nodes (`/**`) may hold those of other nodes.
    """
    # rclpy has no public way to ask for the values given on the command line and in files.
    for name in getattr(node, "_parameter_overrides", {}):
        if name not in rules(parameters) and name not in _OF_RCLPY and "." not in name:
            node.get_logger().warning(f"{unknown_name(parameters, name)}; it has no effect")

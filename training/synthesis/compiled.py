# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The one way this package compiles its inner loops (numba, cached on disk).

numba's cache looks at the file of a function alone: whoever edits one that another file inlines
must delete __pycache__, or the other file keeps the old code.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

FAST_MATH = {"contract", "reassoc", "arcp", "nsz"}
"""Reordering is allowed; NaN and infinity keep their meaning, because the generator checks them."""


def compiled(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile a loop over arrays to machine code at its first call."""
    compile_function = numba.njit(cache=True, nogil=True, fastmath=FAST_MATH, error_model="numpy")
    return cast("Callable[Parameters, Result]", compile_function(function))


def inlined(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile a part of a loop into its callers: passing arrays on would cost more than it does."""
    compile_function = numba.njit(
        cache=True, nogil=True, fastmath=FAST_MATH, error_model="numpy", forceinline=True
    )
    return cast("Callable[Parameters, Result]", compile_function(function))

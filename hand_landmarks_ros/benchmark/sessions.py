# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime's session options, one changed at a time: why the backend has those it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from time import process_time

import numpy as np
import onnxruntime
from onnxruntime import GraphOptimizationLevel, SessionOptions

from ..backends.loader import resolve_model
from ..backends.onnxruntime import session_options
from .inference import crops_of
from .settings import Settings
from .tables import Cell, Table
from .timing import N_WARM_UP, blocks, spread, timed

_N_THREADS = 2
_BLOCK = 10


def run(settings: Settings) -> Iterator[Table]:
    """Yield one table: the shipped options, then each change; one hand, two threads."""
    path = str(resolve_model(settings.model))
    sessions = {
        name: onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        for name, options in _variants().items()
    }
    size_px = next(iter(sessions.values())).get_inputs()[0].shape[1]
    inputs = {"image": crops_of(next(settings.frames()), size_px, 1)}
    durations_s: dict[str, list[float]] = defaultdict(list)
    cpu_s: dict[str, float] = defaultdict(float)
    for block in (range(-N_WARM_UP, 0), *blocks(settings.n_images, _BLOCK)):
        for name, session in sessions.items():
            start_s = process_time()
            values = [timed(session.run, None, inputs)[1] for _ in block]
            if block.start >= 0:
                durations_s[name] += values
                cpu_s[name] += process_time() - start_s
    shipped_s = float(np.median(durations_s["as shipped"]))
    rows: list[dict[str, Cell]] = [
        {
            "options": name,
            **spread(values),
            "cpu_per_call_ms": 1e3 * cpu_s[name] / len(values),
            "over_shipped": float(np.median(values)) / shipped_s,
        }
        for name, values in durations_s.items()
    ]
    yield Table("Session options of ONNX Runtime", rows, ("They take turns, ten calls each.",))


def _variants() -> dict[str, SessionOptions]:
    """Return the shipped options and copies with one change each."""
    changes: dict[str, Callable[[SessionOptions], None]] = {
        "as shipped": lambda options: None,
        "one thread": lambda options: setattr(options, "intra_op_num_threads", 1),
        "spinning threads": lambda options: options.add_session_config_entry(
            "session.intra_op.allow_spinning", "1"
        ),
        "basic graph optimisation": lambda options: setattr(
            options, "graph_optimization_level", GraphOptimizationLevel.ORT_ENABLE_BASIC
        ),
        "no graph optimisation": lambda options: setattr(
            options, "graph_optimization_level", GraphOptimizationLevel.ORT_DISABLE_ALL
        ),
        "no arena": lambda options: setattr(options, "enable_cpu_mem_arena", False),
        "no memory pattern": lambda options: setattr(options, "enable_mem_pattern", False),
    }
    variants = {}
    for name, change in changes.items():
        variants[name] = session_options(_N_THREADS)
        change(variants[name])
    return variants

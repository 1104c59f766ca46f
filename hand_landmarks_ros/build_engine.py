# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Builds TensorRT engines ahead of time, so that the node need not at its first start.

Run it on the machine, and best in the power mode, that the node will run in: TensorRT measures
which kernels are fastest there.
"""

# ruff: noqa: T201 - a command-line tool

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from .backends.background import BackgroundLoad, LoadProgress
from .backends.engine_options import EngineOptions
from .backends.loader import PRECISIONS, resolve_model, shipped_models
from .backends.tensorrt import TensorRtBackend
from .core.errors import HandLandmarksError
from .core.options import MOST_HANDS

_REPORT_PERIOD_S = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0 if every engine is built and saved."""
    values = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s", stream=sys.stderr)
    models = values.models or list(shipped_models())
    try:
        is_saved = [_build(model, values) for model in models]
    except HandLandmarksError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0 if all(is_saved) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build_engine", description=__doc__)
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="shipped name or .onnx file; all shipped ones"
    )
    parser.add_argument("--precision", default=PRECISIONS[0], choices=PRECISIONS)
    parser.add_argument(
        "--max-hands",
        type=int,
        choices=range(1, MOST_HANDS + 1),
        metavar="N",
        default=EngineOptions.max_batch,
        help="most hands looked at in one run; needed only where the node's max_hands is larger "
        "than %(default)s",
    )
    parser.add_argument("--workspace-mib", type=int, default=EngineOptions.workspace_mib)
    parser.add_argument("--engine-cache-dir", type=Path, help="as the node's engine_cache_dir")
    parser.add_argument("--gpu", type=int, default=EngineOptions.device)
    parser.add_argument("--force", action="store_true", help="build it even if it is there")
    return parser


def _build(model: str, values: argparse.Namespace) -> bool:
    """Build one engine, try it out, and print where it is; return whether it could be saved."""
    path = resolve_model(model)
    options = EngineOptions(
        max_batch=EngineOptions.max_batch_for(values.max_hands),
        workspace_mib=values.workspace_mib,
        cache_directory=values.engine_cache_dir,
        device=values.gpu,
    )

    def load(progress: LoadProgress) -> TensorRtBackend:
        return TensorRtBackend(
            path,
            precision=values.precision,
            options=options,
            progress=progress,
            rebuild=values.force,
        )

    loading = BackgroundLoad(load, TensorRtBackend.close)
    try:
        while not loading.wait(_REPORT_PERIOD_S):
            print(str(loading.progress) or f"loading {path.stem}", flush=True)
    except KeyboardInterrupt:
        print("stopping the build", file=sys.stderr)
        loading.cancel()
        raise
    backend = loading.result()
    backend.close()
    origin = f"built in {backend.build_time_s:.0f} s" if backend.build_time_s else "was there"
    print(f"{path.stem}: {backend.description}; {origin}: {backend.engine_file or 'NOT SAVED'}")
    return backend.engine_file is not None


if __name__ == "__main__":
    sys.exit(main())

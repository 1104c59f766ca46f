# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a backend finds the landmarks that ONNX Runtime finds on the CPU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from ..backends.loader import load_backend, model_card
from ..core.codec import HeatmapCodec
from ..core.inference import Backend
from ..core.types import Array
from .inference import BATCH_SIZES, crops_of
from .settings import Settings
from .tables import Cell, Table

_REFERENCE = ("onnxruntime", "fp32")
_N_CROPS = 100
_SURE_SCORE = 0.5


def run(settings: Settings) -> Iterator[Table]:
    """Yield one table with every landmark model."""
    frames = next(settings.frames())
    rows: list[dict[str, Cell]] = []
    notes = _NOTES
    for model in settings.landmark_models:
        card = model_card(model)
        crops = crops_of(frames, card.input_size_px, _N_CROPS)
        with (
            closing(load_backend(model, *_REFERENCE)) as reference,
            settings.load_backend(model=model) as backend,
        ):
            if backend.description == reference.description:
                notes = (f"The backend {settings.backend} is the reference itself.",)
                continue
            found = differences(run_all(reference, crops), run_all(backend, crops), card.codec())
        rows.append({"model": f"{card.name} {card.version}", "crops": len(crops), **found})
    yield Table("Landmarks of this backend against ONNX Runtime on the CPU", rows, notes)


_NOTES = (
    "On crops of the clip's hands; distances in px of the model's input. Where a landmark is "
    "uncertain, its heatmap may have two peaks of nearly one height, and rounding then decides "
    "between them: sure landmarks are those that the reference scores "
    f"{_SURE_SCORE:g} or more.",
)


def run_all(backend: Backend, crops: NDArray[np.uint8]) -> dict[str, Array]:
    """Return a model's outputs for all crops, run in every batch size in turn."""
    parts, first = [], 0
    while first < len(crops):
        size = BATCH_SIZES[len(parts) % len(BATCH_SIZES)]
        parts.append(backend({"image": crops[first : first + size]}))
        first += size
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def differences(
    reference: Mapping[str, Array], found: Mapping[str, Array], codec: HeatmapCodec
) -> dict[str, Cell]:
    """Return how far a backend's landmarks and probabilities are from the reference's."""
    xy_px, score = codec.decode(reference["heatmaps"])
    distance_px = np.linalg.norm(codec.decode(found["heatmaps"])[0] - xy_px, axis=-1)
    of_sure_px = distance_px[score >= _SURE_SCORE]
    return {
        "mean_distance_px": float(distance_px.mean()),
        "p99_distance_px": float(np.percentile(distance_px, 99)),
        "largest_distance_px": float(distance_px.max()),
        "largest_of_sure_landmarks_px": float(of_sure_px.max()) if len(of_sure_px) else None,
        "sure_landmarks_share": len(of_sure_px) / distance_px.size,
        "largest_change_of_presence": float(_largest(reference, found, "presence")),
        "largest_change_of_handedness": float(_largest(reference, found, "handedness")),
    }


def _largest(reference: Mapping[str, Array], found: Mapping[str, Array], name: str) -> float:
    return float(np.abs(reference[name] - found[name]).max())

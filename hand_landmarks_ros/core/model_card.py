# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a model file says of itself, stored as JSON in the ONNX metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .codec import HeatmapCodec
from .errors import HandLandmarksError, ModelError

METADATA_KEY = "hand_landmarks_model_card"
FORMAT_VERSION = 1
LANDMARK_CONVENTION = "mediapipe-21"


@dataclass(frozen=True)
class ModelCard:
    """Everything the runtime needs to know of a landmark model, and what a user should know.

    input_size_px: side of the square crop. stride_px: crop px per heatmap px. sigma_px: heatmap px.
    outputs: names of the network's outputs. accuracy: figures per data set, as measured.
    """

    name: str
    version: str
    input_size_px: int
    stride_px: int
    sigma_px: float
    outputs: tuple[str, ...]
    training_data: str
    licence: str
    kind: str = "hand_landmarks"
    format_version: int = FORMAT_VERSION
    landmark_convention: str = LANDMARK_CONVENTION
    accuracy: dict[str, Any] = field(default_factory=dict)

    def codec(self) -> HeatmapCodec:
        """The code of this model's heatmaps."""
        return HeatmapCodec(self.input_size_px, self.stride_px, self.sigma_px)

    def to_metadata(self) -> dict[str, str]:
        """The ONNX metadata entry that `from_metadata` reads back."""
        return {METADATA_KEY: json.dumps(asdict(self))}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> ModelCard:
        """Read the card back; raises ModelError for a model that is not one of ours."""
        if METADATA_KEY not in metadata:
            raise ModelError(
                f"the ONNX file has no '{METADATA_KEY}' metadata (found {sorted(metadata)}), so "
                "it is not a model of this package; export one with `python -m training.export`"
            )
        try:
            values = json.loads(metadata[METADATA_KEY])
            values["outputs"] = tuple(values["outputs"])
            card = cls(**values)
            card.codec()
        except (ValueError, TypeError, KeyError, HandLandmarksError) as error:
            raise ModelError(
                f"the model card in the ONNX metadata cannot be read ({error}); expected the keys "
                f"{[f.name for f in fields(cls)]}; export the model again with this version"
            ) from error
        card._check()
        return card

    def _check(self) -> None:
        expected = {
            "kind": "hand_landmarks",
            "format_version": FORMAT_VERSION,
            "landmark_convention": LANDMARK_CONVENTION,
        }
        for key, want in expected.items():
            if getattr(self, key) != want:
                raise ModelError(
                    f"the model card says {key} = {getattr(self, key)!r}, expected {want!r}; "
                    "use a landmark model exported by this version of the package"
                )

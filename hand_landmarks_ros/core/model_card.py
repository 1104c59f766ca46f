# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a model file says of itself, stored as JSON in the ONNX metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .codec import HeatmapCodec
from .detection_codec import DetectionCodec
from .errors import HandLandmarksError, ModelError
from .peak_calibration import PeakCalibration
from .score_calibration import ScoreCalibration

LANDMARK_MODEL = "hand_landmarks"
DETECTOR_MODEL = "hand_detector"
KINDS = (LANDMARK_MODEL, DETECTOR_MODEL)
"""What a model is for, as its card's `kind` says."""

METADATA_KEY = "hand_landmarks_model_card"
FORMAT_VERSION = 1
LANDMARK_CONVENTION = "mediapipe-21"


@dataclass(frozen=True)
class ModelCard:
    """Everything the runtime needs to know of a model, and what a user should know.

    input_size_px: side of the square input. stride_px: input px per px of the output maps.
    sigma_px: of a landmark model's Gaussians, map px; those of a detector follow the hands' sizes,
    and its card says 0. outputs: names of the network's outputs. accuracy: figures per data set, as
    measured. score_calibration: what makes a landmark's score the probability that it is right, and
    a detector's tell hands from what is none; without it the score is the height of its peak.
    """

    name: str
    version: str
    input_size_px: int
    stride_px: int
    sigma_px: float
    outputs: tuple[str, ...]
    training_data: str
    licence: str
    kind: str = LANDMARK_MODEL
    format_version: int = FORMAT_VERSION
    landmark_convention: str = LANDMARK_CONVENTION
    accuracy: dict[str, Any] = field(default_factory=dict)
    score_calibration: ScoreCalibration | PeakCalibration | None = None

    def check_kind(self, kind: str) -> None:
        """Raise ModelError unless the model is of that kind, one of KINDS."""
        if self.kind != kind:
            raise ModelError(
                f"the model {self.name!r} is of the kind {self.kind!r}, expected {kind!r}; a "
                f"{LANDMARK_MODEL} model belongs into `model`, a {DETECTOR_MODEL} into `detector`"
            )

    def codec(self) -> HeatmapCodec:
        """The code of a landmark model's heatmaps; raises ModelError for any other model."""
        self.check_kind(LANDMARK_MODEL)
        assert not isinstance(self.score_calibration, PeakCalibration)
        return HeatmapCodec(
            self.input_size_px, self.stride_px, self.sigma_px, self.score_calibration
        )

    def detection_codec(self) -> DetectionCodec:
        """The code of a detector's maps; raises ModelError for any other model."""
        self.check_kind(DETECTOR_MODEL)
        assert not isinstance(self.score_calibration, ScoreCalibration)
        return DetectionCodec(self.input_size_px, self.stride_px, self.score_calibration)

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
            if values.get("score_calibration"):
                is_detector = values.get("kind") == DETECTOR_MODEL
                calibration = PeakCalibration if is_detector else ScoreCalibration
                values["score_calibration"] = calibration(**values["score_calibration"])
            card = cls(**values)
            if card.kind == LANDMARK_MODEL:
                card.codec()
            elif card.kind == DETECTOR_MODEL:
                card.detection_codec()
        except (ValueError, TypeError, KeyError, HandLandmarksError) as error:
            raise ModelError(
                f"the model card in the ONNX metadata cannot be read ({error}); expected the keys "
                f"{[f.name for f in fields(cls)]}; export the model again with this version"
            ) from error
        card._check()
        return card

    def _check(self) -> None:
        expected = {
            "kind": KINDS,
            "format_version": (FORMAT_VERSION,),
            "landmark_convention": (LANDMARK_CONVENTION,),
        }
        for key, choices in expected.items():
            if getattr(self, key) not in choices:
                wanted = " or ".join(repr(choice) for choice in choices)
                raise ModelError(
                    f"the model card says {key} = {getattr(self, key)!r}, expected {wanted}; "
                    "use a model exported by this version of the package"
                )

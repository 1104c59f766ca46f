# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Finds the hands in a whole image, so that the landmark model knows where to look."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .crop import cut_crops
from .detection_codec import HandBoxes
from .errors import ParameterError
from .geometry import apply, invert
from .inference import Backend
from .types import Array, RgbImage, RotatedBoxes, check_shape

_MOST_CANDIDATES = 64
"""Peaks looked at before overlapping ones are dropped; bounds the time of a wild image."""


@dataclass(frozen=True, eq=False)
class Detections:
    """N hands found in one image, best first.

    boxes: turned squares, image px, to be cut by `cut_crops` as they are. score: (N,) float32,
    0-1. right_probability: (N,) float32, 0-1. bounds_px: (N, 4) float64, x0, y0, x1, y1, the
    upright boxes of the hands within the image.
    """

    boxes: RotatedBoxes
    score: NDArray[np.float32]
    right_probability: NDArray[np.float32]
    bounds_px: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.boxes)
        check_shape("score", self.score, (n,))
        check_shape("right_probability", self.right_probability, (n,))
        check_shape("bounds_px", self.bounds_px, (n, 4))

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def none(cls) -> Detections:
        """Return no hands."""
        none = np.zeros(0, np.float32)
        return cls(RotatedBoxes.none(), none, none, np.zeros((0, 4)))


@dataclass(frozen=True)
class DetectorOptions:
    """Options of the detector; raises ParameterError for values that make no sense.

    min_score: candidates of a lower score are dropped. max_candidates: most hands returned.
    max_overlap: of two hands whose upright boxes overlap by more (intersection over union), the
    less certain one is dropped.
    """

    min_score: float = 0.05
    max_candidates: int = 8
    max_overlap: float = 0.5

    def __post_init__(self) -> None:
        for name in ("min_score", "max_overlap"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ParameterError(f"{name} is {getattr(self, name)}, expected 0 to 1")
        if not 1 <= self.max_candidates <= _MOST_CANDIDATES:
            raise ParameterError(
                f"max_candidates is {self.max_candidates}, expected 1 to {_MOST_CANDIDATES}"
            )


class HandDetector:
    """Runs a detector model over whole images. Whoever made the backend closes it.

    Raises ModelError for a backend whose model is no hand detector.
    """

    def __init__(self, backend: Backend, options: DetectorOptions | None = None) -> None:
        self._backend = backend
        self._codec = backend.card.detection_codec()
        self.options = options or DetectorOptions()

    def __call__(self, image: RgbImage) -> Detections:
        """Return the hands in the image, (H, W, 3) uint8 RGB, best first."""
        maps, model_from_image = detector_maps(self._backend, image)
        found, score = self._codec.decode(maps, self.options.min_score, _MOST_CANDIDATES)
        kept = _distinct(found.bounds_px, score, self.options.max_overlap)
        kept = kept[: self.options.max_candidates]
        return _in_image(found[kept], score[kept], invert(model_from_image), image)


def detector_maps(
    backend: Backend, image: RgbImage
) -> tuple[dict[str, Array], NDArray[np.float64]]:
    """Run a detector model over a whole image.

    Returns the maps of DetectionCodec, without a batch, and model_from_image, (2, 3).
    """
    frame = whole_image(image.shape[1], image.shape[0])
    letterboxed, model_from_image = cut_crops(image, frame, backend.card.input_size_px)
    outputs = backend({"image": letterboxed})
    return {name: values[0] for name, values in outputs.items()}, model_from_image[0]


def whole_image(width_px: int, height_px: int) -> RotatedBoxes:
    """Return the upright square that just holds the whole image, itself in the middle."""
    centre_px = np.array([[width_px - 1, height_px - 1]]) / 2
    return RotatedBoxes(centre_px, np.array([max(width_px, height_px)]), np.zeros(1))


def _distinct(
    bounds_px: NDArray[np.float64], score: NDArray[np.float32], max_overlap: float
) -> NDArray[np.int64]:
    """Return the indices, best first, of boxes that overlap no better one by more."""
    xywh = np.concatenate([bounds_px[:, :2], bounds_px[:, 2:] - bounds_px[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(xywh.tolist(), score.tolist(), 0.0, max_overlap)
    # OpenCV 4.5 returns a column, an empty result is a tuple.
    return np.asarray(kept, np.int64).reshape(-1)


def _in_image(
    found: HandBoxes,
    score: NDArray[np.float32],
    image_from_model: NDArray[np.float64],
    image: RgbImage,
) -> Detections:
    """Map upright regions of the model's input back to the image, bounds cut at its border."""
    image_px_per_model_px = image_from_model[0, 0]
    corners_px = apply(image_from_model, found.bounds_px.reshape(-1, 2, 2))
    border_px = np.array([image.shape[1], image.shape[0]]) - 1.0
    return Detections(
        boxes=RotatedBoxes(
            apply(image_from_model, found.regions.centre_px),
            found.regions.side_px * image_px_per_model_px,
            found.regions.angle_rad,
        ),
        score=score,
        right_probability=found.right_probability,
        bounds_px=np.clip(corners_px, 0.0, border_px).reshape(-1, 4),
    )

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""MediaPipe Hands as a peer: what it finds in the crops, pictures and videos that we measure on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.errors import HandLandmarksError
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.mediapipe_process import MediaPipeProcess

from .landmarks import CropLandmarks

MEDIAPIPE_PYTHON = Path("build/mediapipe-venv/bin/python")
"""Where `make bench` installs MediaPipe."""

WORKER = Path(__file__).with_name("mediapipe_worker.py")


@dataclass(frozen=True, eq=False)
class PeerHand:
    """One hand that MediaPipe found: (21, 2) image px, probability that it is a right hand."""

    xy_px: NDArray[np.float64]
    right_probability: float


class MediaPipeHands(MediaPipeProcess):
    """MediaPipe Hands; as its documentation says, `video` follows hands from image to image.

    Raises HandLandmarksError when MediaPipe is not installed there.
    """

    def __init__(self, python: Path, *, video: bool, max_hands: int) -> None:
        if not python.is_file():
            raise HandLandmarksError(
                f"there is no {python}; `make bench` tries to install MediaPipe, and "
                "--mediapipe-python takes the interpreter of an environment that has it"
            )
        options = {"static_image_mode": not video, "max_num_hands": max_hands}
        super().__init__(python, WORKER, json.dumps(options))

    def __call__(self, images: NDArray[np.uint8], *, is_new: bool = False) -> list[list[PeerHand]]:
        """Return the hands of each image, (N, H, W, 3) RGB; is_new: of another video."""
        np.save(self.folder / "images.npy", images)
        height_px, width_px = images.shape[1:3]
        return [
            [
                PeerHand(
                    # MediaPipe counts from the first pixel's corner, we from its centre.
                    np.array(hand["landmarks"]) * (width_px, height_px) - 0.5,
                    # It takes images for mirrored, and so calls a right hand left.
                    hand["score"] if hand["label"] == "Left" else 1.0 - hand["score"],
                )
                for hand in hands
            ]
            for hands in self.ask({"images": "images.npy", "is_new": is_new})
        ]


class MediaPipeOnCrops:
    """MediaPipe on the evaluation's crops, each on its own.

    Where it finds two hands in a crop, the one nearer to the crop's middle is taken.
    """

    name = "MediaPipe Hands 0.10.21"
    size_px = 224
    may_miss = True

    def __init__(self, hands: MediaPipeHands) -> None:
        self._hands = hands

    def __call__(self, crops: NDArray[np.uint8]) -> CropLandmarks:
        """Look at crops, (N, S, S, 3) RGB."""
        n = len(crops)
        found = CropLandmarks(
            xy_crop_px=np.full((n, N_LANDMARKS, 2), np.nan),
            score=np.full((n, N_LANDMARKS), np.nan),
            right_probability=np.full(n, np.nan),
        )
        for k, hands in enumerate(self._hands(crops)):
            if hands:
                nearest = _most_central(hands, crops.shape[1])
                found.xy_crop_px[k] = nearest.xy_px
                found.right_probability[k] = nearest.right_probability
        return found


def _most_central(hands: Sequence[PeerHand], size_px: int) -> PeerHand:
    middle_px = (size_px - 1) / 2

    def distance_px(hand: PeerHand) -> float:
        bounds_px = np.stack([hand.xy_px.min(axis=0), hand.xy_px.max(axis=0)])
        return float(np.linalg.norm(bounds_px.mean(axis=0) - middle_px))

    return min(hands, key=distance_px)

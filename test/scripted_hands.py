# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a landmark model and a detector would say of scripted hands, without any pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from tiny_model import CARD, hand_xy_px

from hand_landmarks_ros.core.detection import Detections
from hand_landmarks_ros.core.geometry import apply, invert
from hand_landmarks_ros.core.observations import UNKNOWN, Observations
from hand_landmarks_ros.core.region import boxes_from_landmarks
from hand_landmarks_ros.core.types import Hand, Handedness, RotatedBoxes

WIDTH_PX, HEIGHT_PX = 640, 480
PERIOD_S = 1 / 30

IMPOSSIBLE_HANDS = {
    "no number": np.full((21, 2), np.nan),
    "infinite": np.where(np.arange(42).reshape(21, 2) == 7, np.inf, hand_xy_px()),
    "left of the image": hand_xy_px((-200, 240), 150),
    "below the image": hand_xy_px((300, 700), 150),
    "tiny": hand_xy_px((300, 240), 3),
    "huge": hand_xy_px((300, 240), 5000),
}
"""Landmarks, (21, 2), that show no hand in an image of 640 x 480 px."""


def seen_hands(
    *xy_px, presence=0.9, right_hand=0.8, score=0.9, prior=UNKNOWN, colour=(0.0, 0.0, 0.0)
) -> Observations:
    """Return what a model sees of hands with these landmarks; all but these may be lists."""
    n = len(xy_px)
    return Observations(
        xy_px=np.array(xy_px, np.float64).reshape(n, 21, 2),
        z_px=np.full((n, 21), np.nan, np.float32),
        landmark_score=np.broadcast_to(np.float32(score)[..., None], (n, 21)).copy(),
        presence=np.broadcast_to(np.float32(presence), n).copy(),
        right_hand=np.broadcast_to(np.float32(right_hand), n).copy(),
        prior=np.broadcast_to(np.float32(prior), n).copy(),
        colour=np.broadcast_to(colour, (n, 3)).astype(np.float64),
    )


def known_hand(xy_px, z_px=None, **changes) -> Hand:
    """Return a right hand that the pipeline is sure of, without depth unless z_px is given."""
    values = {
        "track_id": 1,
        "handedness": Handedness.RIGHT,
        "handedness_score": 1.0,
        "score": 1.0,
        "predicted": False,
        "score_per_landmark": np.ones(21, np.float32),
        **changes,
    }
    z_px = np.full(21, np.nan) if z_px is None else z_px
    return Hand(xy_px=np.asarray(xy_px, np.float32), z_px=np.asarray(z_px, np.float32), **values)


@dataclass
class ScriptedHand:
    """A hand whose landmarks, (21, 2) px, are a function of time; None while it is away."""

    xy_px: Callable[[float], np.ndarray | None]
    right_hand: float = 0.95


def moving_hand(start_px, velocity_px_s=(0.0, 0.0), length_px=100.0, angle_rad=0.0, **values):
    """Return a hand that moves in a straight line."""

    def xy_px(time_s: float) -> np.ndarray:
        return hand_xy_px(
            np.add(start_px, np.multiply(velocity_px_s, time_s)), length_px, angle_rad
        )

    return ScriptedHand(xy_px, **values)


class Scene:
    """Hands, the nearest one first, as a camera, a landmark model and a detector see them.

    The image holds coordinates instead of colours, from which the model tells what each crop shows:
    the hand that fits it best. A hand whose middle is behind a nearer one is not seen.
    """

    card = CARD
    description = "scripted"

    def __init__(self, *hands: ScriptedHand, noise=0.0, seed=0, false_boxes_px=()) -> None:
        self.hands = hands
        self.noise = noise
        self.presence = 0.97
        self.false_boxes_px = list(false_boxes_px)
        self.time_s = 0.0
        self.n_crops: list[int] = []
        self.detected_s: list[float] = []
        self.detected = lambda detections: detections
        self._rng = np.random.default_rng(seed)
        rows, columns = np.indices((HEIGHT_PX, WIDTH_PX))
        inside = np.full((HEIGHT_PX, WIDTH_PX), 255)
        self._image = np.stack(
            [columns * 255 // WIDTH_PX, rows * 255 // HEIGHT_PX, inside], axis=-1
        ).astype(np.uint8)

    def play(self, pipeline, n_frames: int, *, first: int = 0, shift_s=0.0) -> list[tuple]:
        """Show the pipeline n_frames at 30 Hz; returns the hands of each."""
        shown = []
        for i in range(first, first + n_frames):
            self.time_s = i * PERIOD_S
            shown.append(pipeline(self._image, self.time_s + shift_s))
        return shown

    def __call__(self, inputs) -> dict[str, np.ndarray]:
        """Be the backend of the landmark model."""
        crops = inputs["image"]
        self.n_crops.append(len(crops))
        views = [self._view(crop) for crop in crops]
        xy_crop_px = np.array([view[0] for view in views]).reshape(-1, 21, 2)
        return {
            "heatmaps": self.card.codec().encode(xy_crop_px),
            "presence": np.array([view[1] for view in views], np.float32),
            "handedness": np.array([view[2] for view in views], np.float32),
        }

    def detect(self, image: np.ndarray) -> Detections:
        """Be the detector."""
        self.detected_s.append(self.time_s)
        hands = [xy_px for xy_px, _ in self._visible()]
        boxes = RotatedBoxes.joined(
            RotatedBoxes.none(),
            *(boxes_from_landmarks(xy_px[None]) for xy_px in hands),
            *(
                RotatedBoxes(np.array([[x, y]]), np.array([side]), np.zeros(1))
                for x, y, side in self.false_boxes_px
            ),
        )
        n = len(boxes)
        bounds_px = np.tile([0.0, 0.0, WIDTH_PX, HEIGHT_PX], (n, 1))
        score = np.where(np.arange(n) < len(hands), 0.8, 0.9).astype(np.float32)
        return self.detected(Detections(boxes, score, np.full(n, 0.5, np.float32), bounds_px))

    def _visible(self) -> list[tuple[np.ndarray, float]]:
        """Return landmarks and side of each hand that is seen now."""
        seen: list[tuple[np.ndarray, float]] = []
        for hand in self.hands:
            xy_px = hand.xy_px(self.time_s)
            if xy_px is not None and not any(_is_behind(xy_px, nearer) for nearer, _ in seen):
                seen.append((xy_px, hand.right_hand))
        return seen

    def _view(self, crop: np.ndarray) -> tuple[np.ndarray, float, float]:
        """Return landmarks, crop px, presence and right-hand probability for one crop."""
        crop_from_image = _affine_of(crop)
        best = (np.full((21, 2), CARD.input_size_px / 2), 0.02, 0.5)
        most_fit = 0.0
        for xy_px, right_hand in self._visible():
            noise_px = self.noise * np.ptp(xy_px, axis=0).max()
            noisy_px = xy_px + self._rng.normal(0.0, noise_px, xy_px.shape)
            xy_crop_px = apply(crop_from_image, noisy_px)
            in_crop = (np.abs(xy_crop_px - CARD.input_size_px / 2) < CARD.input_size_px / 2).all(-1)
            size = np.ptp(xy_crop_px, axis=0).max() / CARD.input_size_px
            offset = np.linalg.norm(xy_crop_px.mean(axis=0) / CARD.input_size_px - 0.5)
            fit = min(size, 0.67) / 0.67 - 1.2 * offset
            if in_crop.mean() > 0.5 and fit > max(most_fit, 0.1):
                best, most_fit = (xy_crop_px, self.presence, right_hand), fit
        return best


def _is_behind(xy_px: np.ndarray, nearer_px: np.ndarray) -> bool:
    distance_px = np.linalg.norm(xy_px.mean(axis=0) - nearer_px.mean(axis=0))
    return bool(distance_px < 0.4 * np.ptp(nearer_px, axis=0).max())


def _affine_of(crop: np.ndarray) -> np.ndarray:
    """Return crop_from_image, (2, 3), from a crop of the image of coordinates."""
    step = 7
    sparse = crop[::step, ::step]
    rows, columns = np.nonzero(sparse[..., 2] == 255)
    if len(rows) < 10:
        return np.array([[1.0, 0.0, 1e6], [0.0, 1.0, 1e6]])
    place = np.column_stack([columns * step, rows * step, np.ones(len(rows))])
    xy_px = (sparse[rows, columns, :2] + 0.5) * (WIDTH_PX / 255, HEIGHT_PX / 255)
    image_from_crop = np.linalg.lstsq(place, xy_px, rcond=None)[0].T
    return invert(image_from_crop)

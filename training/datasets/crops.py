# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Training samples: augmented crops of labelled hands, each a function of (seed, number)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from hand_landmarks_ros.core.codec import HeatmapCodec
from hand_landmarks_ros.core.crop import cut_crops
from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.geometry import apply
from hand_landmarks_ros.core.region import HAND_REGION_SCALE
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import RgbImage, RotatedBoxes

from ..augment import ViewRange, change_pixels, in_motion, moved, random_box
from .false_alarms import find_false_alarms
from .hands import RIGHT_PROBABILITY
from .records import ImageRecord, LabelledHand
from .weighted_draw import WeightedDraw

_MOST_SEARCHED = 3000
"""Pictures with hands, of each thousands may be alike, that are searched for false alarms."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CropOptions:
    """What is drawn: share of crops without a hand, and how views vary.

    false_alarm_share: of the crops without a hand, those of what false_alarm_detector, a shipped
    name or a file, takes for a hand beside those labelled; none where it takes nothing for one.
    crowded_weight: how often a hand is drawn whose crop shows the middle of another hand, relative
    to one alone. motion_share: of all crops, those blurred as by motion.
    """

    negative_share: float = 0.08
    false_alarm_share: float = 0.0
    false_alarm_detector: str = "hand_detector"
    crowded_weight: float = 1.0
    motion_share: float = 0.0
    views: ViewRange = field(default_factory=ViewRange)


class HandCrops(Dataset[dict[str, Tensor]]):
    """`n_samples` random crops; sample i depends on (seed, i) alone.

    So any number of loader processes gives the same crops. Decoded images are kept in memory, where
    forked loader processes share them, up to `memory_bytes`; the others are read when drawn.
    """

    def __init__(
        self,
        sets: Mapping[str, Sequence[ImageRecord]],
        weights: Mapping[str, float],
        codec: HeatmapCodec,
        n_samples: int,
        *,
        seed: int,
        options: CropOptions | None = None,
        memory_bytes: int = 4_000_000_000,
    ) -> None:
        self.codec, self.seed = codec, seed
        self.n_samples = n_samples
        self.options = options or CropOptions()
        # What is never drawn need not be decoded.
        sets = {name: records for name, records in sets.items() if weights.get(name, 1.0) > 0}
        self.records = [record for records in sets.values() for record in records]
        weight = [weights.get(name, 1.0) for name, records in sets.items() for _ in records]
        self.hands = [
            (image, hand)
            for image, record in enumerate(self.records)
            for hand, labelled in enumerate(record.hands)
            if labelled.xy_px is not None and labelled.must_be_found
        ]
        if not self.hands:
            raise SourceError(f"no hand with keypoints in the sets {sorted(sets)}")
        crowded = [_are_crowded(record.hands) for record in self.records]
        self.is_crowded = [crowded[image][hand] for image, hand in self.hands]
        self.draw_hand = WeightedDraw(
            range(len(self.hands)),
            (
                weight[image] * (self.options.crowded_weight if is_crowded else 1.0)
                for (image, _), is_crowded in zip(self.hands, self.is_crowded, strict=True)
            ),
        )
        self.complete = [image for image, record in enumerate(self.records) if record.is_complete]
        self._draw_complete = WeightedDraw(self.complete, (weight[i] for i in self.complete))
        sizes = np.cumsum([3 * record.width_px * record.height_px for record in self.records])
        n_kept = int(np.searchsorted(sizes, memory_bytes, side="right"))
        kept = tqdm(self.records[:n_kept], "decoding images", leave=False)
        self.images: list[RgbImage] = [record.read_image() for record in kept]
        self.false_alarms = self._find_false_alarms() if self.options.false_alarm_share else []
        self._draw_false_alarm = WeightedDraw(
            self.false_alarms, (weight[image] for image, _ in self.false_alarms)
        )

    def __len__(self) -> int:
        return self.n_samples

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return image (S, S, 3) uint8, heatmaps (21, h, w), weight (21,), and more.

        presence is 1 or 0; handedness 1 for a right hand, 0 for a left one; xy (21, 2) and z (21,)
        are shares of the crop's side. handedness and z are NaN where nobody knows.
        """
        rng = np.random.default_rng((self.seed, index))
        if self.complete and rng.random() < self.options.negative_share:
            crop = self._crop_without_hand(rng)
            if crop is not None:
                return _sample(self._changed(crop, rng), self.codec)
        drawn = self.draw_hand(rng)
        image, hand = self.hands[drawn]
        views = self.options.views
        if self.is_crowded[drawn]:
            # Beside its own hand, a crop would show the other one in its middle.
            views = replace(views, stray=0.0)
        return self._crop_of_hand(image, self.records[image].hands[hand], views, rng)

    def _image(self, index: int) -> RgbImage:
        kept = index < len(self.images)
        return self.images[index] if kept else self.records[index].read_image()

    def _find_false_alarms(self) -> list[tuple[int, RotatedBoxes]]:
        with_hands = [image for image in self.complete if self.records[image].hands]
        searched = [image for image in self.complete if not self.records[image].hands]
        searched += with_hands[:: max(1, len(with_hands) // _MOST_SEARCHED)]
        pictures = tqdm(searched, "looking for false alarms", leave=False)
        found = [
            (image, box)
            for image, box in find_false_alarms(
                ((image, self._image(image)) for image in pictures),
                self.options.false_alarm_detector,
            )
            if _is_apart(self.records[image].hands, box.centre_px[0], box.side_px[0])
        ]
        if not found:
            _logger.warning(
                "%s takes nothing for a hand that is none in the %d pictures of which all hands "
                "are labelled, so no sample is drawn of what looks like a hand; add such pictures "
                "(key `complete`)",
                self.options.false_alarm_detector,
                len(searched),
            )
        return found

    def _crop_of_hand(
        self, image: int, hand: LabelledHand, views: ViewRange, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        assert hand.xy_px is not None
        size_px = self.codec.size_px
        box = random_box(hand.xy_px, views, rng)
        crops, affines = cut_crops(self._image(image), box, size_px)
        crop, xy_crop_px = crops[0], apply(affines, hand.xy_px[None])[0]
        right = RIGHT_PROBABILITY[hand.handedness]
        if rng.random() < 0.5:
            crop, right = np.ascontiguousarray(crop[:, ::-1]), 1.0 - right
            xy_crop_px = np.stack([size_px - 1 - xy_crop_px[:, 0], xy_crop_px[:, 1]], axis=-1)
        inside = np.all((xy_crop_px > -0.5) & (xy_crop_px < size_px - 0.5), axis=1)
        weight = (inside & (hand.visibility > 0)).astype(np.float64)
        z = None if hand.z_px is None else hand.z_px / box.side_px[0]
        return _sample(
            self._changed(crop, rng), self.codec, xy_crop_px, weight=weight, right=right, z=z
        )

    def _changed(self, crop: RgbImage, rng: np.random.Generator) -> RgbImage:
        share = self.options.motion_share
        if share and rng.random() < share:
            crop = in_motion(crop, rng)
        return change_pixels(crop, rng)

    def _crop_without_hand(self, rng: np.random.Generator) -> RgbImage | None:
        """Cut a random square that touches no labelled hand; None if chance finds none."""
        size_px = self.codec.size_px
        if rng.random() < self.options.false_alarm_share and self.false_alarms:
            image, box = self._draw_false_alarm(rng)
            box = moved(box, self.options.views, rng)
            return np.asarray(cut_crops(self._image(image), box, size_px)[0][0])
        image = self._draw_complete(rng)
        record = self.records[image]
        shorter = min(record.width_px, record.height_px)
        for _ in range(4):
            side_px = shorter * np.exp(rng.uniform(np.log(0.1), np.log(1.4)))
            centre_px = rng.uniform(0, 1, 2) * (record.width_px, record.height_px)
            if _is_apart(record.hands, centre_px, side_px):
                box = RotatedBoxes(
                    centre_px[None], np.array([side_px]), rng.uniform(-np.pi, np.pi, 1)
                )
                return np.asarray(cut_crops(self._image(image), box, size_px)[0][0])
        return None


def _are_crowded(hands: Sequence[LabelledHand]) -> NDArray[np.bool_]:
    """Tell in whose region, (H,), the middle of another hand lies."""
    corners_px = np.array([hand.bounds_px for hand in hands]).reshape(-1, 2, 2)
    middles_px = corners_px.mean(axis=1)
    reach_px = HAND_REGION_SCALE / 2 * np.ptp(corners_px, axis=1).max(axis=1)
    distance_px = np.abs(middles_px[:, None] - middles_px).max(axis=-1)
    # Each hand's own middle is among them.
    return np.asarray((distance_px < reach_px[:, None]).sum(axis=1) > 1)


def _is_apart(
    hands: Sequence[LabelledHand], centre_px: NDArray[np.float64], side_px: float
) -> bool:
    """Whether no turn of the square reaches a hand."""
    reach = side_px * np.sqrt(0.5)
    nearest_px = (np.clip(centre_px, hand.bounds_px[:2], hand.bounds_px[2:]) for hand in hands)
    return all(np.hypot(*(centre_px - point_px)) > reach for point_px in nearest_px)


def _sample(
    crop: RgbImage,
    codec: HeatmapCodec,
    xy_crop_px: NDArray[np.float64] | None = None,
    *,
    weight: NDArray[np.float64] | None = None,
    right: float = float("nan"),
    z: NDArray[np.float64] | None = None,
) -> dict[str, Tensor]:
    """Put one sample together; without landmarks it is one of no hand."""
    place = np.zeros((N_LANDMARKS, 2)) if xy_crop_px is None else xy_crop_px
    weight = np.zeros(N_LANDMARKS) if weight is None else weight
    z = np.full(N_LANDMARKS, np.nan) if z is None else z
    return {
        "image": torch.from_numpy(np.ascontiguousarray(crop)),
        "heatmaps": torch.from_numpy(codec.encode(place[None])[0]),
        "weight": torch.from_numpy(weight.astype(np.float32)),
        "presence": torch.tensor(0.0 if xy_crop_px is None else 1.0),
        "handedness": torch.tensor(right),
        "xy": torch.from_numpy(((place + 0.5) / codec.size_px).astype(np.float32)),
        "z": torch.from_numpy(z.astype(np.float32)),
    }

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Training samples of the detector: composed scenes, each a function of (seed, number)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from hand_landmarks_ros.core.detection_codec import DetectionCodec
from hand_landmarks_ros.core.errors import SourceError

from ..augment import change_light
from .records import ImageRecord
from .scene_composition import Draw, SceneOptions, compose
from .scene_labels import Scene
from .weighted_draw import WeightedDraw


class HandScenes(Dataset[dict[str, Tensor]]):
    """`n_samples` random scenes; sample i depends on (seed, i) alone.

    Pictures are read when they are drawn: the operating system keeps the files in memory, and
    decoding them takes a small part of the time of a training step.
    """

    def __init__(
        self,
        sets: Mapping[str, Sequence[ImageRecord]],
        weights: Mapping[str, float],
        codec: DetectionCodec,
        n_samples: int,
        *,
        seed: int,
        options: SceneOptions | None = None,
    ) -> None:
        self.codec, self.n_samples, self.seed = codec, n_samples, seed
        self.options = options or SceneOptions()
        drawn = [
            (record, weights.get(name, 1.0))
            for name, records in sets.items()
            for record in records
            if weights.get(name, 1.0) > 0
        ]
        with_hands = [(record, weight) for record, weight in drawn if record.hands]
        empty = [(record, weight) for record, weight in drawn if _shows_no_hand(record)]
        if not with_hands:
            raise SourceError(f"no picture with a hand in the sets {sorted(sets)}")
        self._draw_hands = WeightedDraw(*zip(*with_hands, strict=True))
        self._draw_empty: Draw | None = WeightedDraw(*zip(*empty, strict=True)) if empty else None

    def __len__(self) -> int:
        return self.n_samples

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return image (S, S, 3) uint8 and the targets of `detection_targets`."""
        rng = np.random.default_rng((self.seed, index))
        scene = self.scene(rng)
        sample = detection_targets(scene, self.codec)
        return sample | {"image": torch.from_numpy(change_light(scene.image, rng))}

    def scene(self, rng: np.random.Generator) -> Scene:
        """Compose one scene, before its light is changed."""
        return compose(self.codec.size_px, self._draw_hands, self._draw_empty, self.options, rng)


def _shows_no_hand(record: ImageRecord) -> bool:
    return record.is_complete and not record.hands


def detection_targets(scene: Scene, codec: DetectionCodec) -> dict[str, Tensor]:
    """Return the codec's maps, and how much each of their cells counts, all (m, m) float32.

    background: 1 where a cell that is no centre counts as background. hand_weight: sums to one
    over the cells of each hand. landmark_weight, for its box and region: the same, but zero where
    the hand's landmarks are unknown: a box that a person drew follows the skin, not the landmarks.
    """
    maps, owner = codec.encode(scene.hands)
    background = np.ones(owner.shape, np.float32)
    for x0, y0, x1, y1 in scene.ignored_px / codec.stride_px:
        background[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] = 0.0
    weight = _weight_per_hand(maps["centre"], owner, len(scene.hands))
    # The last entry is that of cells without an owner, -1.
    has_landmarks = np.append(scene.has_landmarks, False)[owner]
    targets = {
        **maps,
        "background": background,
        "hand_weight": weight,
        "landmark_weight": np.where(has_landmarks, weight, 0.0).astype(np.float32),
    }
    return {name: torch.from_numpy(values) for name, values in targets.items()}


def _weight_per_hand(
    centre: NDArray[np.float32], owner: NDArray[np.int64], n_hands: int
) -> NDArray[np.float32]:
    """Share a weight of one among the cells of each hand, as high as its Gaussian is there."""
    total = np.bincount(owner.ravel() + 1, centre.ravel(), n_hands + 1)
    total[0] = np.inf
    return np.asarray(centre / total[owner + 1], np.float32)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a data set shows, as values that can be stored beside it."""

from dataclasses import dataclass
from pathlib import Path

from training.synthesis.background import BackgroundSampler, sample_background
from training.synthesis.crowd import CrowdOptions
from training.synthesis.generator import Generator
from training.synthesis.kinds import Crowds, Hands, HardViews, Kind
from training.synthesis.photo_background import PhotoBackgrounds
from training.synthesis.scene import SceneOptions
from training.synthesis.views import View

TRAINING_KINDS = ("hands", "scenes")
HARD_VIEWS = "hard_views"
HARD_VIEWS_SEED, N_HARD_VIEWS = 2026, 500
"""The evaluation set; its streams of random numbers are its own (see `kinds`)."""


@dataclass(frozen=True, slots=True)
class DatasetOptions:
    """What is written; stored beside the images, so that a resumed run cannot mix two kinds."""

    kind: str = "hands"
    """One of `TRAINING_KINDS`, or `HARD_VIEWS`."""
    seed: int = 0
    width_px: int = 256
    height_px: int = 256
    samples_per_pixel: int = 2
    third_person: float = 0.55
    egocentric: float = 0.25
    uniform: float = 0.20
    two_hands: float = 0.20
    """Of kind "hands"; scenes have shares of their own."""
    split: str = "train"
    backgrounds: str = ""
    """A folder of photographs without hands; empty for invented backgrounds alone."""

    @staticmethod
    def of_hard_views() -> "DatasetOptions":
        """Return the one set on which hard views are evaluated."""
        return DatasetOptions(kind=HARD_VIEWS, seed=HARD_VIEWS_SEED, split="val")

    def generator(self) -> Generator:
        """Return a generator that draws these images."""
        shares = (self.third_person, self.egocentric, self.uniform)
        total = sum(shares)
        if total <= 0 or min(shares) < 0:
            raise ValueError(f"the shares of the views are {shares}, expected some above 0")
        views = dict(zip(View, (share / total for share in shares), strict=True))
        kinds: dict[str, Kind] = {
            "hands": Hands(SceneOptions(views=views, two_hands=self.two_hands)),
            "scenes": Crowds(CrowdOptions(views=views)),
            HARD_VIEWS: HardViews(),
        }
        background: BackgroundSampler = sample_background
        if self.backgrounds:
            background = PhotoBackgrounds(Path(self.backgrounds), self.split)
        size_px = (self.width_px, self.height_px)
        return Generator(self.seed, size_px, self.samples_per_pixel, kinds[self.kind], background)

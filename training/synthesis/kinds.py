# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Kinds of pictures: what image `index` shows of which people.

Each kind draws from random streams of its own: no picture of one kind, whatever its seed, shares
people, poses or views with a picture of another. Hard views are for evaluation alone, and being a
kind of their own keeps them out of all training data.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np

from training.synthesis.arm_model import ArmModel
from training.synthesis.crowd import CrowdOptions, sample_crowd
from training.synthesis.people import Subject, choose
from training.synthesis.scene import Scene, SceneOptions, sample_scene
from training.synthesis.views import View


class Kind(Protocol):
    """What a generator draws."""

    streams: ClassVar[tuple[int, int]]
    """Numbers after the seed from which people and pictures are drawn."""
    images_per_group: ClassVar[int]
    """Successive images that show the same people, whose skins are costly."""
    people_per_group: ClassVar[int]
    is_fine: ClassVar[bool]
    """Whether the hands are so large that they need the fine mesh."""

    def scene(
        self,
        index: int,
        people: Sequence[Subject],
        size_px: tuple[int, int],
        model: ArmModel,
        rng: np.random.Generator,
    ) -> Scene:
        """Sample image `index` of (width, height) pixels."""
        ...


@dataclass(frozen=True, slots=True)
class Hands:
    """One or both hands of a person, which fill the picture."""

    options: SceneOptions = field(default_factory=SceneOptions)
    streams: ClassVar = (1, 2)
    images_per_group: ClassVar = 8
    people_per_group: ClassVar = 1
    is_fine: ClassVar = True

    def scene(
        self,
        index: int,
        people: Sequence[Subject],
        size_px: tuple[int, int],
        model: ArmModel,
        rng: np.random.Generator,
    ) -> Scene:
        """Sample an image."""
        return sample_scene(people[0], self.options, size_px, model, rng)


@dataclass(frozen=True, slots=True)
class Crowds:
    """One to four hands of one or two people, near and far, anywhere in the picture."""

    options: CrowdOptions = field(default_factory=CrowdOptions)
    streams: ClassVar = (6, 7)
    images_per_group: ClassVar = 8
    people_per_group: ClassVar = 2
    is_fine: ClassVar = False

    def scene(
        self,
        index: int,
        people: Sequence[Subject],
        size_px: tuple[int, int],
        model: ArmModel,
        rng: np.random.Generator,
    ) -> Scene:
        """Sample an image; who comes first changes from image to image.

        The number of hands depends on the index alone: were it drawn again with every sample that
        is dropped, pictures of many hands, which are dropped most, would become rare.
        """
        order = people if index % 2 == 0 else people[::-1]
        n_hands = choose(self.options.n_hands, np.random.default_rng([self.streams[0], index]))
        return sample_crowd(order, n_hands, self.options, size_px, model, rng)


BOTH_VIEWS = {View.THIRD_PERSON: 0.5, View.EGOCENTRIC: 0.5}
HARD_VIEWS = (
    SceneOptions({View.THIRD_PERSON: 1.0}, two_hands=0.0, grasps=0.0),
    SceneOptions({View.EGOCENTRIC: 1.0}, two_hands=0.0, grasps=0.0),
    SceneOptions(BOTH_VIEWS, two_hands=1.0, grasps=0.0),
    SceneOptions(BOTH_VIEWS, two_hands=0.0, grasps=1.0),
)
"""Third person, egocentric, two hands, grasps: each a quarter of the evaluation set."""


@dataclass(frozen=True, slots=True)
class HardViews:
    """The views that models find hard, by turns; for evaluation alone."""

    streams: ClassVar = (8, 9)
    images_per_group: ClassVar = 2
    people_per_group: ClassVar = 1
    is_fine: ClassVar = True

    def scene(
        self,
        index: int,
        people: Sequence[Subject],
        size_px: tuple[int, int],
        model: ArmModel,
        rng: np.random.Generator,
    ) -> Scene:
        """Sample an image."""
        options = HARD_VIEWS[index % len(HARD_VIEWS)]
        return sample_scene(people[0], options, size_px, model, rng)

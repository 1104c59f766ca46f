# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Image i = f(seed, i): the same picture whatever was drawn before and by whichever process."""

import functools
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_meshes import ArmMesher
from training.synthesis.arm_model import ArmModel, load_arm_model
from training.synthesis.arm_shape import sample_shape
from training.synthesis.background import BackgroundSampler, sample_background
from training.synthesis.kinds import Hands, Kind
from training.synthesis.labels import HandLabel, label_hands
from training.synthesis.people import Subject
from training.synthesis.photo import take_photo
from training.synthesis.posing import Poser
from training.synthesis.renderer import Rendering
from training.synthesis.scene import Scene, render_scene
from training.synthesis.skin import sample_skin
from training.synthesis.skin_regions import SkinRegions, skin_regions

logger = logging.getLogger(__name__)

ATLAS_SIZE = 384
MIN_VISIBLE_SHARE, MIN_SEEN_SHARE = 0.2, 0.3
"""Of the landmarks, which other fingers may hide, and of the hand's outline."""
MIN_DEVIATION = 4.0
"""A picture whose grey levels deviate less shows nothing."""
CONTRAST_STEP = 3
"""Every third pixel is enough to tell."""
MIN_DEPTH_M = 0.05
MAX_TRIES = 50
MAX_MOTION = 0.12
"""The longest motion blur relative to the smallest hand."""


class UnusableImageError(Exception):
    """A sampled picture shows no usable hand; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticImage:
    """image: (H, W, 3) uint8 RGB; `rejected` says why earlier samples were dropped."""

    image: NDArray[np.uint8]
    hands: tuple[HandLabel, ...]
    scene: Scene
    rejected: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Studio:
    """What all pictures share, and where people come from."""

    model: ArmModel
    mesher: ArmMesher
    regions: SkinRegions

    def subject(self, name: str, rng: np.random.Generator) -> Subject:
        """Sample a person."""
        shape = sample_shape(self.model, rng)
        skin = sample_skin(self.regions, shape.agedness, rng)
        return Subject(Poser(self.model, shape), skin, name)


@functools.cache
def studio(is_fine: bool = True) -> Studio:
    """Prepare, once a process, what does not depend on the seed; see `load_arm_model`."""
    model = load_arm_model(is_fine=is_fine)
    return Studio(model, ArmMesher(model), skin_regions(model, ATLAS_SIZE))


class Generator:
    """Draws images of one seed and kind, `size_px` = (width, height) pixels.

    The last people are kept, which is only a cache.
    """

    def __init__(
        self,
        seed: int,
        size_px: tuple[int, int] = (256, 256),
        samples_per_pixel: int = 2,
        kind: Kind | None = None,
        background: BackgroundSampler = sample_background,
    ) -> None:
        self.seed = seed
        self.size_px = size_px
        self.samples_per_pixel = samples_per_pixel
        self.kind = kind or Hands()
        self.studio = studio(self.kind.is_fine)
        self._background = background
        self._people: dict[int, Subject] = {}

    def subject(self, index: int) -> Subject:
        """Return person `index`."""
        if index not in self._people:
            stream, _ = self.kind.streams
            rng = np.random.default_rng([self.seed, stream, index])
            name = f"synthetic-{type(self.kind).__name__.lower()}-{self.seed}-{index}"
            self._people[index] = self.studio.subject(name, rng)
        return self._people[index]

    def _group(self, index: int) -> list[Subject]:
        """Return the people of image `index`, and forget all others."""
        n_people = self.kind.people_per_group
        first = index // self.kind.images_per_group * n_people
        people = {k: self.subject(k) for k in range(first, first + n_people)}
        self._people = people
        return list(people.values())

    def __call__(self, index: int) -> SyntheticImage:
        """Draw image `index`; unusable samples are dropped and drawn anew, with the reason kept."""
        people = self._group(index)
        _, stream = self.kind.streams
        rejected: list[str] = []
        while True:
            rng = np.random.default_rng([self.seed, stream, index, len(rejected)])
            try:
                return self._draw(index, people, rng, tuple(rejected))
            except UnusableImageError as error:
                logger.debug("image %d, try %d: %s", index, len(rejected), error)
                rejected.append(str(error))
            if len(rejected) == MAX_TRIES:
                raise UnusableImageError(
                    f"image {index} of seed {self.seed}: {MAX_TRIES} samples were unusable, "
                    f"the last one because {rejected[-1]}"
                )

    def _draw(
        self,
        index: int,
        people: Sequence[Subject],
        rng: np.random.Generator,
        rejected: tuple[str, ...],
    ) -> SyntheticImage:
        model = self.studio.model
        scene = self.kind.scene(index, people, self.size_px, model, rng)
        check_in_view(scene)
        rendering = render_scene(scene, self.studio.mesher, self.samples_per_pixel)
        check_rendering(rendering)
        clear_hands = label_hands(scene, rendering, None, model)
        check_visible(clear_hands)
        smallest_px = min(hand.size_px for hand in clear_hands)
        photo = take_photo(
            rendering,
            float(np.mean([item.subject.skin.luminance for item in scene.arms])),
            rng,
            self._background,
            max_motion_px=round(MAX_MOTION * smallest_px),
        )
        hands = clear_hands
        if photo.occluder is not None:
            hands = label_hands(scene, rendering, photo.occluder, model)
            check_visible(hands)
        check_contrast(photo.image)
        return SyntheticImage(photo.image, hands, scene, rejected)


def check_in_view(scene: Scene) -> None:
    """Refuse, before it is drawn, a hand that is too near to the camera or mostly outside."""
    for item in scene.arms:
        landmarks_m = item.arm.landmarks_m
        if not (landmarks_m[:, 2] > MIN_DEPTH_M).all():
            raise UnusableImageError("a hand is too near to the camera")
        if scene.camera.contains(scene.camera.project(landmarks_m)).mean() < MIN_SEEN_SHARE:
            raise UnusableImageError("a hand is outside")


def check_rendering(rendering: Rendering) -> None:
    """Refuse light that is not a number or infinite: it would spread over the whole picture."""
    if not np.isfinite(rendering.light).all():
        raise UnusableImageError("the rendering is not finite")


def check_visible(hands: Sequence[HandLabel]) -> None:
    """Refuse a hand of which too little can be seen."""
    for hand in hands:
        if hand.visible_share < MIN_VISIBLE_SHARE or hand.seen_share < MIN_SEEN_SHARE:
            raise UnusableImageError("a hand is hidden")


def check_contrast(image: NDArray[np.uint8]) -> None:
    """Refuse a picture that is nearly of one colour."""
    if image[::CONTRAST_STEP, ::CONTRAST_STEP].std() < MIN_DEVIATION:
        raise UnusableImageError("the picture is nearly constant")

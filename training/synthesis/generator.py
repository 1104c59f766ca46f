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
from training.synthesis.labels import HandLabel, label_hands
from training.synthesis.photo import take_photo
from training.synthesis.posing import Poser
from training.synthesis.renderer import Rendering
from training.synthesis.scene import (
    Scene,
    SceneOptions,
    Subject,
    render_scene,
    sample_scene,
)
from training.synthesis.skin import sample_skin
from training.synthesis.skin_regions import SkinRegions, skin_regions

logger = logging.getLogger(__name__)

IMAGES_PER_SUBJECT = 8
ATLAS_SIZE = 384
MIN_VISIBLE_SHARE = 0.2
MIN_DEVIATION = 4.0
"""A picture whose grey levels deviate less shows nothing."""
CONTRAST_STEP = 3
"""Every third pixel is enough to tell."""
MIN_DEPTH_M = 0.05
MAX_TRIES = 50
SUBJECT_STREAM, IMAGE_STREAM = 1, 2


class UnusableImageError(Exception):
    """A sampled picture shows no usable hand; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticImage:
    """image: (size, size, 3) uint8 RGB; `rejected` says why earlier samples were dropped."""

    image: NDArray[np.uint8]
    hands: tuple[HandLabel, ...]
    scene: Scene
    rejected: tuple[str, ...]


@functools.cache
def _shared() -> tuple[ArmModel, ArmMesher, SkinRegions]:
    """Prepare, once a process, what does not depend on the seed."""
    model = load_arm_model()
    return model, ArmMesher(model), skin_regions(model, ATLAS_SIZE)


class Generator:
    """Draws images of one seed. The last subject is kept, which is only a cache."""

    def __init__(
        self,
        seed: int,
        size_px: int = 256,
        samples_per_pixel: int = 2,
        options: SceneOptions | None = None,
    ) -> None:
        self.seed = seed
        self.size_px = size_px
        self.samples_per_pixel = samples_per_pixel
        self.options = options or SceneOptions()
        self.model, self.mesher, self._regions = _shared()
        self._subject_index = -1
        self._subject: Subject | None = None

    def subject(self, index: int) -> Subject:
        """Return subject `index`; the last one is kept."""
        if self._subject is None or self._subject_index != index:
            rng = np.random.default_rng([self.seed, SUBJECT_STREAM, index])
            shape = sample_shape(self.model, rng)
            skin = sample_skin(self._regions, shape.agedness, rng)
            name = f"synthetic-{self.seed}-{index}"
            self._subject = Subject(Poser(self.model, shape), skin, name)
            self._subject_index = index
        return self._subject

    def __call__(self, index: int) -> SyntheticImage:
        """Draw image `index`; unusable samples are dropped and drawn anew, with the reason kept."""
        subject = self.subject(index // IMAGES_PER_SUBJECT)
        rejected: list[str] = []
        while True:
            rng = np.random.default_rng([self.seed, IMAGE_STREAM, index, len(rejected)])
            try:
                return self._draw(subject, rng, tuple(rejected))
            except UnusableImageError as error:
                logger.debug("image %d, try %d: %s", index, len(rejected), error)
                rejected.append(str(error))
            if len(rejected) == MAX_TRIES:
                raise UnusableImageError(
                    f"image {index} of seed {self.seed}: {MAX_TRIES} samples were unusable, "
                    f"the last one because {rejected[-1]}"
                )

    def _draw(
        self, subject: Subject, rng: np.random.Generator, rejected: tuple[str, ...]
    ) -> SyntheticImage:
        hand_weight = self.model.hand_weight
        scene = sample_scene(subject, self.options, self.size_px, hand_weight, rng)
        check_in_front(scene)
        rendering = render_scene(scene, self.mesher, self.samples_per_pixel)
        check_rendering(rendering)
        photo = take_photo(rendering, subject.skin.luminance, rng)
        hands = label_hands(scene, rendering, photo.occluder, hand_weight)
        check_visible(hands)
        check_contrast(photo.image)
        return SyntheticImage(photo.image, hands, scene, rejected)


def check_in_front(scene: Scene) -> None:
    """Refuse a hand that reaches behind or too near to the camera."""
    for item in scene.arms:
        if not (item.arm.landmarks_m[:, 2] > MIN_DEPTH_M).all():
            raise UnusableImageError("a hand is too near to the camera")


def check_rendering(rendering: Rendering) -> None:
    """Refuse light that is not a number or infinite: it would spread over the whole picture."""
    if not np.isfinite(rendering.light).all():
        raise UnusableImageError("the rendering is not finite")


def check_visible(hands: Sequence[HandLabel]) -> None:
    """Refuse a hand of which less than a fifth can be seen."""
    for hand in hands:
        if hand.visible_share < MIN_VISIBLE_SHARE:
            raise UnusableImageError("a hand is hidden")


def check_contrast(image: NDArray[np.uint8]) -> None:
    """Refuse a picture that is nearly of one colour."""
    if image[::CONTRAST_STEP, ::CONTRAST_STEP].std() < MIN_DEVIATION:
        raise UnusableImageError("the picture is nearly constant")

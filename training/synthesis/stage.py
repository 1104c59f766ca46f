# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Film performing hands: any moment as a picture with its truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthesis.arm_meshes import Sleeve
from training.synthesis.camera import Camera
from training.synthesis.generator import Studio, check_rendering
from training.synthesis.labels import HandLabel, label_hands
from training.synthesis.motion_blur import Motion, blur_moving_arms
from training.synthesis.people import ArmInScene, Subject
from training.synthesis.performance import Performance
from training.synthesis.photo import compose, exposure_of, sensor_image
from training.synthesis.reflection import Lighting
from training.synthesis.renderer import Mesh
from training.synthesis.scene import Scene, render_scene
from training.synthesis.views import View

Floats = NDArray[np.float64]
Image = NDArray[np.float32]

STILL_PX = 0.05
"""A hand of which no landmark moves farther from one frame to the next is at rest."""


@dataclass(frozen=True, slots=True, eq=False)
class Performer:
    """A hand with a part to play; `identity` tells its name at a moment."""

    identity: Callable[[float], int]
    subject: Subject
    performance: Performance
    sleeve: Sleeve | None


@dataclass(frozen=True, slots=True, eq=False)
class FilmedHand:
    """The truth about a performer in one frame."""

    identity: int
    label: HandLabel
    is_still: bool


def no_shake(time_s: float) -> Floats:
    """Return the (2,) shift in pixels of a camera on a tripod."""
    return np.zeros(2)


def no_things(time_s: float) -> tuple[Mesh, ...]:
    """Return what stands about on an empty stage."""
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Performers before a camera.

    backdrop: (H + 2 m, W + 2 m, 3) linear light with a margin m for the camera's shake.
    shutter_s: how long each frame is exposed; 0 for no motion blur.
    """

    studio: Studio
    performers: Sequence[Performer]
    lighting: Lighting
    camera: Camera
    backdrop: Image
    exposure: float
    noise: float
    rate_hz: float
    shutter_s: float = 0.0
    shake: Callable[[float], Floats] = no_shake
    things: Callable[[float], tuple[Mesh, ...]] = no_things

    def frame(
        self, time_s: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], tuple[FilmedHand, ...]]:
        """Draw a moment, (H, W, 3) uint8 RGB; `rng` is the sensor's noise."""
        light = self._backdrop_at(time_s)
        cast = self._on_stage(time_s)
        scene = self.scene(time_s)
        hands: tuple[FilmedHand, ...] = ()
        if cast or scene.things:
            rendering = render_scene(scene, self.studio.mesher, samples_per_pixel=2)
            check_rendering(rendering)
            labels = label_hands(scene, rendering, None, self.studio.model)
            hands = tuple(
                FilmedHand(performer.identity(time_s), label, self._is_still(performer, time_s))
                for performer, label in zip(cast, labels, strict=True)
            )
            motions = {k: self._motion(one, time_s) for k, one in enumerate(cast, start=1)}
            rendering = blur_moving_arms(rendering, motions)
            light = compose(rendering, light, self.exposure)
        return sensor_image(light, self.noise, rng), hands

    def scene(self, time_s: float) -> Scene:
        """Return what is in front of the camera."""
        arms = tuple(
            ArmInScene(
                performer.subject,
                performer.performance.arm_at(time_s),
                performer.performance.is_right,
                "choreographed",
                performer.sleeve,
            )
            for performer in self._on_stage(time_s)
        )
        camera, things = self._camera_at(time_s), self.things(time_s)
        return Scene(arms, self.lighting, camera, View.THIRD_PERSON, things)

    def exposed_at(self, time_s: float) -> "Stage":
        """Return the stage with the exposure set to what is seen at a moment."""
        scene = self.scene(time_s)
        rendering = render_scene(scene, self.studio.mesher, samples_per_pixel=1)
        luminance = np.mean([item.subject.skin.luminance for item in scene.arms])
        return replace(self, exposure=exposure_of(rendering, float(luminance)))

    def landmarks_px(self, time_s: float) -> list[Floats]:
        """Return the landmarks, (21, 2) px, of each hand on the stage, in the picture or not."""
        return [self._landmarks_px(one, time_s) for one in self._on_stage(time_s)]

    def _on_stage(self, time_s: float) -> list[Performer]:
        return [one for one in self.performers if one.performance.is_on_stage(time_s)]

    def _camera_at(self, time_s: float) -> Camera:
        x_px, y_px = np.array(self.camera.centre_px) + self.shake(time_s)
        return replace(self.camera, centre_px=(float(x_px), float(y_px)))

    def _backdrop_at(self, time_s: float) -> Image:
        """Shift the backdrop with the camera: it is so far away that a turn only shifts it."""
        width, height = self.camera.width_px, self.camera.height_px
        margin_px = np.array([self.backdrop.shape[1] - width, self.backdrop.shape[0] - height]) / 2
        matrix = np.column_stack([np.eye(2), self.shake(time_s) - margin_px])
        shifted = cv2.warpAffine(self.backdrop, matrix, (width, height))
        return np.asarray(shifted, np.float32)

    def _landmarks_px(self, performer: Performer, time_s: float) -> Floats:
        return self._camera_at(time_s).project(performer.performance.landmarks_at(time_s))

    def _is_still(self, performer: Performer, time_s: float) -> bool:
        before = self._landmarks_px(performer, time_s - 1 / self.rate_hz)
        moved_px = self._landmarks_px(performer, time_s) - before
        return bool(np.linalg.norm(moved_px, axis=1).max() < STILL_PX)

    def _motion(self, performer: Performer, time_s: float) -> Motion:
        start, end = time_s - self.shutter_s / 2, time_s + self.shutter_s / 2
        return Motion.of_landmarks(
            self._landmarks_px(performer, start), self._landmarks_px(performer, end)
        )

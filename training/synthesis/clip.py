# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo's clip: ten seconds of a webcam before which hands come and go, with exact truth.

Beside CLIP.mp4 lies CLIP.jsonl, one line a frame in the format of labels.jsonl, each hand with its
`track_id` (1 is the right hand, 2 the left). Hands entirely outside the picture are left out.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.synthesis.arm_meshes import Sleeve
from training.synthesis.camera import Camera
from training.synthesis.choreography import LEFT_HAND, RIGHT_HAND, Performance
from training.synthesis.dataset import Record, hand_record
from training.synthesis.generator import Generator, check_contrast, check_rendering
from training.synthesis.labels import OUTSIDE, label_hands
from training.synthesis.photo import compose, exposure_of, sensor_image
from training.synthesis.reflection import Lighting
from training.synthesis.room import draw_room
from training.synthesis.scene import ArmInScene, Scene, Subject, light_colour, render_scene
from training.synthesis.vectors import unit
from training.synthesis.views import View

WIDTH_PX, HEIGHT_PX = 640, 480
RATE_HZ = 30.0
DURATION_S = 10.0
FOCAL_PX = 600.0
SEED, SUBJECT = 7, 6
EXPOSURE_TIME_S = 2.0
"""The exposure is set when the first hand is in full view, and stays."""
SENSOR_NOISE = 0.6
CODEC = "mp4v"
"""MPEG-4 part 2: every OpenCV decodes it, and the wheels can encode it."""


def write_clip(path: Path) -> None:
    """Render the clip to `path` (.mp4) and its truth beside it (.jsonl)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    size = (WIDTH_PX, HEIGHT_PX)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*CODEC), RATE_HZ, size)
    if not writer.isOpened():
        raise OSError(f"OpenCV cannot write {path} with codec {CODEC}")
    n_frames = round(DURATION_S * RATE_HZ)
    with path.with_suffix(".jsonl").open("w") as truth:
        for image, record in tqdm(draw_frames(n_frames), total=n_frames, unit="frame"):
            writer.write(image[..., ::-1])
            truth.write(json.dumps(record, separators=(",", ":")) + "\n")
    writer.release()


def draw_frames(n_frames: int, first: int = 0) -> Iterator[tuple[NDArray[np.uint8], Record]]:
    """Yield RGB frames and their records, from frame `first` on."""
    stage = _Stage()
    for index in range(first, first + n_frames):
        yield stage.frame(index)


class _Stage:
    """Camera, light, room and the two performers."""

    def __init__(self) -> None:
        self._generator = Generator(SEED)
        self._subject: Subject = self._generator.subject(SUBJECT)
        poser = self._subject.poser
        self._parts = (
            Performance(poser, RIGHT_HAND, is_right=True, seed=SEED),
            Performance(poser, LEFT_HAND, is_right=False, seed=SEED + 1),
        )
        centre_px = ((WIDTH_PX - 1) / 2, (HEIGHT_PX - 1) / 2)
        self._camera = Camera(FOCAL_PX, centre_px, WIDTH_PX, HEIGHT_PX)
        self._room = draw_room(WIDTH_PX, HEIGHT_PX)
        luminance = self._subject.skin.luminance
        rendering = render_scene(self._scene(EXPOSURE_TIME_S), self._generator.mesher, 1)
        self._exposure = exposure_of(rendering, luminance)

    def frame(self, index: int) -> tuple[NDArray[np.uint8], Record]:
        """Draw frame `index` and label it."""
        scene = self._scene(index / RATE_HZ)
        light, hands = self._room, []
        if scene.arms:
            rendering = render_scene(scene, self._generator.mesher, samples_per_pixel=2)
            check_rendering(rendering)
            light = compose(rendering, self._room, self._exposure)
            weight = self._generator.model.hand_weight
            labels = label_hands(scene, rendering, None, weight)
            for item, label in zip(scene.arms, labels, strict=True):
                if (label.visibility != OUTSIDE).any():
                    hands.append(hand_record(label) | {"track_id": 1 if item.is_right else 2})
        rng = np.random.default_rng([SEED, index])
        image = sensor_image(light, SENSOR_NOISE, rng)
        check_contrast(image)
        return image, {
            "file": f"frame {index}",
            "width": WIDTH_PX,
            "height": HEIGHT_PX,
            "hands": hands,
        }

    def _scene(self, time_s: float) -> Scene:
        arms = tuple(
            ArmInScene(arm, is_right, "choreographed", SLEEVE)
            for part, is_right in zip(self._parts, (True, False), strict=True)
            if (arm := part.arm_at(time_s)) is not None
        )
        return Scene(self._subject, arms, LIGHTING, self._camera, View.THIRD_PERSON)


SLEEVE = Sleeve(
    cuff_level=0.35,
    thickness_m=0.005,
    folds=0.8,
    colour=np.array([0.06, 0.12, 0.22]),
    stripe_colour=np.array([0.06, 0.12, 0.22]),
    stripes=0.0,
)


def _lighting() -> Lighting:
    """A window to the left, warm light from the right, a bright room around."""
    ambient = np.zeros((9, 3))
    ambient[0] = 0.45 * light_colour(5500)
    ambient[1] = -0.15 * light_colour(6500)
    ambient[2] = -0.10 * light_colour(5000)
    ambient[3] = -0.08 * light_colour(7000)
    return Lighting(
        directions=np.stack([unit([-0.6, -0.6, -0.7]), unit([0.8, -0.2, -0.4])]),
        colours=np.stack([0.9 * light_colour(6000), 0.25 * light_colour(3800)]),
        ambient=ambient,
        bump=0.9,
        subsurface=0.9,
        shadow_strength=0.8,
    )


LIGHTING = _lighting()

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo's clip: ten seconds of a webcam before which hands come and go, with exact truth.

Beside CLIP.mp4 lies CLIP.jsonl, one line a frame in the format of labels.jsonl, each hand with its
`track_id` (1 is the right hand, 2 the left). Hands entirely outside the picture are left out.
"""

import functools
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.synthesis.arm_meshes import Sleeve
from training.synthesis.camera import Camera
from training.synthesis.choreography import LEFT_HAND, RIGHT_HAND
from training.synthesis.generator import Generator, check_contrast
from training.synthesis.labels import OUTSIDE
from training.synthesis.lights import light_colour
from training.synthesis.performance import Performance
from training.synthesis.records import Record, hand_record
from training.synthesis.reflection import Lighting
from training.synthesis.room import draw_room
from training.synthesis.stage import Performer, Stage
from training.synthesis.vectors import unit

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
    stage = _stage()
    for index in range(first, first + n_frames):
        image, hands = stage.frame(index / RATE_HZ, np.random.default_rng([SEED, index]))
        check_contrast(image)
        yield (
            image,
            {
                "file": f"frame {index}",
                "width": WIDTH_PX,
                "height": HEIGHT_PX,
                "hands": [
                    hand_record(hand.label) | {"track_id": hand.identity}
                    for hand in hands
                    if (hand.label.visibility != OUTSIDE).any()
                ],
            },
        )


def _name(identity: int, time_s: float) -> int:
    """Return the same name at any moment."""
    return identity


def _stage() -> Stage:
    """Set up camera, light, room and the two performers."""
    generator = Generator(SEED)
    subject = generator.subject(SUBJECT)
    parts = ((RIGHT_HAND, True), (LEFT_HAND, False))
    performers = [
        Performer(
            functools.partial(_name, identity),
            subject,
            Performance(subject.poser, part, is_right, np.random.default_rng(SEED + identity - 1)),
            SLEEVE,
        )
        for identity, (part, is_right) in enumerate(parts, start=1)
    ]
    stage = Stage(
        studio=generator.studio,
        performers=performers,
        lighting=LIGHTING,
        camera=Camera(FOCAL_PX, ((WIDTH_PX - 1) / 2, (HEIGHT_PX - 1) / 2), WIDTH_PX, HEIGHT_PX),
        backdrop=draw_room(WIDTH_PX, HEIGHT_PX),
        exposure=1.0,
        noise=SENSOR_NOISE,
        rate_hz=RATE_HZ,
    )
    return stage.exposed_at(EXPOSURE_TIME_S)


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

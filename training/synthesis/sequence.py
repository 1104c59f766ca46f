# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Films of one to four hands with exact truth, a function of the seed alone.

A hand keeps its identity while it is in the picture, also behind something else; one that has been
outside comes back with a new identity, as in the MOT challenge. The number of hands goes through 1
to 4 with the seed, so that any four seeds in a row show every number.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from training.synthesis.background import sample_background
from training.synthesis.camera import Camera
from training.synthesis.generator import studio
from training.synthesis.improvisation import Lane, Part, improvise, sample_lanes
from training.synthesis.lights import sample_lighting
from training.synthesis.people import PROBABILITY_OF_SLEEVE, sample_sleeve
from training.synthesis.performance import Performance
from training.synthesis.props import sample_board
from training.synthesis.renderer import Mesh
from training.synthesis.stage import FilmedHand, Performer, Stage, no_shake, no_things

Floats = NDArray[np.float64]

SEQUENCE_STREAM, NOISE_STREAM = 4, 5
"""First numbers after the seed; those of images are others (see `generator`)."""
RATE_HZ = 30.0
FOCAL_RANGE = (0.8, 1.05)
"""Focal length relative to the image's width: fields of view of 64° to 51°."""
SHUTTER_S = (0.004, 0.016)
N_EXPOSURE_TIMES = 12
"""Moments among which the exposure is set at the one that shows most of the hands."""
PROBABILITY_OF_SHAKE = 0.5
MAX_SHAKE_PX = 12.0
PROBABILITY_OF_OCCLUDER = 0.4
OCCLUDER_DEPTH = 0.75
"""Depth of what passes in front relative to the nearest hand's."""
MEETING_SHARE = 0.25
"""Hands meet that overlap by so much of the smaller one."""


@dataclass(frozen=True, slots=True)
class SequenceOptions:
    """Size, length and rate of every film.

    only_meetings: of the n_frames, those alone in which hands overlap, of two to four.
    """

    width_px: int = 640
    height_px: int = 480
    n_frames: int = 300
    rate_hz: float = RATE_HZ
    only_meetings: bool = False

    @property
    def duration_s(self) -> float:
        """Return how long a film lasts."""
        return self.n_frames / self.rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class FilmFrame:
    """A frame, (H, W, 3) uint8 RGB, and the truth about it; `index` counts those left out too."""

    index: int
    image: NDArray[np.uint8]
    hands: tuple[FilmedHand, ...]


def number_of_hands(seed: int, options: SequenceOptions) -> int:
    """Return 1 to 4; 2 to 4 where they are to meet."""
    return seed % 3 + 2 if options.only_meetings else seed % 4 + 1


def draw_sequence(seed: int, options: SequenceOptions, n_drawn: int = 0) -> Iterator[FilmFrame]:
    """Yield the frames of a film, but for the first n_drawn."""
    stage = sample_stage(seed, options)
    indices: Sequence[int] = range(options.n_frames)
    if options.only_meetings:
        indices = [index for index in indices if _hands_meet(stage, index / options.rate_hz)]
    for index in indices[n_drawn:]:
        rng = np.random.default_rng([seed, NOISE_STREAM, index])
        yield FilmFrame(index, *stage.frame(index / options.rate_hz, rng))


def _hands_meet(stage: Stage, time_s: float) -> bool:
    """Tell whether two hands overlap in the picture by MEETING_SHARE of the smaller one."""
    largest = np.array([stage.camera.width_px, stage.camera.height_px])
    in_picture = [xy_px.clip(0, largest) for xy_px in stage.landmarks_px(time_s)]
    bounds = [(xy_px.min(axis=0), xy_px.max(axis=0)) for xy_px in in_picture]
    for (low, high), (other_low, other_high) in combinations(bounds, 2):
        shared = np.minimum(high, other_high) - np.maximum(low, other_low)
        smaller = min(np.prod(high - low), np.prod(other_high - other_low))
        if 0 < MEETING_SHARE * smaller <= np.maximum(shared, 0).prod():
            return True
    return False


def sample_stage(seed: int, options: SequenceOptions) -> Stage:
    """Sample camera, people, light and background of a film."""
    rng = np.random.default_rng([seed, SEQUENCE_STREAM])
    width, height = options.width_px, options.height_px
    focal_px = width * rng.uniform(*FOCAL_RANGE)
    camera = Camera(float(focal_px), ((width - 1) / 2, (height - 1) / 2), width, height)
    lanes = sample_lanes(number_of_hands(seed, options), rng)
    performers = _sample_performers(seed, camera, lanes, options.duration_s, rng)
    scale = width / 640
    margin_px = int(np.ceil(MAX_SHAKE_PX * scale))
    backdrop = sample_background(width + 2 * margin_px, height + 2 * margin_px, rng)
    stage = Stage(
        studio=studio(is_fine=False),
        performers=performers,
        lighting=sample_lighting(rng),
        camera=camera,
        backdrop=backdrop * np.float32(rng.uniform(0.5, 1.1)),
        exposure=1.0,
        noise=float(rng.uniform(0.4, 2.5)),
        rate_hz=options.rate_hz,
        shutter_s=float(rng.uniform(*SHUTTER_S)),
    )
    stage = _exposed(stage, options.duration_s)
    shake: Callable[[float], Floats] = no_shake
    things: Callable[[float], tuple[Mesh, ...]] = no_things
    if rng.random() < PROBABILITY_OF_SHAKE:
        shake = _sample_shake(scale, options.duration_s, rng)
    if rng.random() < PROBABILITY_OF_OCCLUDER:
        depth_m = OCCLUDER_DEPTH * min(lane.depth_m for lane in lanes)
        things = _sample_passing_thing(camera, depth_m, options.duration_s, rng)
    return replace(stage, shake=shake, things=things)


def _sample_performers(
    seed: int,
    camera: Camera,
    lanes: Sequence[Lane],
    duration_s: float,
    rng: np.random.Generator,
) -> list[Performer]:
    """Give the hands, from left to right in the image, to one or two people who face the camera."""
    has_right_first = len(lanes) > 1 or rng.random() < 0.5
    performers = []
    for k, lane in enumerate(lanes):
        person = k // 2
        if k % 2 == 0:
            person_rng = np.random.default_rng([seed, SEQUENCE_STREAM, person])
            subject = studio(is_fine=False).subject(
                f"synthetic-sequence-{seed}-{person}", person_rng
            )
            sleeve = sample_sleeve(rng) if rng.random() < PROBABILITY_OF_SLEEVE else None
        is_right = has_right_first == (k % 2 == 0)
        part = improvise(camera, lane, duration_s, rng)
        performance = Performance(subject.poser, part.key_frames, is_right, rng, sway=0.0)
        identity = functools.partial(_identity, part, k, len(lanes))
        performers.append(Performer(identity, subject, performance, sleeve))
    return performers


def _identity(part: Part, k: int, n_hands: int, time_s: float) -> int:
    return k + n_hands * part.visit(time_s)


def _exposed(stage: Stage, duration_s: float) -> Stage:
    """Set the exposure at the moment when most is seen of the hands."""

    def n_inside(time_s: float) -> int:
        return sum(
            int(stage.camera.contains(stage.camera.project(part.landmarks_at(time_s))).sum())
            for part in (performer.performance for performer in stage.performers)
        )

    return stage.exposed_at(max(np.linspace(0, duration_s, N_EXPOSURE_TIMES), key=n_inside))


def _sample_shake(
    scale: float, duration_s: float, rng: np.random.Generator
) -> Callable[[float], Floats]:
    """Let a hand-held camera shake for some seconds, and rest before and after."""
    start_s = rng.uniform(0, 0.6) * duration_s
    end_s = start_s + rng.uniform(0.2, 0.5) * duration_s
    rates = 2 * np.pi * rng.uniform(0.7, 6.0, (3, 2))
    phases = rng.uniform(0, 2 * np.pi, (3, 2))
    strengths = MAX_SHAKE_PX / 3 * scale * rng.uniform(0.1, 1.0, (3, 2))

    def shake(time_s: float) -> Floats:
        if not start_s < time_s < end_s:
            return np.zeros(2)
        envelope = np.sin(np.pi * (time_s - start_s) / (end_s - start_s)) ** 2
        return np.asarray(envelope * (strengths * np.sin(phases + rates * time_s)).sum(0))

    return shake


def _sample_passing_thing(
    camera: Camera, depth_m: float, duration_s: float, rng: np.random.Generator
) -> Callable[[float], tuple[Mesh, ...]]:
    """Let a board pass in front of the hands, from one side to the other."""
    board = sample_board(rng)
    start_s, crossing_s = rng.uniform(0.1, 0.5) * duration_s, rng.uniform(2.0, 4.0)
    side = rng.choice([-1, 1])
    reach_m = 0.9 * camera.width_px / camera.focal_px * depth_m
    height_m = rng.normal(0, 0.03)

    def things(time_s: float) -> tuple[Mesh, ...]:
        share = (time_s - start_s) / crossing_s
        if not 0 < share < 1:
            return ()
        shift_m = np.array([side * reach_m * (2 * share - 1), height_m, depth_m])
        return (board.shifted(shift_m),)

    return things

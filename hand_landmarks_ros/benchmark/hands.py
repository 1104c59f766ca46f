# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What each further hand costs: images with none, one, two and four of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from ..core.candidates import Detector
from ..core.detection import HandDetector
from ..core.errors import HandLandmarksError
from ..core.model_card import DETECTOR_MODEL
from ..core.options import NO_DETECTOR, PipelineOptions
from .comparison import mediapipe_worker, take_turns
from .frames import Frames, enlarged, there_and_back
from .rivals import MediaPipeHands, MediaPipeWorker, Ours, Rival, Run
from .settings import Settings
from .tables import Cell, Table
from .timing import block_ratios, spread

SCENES = ((0, 1), (1, 1), (1, 2), (2, 2), (4, 4))
"""Hands shown and max_hands; with one more than is shown the detector goes on looking for it."""

_ONE_HAND = (1, 1)

_STAGES = {
    "detector_ms": ("detect",),
    "pre_ms": ("region", "crop"),
    "inference_ms": ("inference",),
    "decode_ms": ("decode",),
    "filter_ms": ("track",),
}
"""Columns of the table by the pipeline's stages that they add up."""

_N_DIFFERENT_IMAGES = 60
_GREY = 128


def run(settings: Settings) -> Iterator[Table]:
    """Yield one table with every tracker and number of hands, at the first of the sizes."""
    notes = [*_NOTES]
    frames = next(settings.frames())
    with ExitStack() as stack:
        detector = _loaded_detector(settings, stack)
        scenes = SCENES
        if detector is None:
            scenes = tuple(scene for scene in SCENES if max(scene) == 1)
            notes.append(_WITHOUT_DETECTOR)
        shown = {n_hands: scene(frames, n_hands) for n_hands in {n for n, _ in scenes}}
        try:
            workers = _started_mediapipe(settings, shown, stack)
        except HandLandmarksError as error:
            workers = {}
            notes.append(f"No comparison with MediaPipe: {error}")
        entrants = _ours(settings, shown, scenes, detector, stack)
        entrants += _mediapipe(workers, scenes) if workers else []
        runs = take_turns([entrant.rival for entrant in entrants], settings.n_images)
    yield Table(f"Number of hands, {frames.size}", rows_of(entrants, runs), notes)


_NOTES = (
    "Quarters of the image show one hand each. All trackers and numbers of hands take turns, block "
    "by block; over one hand: a tracker's time over its own with one hand and max_hands 1, median "
    "of the blocks' ratios. Median, p95 and p99 are of the whole frame, from an RGB array to "
    "smoothed landmarks. Only images in which as many hands were reported as are shown count.",
    "The stages are means, so that they add up to the mean of the whole frame; pre: regions and "
    "crops, filter: tracking and smoothing. Detector ran: in how many of the images that count. "
    "CPU is the mean time of all threads of the process for one image, of all images.",
)
_WITHOUT_DETECTOR = "More than one hand needs a detector: --detector names one."


@dataclass(frozen=True)
class Entrant:
    """One tracker on one scene."""

    rival: Rival
    n_hands: int
    max_hands: int


def scene(frames: Frames, n_hands: int) -> Frames:
    """Return images of the same size in which 0 to 4 quarters show the hand, each at its own time.

    Their truth is left out.
    """
    width_px, height_px = frames.width_px // 2, frames.height_px // 2
    small = enlarged(frames, width_px, height_px).images
    n_images = min(_N_DIFFERENT_IMAGES, len(small))
    images = np.full((n_images, *frames.images.shape[1:]), _GREY, np.uint8)
    for quarter in range(n_hands):
        row, column = divmod(quarter, 2)
        top, left = row * height_px, column * width_px
        shift = quarter * len(small) // 4
        chosen = [there_and_back(n + shift, len(small)) for n in range(n_images)]
        images[:, top : top + height_px, left : left + width_px] = small[chosen]
    return replace(frames, images=images, truth=())


def rows_of(entrants: Sequence[Entrant], runs: Sequence[Run]) -> list[dict[str, Cell]]:
    """Return the table's rows, each with its tracker's times over those with one hand."""
    blocks_s = [
        _counted_blocks_s(run, entrant.n_hands) for entrant, run in zip(entrants, runs, strict=True)
    ]
    one_hand_s = {
        entrant.rival.name: of_entrant_s
        for entrant, of_entrant_s in zip(entrants, blocks_s, strict=True)
        if (entrant.n_hands, entrant.max_hands) == _ONE_HAND
    }
    rows: list[dict[str, Cell]] = []
    for entrant, run, of_entrant_s in zip(entrants, runs, blocks_s, strict=True):
        ratios = block_ratios(of_entrant_s, one_hand_s[entrant.rival.name])
        rows.append(
            {
                "tracker": entrant.rival.name,
                "hands": entrant.n_hands,
                "max_hands": entrant.max_hands,
                **_cells(run, entrant.n_hands),
                **spread([duration_s for block_s in of_entrant_s for duration_s in block_s]),
                "over_one_hand": float(np.median(ratios)) if ratios else None,
                "CPU_ms": 1e3 * run.cpu_s / len(run.n_hands),
            }
        )
    return rows


def _loaded_detector(settings: Settings, stack: ExitStack) -> Detector | None:
    if settings.detector == NO_DETECTOR:
        return None
    backend = settings.load_backend(model=settings.detector, kind=DETECTOR_MODEL)
    return HandDetector(stack.enter_context(backend))


def _ours(
    settings: Settings,
    shown: dict[int, Frames],
    scenes: Sequence[tuple[int, int]],
    detector: Detector | None,
    stack: ExitStack,
) -> list[Entrant]:
    entrants = []
    for model in settings.landmark_models:
        backend = stack.enter_context(settings.load_backend(model=model))
        for n_hands, max_hands in scenes:
            options = PipelineOptions(max_hands=max_hands)
            ours = Ours(backend, shown[n_hands], options, detector)
            entrants.append(Entrant(ours, n_hands, max_hands))
    return entrants


def _started_mediapipe(
    settings: Settings, shown: dict[int, Frames], stack: ExitStack
) -> dict[int, MediaPipeWorker]:
    """Return a process for each number of hands; raises HandLandmarksError if there is none."""
    return {
        n_hands: stack.enter_context(mediapipe_worker(settings, frames))
        for n_hands, frames in shown.items()
    }


def _mediapipe(
    workers: dict[int, MediaPipeWorker], scenes: Sequence[tuple[int, int]]
) -> list[Entrant]:
    return [
        Entrant(MediaPipeHands(workers[n_hands], complexity, max_hands), n_hands, max_hands)
        for complexity in (1, 0)
        for n_hands, max_hands in scenes
    ]


def _counted_blocks_s(run: Run, n_hands: int) -> list[list[float]]:
    """Return each block's durations, s, of the images in which all hands were reported."""
    n_found = iter(run.n_hands)
    return [
        [duration_s for duration_s in block_s if next(n_found) == n_hands]
        for block_s in run.block_durations_s
    ]


def _cells(run: Run, n_hands: int) -> dict[str, Cell]:
    """Return how often all hands were reported, and what is known of the stages of those images."""
    counts = np.array(run.n_hands) == n_hands
    cells: dict[str, Cell] = {"all_found_share": float(counts.mean())}
    if run.stage_times_s and counts.any():
        cells["detector_ran_share"] = float(np.array(run.n_detections)[counts].mean())
        for column, stages in _STAGES.items():
            times_s = np.array([sum(times[s] for s in stages) for times in run.stage_times_s])
            cells[column] = 1e3 * float(times_s[counts].mean())
    return cells

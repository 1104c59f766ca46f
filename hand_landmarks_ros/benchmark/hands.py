# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What each further hand costs: images with none, one, two and four of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from ..core.detection import HandDetector
from ..core.errors import HandLandmarksError
from ..core.model_card import DETECTOR_MODEL
from ..core.options import NO_DETECTOR, PipelineOptions
from .comparison import mediapipe_worker, take_turns
from .frames import Frames, enlarged, there_and_back
from .rivals import MediaPipeHands, Ours, Rival, Run
from .settings import Settings
from .tables import Cell, Table
from .timing import spread

N_HANDS = (0, 1, 2, 4)

_N_DIFFERENT_IMAGES = 60
_GREY = 128


def run(settings: Settings) -> Iterator[Table]:
    """Yield one table with every number of hands, at the first of the sizes."""
    has_detector = settings.detector != NO_DETECTOR
    notes = [*_NOTES] if has_detector else [*_NOTES, _WITHOUT_DETECTOR]
    rows: list[dict[str, Cell]] = []
    with ExitStack() as stack:
        backend = stack.enter_context(settings.load_backend())
        detector = None
        if has_detector:
            runner = settings.load_backend(model=settings.detector, kind=DETECTOR_MODEL)
            detector = HandDetector(stack.enter_context(runner))
        frames = next(settings.frames())
        for n_hands in N_HANDS if has_detector else (0, 1):
            shown = scene(frames, n_hands)
            max_hands = max(1, n_hands)
            ours = Ours(backend, shown, PipelineOptions(max_hands=max_hands), detector)
            with ExitStack() as of_scene:
                rivals: list[Rival] = [ours]
                try:
                    worker = of_scene.enter_context(mediapipe_worker(settings, shown))
                    rivals.append(MediaPipeHands(worker, complexity=1, max_hands=max_hands))
                except HandLandmarksError as error:
                    notes.append(f"No comparison with MediaPipe: {error}")
                runs = take_turns(rivals, settings.n_images)
            rows += [{"tracker": name, **_cells(run, n_hands)} for name, run in runs.items()]
    # The same reason may be there for every scene.
    notes = list(dict.fromkeys(notes))
    yield Table(f"Number of hands, {frames.size}", over_one_hand(rows), notes)


_NOTES = (
    "Quarters of the image show one hand each; as many are sought as there are. Only images in "
    "which all of them were reported count. detector mean: its time, over all images.",
)
_WITHOUT_DETECTOR = "More than one hand needs a detector: --detector names one."


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


def _cells(run: Run, n_hands: int) -> dict[str, Cell]:
    durations_s = [
        duration_s
        for duration_s, n_found in zip(run.durations_s, run.n_hands, strict=True)
        if n_found == n_hands
    ]
    n_images = len(run.n_hands)
    cells = {
        "hands": n_hands,
        "all_found_share": len(durations_s) / n_images,
        **spread(durations_s),
    }
    if run.detector_s is not None:
        cells["detector_mean_ms"] = 1e3 * run.detector_s / n_images
    return cells


def over_one_hand(rows: list[dict[str, Cell]]) -> list[dict[str, Cell]]:
    """Add to each row its median over that of the same tracker's row with one hand."""
    one = {row["tracker"]: row["median_ms"] for row in rows if row["hands"] == 1}
    for row in rows:
        base, own = one.get(row["tracker"]), row["median_ms"]
        row["over_one_hand"] = own / base if own and base else None
    return rows

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Hand landmarks of images, folders of images and videos, without ROS.

The images of a folder are independent; the frames of a video are tracked and smoothed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from .annotated import AnnotatedImages, AnnotatedVideo, free_path
from .backends.loader import BACKENDS, DEFAULT_MODEL, PRECISIONS
from .backends.models import load_models
from .core.errors import HandLandmarksError, ImageError, SourceError
from .core.options import NO_DETECTOR
from .core.pipeline import HandPipeline, PipelineOptions
from .core.smoothing import SMOOTHERS
from .core.types import Hand
from .records import record
from .ros.parameters import NodeParameters
from .sources import Frame, Source, VideoFile, open_source
from .stills import for_stills

Output = Callable[[Frame, Sequence[Hand]], None]

_LOGGER = logging.getLogger("hand_landmarks_ros")

_CAMERA_RATE_HZ = 30.0
"""Rate of a camera's annotated video; cameras do not tell theirs reliably."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    values = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s", stream=sys.stderr)
    try:
        return _run(values)
    except (HandLandmarksError, OSError) as error:
        _LOGGER.error("%s", error)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hand_landmarks_ros", description=__doc__)
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="IMAGE_OR_VIDEO_OR_FOLDER",
        help="also a camera's number, and `synthetic`, the shipped clip",
    )
    parser.add_argument("--json", metavar="FILE", help="write one JSON line an image; - is stdout")
    parser.add_argument(
        "--annotated", metavar="DIR", type=Path, help="write the images with the hands drawn in"
    )
    parser.add_argument("--model", default=DEFAULT_MODEL, help="shipped name or .onnx file")
    parser.add_argument(
        "--detector",
        default=NodeParameters.detector,
        help="shipped name or .onnx file of a model that finds hands; none searches the image "
        "for one hand with the landmark model alone (default: %(default)s)",
    )
    parser.add_argument(
        "--max-hands",
        type=int,
        help=f"default: {NodeParameters.max_hands}, without a detector 1",
    )
    parser.add_argument("--backend", default="auto", choices=BACKENDS)
    parser.add_argument("--precision", default=PRECISIONS[0], choices=PRECISIONS)
    parser.add_argument("--smoothing", default=PipelineOptions.smoothing, choices=SMOOTHERS)
    parser.add_argument("--min-hand-score", type=float, default=PipelineOptions.min_hand_score)
    parser.add_argument(
        "--mirrored-input", action="store_true", help="the images come from a mirror"
    )
    return parser


def _run(values: argparse.Namespace) -> int:
    options = PipelineOptions(
        max_hands=_max_hands(values),
        smoothing=values.smoothing,
        min_hand_score=values.min_hand_score,
        mirrored_input=values.mirrored_input,
    )
    with contextlib.ExitStack() as resources:
        models = load_models(
            values.model, values.detector, backend=values.backend, precision=values.precision
        )
        resources.enter_context(contextlib.closing(models))
        pipeline = HandPipeline(models.landmarks, options, models.hand_detector())
        outputs: list[Output] = [] if values.json == "-" else [_print_hands]
        if values.json:
            to_stdout = values.json == "-"
            lines = (
                sys.stdout if to_stdout else resources.enter_context(Path(values.json).open("w"))
            )
            outputs.append(_json_output(lines))
        written = set[Path]()
        n_failed = 0
        for text in values.sources:
            with contextlib.closing(open_source(text)) as source:
                pipeline.options = options if source.is_sequence else for_stills(options)
                pipeline.reset()
                with _annotated_output(values.annotated, text, source, written) as draw:
                    n_failed += _process(source, pipeline, [*outputs, *draw])
    return 1 if n_failed else 0


def _max_hands(values: argparse.Namespace) -> int:
    """Return how many hands are wanted: if nobody says, one where there is no detector."""
    if values.max_hands is not None:
        return int(values.max_hands)
    return 1 if values.detector == NO_DETECTOR else NodeParameters.max_hands


def _process(source: Source, pipeline: HandPipeline, outputs: Sequence[Output]) -> int:
    """Find the hands in all images of a source; returns how many images could not be used."""
    n_images = n_with_hands = n_failed = 0
    while True:
        try:
            frame = source.read()
            if frame is None:
                break
            if not source.is_sequence:
                pipeline.reset()
            hands = pipeline(frame.image, frame.stamp_s)
        except (SourceError, ImageError) as error:
            _LOGGER.error("%s", error)
            n_failed += 1
            continue
        n_images += 1
        n_with_hands += bool(hands)
        for output in outputs:
            output(frame, hands)
    _LOGGER.info("%d images, %d with a hand, %d unusable", n_images, n_with_hands, n_failed)
    return n_failed


def _print_hands(frame: Frame, hands: Sequence[Hand]) -> None:
    """Print one line for people."""
    found = [
        f"#{hand.track_id} {hand.handedness.name.lower()} {hand.score:.2f} "
        "({:.0f}, {:.0f}) - ({:.0f}, {:.0f})".format(*hand.bounds_px)
        for hand in hands
    ]
    print(f"{frame.name}: {'; '.join(found) or 'no hand'}")


def _json_output(lines: TextIO) -> Output:
    def write(frame: Frame, hands: Sequence[Hand]) -> None:
        height_px, width_px = frame.image.shape[:2]
        line = record(frame.name, frame.stamp_s, width_px, height_px, hands)
        print(json.dumps(line), file=lines)

    return write


@contextlib.contextmanager
def _annotated_output(
    folder: Path | None, text: str, source: Source, written: set[Path]
) -> Iterator[list[Output]]:
    """Give what writes a source's annotated images: a video for a video, else single images."""
    if folder is None:
        yield []
        return
    if source.is_sequence:
        name = f"camera_{text}" if text.isdecimal() else Path(text).stem
        rate_hz = source.rate_hz if isinstance(source, VideoFile) else _CAMERA_RATE_HZ
        writer = AnnotatedVideo(free_path(folder / f"{name}.mp4", written), rate_hz)
        with contextlib.closing(writer):
            yield [writer.write]
    else:
        yield [AnnotatedImages(folder, written).write]


if __name__ == "__main__":
    sys.exit(main())

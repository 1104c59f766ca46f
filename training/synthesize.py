# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Render synthetic hands with exact labels.

    python -m training.synthesize --out DIR --n 1000 [--seed 0] [--size 256] [--workers 4]

writes DIR/labels.jsonl, DIR/images/ and DIR/contact_sheet.png. Image i depends on the seed and i
alone; a run that was broken off continues when called again. --kind scenes draws one to four hands
near and far, for a detector. --backgrounds FOLDER puts photographs without hands behind them.
--shard 0/4 to 3/4 split the work over processes or machines that share DIR.

    python -m training.synthesize --hard-views --out DIR

writes the 500 pictures on which hard views are evaluated (third person, egocentric, two hands,
grasps); no training picture shares anything with them.

    python -m training.synthesize --video --out DIR --seeds 0 20 [--frames 300] [--rate 30]

writes films of one to four moving hands, DIR/seed_0000/frames/ and frames.jsonl for every seed from
the first to before the last: films of the seeds from 1000 on to train with (their stills are a data
set), those below to evaluate.

    python -m training.synthesize --clip hand_landmarks_ros/clips/demo.mp4

renders the demo's clip, and its truth to demo.jsonl beside it.
"""

import argparse
import os
from pathlib import Path

from training.synthesis.clip import write_clip
from training.synthesis.contact_sheet import write_contact_sheet
from training.synthesis.dataset import Shard, write_dataset
from training.synthesis.dataset_options import N_HARD_VIEWS, TRAINING_KINDS, DatasetOptions
from training.synthesis.records import read_records
from training.synthesis.sequence import SequenceOptions
from training.synthesis.sequence_files import write_sequences

DEFAULT_SIZE_PX = {"hands": (256, 256), "scenes": (320, 240), "video": (640, 480)}


def main() -> None:
    """Parse the command line and write a data set or the clip."""
    arguments = _parser().parse_args()
    if arguments.clip:
        write_clip(arguments.clip)
        print(f"{arguments.clip}: {arguments.clip.stat().st_size} bytes")
        return
    if arguments.video:
        width_px, height_px = arguments.size or DEFAULT_SIZE_PX["video"]
        films = SequenceOptions(
            width_px, height_px, arguments.frames, arguments.rate, arguments.only_meetings
        )
        write_sequences(arguments.out, range(*arguments.seeds), films, arguments.workers)
        print(f"{arguments.out}: films of seeds {arguments.seeds[0]} to {arguments.seeds[1] - 1}")
        return
    if arguments.hard_views:
        _write(arguments, DatasetOptions.of_hard_views(), N_HARD_VIEWS)
        return
    width_px, height_px = arguments.size or DEFAULT_SIZE_PX[arguments.kind]
    options = DatasetOptions(
        kind=arguments.kind,
        seed=arguments.seed,
        width_px=width_px,
        height_px=height_px,
        samples_per_pixel=arguments.samples,
        third_person=arguments.third_person,
        egocentric=arguments.egocentric,
        uniform=arguments.uniform,
        two_hands=arguments.two_hands,
        split=arguments.split,
        backgrounds=str(arguments.backgrounds or ""),
    )
    _write(arguments, options, arguments.n)


def _write(arguments: argparse.Namespace, options: DatasetOptions, n_images: int) -> None:
    """Write a data set and its contact sheet."""
    folder = arguments.out
    write_dataset(folder, n_images, options, arguments.workers, arguments.shard)
    if not (folder / "labels.jsonl").exists():
        print(f"{folder}: shard {arguments.shard} written, others are missing")
        return
    n_dropped = sum(record["resamples"] for record in read_records(folder))
    sheet = folder / "contact_sheet.png"
    write_contact_sheet(folder, read_records(folder), sheet)
    print(f"{folder}: {n_images} images, {n_dropped} samples dropped; see {sheet}")


def _parser() -> argparse.ArgumentParser:
    default = DatasetOptions()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    output = parser.add_mutually_exclusive_group(required=True)
    output.add_argument("--out", type=Path, help="folder of the data set")
    output.add_argument("--clip", type=Path, help="the demo's clip, an .mp4 file")
    parser.add_argument("--n", type=int, default=1000, help="number of images")
    parser.add_argument(
        "--hard-views", action="store_true", help="the fixed evaluation set of hard views"
    )
    parser.add_argument("--kind", choices=TRAINING_KINDS, default=default.kind)
    parser.add_argument("--backgrounds", type=Path, help="folder of photographs without hands")
    parser.add_argument("--shard", type=_shard, default=Shard(), help="which part, as 0/4")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument(
        "--size", type=_size, help=f"side in pixels, or WxH (default {DEFAULT_SIZE_PX})"
    )
    parser.add_argument(
        "--samples",
        type=int,
        default=default.samples_per_pixel,
        help="samples along either side of a pixel: 1 is quicker, 2 has smooth edges",
    )
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--split", choices=("train", "val"), default=default.split)
    films = parser.add_argument_group("films")
    films.add_argument("--video", action="store_true", help="write films instead of images")
    films.add_argument(
        "--seeds",
        type=int,
        nargs=2,
        metavar=("FIRST", "END"),
        default=(0, 20),
        help="one film each",
    )
    films.add_argument(
        "--frames", type=int, default=SequenceOptions().n_frames, help="of each film"
    )
    films.add_argument(
        "--rate",
        type=_rate_hz,
        default=SequenceOptions().rate_hz,
        help="frames a second; with 5, and a sixth of the frames, quick stills of the same films",
    )
    films.add_argument(
        "--only-meetings",
        action="store_true",
        help="leave out all frames but those in which hands overlap",
    )
    shares = parser.add_argument_group("shares (the views' are scaled to sum to 1)")
    shares.add_argument("--third-person", type=float, default=default.third_person)
    shares.add_argument("--egocentric", type=float, default=default.egocentric)
    shares.add_argument("--uniform", type=float, default=default.uniform)
    shares.add_argument("--two-hands", type=float, default=default.two_hands)
    return parser


def _shard(text: str) -> Shard:
    """Read "0/4"."""
    index, _, count = text.partition("/")
    return Shard(int(index), int(count))


def _rate_hz(text: str) -> float:
    """Read a rate; argparse reports what is none."""
    rate_hz = float(text)
    if not 0 < rate_hz <= 1000:
        raise argparse.ArgumentTypeError(f"{text} frames a second, expected 0 to 1000")
    return rate_hz


def _size(text: str) -> tuple[int, int]:
    """Read "256" or "640x480"."""
    width, _, height = text.partition("x")
    return int(width), int(height or width)


if __name__ == "__main__":
    main()

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Render synthetic hands with exact labels.

    python -m training.synthesize --out DIR --n 1000 [--seed 0] [--size 256] [--workers 4]

writes DIR/labels.jsonl, DIR/images/ and DIR/contact_sheet.png. Image i depends on the seed and i
alone; a run that was broken off continues when called again.

    python -m training.synthesize --clip hand_landmarks_ros/clips/demo.mp4

renders the demo's clip, and its truth to demo.jsonl beside it.
"""

import argparse
import os
from pathlib import Path

from training.synthesis.clip import write_clip
from training.synthesis.contact_sheet import write_contact_sheet
from training.synthesis.dataset import DatasetOptions, read_records, write_dataset


def main() -> None:
    """Parse the command line and write a data set or the clip."""
    arguments = _parser().parse_args()
    if arguments.clip:
        write_clip(arguments.clip)
        print(f"{arguments.clip}: {arguments.clip.stat().st_size} bytes")
        return
    options = DatasetOptions(
        seed=arguments.seed,
        size_px=arguments.size,
        samples_per_pixel=arguments.samples,
        third_person=arguments.third_person,
        egocentric=arguments.egocentric,
        uniform=arguments.uniform,
        two_hands=arguments.two_hands,
        split=arguments.split,
    )
    write_dataset(arguments.out, arguments.n, options, arguments.workers)
    n_dropped = sum(record["resamples"] for record in read_records(arguments.out))
    sheet = arguments.out / "contact_sheet.png"
    write_contact_sheet(arguments.out, read_records(arguments.out), sheet)
    print(f"{arguments.out}: {arguments.n} images, {n_dropped} samples dropped; see {sheet}")


def _parser() -> argparse.ArgumentParser:
    default = DatasetOptions()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    output = parser.add_mutually_exclusive_group(required=True)
    output.add_argument("--out", type=Path, help="folder of the data set")
    output.add_argument("--clip", type=Path, help="the demo's clip, an .mp4 file")
    parser.add_argument("--n", type=int, default=1000, help="number of images")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--size", type=int, default=default.size_px, help="side in pixels")
    parser.add_argument(
        "--samples",
        type=int,
        default=default.samples_per_pixel,
        help="samples along either side of a pixel: 1 is quicker, 2 has smooth edges",
    )
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--split", choices=("train", "val"), default=default.split)
    shares = parser.add_argument_group("shares (the views' are scaled to sum to 1)")
    shares.add_argument("--third-person", type=float, default=default.third_person)
    shares.add_argument("--egocentric", type=float, default=default.egocentric)
    shares.add_argument("--uniform", type=float, default=default.uniform)
    shares.add_argument("--two-hands", type=float, default=default.two_hands)
    return parser


if __name__ == "__main__":
    main()

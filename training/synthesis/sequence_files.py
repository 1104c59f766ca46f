# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Write films as folders of frames with their truth, in parallel and resumable.

A film is a folder NAME with frames/000000.jpg … and frames.jsonl, one line a frame: the keys of
labels.jsonl, `stamp_s`, and per hand `identity`, `visibility` (share of the hand that is seen, 0
where it is hidden or outside) and `still` (at rest since the frame before).
"""

import functools
import json
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.synthesis.dataset import check_options, drop_incomplete_line
from training.synthesis.records import Record, hand_record
from training.synthesis.sequence import SequenceOptions, draw_sequence
from training.synthesis.stage import FilmedHand

JPEG_QUALITY = 92

FIRST_TRAINING_SEED = 1000
"""Films of the seeds from here on are for training, those below for evaluation."""


def write_sequences(
    folder: Path, seeds: Sequence[int], options: SequenceOptions, n_workers: int
) -> None:
    """Write the films of some seeds below `folder`, a folder each; goes on where it broke off."""
    write = functools.partial(write_sequence, folder, options=options)
    progress = functools.partial(tqdm, total=len(seeds), unit="film")
    if n_workers == 1:
        for _ in progress(map(write, seeds)):
            pass
        return
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # inherited by the workers: one core each
    with multiprocessing.get_context("spawn").Pool(n_workers) as pool:
        for _ in progress(pool.imap(write, seeds)):
            pass


def write_sequence(folder: Path, seed: int, options: SequenceOptions) -> None:
    """Write one film, from its first missing frame on."""
    cv2.setNumThreads(1)
    film = folder / f"seed_{seed:04d}"
    split = "train" if seed >= FIRST_TRAINING_SEED else "val"
    (film / "frames").mkdir(parents=True, exist_ok=True)
    check_options(film / "synthesis.json", asdict(options) | {"seed": seed})
    truth_path = film / "frames.jsonl"
    n_done = drop_incomplete_line(truth_path)
    with truth_path.open("a") as truth:
        for frame in draw_sequence(seed, options, n_done):
            name = f"{frame.index:06d}.jpg"
            quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
            if not cv2.imwrite(str(film / "frames" / name), frame.image[..., ::-1], quality):
                raise OSError(f"could not write {film / 'frames' / name}")
            record = frame_record(frame.image, frame.hands, name, frame.index / options.rate_hz)
            of_film = {"subject": f"sequence-{seed}", "split": split}
            truth.write(json.dumps(record | of_film) + "\n")
            truth.flush()


def frame_record(
    image: NDArray[np.uint8], hands: Sequence[FilmedHand], file: str, stamp_s: float
) -> Record:
    """Return the line of frames.jsonl for a frame."""
    return {
        "file": file,
        "width": image.shape[1],
        "height": image.shape[0],
        "stamp_s": round(stamp_s, 6),
        "hands": [
            hand_record(hand.label)
            | {
                "identity": hand.identity,
                "visibility": round(hand.label.seen_share, 3),
                "still": hand.is_still,
            }
            for hand in hands
        ],
        "complete": True,
    }

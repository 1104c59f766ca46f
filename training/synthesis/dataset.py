# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Write generated images as a labels.jsonl data set, in parallel and resumable.

The format is the repository's: pixels with integer = pixel centre (no half-pixel offset), v is 2
for a visible landmark, 1 for a hidden one, 0 for one outside the image, and handedness is the
person's own. Beyond the common keys every image has `view`, `skin_tone` (Monk scale, 0-9), `seed`,
`index` and `resamples`; every hand has `gesture` and `z` (21 depths relative to the wrist in
pixels, smaller is nearer).
"""

import json
import logging
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
from tqdm import tqdm

from training.synthesis.generator import IMAGES_PER_SUBJECT, Generator, SyntheticImage
from training.synthesis.labels import HandLabel
from training.synthesis.scene import SceneOptions
from training.synthesis.views import View

logger = logging.getLogger(__name__)

JPEG_QUALITY = 90
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DatasetOptions:
    """What is written; stored beside the images, so that a resumed run cannot mix two kinds."""

    seed: int = 0
    size_px: int = 256
    samples_per_pixel: int = 2
    third_person: float = 0.55
    egocentric: float = 0.25
    uniform: float = 0.20
    two_hands: float = 0.20
    split: str = "train"

    def generator(self) -> Generator:
        """Return a generator that draws these images."""
        shares = (self.third_person, self.egocentric, self.uniform)
        total = sum(shares)
        if total <= 0 or min(shares) < 0:
            raise ValueError(f"the shares of the views are {shares}, expected some above 0")
        views = dict(zip(View, (share / total for share in shares), strict=True))
        scenes = SceneOptions(views=views, two_hands=self.two_hands)
        return Generator(self.seed, self.size_px, self.samples_per_pixel, scenes)


def write_dataset(folder: Path, n_images: int, options: DatasetOptions, n_workers: int) -> None:
    """Write images 0 to n - 1 and their labels below `folder`.

    A run that was broken off continues after the last complete line of labels.jsonl. Raises
    ValueError when `folder` holds images made with other options.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    _check_options(folder / "synthesis.json", options)
    labels_path = folder / "labels.jsonl"
    n_done = _drop_incomplete_line(labels_path)
    first_chunk = n_done // IMAGES_PER_SUBJECT
    chunks = range(first_chunk, -(-n_images // IMAGES_PER_SUBJECT))
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # inherited by the workers: one core each
    context = multiprocessing.get_context("spawn")
    with (
        context.Pool(n_workers, _start_worker, (options, folder / "images")) as pool,
        labels_path.open("a") as labels,
        tqdm(total=n_images, initial=min(n_done, n_images), unit="image") as progress,
    ):
        for records in pool.imap(_draw_chunk, chunks):
            for record in records:
                if not n_done <= record["index"] < n_images:
                    continue
                labels.write(json.dumps(record) + "\n")
                progress.update()
            labels.flush()


def _check_options(path: Path, options: DatasetOptions) -> None:
    wanted = asdict(options)
    if not path.exists():
        path.write_text(json.dumps(wanted, indent=2) + "\n")
        return
    found = json.loads(path.read_text())
    differing = sorted(key for key in wanted if found.get(key) != wanted[key])
    if differing:
        raise ValueError(
            f"{path.parent} was made with other options ({', '.join(differing)}): "
            f"found {found}, asked for {wanted}; choose another folder or the same options"
        )


def _drop_incomplete_line(path: Path) -> int:
    """Cut off a line that was being written when a run broke off; return how many are left."""
    if not path.exists():
        return 0
    content = path.read_bytes()
    complete = content[: content.rfind(b"\n") + 1]
    if len(complete) < len(content):
        path.write_bytes(complete)
    return complete.count(b"\n")


_worker: tuple[Generator, Path, str]


def _start_worker(options: DatasetOptions, images: Path) -> None:
    global _worker
    cv2.setNumThreads(1)
    _worker = options.generator(), images, options.split


def _draw_chunk(chunk: int) -> list[Record]:
    """Draw all images of one subject, which share its skin."""
    generator, images, split = _worker
    records = []
    for index in range(chunk * IMAGES_PER_SUBJECT, (chunk + 1) * IMAGES_PER_SUBJECT):
        drawn = generator(index)
        name = f"{index:07d}.jpg"
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        if not cv2.imwrite(str(images / name), drawn.image[..., ::-1], quality):
            raise OSError(f"could not write {images / name}")
        records.append(image_record(drawn, name, generator.seed, index, split))
    return records


def image_record(drawn: SyntheticImage, file: str, seed: int, index: int, split: str) -> Record:
    """Return the line of labels.jsonl for an image."""
    height, width = drawn.image.shape[:2]
    return {
        "file": file,
        "width": width,
        "height": height,
        "hands": [hand_record(hand) for hand in drawn.hands],
        "subject": drawn.scene.subject.name,
        "split": split,
        "view": drawn.scene.view.value,
        "skin_tone": drawn.scene.subject.skin.tone,
        "seed": seed,
        "index": index,
        "resamples": len(drawn.rejected),
    }


def hand_record(hand: HandLabel) -> Record:
    """Return a hand's entry in the line of its image."""
    points = zip(hand.xy_px.tolist(), hand.visibility.tolist(), strict=True)
    return {
        "keypoints": [[round(x, 3), round(y, 3), v] for (x, y), v in points],
        "bbox": [round(value, 2) for value in hand.bounds_px],
        "handedness": hand.handedness,
        "source": "synthetic",
        "gesture": hand.gesture,
        "z": [round(z, 3) for z in hand.z_px.tolist()],
    }


def read_records(folder: Path) -> Iterator[Record]:
    """Yield the records of a data set written here."""
    with (folder / "labels.jsonl").open() as lines:
        for line in lines:
            yield json.loads(line)

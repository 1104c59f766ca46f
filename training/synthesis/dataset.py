# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Write generated images as a labels.jsonl data set: sharded, in parallel, resumable."""

import json
import multiprocessing
import os
from collections import abc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
from tqdm import tqdm

from training.datasets.labels_jsonl import LABELS
from training.synthesis.dataset_options import DatasetOptions
from training.synthesis.generator import Generator
from training.synthesis.records import Record, image_record

JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Shard:
    """Every n-th group of images; several machines or processes write a shard each."""

    index: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise ValueError(f"shard {self.index}/{self.count}: expected 0/n to (n - 1)/n")

    def groups(self, n_images: int, images_per_group: int) -> list[range]:
        """Return the images of each group that shows the same people."""
        starts = range(self.index * images_per_group, n_images, self.count * images_per_group)
        return [range(k, min(k + images_per_group, n_images)) for k in starts]

    def labels_path(self, folder: Path) -> Path:
        """Return where the labels of this shard lie; those of the only shard are labels.jsonl."""
        if self.count == 1:
            return folder / LABELS
        return folder / f"labels-{self.index}-of-{self.count}.jsonl"


def write_dataset(
    folder: Path,
    n_images: int,
    options: DatasetOptions,
    n_workers: int,
    shard: Shard | None = None,
) -> None:
    """Write images 0 to n - 1, or a shard of them, and their labels below `folder`.

    A run that was broken off continues after the last complete line of its labels. The shard that
    is finished last joins all labels in labels.jsonl. Raises ValueError when `folder` holds images
    made with other options.
    """
    shard = shard or Shard()
    (folder / "images").mkdir(parents=True, exist_ok=True)
    check_options(folder / "synthesis.json", asdict(options))
    generator = options.generator()  # here too, to refuse bad options before workers start
    groups = shard.groups(n_images, generator.kind.images_per_group)
    labels_path = shard.labels_path(folder)
    n_done = drop_incomplete_line(labels_path)
    left = list(_without_first(groups, n_done))
    with (
        labels_path.open("a") as labels,
        tqdm(total=sum(map(len, groups)), initial=n_done, unit="image") as progress,
        closing(_draw(options, folder / "images", left, n_workers)) as drawn,
    ):
        for records in drawn:
            for record in records:
                labels.write(json.dumps(record) + "\n")
                progress.update()
            labels.flush()
    _join_shards(folder, n_images, shard.count)


def _draw(
    options: DatasetOptions, images: Path, groups: Iterable[range], n_workers: int
) -> abc.Generator[list[Record], None, None]:
    """Draw groups in their order, here or in worker processes."""
    if n_workers == 1:
        _start_worker(options, images)
        yield from map(_draw_group, groups)
        return
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # inherited by the workers: one core each
    context = multiprocessing.get_context("spawn")
    with context.Pool(n_workers, _start_worker, (options, images)) as pool:
        yield from pool.imap(_draw_group, groups)


def _without_first(groups: Iterable[range], n_done: int) -> Iterator[range]:
    for group in groups:
        if n_done < len(group):
            yield group[n_done:]
        n_done = max(0, n_done - len(group))


def _join_shards(folder: Path, n_images: int, n_shards: int) -> None:
    """Write labels.jsonl in the order of the images once every shard is complete."""
    if n_shards == 1:
        return
    paths = [Shard(k, n_shards).labels_path(folder) for k in range(n_shards)]
    lines = [line for path in paths if path.exists() for line in path.read_text().splitlines()]
    if len(lines) == n_images:
        lines.sort(key=lambda line: json.loads(line)["index"])
        (folder / LABELS).write_text("".join(line + "\n" for line in lines))


def check_options(path: Path, wanted: Mapping[str, Any]) -> None:
    """Remember in `path` what a folder is made with; refuse with ValueError to mix two kinds."""
    if not path.exists():
        path.write_text(json.dumps(dict(wanted), indent=2) + "\n")
        return
    found = json.loads(path.read_text())
    differing = sorted(key for key in wanted if found.get(key) != wanted[key])
    if differing:
        raise ValueError(
            f"{path.parent} was made with other options ({', '.join(differing)}): "
            f"found {found}, asked for {dict(wanted)}; choose another folder or the same options"
        )


def drop_incomplete_line(path: Path) -> int:
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


def _draw_group(indices: range) -> list[Record]:
    """Draw images that show the same people."""
    generator, images, split = _worker
    records = []
    for index in indices:
        drawn = generator(index)
        name = f"{index:07d}.jpg"
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        if not cv2.imwrite(str(images / name), drawn.image[..., ::-1], quality):
            raise OSError(f"could not write {images / name}")
        records.append(image_record(drawn, name, generator.seed, index, split))
    return records

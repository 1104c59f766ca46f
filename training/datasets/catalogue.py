# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every kind of data set by name, and what --data says: a folder, a folder of sets, or NAME:DIR."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hand_landmarks_ros.core.errors import SourceError

from . import coco_wholebody, egohands, films, freihand, labels_jsonl, recorded, rhd, yolo_pose
from .records import ImageRecord


@dataclass(frozen=True)
class Reader:
    """One kind of data set: whether a folder is of that kind, and all its records."""

    recognises: Callable[[Path], bool]
    read: Callable[[Path], list[ImageRecord]]


READERS = {
    "labels": Reader(labels_jsonl.recognises, labels_jsonl.read_set),
    "films": Reader(films.recognises, films.read),
    "recorded": Reader(recorded.recognises, recorded.read),
    "freihand": Reader(freihand.recognises, freihand.read),
    "rhd": Reader(rhd.recognises, rhd.read),
    "coco_wholebody": Reader(coco_wholebody.recognises, coco_wholebody.read),
    "egohands": Reader(egohands.recognises, egohands.read),
    "yolo_pose": Reader(yolo_pose.recognises, yolo_pose.read),
}
"""Readers by name; a folder goes to the first that recognises it."""


@dataclass(frozen=True)
class DataSet:
    """A folder and the name of its reader."""

    reader: str
    folder: Path

    def read(self) -> list[ImageRecord]:
        """Read all records; raises SourceError."""
        return READERS[self.reader].read(self.folder)


def find_sets(spec: str | Path) -> dict[str, DataSet]:
    """Return {name: set} of what --data says; the name is the folder's. Raises SourceError.

    spec: a folder that is a set or has sets right below it, each recognised by what it contains;
    or NAME:DIR, which says by which reader DIR is to be read.
    """
    name, colon, rest = str(spec).partition(":")
    if colon and name in READERS:
        folder = _folder(rest)
        return {folder.name: DataSet(name, folder)}
    folder = _folder(str(spec))
    own = _recognised(folder)
    if own:
        return {folder.name: own}
    below = {path.name: _recognised(path) for path in sorted(folder.iterdir()) if path.is_dir()}
    found = {name: data_set for name, data_set in below.items() if data_set}
    if not found:
        raise SourceError(
            f"no data set in {folder} or right below it; expected a labels.jsonl, as "
            "python -m training.synthesize writes, or an unpacked data set, as python -m "
            f"training.download fetches; NAME:{spec} names its reader ({', '.join(READERS)})"
        )
    return found


def read_sets(
    specs: Sequence[str | Path], split: str, excluded_subjects: Sequence[str] = ()
) -> dict[str, list[ImageRecord]]:
    """Read one split of every set that the specs name; the sets' names must differ.

    Images of the excluded subjects are left out, whatever set they lie in; so are sets of which
    nothing remains. Raises SourceError.
    """
    sets: dict[str, list[ImageRecord]] = {}
    for spec in specs:
        for name, data_set in find_sets(spec).items():
            if name in sets:
                raise SourceError(
                    f"two data sets are named {name!r}; rename the folder {data_set.folder}"
                )
            sets[name] = [
                record
                for record in data_set.read()
                if record.split == split and record.subject not in excluded_subjects
            ]
    return {name: records for name, records in sets.items() if records}


def _folder(text: str) -> Path:
    folder = Path(text).expanduser().absolute()
    if not folder.is_dir():
        raise SourceError(
            f"there is no folder {text!r}; expected a data set, a folder of them, or NAME:DIR "
            f"with one of {', '.join(READERS)}"
        )
    return folder


def _recognised(folder: Path) -> DataSet | None:
    for name, reader in READERS.items():
        if reader.recognises(folder):
            return DataSet(name, folder)
    return None

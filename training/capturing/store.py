# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The folder that a capture fills: labels.jsonl and images/, session after session."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.types import RgbImage

from ..datasets.labels_jsonl import IMAGES, LABELS, label_from_record, record_from_label
from ..datasets.records import ImageRecord
from .agreement import Agreed
from .duplicates import Hash, SeenBefore, difference_hash

REJECTED, SESSIONS = "rejected.jsonl", "sessions.jsonl"
JPEG_QUALITY = 95

KEPT = "picture: kept"
NO_HAND = "picture: no hand seen"
NOTHING_AGREED = "picture: no hand on which its mirror image agrees"
NEAR_DUPLICATE = "picture: near-duplicate of a kept or rejected one"
BROKEN = "picture: could not be read"


@dataclass(frozen=True)
class Session:
    """What was recorded in one go, and so lies in one split as a whole."""

    name: str
    split: str
    source: str
    teacher: str


class CapturedSet:
    """A folder of captured pictures; pictures are numbered for good, also beyond a rejection."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / IMAGES).mkdir(parents=True, exist_ok=True)
        self.lines = read_lines(folder / LABELS)
        self._seen = SeenBefore()
        past = [*self.lines, *read_lines(folder / REJECTED)]
        for line in past:
            self._remember(line)
        self._sessions = {line["subject"] for line in past}
        self._next_number = 1 + max((int(Path(line["file"]).stem) for line in past), default=0)

    def check_is_new(self, session: str) -> None:
        """Raise SourceError if a session of this name was captured before."""
        if session in self._sessions:
            raise SourceError(
                f"{self.folder} already has a session {session!r}; give another name with "
                "--session, or another folder with --out"
            )

    def offer(self, image: RgbImage, agreed: Agreed, session: Session) -> Counter[str]:
        """Keep a picture if there are hands and it is new; returns what came of all of it."""
        outcome = Counter(agreed.dropped)
        if not agreed.hands:
            outcome[NOTHING_AGREED if agreed.dropped else NO_HAND] += 1
            return outcome
        picture = difference_hash(image)
        places = [hand.xy_px for hand in agreed.hands if hand.xy_px is not None]
        if self._seen.has(picture, places):
            outcome[NEAR_DUPLICATE] += 1
            return outcome
        self._add(image, agreed, session, picture)
        outcome[KEPT] += 1
        return outcome

    def end(self, session: Session, outcome: Counter[str]) -> None:
        """Write down what became of a session's pictures."""
        entry = vars(session) | {"outcome": dict(sorted(outcome.items()))}
        append_lines(self.folder / SESSIONS, [entry])

    def _add(self, image: RgbImage, agreed: Agreed, session: Session, picture: Hash) -> None:
        height_px, width_px = image.shape[:2]
        path = self.folder / IMAGES / f"{self._next_number:06d}.jpg"
        record = ImageRecord(
            path,
            width_px,
            height_px,
            agreed.hands,
            session.name,
            session.split,
            # A hand that the teacher overlooks in both pictures stays unlabelled.
            is_complete=False,
        )
        line = label_from_record(record) | {"hash": picture.tobytes().hex()}
        for hand, disagreement in zip(line["hands"], agreed.disagreement, strict=True):
            hand["agree"] = round(disagreement, 4)
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        if not cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality):
            raise SourceError(f"{path} cannot be written; is the disk full or read-only?")
        append_lines(self.folder / LABELS, [line])
        self._next_number += 1
        self.lines.append(line)
        self._remember(line)

    def _remember(self, line: dict[str, Any]) -> None:
        picture = np.frombuffer(bytes.fromhex(line["hash"]), np.uint8)
        hands = record_from_label(line, self.folder).hands
        self._seen.add(picture, [hand.xy_px for hand in hands if hand.xy_px is not None])


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a capture's file, none if there is no file; raises SourceError."""
    if not path.exists():
        return []
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            line = json.loads(text)
            int(Path(line["file"]).stem)
            bytes.fromhex(line["hash"])
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(
                f"{path}:{number}: not written by training.capture ({error!r}); it adds to its own "
                "folders only"
            ) from error
        lines.append(line)
    return lines


def append_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Add lines to a file."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)

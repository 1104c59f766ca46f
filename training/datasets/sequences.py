# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reader of labelled sequences, such as `training.synthesize --video` writes.

A sequence is a folder with frames.jsonl, one line a frame, and its pictures: frames/, or a video
clip.mp4 of as many frames. A line has the keys of labels.jsonl and `stamp_s`; each of its hands has
`identity`, `visibility`, the share of it that can be seen, and `still`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.topology import N_LANDMARKS
from hand_landmarks_ros.core.types import RgbImage, check_shape
from hand_landmarks_ros.sources import VideoFile

from .labels_jsonl import record_from_label
from .records import ImageRecord

TRUTH = "frames.jsonl"
FRAMES = "frames"
CLIP = "clip.mp4"


@dataclass(frozen=True, eq=False)
class TrueHands:
    """The T hands of one frame, seen or not.

    identity: (T,), kept while a hand is in the picture, also behind something. xy_px: (T, 21, 2),
    image px. seen_share: (T,) in 0-1, of the hand; 0 where it is hidden. is_still: (T,), at rest.
    """

    identity: NDArray[np.int64]
    xy_px: NDArray[np.float64]
    seen_share: NDArray[np.float64]
    is_still: NDArray[np.bool_]

    def __post_init__(self) -> None:
        n = len(self.identity)
        check_shape("xy_px", self.xy_px, (n, N_LANDMARKS, 2))
        check_shape("seen_share", self.seen_share, (n,))
        check_shape("is_still", self.is_still, (n,))


@dataclass(frozen=True, eq=False)
class TrueFrame:
    """One frame's stamp and truth; record: its picture, which does not exist apart in a video."""

    stamp_s: float
    hands: TrueHands
    record: ImageRecord


@dataclass(frozen=True, eq=False)
class LabelledSequence:
    """A labelled sequence of frames in the order of their stamps."""

    name: str
    folder: Path
    frames: tuple[TrueFrame, ...]

    def images(self) -> Iterator[RgbImage]:
        """Yield the picture of each frame; raises SourceError where they do not fit the truth."""
        if (self.folder / FRAMES).is_dir():
            yield from (frame.record.read_image() for frame in self.frames)
            return
        with closing(VideoFile(self.folder / CLIP)) as video:
            n_read = 0
            for frame in iter(video.read, None):
                n_read += 1
                if n_read <= len(self.frames):
                    yield frame.image
        if n_read != len(self.frames):
            raise SourceError(
                f"{self.folder / CLIP} has {n_read} frames, {TRUTH} beside it has "
                f"{len(self.frames)} lines; expected one line a frame"
            )


def read_sequences(directory: Path) -> list[LabelledSequence]:
    """Read the sequence in a folder, or all right below it; raises SourceError."""
    if (directory / TRUTH).is_file():
        return [read_sequence(directory)]
    folders = [path.parent for path in sorted(directory.glob(f"*/{TRUTH}"))]
    if not folders:
        raise SourceError(
            f"no {TRUTH} in {directory} or in a folder right below it; expected sequences such as "
            "python -m training.synthesize --video writes"
        )
    return [read_sequence(folder) for folder in folders]


def read_sequence(folder: Path) -> LabelledSequence:
    """Read one sequence; raises SourceError naming file and line."""
    path = folder / TRUTH
    frames: list[TrueFrame] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            frame = _frame(json.loads(line), folder / FRAMES)
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(f"{path}:{number}: not a valid frame: {error!r}") from error
        if frames and frame.stamp_s <= frames[-1].stamp_s:
            raise SourceError(
                f"{path}:{number}: the stamp {frame.stamp_s} s does not come after "
                f"{frames[-1].stamp_s} s"
            )
        frames.append(frame)
    return LabelledSequence(folder.name, folder, tuple(frames))


def _frame(label: Mapping[str, Any], pictures: Path) -> TrueFrame:
    hands = label["hands"]
    record = record_from_label(label, pictures)
    landmarks = [hand.xy_px for hand in record.hands]
    if any(xy_px is None for xy_px in landmarks):
        raise ValueError("a hand has no keypoints")
    truth = TrueHands(
        identity=np.array([hand["identity"] for hand in hands], np.int64),
        xy_px=np.array(landmarks, np.float64).reshape(-1, N_LANDMARKS, 2),
        seen_share=np.array([hand["visibility"] for hand in hands], np.float64),
        is_still=np.array([hand["still"] for hand in hands], np.bool_),
    )
    if len(set(truth.identity.tolist())) < len(hands):
        raise ValueError(f"two hands have the same identity, {truth.identity.tolist()}")
    return TrueFrame(float(label["stamp_s"]), truth, record)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the demo recorded: how well the landmarks fit the truth, and the files made of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..annotated import AnnotatedVideo, letterboxed
from ..core.errors import HandLandmarksError
from ..core.types import Hand, RgbImage
from ..records import record
from ..sources import Frame

VISIBLE_SHARE = 0.5
"""A true hand counts as visible when this share of its landmarks lies in the image."""

MATCH_DISTANCE = 0.5
"""A found hand belongs to a true one when it is nearer than this on average, in hand sizes."""

_SHEET_COLUMNS, _SHEET_ROWS, _SHEET_WIDTH_PX = 4, 3, 320


@dataclass(frozen=True, eq=False)
class RecordedFrame:
    """One image of the recording, put together by its stamp.

    hands: None when the image was not answered. latency_s: from the stamp to the arrival of the
    answer. truth: None when the camera does not know it. jpeg: the annotated image, if it came.
    """

    stamp_s: float
    width: int
    height: int
    hands: tuple[Hand, ...] | None = None
    latency_s: float = np.nan
    truth: tuple[Hand, ...] | None = None
    jpeg: bytes | None = None


@dataclass(frozen=True)
class Summary:
    """Figures of a recording; those against the truth are None without one, or without a hand."""

    n_images: int
    n_answered: int
    n_with_hands: int
    rate_hz: float
    latency_ms_median: float
    latency_ms_p95: float
    n_with_visible_hand: int | None = None
    share_with_landmarks: float | None = None
    share_with_landmarks_of_answered: float | None = None
    n_without_hand: int | None = None
    n_landmarks_without_hand: int | None = None
    share_of_visible_hands_found: float | None = None
    error_px_median: float | None = None
    error_px_p95: float | None = None
    error_of_hand_size_median: float | None = None

    def lines(self) -> Iterable[str]:
        """The summary in words."""
        # Without the truth's stamps nobody knows of images that were not answered.
        of_all = "" if self.n_with_visible_hand is None else f"of {self.n_images} "
        yield (
            f"{self.n_answered} {of_all}images answered, {self.rate_hz:.1f} a second, "
            f"latency {self.latency_ms_median:.1f} ms (p95 {self.latency_ms_p95:.1f} ms)"
        )
        if self.n_with_visible_hand is None:
            yield f"{self.n_with_hands} images with landmarks"
            return
        if self.n_with_visible_hand == 0:
            yield "no hand was visible"
            return
        yield (
            f"{_percent(self.share_with_landmarks)} of {self.n_with_visible_hand} images with a "
            f"visible hand have landmarks ({_percent(self.share_with_landmarks_of_answered)} of "
            f"those answered); {_percent(self.share_of_visible_hands_found)} of all "
            "visible hands found"
        )
        yield (
            f"{self.n_landmarks_without_hand} of {self.n_without_hand} images without a hand have "
            "landmarks all the same"
        )
        if self.error_px_median is None:
            return
        yield (
            f"median error {self.error_px_median:.2f} px (p95 {self.error_px_p95:.2f} px), "
            f"{self.error_of_hand_size_median:.2%} of the hand's size"
        )


def summarise(frames: Sequence[RecordedFrame]) -> Summary:
    """Return the figures of a recording; raises HandLandmarksError when no image was answered."""
    answered = [frame for frame in frames if frame.hands is not None]
    if not answered:
        raise HandLandmarksError(
            f"none of {len(frames)} images was answered; is the hand landmarks node running?"
        )
    span_s = max(answered[-1].stamp_s - answered[0].stamp_s, 1e-9)
    latencies_ms = [1e3 * frame.latency_s for frame in answered]
    summary = Summary(
        n_images=len(frames),
        n_answered=len(answered),
        n_with_hands=sum(bool(frame.hands) for frame in answered),
        rate_hz=(len(answered) - 1) / span_s,
        latency_ms_median=float(np.median(latencies_ms)),
        latency_ms_p95=float(np.percentile(latencies_ms, 95)),
    )
    if all(frame.truth is None for frame in frames):
        return summary
    return Summary(**{**asdict(summary), **_against_truth(frames)})


def check_hands_were_found(summary: Summary) -> None:
    """Raise HandLandmarksError when the truth shows hands of which none was found."""
    if summary.n_with_visible_hand and not summary.share_of_visible_hands_found:
        raise HandLandmarksError(
            f"none of the hands visible in {summary.n_with_visible_hand} images was found; is it "
            "the right model?"
        )


def _against_truth(frames: Sequence[RecordedFrame]) -> dict[str, float | None]:
    visible = [(frame, hands) for frame in frames if (hands := visible_hands(frame))]
    empty = [frame for frame in frames if frame.truth is not None and not frame.truth]
    matches = [match for frame, hands in visible for match in matched_hands(frame, hands)]
    errors_px = [error for error, _ in matches]
    relative = [error / size_px for error, size_px in matches]
    has_landmarks = [bool(frame.hands) for frame, _ in visible]
    is_answered = [frame.hands is not None for frame, _ in visible]
    n_visible_hands = sum(len(hands) for _, hands in visible)
    return {
        "n_with_visible_hand": len(visible),
        "share_with_landmarks": _share(sum(has_landmarks), len(visible)),
        "share_with_landmarks_of_answered": _share(sum(has_landmarks), sum(is_answered)),
        "n_without_hand": len(empty),
        "n_landmarks_without_hand": sum(bool(frame.hands) for frame in empty),
        "share_of_visible_hands_found": _share(len(matches), n_visible_hands),
        "error_px_median": _percentile(errors_px, 50),
        "error_px_p95": _percentile(errors_px, 95),
        "error_of_hand_size_median": _percentile(relative, 50),
    }


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def _share(n: int, n_all: int) -> float | None:
    return n / n_all if n_all else None


def _percentile(errors: Sequence[NDArray[np.float64]], percent: float) -> float | None:
    return float(np.percentile(np.concatenate(errors), percent)) if errors else None


def visible_hands(frame: RecordedFrame) -> list[Hand]:
    """Return the true hands of which enough lies in the image."""
    return [hand for hand in frame.truth or () if _inside(hand, frame).mean() >= VISIBLE_SHARE]


def matched_hands(
    frame: RecordedFrame, true_hands: Sequence[Hand]
) -> list[tuple[NDArray[np.float64], float]]:
    """Return for each true hand that was found its landmarks' errors, px, and its size, px.

    Each found hand goes to the true hand it is nearest to. Landmarks outside the image do not
    count.
    """
    matches = []
    free = list(frame.hands or ())
    for true in true_hands:
        inside = _inside(true, frame)
        x0, y0, x1, y1 = true.bounds_px
        size_px = max(x1 - x0, y1 - y0)
        errors = [np.linalg.norm(found.xy_px - true.xy_px, axis=1)[inside] for found in free]
        if not errors:
            continue
        nearest = int(np.argmin([error.mean() for error in errors]))
        if errors[nearest].mean() <= MATCH_DISTANCE * size_px:
            matches.append((errors[nearest].astype(np.float64), size_px))
            free.pop(nearest)
    return matches


def write_files(folder: Path, frames: Sequence[RecordedFrame], summary: Summary) -> None:
    """Write annotated.mp4, contact_sheet.png, landmarks.jsonl and summary.json."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps(record(f"image {n}", frame.stamp_s, frame.width, frame.height, frame.hands))
        for n, frame in enumerate(frames)
        if frame.hands is not None
    ]
    (folder / "landmarks.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = json.dumps(asdict(summary), indent=2) + "\n"
    (folder / "summary.json").write_text(text, encoding="utf-8")
    drawn = [frame for frame in frames if frame.jpeg is not None]
    if not drawn:
        raise HandLandmarksError("no annotated image arrived, so that there is no video to write")
    # A single answer has no rate.
    video = AnnotatedVideo(folder / "annotated.mp4", max(summary.rate_hz, 1.0))
    for n, frame in enumerate(drawn):
        # The node has drawn the hands already.
        video.write(Frame(_decoded(frame), frame.stamp_s, n, str(n)), hands=())
    video.close()
    chosen = np.linspace(0, len(drawn) - 1, _SHEET_COLUMNS * _SHEET_ROWS).round().astype(int)
    sheet = _contact_sheet([_decoded(drawn[n]) for n in chosen])
    cv2.imwrite(str(folder / "contact_sheet.png"), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))


def _inside(hand: Hand, frame: RecordedFrame) -> NDArray[np.bool_]:
    size = (frame.width - 0.5, frame.height - 0.5)
    return np.all((hand.xy_px >= -0.5) & (hand.xy_px <= size), axis=1)


def _decoded(frame: RecordedFrame) -> RgbImage:
    bgr = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def _contact_sheet(images: Sequence[RgbImage]) -> RgbImage:
    """Return the images side by side in rows, each as large as the first."""
    height, width = images[0].shape[:2]
    size = (_SHEET_WIDTH_PX, max(1, round(height * _SHEET_WIDTH_PX / width)))
    small = [letterboxed(image, *size) for image in images]
    rows = [small[n : n + _SHEET_COLUMNS] for n in range(0, len(small), _SHEET_COLUMNS)]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Label pictures of your own: python -m training.capture SOURCE --out DIR.

SOURCE is a camera's number, a video, a folder of images, or a ROS recording. A teacher labels each
picture and its mirror image; a hand is kept if the two agree, as their mean. Each SOURCE is one
session, and lies in one split as a whole. Ends at the end of the source, or with Ctrl-C.

    python -m training.capture review DIR [--reject NUMBER ...]

writes numbered contact sheets and DIR/review.html to look at; rejects pictures by number.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
import webbrowser
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from hand_landmarks_ros.core.errors import HandLandmarksError, ImageError, ParameterError
from hand_landmarks_ros.sources import Frame

from .capturing.agreement import MAX_DISAGREEMENT, Teacher, agreed_hands
from .capturing.frames import frames, open_pictures
from .capturing.review import reject, write_review
from .capturing.store import BROKEN, KEPT, CapturedSet, Session
from .capturing.teachers import MEDIAPIPE, open_teacher
from .command_line import command
from .datasets.splits import VAL_SHARE, split_of
from .evaluation.mediapipe_peer import MEDIAPIPE_PYTHON

_LOGGER = logging.getLogger(__name__)


@command()
def main() -> None:
    """Capture, or review what was captured."""
    if sys.argv[1:2] == ["review"]:
        _review(_review_parser().parse_args(sys.argv[2:]))
        return
    arguments = _parser().parse_args()
    if arguments.session and len(arguments.sources) > 1:
        raise ParameterError(
            f"--session names one session, but {len(arguments.sources)} sources are given; name "
            "them one by one, or leave --session away"
        )
    captured = CapturedSet(arguments.out)
    sessions = [_session(text, arguments) for text in arguments.sources]
    for session in sessions:
        captured.check_is_new(session.name)
    with open_teacher(arguments.teacher, arguments.mediapipe_python, arguments.detector) as teacher:
        for session in sessions:
            with _until_interrupted():
                _capture(captured, session, teacher, arguments)
    page = write_review(arguments.out)
    print(f"Look at {page} or the sheets in {page.parent / 'review'}, and reject what is wrong:")
    print(f"  python -m training.capture review {arguments.out} --reject NUMBER ...")
    if arguments.review:
        _show(page)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sources", nargs="+", metavar="SOURCE")
    parser.add_argument("--out", type=Path, required=True, help="folder of the data set, added to")
    parser.add_argument("--topic", help="of a ROS recording with pictures on several")
    parser.add_argument("--teacher", default=MEDIAPIPE, help="or a model of ours, name or .onnx")
    parser.add_argument(
        "--mediapipe-python",
        type=Path,
        default=MEDIAPIPE_PYTHON,
        help="interpreter that has MediaPipe; default %(default)s, which `make bench` makes",
    )
    parser.add_argument("--detector", default="none", help="of a model of ours, for several hands")
    parser.add_argument("--session", help="default: the source's name, a camera's with the time")
    parser.add_argument("--split", choices=("train", "val"), help="default: by the session's name")
    parser.add_argument("--val-share", type=float, default=VAL_SHARE, help="of sessions")
    parser.add_argument("--rate-hz", type=float, default=5.0, help="most pictures of a second")
    parser.add_argument("--max", type=int, help="most pictures to keep of a session")
    parser.add_argument(
        "--max-disagreement",
        type=float,
        default=MAX_DISAGREEMENT,
        help="of picture and mirror image, in sizes of the hand; default %(default)s",
    )
    parser.add_argument(
        "--mirrored-input", action="store_true", help="turn back pictures that come mirrored"
    )
    parser.add_argument("--review", action="store_true", help="then open the page in a browser")
    return parser


def _review_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.capture review")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--reject", type=int, nargs="+", default=[], metavar="NUMBER")
    return parser


def _session(text: str, arguments: argparse.Namespace) -> Session:
    is_camera = text.isdecimal() or "://" in text
    usual = f"camera_{time.strftime('%Y%m%d_%H%M%S')}" if is_camera else Path(text).stem
    name = arguments.session or usual
    split = arguments.split or split_of(name, arguments.val_share)
    return Session(name, split, text, arguments.teacher)


def _capture(
    captured: CapturedSet, session: Session, teacher: Teacher, arguments: argparse.Namespace
) -> None:
    """Go through one source, and say what became of every picture and hand."""
    outcome: Counter[str] = Counter()
    source = open_pictures(session.source, arguments.topic)
    pictures = frames(source, arguments.rate_hz, is_mirrored=arguments.mirrored_input)
    bar = tqdm(pictures, f"{session.name} ({session.split})", unit="picture")
    try:
        with logging_redirect_tqdm():
            for picture in bar:
                outcome += _judged(picture, captured, session, teacher, arguments.max_disagreement)
                bar.set_postfix(kept=outcome[KEPT], refresh=False)
                if arguments.max and outcome[KEPT] >= arguments.max:
                    break
    finally:
        bar.close()
        pictures.close()
        captured.end(session, outcome)
        print(f"session {session.name}, split {session.split}:")
        for what, n in sorted(outcome.items()):
            print(f"  {n:6d}  {what}")


def _judged(
    picture: Frame | HandLandmarksError,
    captured: CapturedSet,
    session: Session,
    teacher: Teacher,
    max_disagreement: float,
) -> Counter[str]:
    if isinstance(picture, HandLandmarksError):
        _LOGGER.warning("%s", picture)
        return Counter([BROKEN])
    try:
        agreed = agreed_hands(picture.image, teacher, session.teacher, max_disagreement)
    except ImageError as error:
        _LOGGER.warning("%s: %s", picture.name, error)
        return Counter([BROKEN])
    return captured.offer(picture.image, agreed, session)


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """End a session with Ctrl-C; what was captured stays."""
    try:
        yield
    except KeyboardInterrupt:
        _LOGGER.info("interrupted; what was captured is kept")


def _review(arguments: argparse.Namespace) -> None:
    if arguments.reject:
        n_kept = reject(arguments.folder, arguments.reject)
        print(f"{len(set(arguments.reject))} rejected, {n_kept} remain")
    page = write_review(arguments.folder)
    print(f"Look at {page} or the sheets in {page.parent / 'review'}")
    if not arguments.reject:
        _show(page)


def _show(page: Path) -> None:
    """Open the page where there is a screen."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(page.absolute().as_uri())


if __name__ == "__main__":
    main()

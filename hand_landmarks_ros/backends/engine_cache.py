# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Keeps engines, which take minutes to build and fit one GPU and one TensorRT only.

Each file begins with a line of JSON (`head -1 FILE`): what the content depends on, its size and its
checksum. The rest is the content. A file that is not exactly what is looked for is never used.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import ParameterError
from .background import LoadProgress

_LOGGER = logging.getLogger(__name__)

_FORMAT = 1
_LOCK_POLL_S = 0.2


def default_cache_directory() -> Path:
    """Return `$XDG_CACHE_HOME/hand_landmarks_ros`, by default below ~/.cache."""
    # A relative path counts as none: XDG Base Directory Specification.
    root = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(root) if Path(root).is_absolute() else Path.home() / ".cache"
    except RuntimeError as error:
        raise ParameterError(
            f"there is no home directory to keep engines in ({error}); set engine_cache_dir or "
            "XDG_CACHE_HOME"
        ) from error
    return base / "hand_landmarks_ros"


@dataclass(frozen=True)
class CacheEntry:
    """A file in the cache. key: all that its content depends on; other keys are other files."""

    stem: str
    suffix: str
    key: Mapping[str, str]

    @property
    def file_name(self) -> str:
        """Name of the file: readable in front, unmistakable behind."""
        digest = hashlib.sha256(json.dumps(dict(self.key), sort_keys=True).encode()).hexdigest()
        return f"{self.stem}-{digest[:16]}{self.suffix}"


class EngineCache:
    """A folder of engines and timing caches; engines are code, so only the user may write there.

    Raises ParameterError for a folder into which anybody may write, such as /tmp.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        if directory.is_dir() and directory.stat().st_mode & 0o002:
            raise ParameterError(
                f"everybody may write to {directory}, and an engine is a program; set "
                "engine_cache_dir to a folder of your own"
            )

    def path(self, entry: CacheEntry) -> Path:
        """Return where an entry is, or would be."""
        return self.directory / entry.file_name

    def read(self, entry: CacheEntry) -> bytes | None:
        """Return an entry's content, or None where there is none that can be used, and log why."""
        path = self.path(entry)
        try:
            header, _, content = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            _LOGGER.warning("%s cannot be read (%s); it is made anew", path, error)
            return None
        if header != _header(entry, content):
            _LOGGER.warning("%s is damaged or was made for something else; it is made anew", path)
            return None
        return content

    def write(self, entry: CacheEntry, content: bytes) -> None:
        """Store an entry's content: completely, or not at all. Raises OSError."""
        path = self.path(entry)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        self._make_directory()
        try:
            with temporary.open("wb") as file:
                file.write(_header(entry, content) + b"\n")
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)  # noqa: PTH105 - says what happens
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        self._sync_directory()

    @contextmanager
    def lock(self, entry: CacheEntry, progress: LoadProgress) -> Iterator[None]:
        """Keep other processes from making the same entry at the same time; waits for them.

        Only spares double work, since `write` is atomic: where no lock can be had, there is none.
        The operating system drops the lock of a process that is killed. Raises LoadCancelledError.
        """
        path = self.path(entry).with_suffix(".lock")
        with ExitStack() as stack:
            try:
                self._make_directory()
                file = stack.enter_context(path.open("ab"))
                _acquire(file.fileno(), path, progress)
                self._remove_leftovers(entry)
            except OSError as error:
                _LOGGER.warning(
                    "no lock at %s (%s): another process may do the same work", path, str(error)
                )
            yield

    def _remove_leftovers(self, entry: CacheEntry) -> None:
        """Remove what processes left that were killed while they wrote."""
        for leftover in self.directory.glob(f"{entry.file_name}.*.tmp"):
            with suppress(OSError):
                leftover.unlink()

    def _make_directory(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _sync_directory(self) -> None:
        """Make a rename last through a power cut."""
        descriptor = os.open(self.directory, os.O_RDONLY)
        with suppress(OSError):  # not every file system can
            os.fsync(descriptor)
        os.close(descriptor)


def _header(entry: CacheEntry, content: bytes) -> bytes:
    header: dict[str, Any] = {
        "format": _FORMAT,
        "key": dict(entry.key),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return json.dumps(header, sort_keys=True).encode()


def _acquire(descriptor: int, path: Path, progress: LoadProgress) -> None:
    """Lock a file, however long that takes; raises OSError where files cannot be locked."""
    is_waiting = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not is_waiting:
                is_waiting = True
                _LOGGER.info("another process holds %s and builds the same; waiting for it", path)
                progress.report("waiting for another process that builds the same")
            progress.check()
            time.sleep(_LOCK_POLL_S)

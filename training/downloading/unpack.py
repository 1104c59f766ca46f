# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Unpacking an archive from the net: nothing lands outside the folder it was meant for."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from .errors import DownloadError
from .transfer import CHUNK_BYTES, require_space, write

_JUNK = "__MACOSX"


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a .zip into a folder; a folder that holds all of it is left away.

    Files that are there are replaced. Raises DownloadError, before anything is written, if an
    entry is a link or would land elsewhere, or if the disk has no room.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            paths = [_checked(entry, archive) for entry in entries]
            wanted = [k for k, path in enumerate(paths) if path.parts[0] != _JUNK]
            tops = {paths[k].parts[0] for k in wanted}
            n_left_away = (
                1 if len(tops) == 1 and all(len(paths[k].parts) > 1 for k in wanted) else 0
            )
            require_space(folder, sum(entries[k].file_size for k in wanted), str(archive))
            for k in tqdm(wanted, f"unpacking {archive.name}", unit="file", leave=False):
                target = folder.joinpath(*paths[k].parts[n_left_away:])
                _extract(opened, entries[k], target)
    except zipfile.BadZipFile as error:
        raise DownloadError(
            f"{archive} is not a whole .zip archive ({error}); perhaps the server sent a web page "
            "instead: delete it and look at the data set's page"
        ) from error


def _checked(entry: zipfile.ZipInfo, archive: Path) -> PurePosixPath:
    """Return where an entry belongs; raises DownloadError if that is not below the folder."""
    path = PurePosixPath(entry.filename)
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    if is_link or path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
        raise DownloadError(
            f"{archive} has an entry {entry.filename!r}, which would reach outside the folder; "
            "nothing was unpacked, since no honest archive has one"
        )
    return path


def _extract(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(entry) as source, target.open("wb") as file:
        while chunk := source.read(CHUNK_BYTES):
            write(file, chunk, target)

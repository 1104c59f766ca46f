# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fetch a public data set: python -m training.download NAME --out data.

Shows the licence first. A download that broke goes on where it ended when the same command is run
again. Without a name it lists what there is.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .command_line import command
from .downloading.errors import DownloadError
from .downloading.sources import SOURCES, Archive, Source
from .downloading.transfer import fetch
from .downloading.unpack import unpack

DONE = "download.json"
"""Which archives were unpacked into a folder, their addresses, checksums and licence."""


@command()
def main() -> None:
    """Read the command line and fetch what it names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SOURCES))
    parser.add_argument("--out", type=Path, default=Path("data"), help="each gets a folder in it")
    parser.add_argument("--accept-licence", action="store_true", help="do not ask")
    parser.add_argument("--keep-archives", action="store_true", help="after they are unpacked")
    parser.add_argument("--url", help="another address of a data set that has one archive")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in SOURCES]
    if unknown:
        parser.error(f"there is no data set {unknown[0]!r}; there are {', '.join(SOURCES)}")
    if not arguments.names:
        for name, source in SOURCES.items():
            print(f"{name}: {source.title} ({source.size_gb} GB)\n    {source.licence}")
    for name in arguments.names:
        source = SOURCES[name]
        archives = _archives(source, arguments.url)
        _ask(source, accepted=arguments.accept_licence)
        folder = arguments.out / name
        for archive in archives:
            _get(archive, source, folder, keep=arguments.keep_archives)
        _say_what_remains(source, folder)


def _archives(source: Source, url: str | None) -> tuple[Archive, ...]:
    if url is None:
        return source.archives
    if len(source.archives) != 1:
        raise DownloadError(f"--url is for data sets of one archive; {source.title} has more")
    return (Archive(url, source.archives[0].sha256, source.archives[0].into),)


def _ask(source: Source, *, accepted: bool) -> None:
    """Show the licence; raises DownloadError unless it is accepted."""
    print(f"{source.title}\n{source.page}\nLicence: {source.licence}\n", flush=True)
    if accepted:
        return
    if not sys.stdin.isatty():
        raise DownloadError("nobody is there to accept the licence; read it, then --accept-licence")
    if input("Type yes to accept it: ").strip().lower() != "yes":
        raise DownloadError("the licence was not accepted; nothing was downloaded")


def _get(archive: Archive, source: Source, folder: Path, *, keep: bool) -> None:
    """Fetch and unpack one archive, unless the folder's list says that it was."""
    done = _read_done(folder)
    if archive.file in done:
        print(f"{archive.file} is already unpacked in {folder}")
        return
    path = folder / archive.file
    sha256 = fetch(archive.url, path, archive.sha256)
    checked = "as expected" if archive.sha256 else "its publisher states none to compare with"
    print(f"{archive.file}: SHA-256 {sha256}, {checked}")
    unpack(path, folder / archive.into)
    done[archive.file] = {"url": archive.url, "sha256": sha256, "licence": source.licence}
    (folder / DONE).write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")
    if not keep:
        path.unlink()


def _read_done(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / DONE
    done: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
    return done


def _say_what_remains(source: Source, folder: Path) -> None:
    for file in source.by_hand:
        if not (folder / file.path).exists():
            print(f"Fetch {file.url} with a browser, and put it to {folder / file.path}")
    print(f"Use it as --data {folder}")


if __name__ == "__main__":
    main()

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A file over HTTP that survives broken connections: what has come is kept, the rest is asked for.

Written on the standard library: pooch (BSD) verifies but does not resume, huggingface_hub (Apache)
resumes but speaks to its own hub only, requests (Apache) would leave the same work to do.
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from .errors import DownloadError

_LOGGER = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 18
TIMEOUT_S = 30.0
N_FAILURES = 6
"""So many attempts in a row may bring nothing before we give up."""

_RANGE_NOT_SATISFIABLE = 416
_TOO_MANY_REQUESTS = 429


def fetch(url: str, path: Path, sha256: str | None = None, *, pause_s: float = 2.0) -> str:
    """Download a file unless it is there, check it, and return its SHA-256.

    Until it is complete it is called PATH.part; another call goes on where the last one ended.
    pause_s: before the second attempt; it doubles with each one that brings nothing. Raises
    DownloadError.
    """
    if not url.startswith(("http://", "https://")):
        raise DownloadError(f"{url} is no web address; expected http:// or https://")
    source = path
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        source = path.with_name(f"{path.name}.part")
        _complete(url, source, pause_s)
    found = sha256_of(source)
    if sha256 is not None and found != sha256:
        source.unlink()
        _validator_file(source).unlink(missing_ok=True)
        raise DownloadError(
            f"{url} came with SHA-256 {found}, expected {sha256}; it is damaged or was changed, "
            "and has been deleted; try again, and if that does not help ask its publisher"
        )
    if source != path:
        source.rename(path)
        _validator_file(source).unlink(missing_ok=True)
    return found


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def require_space(folder: Path, n_bytes: int, purpose: str) -> None:
    """Raise DownloadError unless the disk has room for so many bytes more."""
    free = shutil.disk_usage(folder).free
    if n_bytes > free:
        raise DownloadError(
            f"{purpose} needs {n_bytes / 1e9:.2f} GB in {folder}, of which {free / 1e9:.2f} GB are "
            "free; make room or choose another disk with --out"
        )


def write(file: BinaryIO, chunk: bytes, path: Path) -> None:
    """Write a chunk; raises DownloadError where the disk takes no more."""
    try:
        file.write(chunk)
        file.flush()
    except OSError as error:
        raise DownloadError(
            f"{path} cannot be written: {error.strerror}; what has come is kept: make room and "
            "run the same command again"
        ) from error


def _complete(url: str, part: Path, pause_s: float) -> None:
    """Ask again and again until the file is complete."""
    n_failures = 0
    while True:
        n_before = _size(part)
        try:
            if _transfer(url, part):
                return
            reason = "the connection broke"
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != _TOO_MANY_REQUESTS:
                raise DownloadError(
                    f"{url}: the server answers {error.code} {error.reason}; is there a newer "
                    "address on the data set's page? Give it with --url"
                ) from error
            reason = f"the server answers {error.code} {error.reason}"
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
        n_failures = 0 if _size(part) > n_before else n_failures + 1
        if n_failures >= N_FAILURES:
            raise DownloadError(
                f"{url}: {reason}; {_size(part)} bytes have come and are kept: run the same "
                "command again to go on"
            )
        _LOGGER.warning("%s: %s; trying again", url, reason)
        time.sleep(pause_s * 2.0 ** max(0, n_failures - 1))


def _transfer(url: str, part: Path) -> bool:
    """Ask once for what is missing; whether the file is then complete."""
    n_present = _size(part)
    validator = _validator_file(part)
    headers = {"User-Agent": "hand_landmarks_ros", "Accept-Encoding": "identity"}
    if n_present and validator.exists():
        # Without If-Range a file that was changed meanwhile would be glued to half of its old self.
        headers |= {"Range": f"bytes={n_present}-", "If-Range": validator.read_text()}
    request = urllib.request.Request(url, headers=headers)
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code != _RANGE_NOT_SATISFIABLE:
            raise
        if error.headers.get("Content-Range") == f"bytes */{n_present}":
            return True
        part.unlink()
        return False
    with response:
        if response.status != http.client.PARTIAL_CONTENT:
            if n_present:
                _LOGGER.warning("%s cannot go on where it broke; starting over", url)
            n_present = 0
            _keep_validator(response.headers, validator)
        length = response.headers.get("Content-Length")
        n_total = n_present + int(length) if length else None
        require_space(part.parent, int(length or 0), url)
        with part.open("ab" if n_present else "wb") as file:
            _copy(response, file, part, n_present, n_total)
    return n_total is None or _size(part) == n_total


def _copy(
    response: http.client.HTTPResponse,
    file: BinaryIO,
    part: Path,
    n_present: int,
    n_total: int | None,
) -> None:
    bar = tqdm(
        desc=part.stem, total=n_total, initial=n_present, unit="B", unit_scale=True, leave=False
    )
    with bar:
        while chunk := response.read(CHUNK_BYTES):
            write(file, chunk, part)
            bar.update(len(chunk))


def _keep_validator(headers: http.client.HTTPMessage, path: Path) -> None:
    """Store what tells this version of the file from others, if the server says it."""
    tag = headers.get("ETag", "")
    # A weak tag promises the same meaning, not the same bytes.
    validator = tag if tag.startswith('"') else headers.get("Last-Modified", "")
    if validator:
        path.write_text(validator)
    else:
        path.unlink(missing_ok=True)


def _validator_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.version")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0

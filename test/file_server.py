# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A small HTTP server of one file that can be told to misbehave."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """What is served and how; requests: the Range header of each one, or None.

    breaks: after so many bytes each of the next answers breaks off. version: None sends neither
    ETag nor Last-Modified. failures: status of the next answers, before the file is served.
    """

    content: bytes
    breaks: list[int] = field(default_factory=list)
    knows_range: bool = True
    version: str | None = '"1"'
    failures: list[int] = field(default_factory=list)
    requests: list[str | None] = field(default_factory=list)
    url: str = ""


@contextmanager
def served(server: FileServer) -> Iterator[FileServer]:
    """Serve on a free port of this machine; sets the url."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, server)

        def log_message(self, *arguments: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}/data.zip"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def _answer(handler: BaseHTTPRequestHandler, server: FileServer) -> None:
    asked = handler.headers.get("Range")
    server.requests.append(asked)
    if server.failures:
        handler.send_error(server.failures.pop(0))
        return
    start = int(re.fullmatch(r"bytes=(\d+)-", asked).group(1)) if asked else 0
    if not server.knows_range or handler.headers.get("If-Range") != server.version:
        start = 0
    n_total = len(server.content)
    if start and start >= n_total:
        handler.send_response(416)
        handler.send_header("Content-Range", f"bytes */{n_total}")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    handler.send_response(206 if start else 200)
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{n_total - 1}/{n_total}")
    if server.version:
        handler.send_header("ETag", server.version)
    handler.send_header("Content-Length", str(n_total - start))
    handler.end_headers()
    n_sent = server.breaks.pop(0) if server.breaks else n_total
    handler.wfile.write(server.content[start : start + n_sent])

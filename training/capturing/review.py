# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A person looks at what was captured, and rejects: numbered sheets, and a page for a browser.

All of it are files, so it works over ssh as well. Pictures may show faces; keep them to yourself.
"""

from __future__ import annotations

import html
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_landmarks_ros.core.errors import SourceError

from ..datasets.labels_jsonl import IMAGES, LABELS
from ..drawing import annotated
from .store import REJECTED, append_lines, read_lines

REVIEW, PAGE = "review", "review.html"
TILE_PX, N_COLUMNS, N_ROWS = 240, 6, 5
CAPTION_PX = 18


def write_review(folder: Path) -> Path:
    """Write review/sheet_001.png and so on, and review.html; returns the page.

    Every picture carries the number by which it can be rejected, for good.
    """
    review = folder / REVIEW
    shutil.rmtree(review, ignore_errors=True)
    review.mkdir()
    lines = read_lines(folder / LABELS)
    n_tiles = N_COLUMNS * N_ROWS
    for k in range(0, len(lines), n_tiles):
        tiles = [_tile(folder, line) for line in lines[k : k + n_tiles]]
        for tile, line in zip(tiles, lines[k : k + n_tiles], strict=True):
            _write(review / line["file"], tile)
        tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % N_COLUMNS)
        rows = [np.hstack(tiles[i : i + N_COLUMNS]) for i in range(0, len(tiles), N_COLUMNS)]
        _write(review / f"sheet_{k // n_tiles + 1:03d}.png", np.vstack(rows))
    page = folder / PAGE
    page.write_text(_page(folder, lines), encoding="utf-8")
    return page


def reject(folder: Path, numbers: Sequence[int]) -> int:
    """Move pictures to rejected/ and their lines to rejected.jsonl; returns how many remain.

    They stay there so that no near-duplicate of one is captured later. Raises SourceError, before
    anything is moved, for a number that there is not.
    """
    lines = read_lines(folder / LABELS)
    by_number = {int(Path(line["file"]).stem): line for line in lines}
    unknown = sorted(set(numbers) - by_number.keys())
    if unknown:
        raise SourceError(
            f"{folder} has no picture {unknown[0]}; its numbers are those on the sheets in "
            f"{folder / REVIEW}"
        )
    rejected = [by_number[number] for number in sorted(set(numbers))]
    kept = [line for line in lines if line not in rejected]
    append_lines(folder / REJECTED, rejected)
    partial = folder / f"{LABELS}.partial"
    partial.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
    partial.replace(folder / LABELS)
    (folder / "rejected").mkdir(exist_ok=True)
    for line in rejected:
        (folder / IMAGES / line["file"]).replace(folder / "rejected" / line["file"])
    return len(kept)


def _tile(folder: Path, line: dict[str, Any]) -> NDArray[np.uint8]:
    """Return the labelled picture in a square, its number above it; BGR."""
    path = folder / IMAGES / line["file"]
    image = cv2.imread(str(path))
    if image is None:
        raise SourceError(f"{path} cannot be read; is it damaged? Reject it or restore it")
    scale = TILE_PX / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    tile = np.zeros((CAPTION_PX + TILE_PX, TILE_PX, 3), np.uint8)
    tile[CAPTION_PX : CAPTION_PX + size[1], : size[0]] = annotated(small, line, scale)
    caption = f"{int(path.stem)} {line['split']}"
    white = (255, 255, 255)
    cv2.putText(tile, caption, (3, 13), cv2.FONT_HERSHEY_PLAIN, 1.0, white, 1, cv2.LINE_AA)
    return tile


def _write(path: Path, image: NDArray[np.uint8]) -> None:
    if not cv2.imwrite(str(path), image):
        raise SourceError(f"{path} cannot be written; is the disk full or read-only?")


def _page(folder: Path, lines: Sequence[dict[str, Any]]) -> str:
    """Return a page on which a click marks a picture, and which words the command to reject."""
    pictures = "\n".join(
        f'<img src="{REVIEW}/{html.escape(line["file"])}" alt="{int(Path(line["file"]).stem)}">'
        for line in lines
    )
    return _PAGE.format(folder=html.escape(str(folder), quote=True), pictures=pictures)


_PAGE = """<!doctype html>
<meta charset="utf-8"><title>Review</title>
<style>
body {{ font: 15px sans-serif; background: #222; color: #eee; margin: 0 8px }}
p {{ position: sticky; top: 0; background: #222; padding: 8px 0; margin: 0 }}
img {{ margin: 2px; cursor: pointer; border: 3px solid #222 }}
img.rejected {{ border-color: #f33; opacity: 0.4 }}
</style>
<p>Click what is labelled wrongly, then run:<br><code data-folder="{folder}"></code></p>
{pictures}
<script>
const code = document.querySelector("code");
function word() {{
  const numbers = [...document.querySelectorAll(".rejected")].map((image) => image.alt);
  const folder = "'" + code.dataset.folder.replaceAll("'", "'\\''") + "'";
  code.textContent = "python -m training.capture review " + folder + " --reject "
    + (numbers.join(" ") || "...");
}}
for (const image of document.images) {{
  image.onclick = () => {{ image.classList.toggle("rejected"); word(); }};
}}
word();
</script>
"""

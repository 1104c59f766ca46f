# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the public data sets lie, and under which terms.

Addresses and terms are those of the data sets' own pages (`page`). Of these archives only COCO's
have checksums in public use, here those of torchvision's prototype data sets. Where `sha256` is
None its publisher states none, and the tool prints the one it finds.
"""

from __future__ import annotations

from dataclasses import dataclass

_FREIBURG = "https://lmb.informatik.uni-freiburg.de"
_RESEARCH_ONLY = (
    "For research only, without any warranty; any commercial use is prohibited. Whoever uses it "
    "must cite the paper."
)


@dataclass(frozen=True)
class Archive:
    """A .zip on a server. into: folder below the data set's for what it holds."""

    url: str
    sha256: str | None = None
    into: str = ""

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class ByHand:
    """A file that its server gives to browsers only. path: where to put it, below the data set."""

    url: str
    path: str


@dataclass(frozen=True)
class Source:
    """A public data set; size_gb is that of its archives, which unpack to about as much again."""

    title: str
    page: str
    licence: str
    size_gb: float
    archives: tuple[Archive, ...]
    by_hand: tuple[ByHand, ...] = ()


SOURCES = {
    "freihand": Source(
        title="FreiHAND v2: 130,240 + 3,960 pictures of right hands, 32 people",
        page=f"{_FREIBURG}/resources/datasets/FreihandDataset.en.html",
        licence=_RESEARCH_ONLY,
        size_gb=4.6,
        archives=(
            Archive(f"{_FREIBURG}/data/freihand/FreiHAND_pub_v2.zip"),
            Archive(f"{_FREIBURG}/data/freihand/FreiHAND_pub_v2_eval.zip"),
        ),
    ),
    "rhd": Source(
        title="Rendered Hand Pose Dataset: 43,986 drawn pictures of 20 characters",
        page=f"{_FREIBURG}/resources/datasets/RenderedHandposeDataset.en.html",
        licence=_RESEARCH_ONLY,
        size_gb=7.1,
        archives=(Archive(f"{_FREIBURG}/data/RenderedHandpose/RHD_v1-1.zip"),),
    ),
    "hand_keypoints": Source(
        title="Ultralytics hand-keypoints: 26,768 pictures labelled by MediaPipe",
        page="https://docs.ultralytics.com/datasets/pose/hand-keypoints/",
        licence="CC BY-NC-SA 4.0 (not commercial), says its page.",
        size_gb=0.4,
        archives=(
            Archive(
                "https://github.com/ultralytics/assets/releases/download/v0.0.0/hand-keypoints.zip"
            ),
        ),
    ),
    "coco_wholebody": Source(
        title="COCO-WholeBody: hands in the 123,287 pictures of COCO 2017",
        page="https://github.com/jin-s13/COCO-WholeBody",
        licence=(
            "Annotations: for research only, not commercial (the page names CC BY 4.0, its link is "
            "CC BY-NC 4.0). Pictures: Flickr's terms of use, each picture's own licence."
        ),
        size_gb=20.2,
        archives=(
            Archive(
                "http://images.cocodataset.org/zips/val2017.zip",
                sha256="4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05",
                into="val2017",
            ),
            Archive(
                "http://images.cocodataset.org/zips/train2017.zip",
                sha256="69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929",
                into="train2017",
            ),
        ),
        by_hand=(
            ByHand(
                "https://drive.google.com/file/d/1thErEToRbmM9uLNi1JXXfOsaS5VK2FXf/view",
                "annotations/coco_wholebody_train_v1.0.json",
            ),
            ByHand(
                "https://drive.google.com/file/d/1N6VgwKnj8DeyGXCvp1eYgNbRmw6jdfrb/view",
                "annotations/coco_wholebody_val_v1.0.json",
            ),
        ),
    ),
    "egohands": Source(
        title="EgoHands: 4,800 frames of 48 first-person videos, outlines of hands",
        page="http://vision.soic.indiana.edu/projects/egohands/",
        licence=(
            "No licence could be found; read the README in the archive and ask the authors before "
            "any use beyond research. The server is said to have been switched off: where it does "
            "not answer, give a copy's address with --url."
        ),
        size_gb=1.3,
        archives=(Archive("http://vision.soic.indiana.edu/egohands_files/egohands_data.zip"),),
    ),
}

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Labelled sequences: frames or a video with their truth."""

import json

import cv2
import numpy as np
import pytest
from tracked_films import HAND_PX

from hand_landmarks_ros.core.errors import SourceError
from training.datasets import films
from training.datasets.sequences import read_sequence, read_sequences

COLOURS = (40, 120, 200)


def line(index, hands=1, **changes):
    hand = {
        "keypoints": [[x, y, 2] for x, y in (HAND_PX + 60).tolist()],
        "bbox": [20, 20, 100, 100],
        "handedness": "left",
        "visibility": 0.25 * index,
        "still": index == 2,
    }
    frame = {"file": f"{index:06d}.png", "width": 128, "height": 96, "split": "val"}
    hands = [hand | {"identity": 3 + k} for k in range(hands)]
    return frame | {"stamp_s": index / 30, "hands": hands} | changes


def write_film(folder, lines, pictures="frames"):
    folder.mkdir(parents=True)
    text = "\n".join(json.dumps(frame) for frame in lines)
    (folder / "frames.jsonl").write_text(text + "\n")
    images = [np.full((96, 128, 3), colour, np.uint8) for colour in COLOURS]
    if pictures == "frames":
        (folder / "frames").mkdir()
        for n, image in enumerate(images):
            cv2.imwrite(str(folder / "frames" / f"{n:06d}.png"), image)
    else:
        size = (128, 96)
        video = cv2.VideoWriter(
            str(folder / "clip.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 30.0, size
        )
        for image in images:
            video.write(image)
        video.release()
    return folder


@pytest.mark.parametrize("pictures", ["frames", "video"])
def test_truth_and_pictures_of_a_sequence(tmp_path, pictures):
    film = read_sequence(write_film(tmp_path / "a", [line(n) for n in range(3)], pictures))
    assert film.name == "a"
    assert [frame.stamp_s for frame in film.frames] == pytest.approx([0, 1 / 30, 2 / 30])
    hands = film.frames[2].hands
    assert (hands.identity.tolist(), hands.seen_share.tolist()) == ([3], [0.5])
    assert hands.is_still.tolist() == [True]
    assert hands.xy_px[0] == pytest.approx(HAND_PX + 60)
    assert [round(float(image.mean()), -1) for image in film.images()] == list(COLOURS)


def test_frames_without_a_hand_have_empty_arrays(tmp_path):
    film = read_sequence(write_film(tmp_path / "a", [line(0, hands=0)]))
    assert film.frames[0].hands.xy_px.shape == (0, 21, 2)


def test_all_sequences_below_a_folder_are_found_in_order(tmp_path):
    for name in ("seed_2", "seed_1"):
        write_film(tmp_path / name, [line(0)])
    assert [film.name for film in read_sequences(tmp_path)] == ["seed_1", "seed_2"]
    assert [film.name for film in read_sequences(tmp_path / "seed_2")] == ["seed_2"]


def test_a_folder_without_sequences_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"no frames\.jsonl in .* training\.synthesize --video"):
        read_sequences(tmp_path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line(0), line(0)], r"frames\.jsonl:2: the stamp 0\.0 s does not come after 0\.0 s"),
        ([line(0, stamp_s=None)], r"frames\.jsonl:1: not a valid frame"),
        ([line(0) | {"hands": line(0, hands=2)["hands"][:1] * 2}], "the same identity"),
        ([line(0) | {"hands": [line(0)["hands"][0] | {"keypoints": None}]}], "no keypoints"),
    ],
)
def test_damaged_truth_is_named_by_file_and_line(tmp_path, lines, message):
    with pytest.raises(SourceError, match=message):
        read_sequence(write_film(tmp_path / "a", lines))


def test_a_video_of_another_length_than_its_truth_is_refused(tmp_path):
    film = read_sequence(write_film(tmp_path / "a", [line(0), line(1)], "video"))
    with pytest.raises(SourceError, match=r"has 3 frames, .* 2 lines"):
        list(film.images())


def test_stills_are_some_frames_with_how_much_is_seen_of_each_hand(tmp_path):
    write_film(tmp_path / "films" / "a", [line(n, file="000000.png") for n in range(13)])
    write_film(tmp_path / "films" / "b", [line(n, hands=2) for n in range(3)])
    records = films.read(tmp_path / "films")
    shares = [[hand.seen_share for hand in record.hands] for record in records]
    assert shares == [[0.0], [1.5], [3.0], [0.0, 0.0]]
    assert [hand.must_be_found for record in records[:2] for hand in record.hands] == [False, True]
    assert records[0].read_image().shape == (96, 128, 3)


@pytest.mark.parametrize(
    ("rate_hz", "numbers"), [(5, [0, 1, 2, 3]), (20, [0, 4, 8, 12]), (12, [0, 3, 6, 9, 12])]
)
def test_stills_are_a_fifth_of_a_second_apart_at_any_rate(tmp_path, rate_hz, numbers):
    lines = [line(n, stamp_s=round(n / rate_hz, 6)) for n in range(13)][: numbers[-1] + 1]
    records = films.read(write_film(tmp_path / "a", lines))
    assert [int(record.path.stem) for record in records] == numbers


def test_a_folder_of_videos_has_no_stills(tmp_path):
    write_film(tmp_path / "a", [line(n) for n in range(3)], pictures="video")
    assert not films.recognises(tmp_path)
    assert not films.recognises(tmp_path / "a")

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Capture: what a teacher says twice is kept once, and nothing is lost without a word."""

import json
import sys
from collections import Counter
from contextlib import contextmanager
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from tiny_model import COLOURS, draw_disks, draw_hand_image, hand_xy_px, save_tiny_model

from hand_landmarks_ros.core.errors import SourceError
from hand_landmarks_ros.core.types import Handedness
from hand_landmarks_ros.sources import Frame
from training import capture
from training.capturing import agreement, frames, teachers
from training.capturing.agreement import TaughtHand, agreed_hands, mirror
from training.capturing.duplicates import SeenBefore, difference_hash
from training.capturing.review import reject, write_review
from training.capturing.store import (
    KEPT,
    NEAR_DUPLICATE,
    NO_HAND,
    NOTHING_AGREED,
    CapturedSet,
    Session,
)
from training.datasets.catalogue import read_sets

SESSION = Session("kitchen", "train", "clip.mp4", "colours")


def by_colour(image):
    """A perfect teacher: finds each landmark's colour; the thumb's place tells the side."""
    places = []
    for colour in COLOURS[:21]:
        rows, columns = np.nonzero((image == colour).all(axis=2))
        if not len(rows):
            return []
        places.append((columns.mean(), rows.mean()))
    xy_px = np.array(places)
    (ux, uy), (vx, vy) = xy_px[9] - xy_px[0], xy_px[4] - xy_px[0]
    return [TaughtHand(xy_px, 0.9 if ux * vy > uy * vx else 0.1)]


def hand_image(centre_px=(150.0, 118.0), angle_rad=0.2):
    image = draw_hand_image(hand_xy_px(centre_px, 120.0, angle_rad), right_hand=False)
    image[:, :40] = np.linspace(0, 90, 240)[:, None, None]
    return image


def errs_by(shift_px):
    """The perfect teacher with an error that is the same in every picture, mirrored or not."""

    def teach(image):
        return [
            TaughtHand(hand.xy_px + shift_px, hand.right_probability) for hand in by_colour(image)
        ]

    return teach


def test_a_mirrored_hand_mirrored_again_is_itself():
    hand = TaughtHand(hand_xy_px((100.0, 90.0)), 0.8)
    twice = mirror(mirror(hand, 320), 320)
    np.testing.assert_allclose(twice.xy_px, hand.xy_px)
    assert twice.right_probability == pytest.approx(0.8)


def test_a_teacher_that_is_right_agrees_with_itself():
    agreed = agreed_hands(hand_image(), by_colour, "colours")
    (hand,) = agreed.hands
    np.testing.assert_allclose(hand.xy_px, by_colour(hand_image())[0].xy_px)
    assert agreed.disagreement == pytest.approx((0.0,)) and not agreed.dropped
    assert hand.source == "colours" and hand.handedness is not Handedness.UNKNOWN


def test_the_mean_has_no_error_to_one_side():
    (hand,) = agreed_hands(hand_image(), errs_by((2.0, 0.0)), "colours").hands
    np.testing.assert_allclose(hand.xy_px, by_colour(hand_image())[0].xy_px)


@pytest.mark.parametrize(("shift_px", "n_kept"), [(2.0, 1), (4.0, 0)])
def test_a_hand_is_dropped_when_its_answers_are_too_far_apart(shift_px, n_kept):
    """The mirror doubles the error; the hand is about 120 px large, the limit is 5 %."""
    agreed = agreed_hands(hand_image(), errs_by((shift_px, 0.0)), "colours")
    assert len(agreed.hands) == n_kept
    assert agreed.dropped[agreement.LANDMARKS_DISAGREE] == 1 - n_kept


def test_a_hand_of_one_side_in_both_pictures_is_dropped():
    def teach(image):
        return [TaughtHand(hand.xy_px, 0.9) for hand in by_colour(image)]

    agreed = agreed_hands(hand_image(), teach, "colours")
    assert agreed.hands == () and agreed.dropped == Counter({agreement.SIDES_DISAGREE: 1})


def test_hands_find_their_counterparts_and_a_hand_seen_once_is_dropped():
    left, right = hand_xy_px((90.0, 120.0), 100.0), hand_xy_px((230.0, 120.0), 100.0)
    answers = [
        [TaughtHand(left, 0.9), TaughtHand(right, 0.9)],
        # The mirror image, in which a third hand is seen; the order differs.
        [mirror(TaughtHand(xy_px, 0.9), 320) for xy_px in (right, left + 300.0, left)],
    ]
    agreed = agreed_hands(hand_image(), lambda image: answers.pop(0), "colours")
    assert [hand.xy_px[0].tolist() for hand in agreed.hands] == [
        left[0].tolist(),
        right[0].tolist(),
    ]
    assert agreed.dropped == Counter({agreement.SEEN_ONCE: 1})


def noisy(image):
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def test_the_same_scene_again_is_a_near_duplicate():
    places = [by_colour(hand_image())[0].xy_px]
    seen = SeenBefore()
    assert not seen.has(difference_hash(hand_image()), places)
    seen.add(difference_hash(hand_image()), places)
    assert seen.has(difference_hash(noisy(hand_image())), [places[0] + 1.0])
    assert not seen.has(difference_hash(hand_image()), [])
    assert not seen.has(difference_hash(hand_image()[::-1]), places)


def test_a_hand_that_moved_before_the_same_wall_is_none():
    wall = np.tile(np.linspace(0, 255, 320)[None, :, None], (240, 1, 3)).astype(np.uint8)
    seen = SeenBefore()
    first, second = hand_xy_px((150.0, 118.0), 60.0), hand_xy_px((165.0, 118.0), 60.0)
    pictures = []
    for xy_px in (first, second):
        pictures.append(wall.copy())
        draw_disks(pictures[-1], xy_px, 2.0, right_hand=False)
    seen.add(difference_hash(pictures[0]), [first])
    assert seen.has(difference_hash(pictures[1]), [first])
    assert not seen.has(difference_hash(pictures[1]), [second])


def offer(captured, image, session=SESSION):
    return captured.offer(image, agreed_hands(image, by_colour, "colours"), session)


@pytest.fixture
def captured(tmp_path):
    """Three pictures of one session."""
    captured = CapturedSet(tmp_path / "set")
    for centre_px in ((120.0, 118.0), (160.0, 118.0), (200.0, 118.0)):
        assert offer(captured, hand_image(centre_px)) == Counter({KEPT: 1})
    return captured


def test_what_was_captured_is_a_data_set(captured):
    ((name, records),) = read_sets([captured.folder], "train").items()
    assert name == "set"
    assert [record.path.name for record in records] == ["000001.jpg", "000002.jpg", "000003.jpg"]
    assert {record.subject for record in records} == {"kitchen"}
    truth = by_colour(hand_image((120.0, 118.0)))[0].xy_px
    np.testing.assert_allclose(records[0].hands[0].xy_px, truth, atol=0.01)
    assert records[0].read_image().shape == (240, 320, 3)
    assert not records[0].is_complete


def test_every_picture_that_is_not_kept_has_a_reason(captured):
    assert offer(captured, hand_image((160.0, 118.0))) == Counter({NEAR_DUPLICATE: 1})
    assert offer(captured, np.zeros((240, 320, 3), np.uint8)) == Counter({NO_HAND: 1})
    agreed = agreed_hands(hand_image(), errs_by((9.0, 0.0)), "colours")
    outcome = captured.offer(hand_image(), agreed, SESSION)
    assert outcome == Counter({NOTHING_AGREED: 1, agreement.LANDMARKS_DISAGREE: 1})


def test_a_later_capture_goes_on_and_knows_what_was_there(captured):
    again = CapturedSet(captured.folder)
    with pytest.raises(SourceError, match="already has a session 'kitchen'"):
        again.check_is_new("kitchen")
    again.check_is_new("garden")
    assert offer(again, hand_image((160.0, 118.0))) == Counter({NEAR_DUPLICATE: 1})
    assert offer(again, hand_image((100.0, 118.0))) == Counter({KEPT: 1})
    assert (again.folder / "images" / "000004.jpg").is_file()


def test_labels_of_another_maker_are_not_added_to(tmp_path):
    (tmp_path / "labels.jsonl").write_text('{"file": "a.jpg", "hands": []}\n')
    with pytest.raises(SourceError, match=r"labels\.jsonl:1: not written by training\.capture"):
        CapturedSet(tmp_path)


def test_a_rejected_picture_leaves_and_never_comes_back(captured):
    assert reject(captured.folder, [2, 2]) == 2
    (records,) = read_sets([captured.folder], "train").values()
    assert [record.path.name for record in records] == ["000001.jpg", "000003.jpg"]
    assert (captured.folder / "rejected" / "000002.jpg").is_file()
    again = CapturedSet(captured.folder)
    assert offer(again, hand_image((160.0, 118.0))) == Counter({NEAR_DUPLICATE: 1})
    reject(captured.folder, [3])
    assert offer(CapturedSet(captured.folder), hand_image((100.0, 118.0))) == Counter({KEPT: 1})
    assert (captured.folder / "images" / "000004.jpg").is_file()


def test_a_number_that_there_is_not_rejects_nothing(captured):
    with pytest.raises(SourceError, match="has no picture 7"):
        reject(captured.folder, [1, 7])
    (records,) = read_sets([captured.folder], "train").values()
    assert len(records) == 3


def test_the_review_shows_every_picture_with_its_number(captured):
    page = write_review(captured.folder).read_text()
    assert [f'alt="{number}"' in page for number in (1, 2, 3, 4)] == [True] * 3 + [False]
    review = captured.folder / "review"
    sheet, tile = (cv2.imread(str(review / name)) for name in ("sheet_001.png", "000002.jpg"))
    assert sheet.shape[1] == 6 * tile.shape[1] and sheet.shape[0] == tile.shape[0]
    assert np.abs(sheet[:, 240:480].astype(int) - tile).mean() < 5
    assert sheet[:, 480:720].any() and not sheet[:, 720:].any()


class Pictures:
    """A source of ten pictures a second, of which the third is broken."""

    is_live = False
    is_sequence = True

    def __init__(self, n_images=9):
        self.n_read, self.n_images, self.closed = 0, n_images, False

    def read(self):
        self.n_read += 1
        if self.n_read == 3:
            raise SourceError("picture 3 is broken")
        if self.n_read > self.n_images:
            return None
        image = np.zeros((16, 16, 3), np.uint8)
        image[:, 0] = self.n_read
        return Frame(image, self.n_read / 10, self.n_read, str(self.n_read))

    def close(self):
        self.closed = True


def test_pictures_are_thinned_to_the_rate_and_broken_ones_told():
    source = Pictures()
    taken = list(frames.frames(source, rate_hz=4.0, is_mirrored=False))
    assert [str(found) if isinstance(found, Exception) else found.index for found in taken] == [
        1,
        "picture 3 is broken",
        4,
        7,
    ]
    assert source.closed


def test_pictures_from_a_mirror_are_turned_back():
    first = next(frames.frames(Pictures(), rate_hz=4.0, is_mirrored=True))
    assert first.image[0, -1, 0] == 1 and first.image[0, 0, 0] == 0


def test_a_model_of_ours_teaches_each_picture_on_its_own(tmp_path):
    model = save_tiny_model(tmp_path / "tiny.onnx")
    xy_px = hand_xy_px((150.0, 118.0), 120.0)
    image = draw_hand_image(xy_px, right_hand=True)
    with teachers.open_teacher(str(model), mediapipe_python=None) as teacher:
        (first,), nothing = teacher(image), teacher(np.zeros_like(image))
        (again,) = teacher(image)
    assert nothing == []
    assert first.right_probability == pytest.approx(0.99)
    np.testing.assert_allclose(first.xy_px, xy_px, atol=1.0)
    np.testing.assert_array_equal(first.xy_px, again.xy_px)


def test_mediapipe_teaches_through_its_process(monkeypatch, tmp_path):
    @contextmanager
    def hands(python, *, video, max_hands):
        assert not video and max_hands > 1
        xy_px = np.zeros((21, 2))
        yield lambda images: [[SimpleNamespace(xy_px=xy_px, right_probability=0.3)]] * len(images)

    monkeypatch.setattr(teachers, "MediaPipeHands", hands)
    with teachers.open_teacher("mediapipe", tmp_path / "python") as teacher:
        (hand,) = teacher(hand_image())
    assert hand.right_probability == 0.3


@pytest.fixture
def run(monkeypatch):
    @contextmanager
    def open_teacher(name, python, detector):
        yield by_colour

    monkeypatch.setattr(capture, "open_teacher", open_teacher)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["capture", *map(str, arguments)])
        capture.main()

    return run


@pytest.fixture
def pictures(tmp_path):
    """Four pictures: two of a hand, the second once more, and one that is none."""
    folder = tmp_path / "balcony"
    folder.mkdir()
    for name, x_px in (("a", 120.0), ("b", 200.0), ("c", 200.0)):
        image = cv2.cvtColor(hand_image((x_px, 118.0)), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{name}.png"), image)
    (folder / "d.png").write_bytes(b"no picture")
    return folder


def test_the_command_captures_a_folder_and_accounts_for_every_picture(
    tmp_path, run, pictures, capsys
):
    out = tmp_path / "out"
    run(pictures, "--out", out, "--val-share", "0")
    (entry,) = map(json.loads, (out / "sessions.jsonl").read_text().splitlines())
    outcome = entry["outcome"]
    assert sum(n for what, n in outcome.items() if what.startswith("picture:")) == 4
    assert outcome == {
        KEPT: 2,
        NEAR_DUPLICATE: 1,
        "picture: could not be read": 1,
    }
    assert (entry["name"], entry["split"]) == ("balcony", "train")
    printed = capsys.readouterr().out
    assert all(what in printed for what in outcome)
    assert (out / "review" / "sheet_001.png").is_file()
    run("review", out, "--reject", "1")
    assert "1 rejected, 1 remain" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="already has a session 'balcony'"):
        run(pictures, "--out", out)


def test_a_session_is_in_the_split_that_was_asked_for(tmp_path, run, pictures):
    run(pictures, "--out", tmp_path / "out", "--session", "b", "--split", "val", "--max", "1")
    (records,) = read_sets([tmp_path / "out"], "val").values()
    assert [record.subject for record in records] == ["b"]


def test_one_session_name_is_not_for_several_sources(tmp_path, run, pictures):
    with pytest.raises(SystemExit, match="2 sources"):
        run(pictures, pictures, "--out", tmp_path / "out", "--session", "b")


def test_what_was_captured_before_an_interrupt_is_kept(tmp_path, run, pictures, monkeypatch):
    judged = capture._judged

    def interrupted(picture, *rest):
        if not isinstance(picture, Exception) and picture.name == "b.png":
            raise KeyboardInterrupt
        return judged(picture, *rest)

    monkeypatch.setattr(capture, "_judged", interrupted)
    run(pictures, "--out", tmp_path / "out", "--split", "train")
    assert len(read_sets([tmp_path / "out"], "train")["out"]) == 1
    assert (tmp_path / "out" / "review.html").is_file()

# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Downloads over a real server that breaks off, lies, or cannot go on; and archives that attack."""

import hashlib
import io
import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from file_server import FileServer, served
from small_training import run_command

from training import download
from training.downloading import transfer
from training.downloading.errors import DownloadError
from training.downloading.sources import SOURCES, Archive, ByHand, Source
from training.downloading.transfer import fetch
from training.downloading.unpack import unpack

CONTENT = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def get(server, path, sha256=SHA256):
    return fetch(server.url, path, sha256, pause_s=0.0)


def test_a_file_comes_whole_and_is_checked(tmp_path):
    with served(FileServer(CONTENT)) as server:
        assert get(server, tmp_path / "a.zip") == SHA256
    assert (tmp_path / "a.zip").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_a_broken_connection_is_taken_up_where_it_broke(tmp_path):
    with served(FileServer(CONTENT, breaks=[300_000, 200_000])) as server:
        assert get(server, tmp_path / "a.zip") == SHA256
    assert server.requests == [None, "bytes=300000-", "bytes=500000-"]


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(tmp_path):
    with served(FileServer(CONTENT, breaks=[300_000] + [0] * 6)) as server:
        with pytest.raises(DownloadError, match="300000 bytes have come and are kept"):
            get(server, tmp_path / "a.zip")
        n_requests = len(server.requests)
        assert get(server, tmp_path / "a.zip") == SHA256
    assert server.requests[n_requests:] == ["bytes=300000-"]


def test_a_server_without_ranges_starts_over(tmp_path):
    with served(FileServer(CONTENT, breaks=[300_000], knows_range=False)) as server:
        assert get(server, tmp_path / "a.zip") == SHA256
    assert server.requests == [None, "bytes=300000-"]


def test_a_file_that_changed_meanwhile_is_fetched_anew(tmp_path):
    changed = CONTENT[::-1]
    with served(FileServer(CONTENT, breaks=[300_000] + [0] * 6)) as server:
        with pytest.raises(DownloadError):
            get(server, tmp_path / "a.zip")
        server.content, server.version = changed, '"2"'
        assert get(server, tmp_path / "a.zip", None) == hashlib.sha256(changed).hexdigest()


def test_a_server_that_names_no_version_is_not_trusted_to_go_on(tmp_path):
    with served(FileServer(CONTENT, breaks=[300_000], version=None)) as server:
        assert get(server, tmp_path / "a.zip") == SHA256
    assert server.requests == [None, None]


def test_a_download_that_ended_before_it_was_renamed_is_complete(tmp_path):
    (tmp_path / "a.zip.part").write_bytes(CONTENT)
    (tmp_path / "a.zip.part.version").write_text('"1"')
    with served(FileServer(CONTENT)) as server:
        assert get(server, tmp_path / "a.zip") == SHA256


def test_more_than_the_server_has_is_thrown_away(tmp_path):
    (tmp_path / "a.zip.part").write_bytes(CONTENT + b"more")
    (tmp_path / "a.zip.part.version").write_text('"1"')
    with served(FileServer(CONTENT)) as server:
        assert get(server, tmp_path / "a.zip") == SHA256


def test_a_wrong_checksum_is_told_and_the_file_deleted(tmp_path):
    with (
        served(FileServer(CONTENT)) as server,
        pytest.raises(DownloadError, match=f"{SHA256}, expected {'0' * 64}"),
    ):
        get(server, tmp_path / "a.zip", "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_checked_and_not_fetched(tmp_path):
    (tmp_path / "a.zip").write_bytes(CONTENT)
    with served(FileServer(CONTENT)) as server:
        assert get(server, tmp_path / "a.zip") == SHA256
    assert server.requests == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_a_full_disk_is_told(tmp_path):
    (tmp_path / "a.zip.part").symlink_to("/dev/full")
    with (
        served(FileServer(CONTENT)) as server,
        pytest.raises(DownloadError, match=r"a\.zip\.part cannot be written: No space left"),
    ):
        get(server, tmp_path / "a.zip")
    assert server.requests == [None]


def test_a_disk_without_room_is_told_before_anything_comes(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda folder: usage)
    with (
        served(FileServer(CONTENT)) as server,
        pytest.raises(DownloadError, match=r"needs 0\.00 GB in .* are free; make room"),
    ):
        get(server, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip.part").exists()


def test_a_missing_page_is_final_and_a_busy_server_is_asked_again(tmp_path):
    with served(FileServer(CONTENT, failures=[404])) as server:
        with pytest.raises(DownloadError, match="404 Not Found"):
            get(server, tmp_path / "a.zip")
        server.failures = [503, 429]
        assert get(server, tmp_path / "a.zip") == SHA256
    assert len(server.requests) == 4


def test_a_server_that_is_not_there_is_told(tmp_path):
    with served(FileServer(CONTENT)) as server:
        pass
    with pytest.raises(DownloadError, match="refused"):
        get(server, tmp_path / "a.zip")


def test_only_web_addresses_are_fetched(tmp_path):
    with pytest.raises(DownloadError, match="expected http"):
        fetch("file:///etc/hostname", tmp_path / "a.zip")


def zipped(entries):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return content.getvalue()


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"top/a.txt": "a", "top/b/c.txt": "c", "__MACOSX/x": ""}, ["a.txt", "b/c.txt"]),
        ({"a.txt": "a", "top/c.txt": "c"}, ["a.txt", "top/c.txt"]),
        ({"a.txt": "a"}, ["a.txt"]),
    ],
)
def test_a_folder_around_everything_is_left_away(tmp_path, entries, expected):
    (tmp_path / "x.zip").write_bytes(zipped(entries))
    unpack(tmp_path / "x.zip", tmp_path / "out")
    files = (path for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert sorted(str(path.relative_to(tmp_path / "out")) for path in files) == expected


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "..\\evil"])
def test_an_archive_that_reaches_outside_is_refused_as_a_whole(tmp_path, name):
    (tmp_path / "x.zip").write_bytes(zipped({"good.txt": "a", name: "b"}))
    with pytest.raises(DownloadError, match="reach outside"):
        unpack(tmp_path / "x.zip", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_archive_with_a_link_is_refused(tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    (tmp_path / "x.zip").write_bytes(zipped({link: "/etc"}))
    with pytest.raises(DownloadError, match="'link', which would reach outside"):
        unpack(tmp_path / "x.zip", tmp_path / "out")


def test_what_is_no_archive_or_damaged_is_told(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"<html>not found</html>")
    with pytest.raises(DownloadError, match=r"not a whole \.zip archive"):
        unpack(tmp_path / "x.zip", tmp_path / "out")
    content = zipped({"a.txt": "abcdefgh" * 100})
    (tmp_path / "x.zip").write_bytes(content.replace(b"abcdefgh", b"abcdXfgh", 1))
    with pytest.raises(DownloadError, match="CRC"):
        unpack(tmp_path / "x.zip", tmp_path / "out")


@pytest.fixture
def one_source(monkeypatch):
    """Offer one data set, on a server of ours."""
    with served(FileServer(zipped({"set/labels.jsonl": ""}))) as server:
        by_hand = (ByHand("http://elsewhere/x", "annotations/x.json"),)
        archives = (Archive(server.url),)
        source = Source("A set", "http://page", "Only on Sundays.", 0.1, archives, by_hand)
        monkeypatch.setattr(download, "SOURCES", {"a_set": source})
        yield server


def test_the_command_shows_the_licence_fetches_unpacks_and_remembers(
    tmp_path, monkeypatch, capsys, one_source
):
    run_command(monkeypatch, download, "a_set", "--out", tmp_path, "--accept-licence")
    assert sorted(path.name for path in (tmp_path / "a_set").iterdir()) == [
        "download.json",
        "labels.jsonl",
    ]
    sha256 = hashlib.sha256(one_source.content).hexdigest()
    (entry,) = json.loads((tmp_path / "a_set" / "download.json").read_text()).values()
    assert entry == {"url": one_source.url, "sha256": sha256, "licence": "Only on Sundays."}
    printed = capsys.readouterr().out
    assert printed.index("Only on Sundays.") < printed.index(sha256)
    assert "its publisher states none" in printed
    assert "Fetch http://elsewhere/x with a browser" in printed
    run_command(monkeypatch, download, "a_set", "--out", tmp_path, "--accept-licence")
    assert len(one_source.requests) == 1


def test_without_consent_nothing_is_downloaded(tmp_path, monkeypatch, one_source):
    with pytest.raises(SystemExit, match="accept the licence"):
        run_command(monkeypatch, download, "a_set", "--out", tmp_path)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: "no")
    with pytest.raises(SystemExit, match="not accepted"):
        run_command(monkeypatch, download, "a_set", "--out", tmp_path)
    assert one_source.requests == []


def test_archives_are_kept_on_request_and_other_addresses_taken(tmp_path, monkeypatch, one_source):
    url = one_source.url.replace("data.zip", "copy.zip")
    run_command(
        monkeypatch,
        download,
        "a_set",
        "--out",
        tmp_path,
        "--accept-licence",
        "--keep-archives",
        "--url",
        url,
    )
    assert (tmp_path / "a_set" / "copy.zip").read_bytes() == one_source.content


def test_every_source_says_where_it_is_and_under_which_terms():
    for source in SOURCES.values():
        assert source.page.startswith("http") and source.licence and source.archives
        assert all(archive.file.endswith(".zip") for archive in source.archives)
        checksums = [a.sha256 for a in source.archives if a.sha256]
        assert all(len(sha256) == 64 and int(sha256, 16) for sha256 in checksums)


def test_the_list_of_sources_is_shown_without_a_name(monkeypatch, capsys):
    run_command(monkeypatch, download)
    printed = capsys.readouterr().out
    assert all(name in printed for name in SOURCES)

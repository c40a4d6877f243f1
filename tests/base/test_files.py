"""Files are written completely or not at all."""

import errno
import os

import pytest

from sarcasm.base.files import atomic_write, read_checksummed, write_checksummed, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as temporary:
        temporary.write_text("half of the n")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_named_with_the_file(tmp_path):
    with pytest.raises(OSError, match=r"No space left on device: '.*/a.txt'$"), atomic_write(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # as write() raises it


def test_leftovers_of_a_killed_process_are_deleted(tmp_path):
    for name in (".a.txt.123.tmp", ".a.txt.4567.tmp", ".b.txt.123.tmp"):
        (tmp_path / name).write_text("half")
    write_text(tmp_path / "a.txt", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".b.txt.123.tmp", "a.txt"]


def test_the_bytes_are_synced_before_the_rename(tmp_path, monkeypatch):
    path, synced = tmp_path / "a.txt", []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(path.exists()))
    write_text(path, "text")
    assert synced == [False]


def test_json_has_no_nan(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert not list(tmp_path.iterdir())


def test_a_changed_bit_or_another_key_is_detected(tmp_path):
    path = tmp_path / "file"
    write_checksummed(path, b"data", "key")
    content = path.read_bytes()
    assert read_checksummed(path, "key") == b"data"
    assert read_checksummed(path, "other key") is None
    for position in range(len(content)):
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        assert read_checksummed(path, "key") is None
        path.write_bytes(content[:position])
        assert read_checksummed(path, "key") is None

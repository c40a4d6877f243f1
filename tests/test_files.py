"""Whole files or none."""

import os

import pytest

from sarcasm.files import read_sealed, replacing, write_json, write_sealed, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as temporary:
        temporary.write_text("half of the n")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_deleted(tmp_path):
    for name in (".a.txt.123.tmp", ".a.txt.4567.tmp", ".b.txt.123.tmp"):
        (tmp_path / name).write_text("half")
    write_text(tmp_path / "a.txt", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".b.txt.123.tmp", "a.txt"]


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    path, synced = tmp_path / "a.txt", []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(path.exists()))
    write_text(path, "text")
    assert synced == [False]


def test_json_has_no_nan(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert not list(tmp_path.iterdir())


def test_a_changed_bit_or_another_key_breaks_the_seal(tmp_path):
    path = tmp_path / "sealed"
    write_sealed(path, b"data", "key")
    sealed = path.read_bytes()
    assert read_sealed(path, "key") == b"data"
    assert read_sealed(path, "other key") is None
    for place in range(len(sealed)):
        path.write_bytes(sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :])
        assert read_sealed(path, "key") is None
        path.write_bytes(sealed[:place])
        assert read_sealed(path, "key") is None

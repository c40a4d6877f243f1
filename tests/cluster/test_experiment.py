"""The clones of a worker: one for each experiment at a time, locked while commands of a killed worker run."""

import os
import subprocess

from cluster.experiment import last_line, take_clone


def test_a_clone_is_taken_by_one_at_a_time_and_kept_after_success(tmp_path):
    with take_clone(tmp_path) as (first, lock), take_clone(tmp_path) as (second, _):
        assert (first.name, second.name) == ("1", "2")
        first.mkdir()
        second.mkdir()
        os.ftruncate(lock, 0)  # as after success
    with take_clone(tmp_path) as (first, _), take_clone(tmp_path) as (second, _):
        assert first.exists() and not second.exists()


def test_a_clone_stays_locked_until_the_commands_of_a_killed_worker_end(tmp_path):
    with take_clone(tmp_path) as (clone, lock):
        clone.mkdir()
        orphan = subprocess.Popen(["sleep", "60"], pass_fds=[lock])
    try:
        with take_clone(tmp_path) as (other, _):
            assert other.name == "2" and clone.exists()
    finally:
        orphan.kill()
        orphan.wait()
    with take_clone(tmp_path) as (again, _):
        assert again == clone and not clone.exists()


def test_the_reason_is_the_line_of_the_stage(tmp_path):
    log = tmp_path / "log"
    log.write_text("start\ntrain.py: the loss is nan\nERROR: failed to reproduce 'train@lstm-1': exited with 1\n\n")
    assert last_line(log) == "train.py: the loss is nan"
    log.write_bytes(b"\xff fatal\n")
    assert last_line(log) == "\ufffd fatal"
    log.write_text("\n")
    assert last_line(log) == "no output"

"""The pipeline in a small project: the same bytes after kills, interrupts, full disks, in any order."""

import json
import os
import re
import signal
import time

import pytest
from filelock import FileLock
from tests.project import ROOT, contents, params, run, run_stage, start, write_params


def set_epochs(folder, epochs):
    document = params()
    document["train"]["epochs"] = epochs
    write_params(folder, document)


def wait_for(path, process):
    """Wait until the file exists; the process must not end before."""
    while not path.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def stop(process, number):
    """Send a signal to the process and its children, and wait."""
    os.killpg(process.pid, number)
    return process.communicate()


def test_the_small_project_is_up_to_date(small_project):
    assert "up to date" in run(small_project, "dvc", "status").stdout
    assert "models/lstm-1.pt" in contents(small_project)


def test_leftovers_do_not_change_the_status_of_dvc(small_project):
    for folder in ("models", "plots/history", "data/split", "metrics/scores"):
        (small_project / folder / ".lstm.pt.123.tmp").write_text("half")
    assert "up to date" in run(small_project, "dvc", "status").stdout
    assert not run(small_project, "git", "status", "--porcelain").stdout


@pytest.mark.parametrize(
    ("variant", "points"),
    [("stacked_lstm_dropout", 5), pytest.param("wide_bi_lstm", 60, marks=pytest.mark.slow)],
)
def test_a_training_killed_anywhere_resumes_to_the_same_bytes(small_project, variant, points):
    set_epochs(small_project, 5)
    output = run(small_project, "python", str(ROOT / "tests/killing.py"), variant, str(points)).stdout
    runs = [json.loads(line) for line in output.splitlines()]
    assert len(runs) == points and len({resumed["done"] for resumed in runs}) > 2, runs
    for resumed in runs:
        assert resumed == {"done": resumed["done"], "trained": 5 - resumed["done"], "same": True, "left": []}


@pytest.mark.parametrize("number", [pytest.param(signal.SIGKILL, marks=pytest.mark.slow), signal.SIGINT])
def test_an_interrupted_stage_resumes(small_project, number):
    set_epochs(small_project, 100)
    run_stage(small_project, "train", "lstm", "1")
    whole = contents(small_project)
    checkpoint = small_project / "checkpoints/lstm-1.pt"
    first = start(small_project, "python", "stages/train.py", "lstm", "1")
    wait_for(checkpoint, first)
    output, error = stop(first, number)
    assert first.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130}[number] and not error
    assert number == signal.SIGKILL or not list(small_project.rglob(".*.tmp"))
    output += run(small_project, "python", "stages/train.py", "lstm", "1").stdout
    assert "\nlstm-1: resumes after epoch " in f"\n{output}"
    assert {int(epoch) for epoch in re.findall(r"\nlstm-1: epoch (\d+) of 100, ", output)} <= set(range(10, 101, 10))
    assert contents(small_project) == whole and not list(small_project.rglob(".*.tmp"))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_dvc_repro_resumes(small_project, number):
    set_epochs(small_project, 100)
    command = "dvc", "repro", "train@lstm-1"
    first = start(small_project, *command)
    wait_for(small_project / "checkpoints/lstm-1.pt", first)
    stop(first, number)
    assert first.returncode and (small_project / "checkpoints/lstm-1.pt").exists()
    run(small_project, *command)
    resumed = contents(small_project)
    run(small_project, *command, "--force", "--single-item")
    assert contents(small_project) == resumed


@pytest.mark.slow
def test_a_second_training_waits_for_the_first(small_project):
    expected = contents(small_project)
    with FileLock(small_project / "checkpoints/lstm-1.lock"):
        second = start(small_project, "dvc", "repro", "--force", "--single-item", "train@lstm-1")
        assert "waiting for another process" in second.stderr.readline()
    second.communicate()
    assert second.returncode == 0 and contents(small_project) == expected


@pytest.mark.slow
def test_a_clone_with_two_jobs_in_another_order_gives_the_same_bytes(small_base, tmp_path):
    clone = tmp_path / "clone"
    run(tmp_path, "git", "clone", "--quiet", str(small_base), str(clone))
    run(clone, "dvc", "repro", "train-pretrained@wide_bi_lstm-1")
    shown = run(clone, "python", "repro.py", "--jobs", "2").stdout
    trained = re.findall(r"^(train\S*) \(\d+ s\): \S+: validation loss ", shown, re.MULTILINE)
    assert sorted(trained) == ["train-baseline", "train@lstm-1", "train@stacked_lstm_dropout-1"]
    assert contents(clone) == contents(small_base)

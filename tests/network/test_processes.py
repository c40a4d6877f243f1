"""One training by several processes: the same result as by one, the same bytes after a kill, one line if one fails."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.network import training
from tests.project import ROOT, contents, once, params, run, start, write_params
from tests.test_pipeline import stop, wait_for

from sarcasm.base.command import InputError
from sarcasm.network.dataset import Batch
from sarcasm.network.processes import Processes

TRAIN = "stages/train.py", "lstm", "1"
LOST = "train.py: another process of this training has ended or does not answer\n"


def test_each_row_of_a_batch_counts_in_one_process():
    labels = torch.arange(5.0)
    batch = Batch(labels[:, None], labels, torch.arange(5))
    shares = [Processes(rank, 3).share(batch) for rank in range(3)]
    assert [(ids.flatten().tolist(), labels.tolist(), rows) for ids, labels, rows in shares] == [
        ([0], [0], 1),
        ([1, 2], [1, 2], 2),
        ([3, 4], [3, 4], 2),
    ]


def test_a_process_without_rows_runs_one_that_does_not_count():
    batch = Batch(torch.tensor([[7]]), torch.ones(1), torch.zeros(1))
    assert [Processes(rank, 2).share(batch) for rank in range(2)] == [
        (batch.ids, batch.labels, rows) for rows in (0, 1)
    ]


def test_dropout_differs_by_seed_epoch_and_process_and_comes_again():
    def draw(seed, epoch, rank):
        Processes(rank, 2).seed(seed, epoch)
        return torch.rand(3).tolist()

    places = [(seed, epoch, rank) for seed in (1, 2) for epoch in (1, 2) for rank in (0, 1)]
    drawn = [draw(*place) for place in places]
    assert len(set(map(tuple, drawn))) == 8 and drawn == [draw(*place) for place in places]


def test_one_process_goes_on_with_its_random_numbers():
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    Processes().seed(1, 1)
    assert torch.equal(torch.rand(2), expected)


def test_another_fingerprint_than_that_of_the_first_process_is_refused(monkeypatch):
    monkeypatch.setattr(Processes, "from_first", lambda *_: "mine")
    Processes(1, 2).check_equal("mine")
    with pytest.raises(InputError, match="^process 1 has other parameters, data, code or torch than process 0"):
        Processes(1, 2).check_equal("yours")


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 3])
def test_several_processes_train_like_one_and_resume_to_the_same_bytes(tmp_path, count):
    run(ROOT, "python", "-W", "error", "tests/network/training.py", str(count), str(tmp_path))
    results = [torch.load(tmp_path / f"{rank}.pt") for rank in range(count)]
    for name in training.NETWORKS:
        alone = training.train(name, Processes(), resumed=False)
        whole = results[0][name][0]
        for other in (result[name][resumed] for result in results for resumed in (0, 1)):
            assert all(torch.equal(other[key], value) for key, value in whole.items())
        difference = max(float((whole[key] - value).abs().max()) for key, value in alone.items())
        assert 0 < difference < 1e-6 or name == "dropout" and difference > 1e-3, name


def use_two_processes(folder):
    """Let trainings take 100 epochs by two processes, long enough to be killed."""
    document = params()
    document["train"] |= {"epochs": 100, "processes": 2}
    write_params(folder, document)


@pytest.fixture
def project(small_project):
    use_two_processes(small_project)
    return small_project


@pytest.fixture(scope="session")
def whole(tmp_path_factory, worker_id, small_base):
    """The contents of the project after a training of `lstm` without a kill."""

    def train(folder):
        shutil.copytree(small_base, folder, dirs_exist_ok=True)
        use_two_processes(folder)
        done = run(folder, "python", "-W", "error", *TRAIN)
        assert done.stdout.startswith("lstm-1: validation loss") and done.stderr == ""

    return contents(once(tmp_path_factory, worker_id, "processes", train))


def children(process):
    """Return the ids of the processes of a training."""
    found = subprocess.run(["pgrep", "-P", str(process.pid), "-f", "train.py"], capture_output=True, text=True)
    return [int(line) for line in found.stdout.split()]


def wait_for_end(ids):
    """Wait until none of the processes runs."""
    for number in ids:
        while Path(f"/proc/{number}").exists():
            pass


@pytest.mark.slow
def test_a_killed_process_or_launcher_ends_all_and_the_next_run_gives_the_same_bytes(project, whole):
    checkpoint, kept = project / "checkpoints/lstm-1.pt", project / "kept.pt"
    for victim, code, message in [
        ("launcher", -9, ""),
        ("process", 1, "train.py: process 1 of 2 was killed by signal 9\n"),
    ]:
        process = start(project, "python", *TRAIN)
        wait_for(checkpoint, process)
        started = children(process)
        os.kill({"launcher": process.pid, "process": max(started)}[victim], signal.SIGKILL)
        assert process.communicate() == ("", message) and process.returncode == code
        assert len(started) == 2
        wait_for_end(started)
        checkpoint.replace(kept)  # so that the next training starts anew
    kept.replace(checkpoint)
    run(project, "python", *TRAIN)
    assert contents(project) == whole


@pytest.mark.slow
def test_ctrl_c_ends_all_processes_silently(project):
    process = start(project, "python", *TRAIN)
    wait_for(project / "checkpoints/lstm-1.pt", process)
    started = children(process)
    assert stop(process, signal.SIGINT) == ("", "") and process.returncode == 130
    assert len(started) == 2 and not any(Path(f"/proc/{number}").exists() for number in started)
    assert not list(project.rglob(".*.tmp"))


@pytest.mark.slow
def test_an_error_of_a_process_is_one_line(project):
    vectors = np.load(project / "data/embeddings/glove.npy")
    np.save(project / "data/embeddings/glove.npy", np.full_like(vectors, np.nan))
    model = project / "models/glove_lstm-1.pt"
    before = model.read_bytes()
    failed = run(project, "python", "stages/train.py", "glove_lstm", "1", code=1)
    assert model.read_bytes() == before
    assert (
        failed.stderr == "train.py: variant glove_lstm-1, epoch 1, step 1: the loss is nan; try a lower learning_rate\n"
    )


def start_on_two_machines(project):
    """Start one process by each of two launchers that meet on this machine."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        meeting = "--rdzv-backend", "c10d", "--rdzv-endpoint", f"localhost:{free.getsockname()[1]}"
    size = "--nnodes", "2", "--nproc-per-node", "1", "--local-addr", "localhost"
    return [start(project, "torchrun", *meeting, *size, *TRAIN) for _ in range(2)]


@pytest.mark.slow
def test_two_launchers_end_if_one_loses_its_process_and_meet_again_for_the_same_bytes(project, whole):
    launchers = start_on_two_machines(project)
    wait_for(project / "checkpoints/lstm-1.pt", launchers[0])
    (killed,), (survivor,) = map(children, launchers)
    os.kill(killed, signal.SIGKILL)
    errors = [launcher.communicate()[1] for launcher in launchers]
    assert [launcher.returncode for launcher in launchers] == [1, 1] and errors[1].count(LOST) == 1
    wait_for_end([killed, survivor])

    launchers = start_on_two_machines(project)
    output = "".join(launcher.communicate()[0] for launcher in launchers)
    assert output.count("lstm-1: validation loss") == 1 and [launcher.returncode for launcher in launchers] == [0, 0]
    assert contents(project) == whole


@pytest.mark.slow
def test_another_number_of_processes_than_that_of_the_parameters_is_refused(project):
    document = params()
    document["train"]["processes"] = 3
    write_params(project, document)
    failed = run(project, "torchrun", "--standalone", "--nproc-per-node", "2", *TRAIN, code=1)
    line = "train.py: torchrun has started 2 processes, expected 3 (train.processes in params.yaml)\n"
    assert failed.stderr.count(line) == 1

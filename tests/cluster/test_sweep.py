"""A sweep over real Dask workers, git and DVC remotes: kills, ctrl-C, a second call, failures, and what is refused."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.metadata import version

import pytest
from tests.project import commit, environment, params, run, start, to_yaml, write_params
from tests.test_pipeline import stop, wait_for

from sarcasm.base.command import InputError

distributed = pytest.importorskip("distributed", reason="Dask is not installed (tests/requirements.txt)")
pytest.importorskip("optuna", reason="Optuna is not installed (tests/requirements.txt)")
from cluster import engine  # noqa: E402

SWEEP = sys.executable, "cluster/sweep.py"


@pytest.fixture
def shared(small_project, tmp_path):
    """The small project with a bare repository as `origin` and a folder as DVC remote. `lstm` trains for 300 epochs."""
    document = params()
    document["variants"]["lstm"]["training"] = {"epochs": 300}
    write_params(small_project, document)
    run(small_project, "dvc", "remote", "add", "--default", "team", "../team")
    commit(small_project, "Share the project")
    run(small_project, "dvc", "push", "--quiet")
    run(tmp_path, "git", "clone", "--quiet", "--bare", str(small_project), "origin.git")
    run(small_project, "git", "remote", "add", "origin", "../origin.git")
    return small_project


class Cluster:
    """A Dask scheduler on loopback, and workers of one thread, as processes."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        wait_for(folder / "scheduler.json", self.processes[0])
        self.address = json.loads((folder / "scheduler.json").read_text())["address"]

    def start(self, *command, **variables):
        settings = environment(self.folder) | {"XDG_CACHE_HOME": str(self.folder)} | variables
        command = [sys.executable, "-m", "dask", *command, "--scheduler-file", str(self.folder / "scheduler.json")]
        with (self.folder / "log").open("ab") as log:
            streams = {"stdout": log, "stderr": log, "start_new_session": True}
            self.processes.append(subprocess.Popen(command, cwd=self.folder, env=settings, **streams))
        return self.processes[-1]

    def start_worker(self, name, **variables):
        options = "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"
        process = self.start("worker", "--name", name, *options, **variables)
        deadline = time.monotonic() + 60
        while f"{name}'" not in (self.folder / "log").read_text() and time.monotonic() < deadline:
            assert process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.1)
        return process

    def stop(self):
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)  # with orphans of a killed worker
            except ProcessLookupError:
                pass
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    cluster = Cluster(folder)
    yield cluster
    cluster.stop()


def tree(folder, revision):
    return run(folder, "git", "rev-parse", f"{revision}^{{tree}}").stdout


def refusal(folder, *arguments):
    """Return the one line on stderr of a sweep that must be refused."""
    failed = run(folder, *SWEEP, *arguments, code=1)
    assert failed.stderr.startswith("sweep.py: ") and failed.stderr.count("\n") == 1, failed.stderr
    return failed.stderr.removeprefix("sweep.py: ").strip()


@pytest.mark.slow
def test_a_sweep_ends_with_every_experiment_after_ctrl_c_and_a_killed_worker(shared, cluster, tmp_path):
    first, _ = cluster.start_worker("w1"), cluster.start_worker("w2")
    clones = [cluster.folder / "headline-rnn" / socket.gethostname() / str(number) for number in (1, 2)]
    command = *SWEEP, cluster.address, "-S", "variants.lstm.hidden_size=5,6,7"
    process = start(shared, *command)
    wait_for(clones[0] / "checkpoints/lstm-1.pt", process)
    output, error = stop(process, signal.SIGINT)
    assert process.returncode == 130 and not output and "Traceback" not in error, error

    process = start(shared, *command)
    machines = {}  # of each experiment, in order
    for line in process.stderr:
        name, _, what = line.strip().partition(": ")
        if what.startswith("runs on "):
            machines.setdefault(name, []).append(what.removeprefix("runs on "))
        if what == "runs on w1":
            killed = name
            break
    deadline = time.monotonic() + 120
    while not any((clone / "checkpoints/lstm-1.pt").exists() for clone in clones) and time.monotonic() < deadline:
        time.sleep(0.05)
    first.kill()
    table, error = process.communicate()
    assert process.returncode == 0, error
    assert f"{killed}: runs on w2" in error
    names = sorted(line.split()[0] for line in table.splitlines()[1:] if line.split()[0] != "master")
    assert [name[: len("hidden_size-5")] for name in names] == ["hidden_size-5", "hidden_size-6", "hidden_size-7"]
    assert sorted(run(shared, "dvc", "exp", "list", "origin", "--name-only").stdout.split()) == names

    size = killed.removeprefix("hidden_size-")[0]
    run(shared, "dvc", "exp", "run", "--name", "alone", "-S", f"variants.lstm.hidden_size={size}")
    assert tree(shared, run(shared, "git", "for-each-ref", "--format=%(refname)", "refs/exps/**/alone").stdout.strip())

"""A sweep over real git and DVC remotes and Dask workers: ctrl-C, a killed worker, failures, and what is refused."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

from sarcasm.stage import InputError

import pytest
from cluster import sweep, workers
from ruamel.yaml import YAML
from tests.project import commit, environment, run, start, to_yaml

distributed = pytest.importorskip("distributed", reason="Dask is not installed (tests/requirements.txt)")
SWEEP = sys.executable, "cluster/sweep.py"
SIZE = "variants.lstm.hidden_size=5"
TO_BE_RUN = "{} of 2 experiments are to be run\n"


@pytest.fixture
def shared(small_project, tmp_path, monkeypatch):
    """The small project up to `evaluate`, with a bare repository as `origin` and a folder as DVC remote."""
    pipeline = YAML().load((small_project / "dvc.yaml").read_text(encoding="utf-8"))
    del pipeline["stages"]["report"]
    (small_project / "dvc.yaml").write_text(to_yaml(pipeline), encoding="utf-8")
    run(small_project, "dvc", "remote", "add", "--default", "team", "../team")
    commit(small_project, "Share the project")
    run(small_project, "dvc", "push", "--quiet")
    run(tmp_path, "git", "clone", "--quiet", "--bare", str(small_project), "origin.git")
    run(small_project, "git", "remote", "add", "origin", "../origin.git")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return small_project


@pytest.fixture
def dask(tmp_path):
    """A function that starts a Dask scheduler or worker on loopback; the caches of a worker are in cache/NAME."""
    processes = []

    def start_dask(kind, *arguments, name="scheduler", **variables):
        variables["XDG_CACHE_HOME"] = str(tmp_path / "cache" / name)
        command = [sys.executable, "-m", "dask", kind, *arguments, "--host", "127.0.0.1", "--no-dashboard"]
        settings = environment(tmp_path) | variables
        processes.append(subprocess.Popen(command, cwd=tmp_path, env=settings, start_new_session=True))
        return processes[-1]

    yield start_dask
    for process in processes:
        kill(process)


@pytest.fixture
def scheduler(dask, tmp_path):
    """A Dask scheduler: its process and its address."""
    file = tmp_path / "scheduler.json"
    process = dask("scheduler", "--port", "0", "--scheduler-file", str(file))
    wait_until(file.exists)
    return process, json.loads(file.read_text())["address"]


def start_workers(dask, address, *names, **variables):
    options = "--nthreads", "1", "--no-nanny"
    processes = [dask("worker", address, "--name", name, *options, name=name, **variables) for name in names]
    with distributed.Client(address) as client:
        client.wait_for_workers(len(names), timeout=60)
    return processes


def kill(process):
    """Kill a process and its children, as if its machine had died."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(condition):
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def pushed(folder):
    return sorted(run(folder, "dvc", "exp", "list", "origin", "--name-only").stdout.split())


@pytest.mark.slow
def test_a_sweep_ends_with_every_experiment_after_ctrl_c_and_a_killed_worker(shared, dask, scheduler, tmp_path):
    _, address = scheduler
    first, _ = start_workers(dask, address, "w1", "w2")
    command = *SWEEP, address, "-S", "variants.lstm.hidden_size=5,6"
    logs = tmp_path / "cache/w1/headline-rnn" / socket.gethostname()
    process = start(shared, *command)
    wait_until(lambda: list(logs.glob("*.log")))
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate() == ("", TO_BE_RUN.format(2)) and process.returncode == 130

    process = start(shared, *command)
    wait_until(lambda: "Running stage 'train@lstm-1'" in "".join(log.read_text() for log in logs.glob("*.log")))
    kill(first)
    table, error = process.communicate()
    assert process.returncode == 0, error
    names = pushed(shared)
    assert [name[:-8] for name in names] == ["hidden_size-5", "hidden_size-6"]
    assert sorted(error.removeprefix(TO_BE_RUN.format(2)).splitlines()) == [f"{name}: done" for name in names]
    title, _, _, *rows = table.splitlines()
    assert title.strip() == "variant: lstm" and sorted(row.split()[0] for row in rows) == [*names, "master"]

    again = run(shared, *command)
    assert (again.stdout, again.stderr) == (table, TO_BE_RUN.format(0))
    run(shared, "dvc", "exp", "run", "--name", "alone", "-S", f"+{SIZE}")
    trees = run(shared, "git", "for-each-ref", "--format=%(tree)", "refs/exps/**/alone", f"refs/exps/**/{names[0]}")
    assert len(set(trees.stdout.split())) == 1


@pytest.mark.slow
def test_on_one_machine_a_failed_experiment_is_named_and_the_others_are_kept(shared, tmp_path):
    (shared / "mine.yaml").write_text("variants: {stacked_lstm_dropout: null}", encoding="utf-8")
    command = *SWEEP, "--params", "mine.yaml", "-S", "vectors.dimension=99,100"
    failed = run(shared, *command, code=1)
    *_, reason, last = failed.stderr.splitlines()
    assert reason.startswith("mine-dimension-99-") and ": download_glove.py: " in reason and ".log)" in reason
    assert last == "sweep.py: 1 of 2 experiments failed, see above; the same command runs them again"
    (kept,) = pushed(shared)
    assert kept.startswith("mine-dimension-100-") and f"\n{kept} " in failed.stdout.replace("\n ", "\n")
    assert len(list(tmp_path.glob("cache/headline-rnn/*/mine-*"))) == 1  # the log of the failed experiment, no clones
    changed = run(shared, "dvc", "params", "diff", "HEAD", kept, "--json").stdout
    assert "stacked_lstm_dropout" in changed and "dimension" not in changed


@pytest.mark.slow
def test_what_workers_could_not_clone_or_push_is_refused(shared, monkeypatch):
    failed = run(shared, *SWEEP, "-S", "train.epoch=1", code=1)
    assert (failed.stdout, failed.stderr) == ("", "sweep.py: -S train.epoch=1: train.epoch: unknown key\n")

    def refused(*overrides, params=None):
        with pytest.raises(InputError) as error:
            sweep.main(None, list(overrides), params)
        return str(error.value)

    monkeypatch.setattr(sweep, "ROOT", shared)
    assert refused() == "nothing to run: expected -S or --params"
    assert refused(params="missing.yaml") == "missing.yaml: no such file"
    (shared / "stages/new.py").write_text("")
    assert refused(SIZE).startswith("uncommitted changes in stages/new.py")
    commit(shared, "Add a stage")
    assert refused(SIZE).startswith("the current commit is on no branch of the git remote `origin`")
    run(shared, "dvc", "remote", "default", "--unset")
    commit(shared, "No remote")
    run(shared, "git", "push", "--quiet", "origin", "HEAD")
    assert refused(SIZE).startswith("no default DVC remote")
    run(shared, "git", "remote", "remove", "origin")
    assert refused(SIZE).startswith("git fetch: fatal: 'origin' does not appear to be a git repository")


@pytest.mark.slow
def test_a_cluster_that_cannot_run_the_experiments_is_refused(dask, scheduler, tmp_path, monkeypatch):
    def refused(address):
        with pytest.raises(InputError) as error, workers.use_dask(address):
            pass
        return str(error.value)

    process, address = scheduler
    assert refused(address).startswith("the scheduler has no worker")
    package = tmp_path / "other/torch-9.9.9.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 9.9.9\n")
    (other,) = start_workers(dask, address, "other", PYTHONPATH=str(tmp_path / "other"))
    assert " and torch 9.9.9, expected Python " in refused(address)
    kill(other)
    wait_until(lambda: refused(address).startswith("the scheduler has no worker"))
    start_workers(dask, address, "w1")
    monkeypatch.setattr(workers, "WAIT", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(InputError, match="does not answer any more"), workers.use_dask(address) as submit:
            future = submit("name", [], "", "c" * 40, f"git://{host}/origin", ("team", "/team"))
            kill(process)
            future.result()
        for address in (f"tcp://{host}", "tcp://127.0.0.1:1"):
            assert refused(address) == f"no Dask scheduler answers at {address} within 1 seconds"
    assert refused("nowhere").startswith("nowhere: missing port number in address")

"""A sweep over real Dask workers, git and DVC remotes: kills, ctrl-C, a second call, failures, and what is refused."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest
import yaml
from tests.project import commit, environment, params, run, start, to_yaml, write_params
from tests.test_pipeline import stop, wait_for

from sarcasm.base.command import InputError

distributed = pytest.importorskip("distributed", reason="Dask is not installed (tests/requirements.txt)")
pytest.importorskip("optuna", reason="Optuna is not installed (tests/requirements.txt)")
from cluster import engine, sweep  # noqa: E402

SWEEP = sys.executable, "cluster/sweep.py"


@pytest.fixture
def shared(small_project, tmp_path):
    """The small project up to `evaluate`, with a bare repository as `origin` and a folder as DVC remote.

    `lstm` trains for 150 epochs, long enough to be killed.
    """
    document = params()
    document["variants"]["lstm"]["training"] = {"epochs": 150}
    write_params(small_project, document)
    pipeline = yaml.safe_load((small_project / "dvc.yaml").read_text(encoding="utf-8"))
    for stage in ("prepare-page", "draw-figures", "report"):
        del pipeline["stages"][stage]
    (small_project / "dvc.yaml").write_text(to_yaml(pipeline), encoding="utf-8")
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

    @property
    def address(self):
        return re.search(r"Scheduler at: +(\S+)", (self.folder / "log").read_text())[1]

    def start(self, *command, **variables):
        settings = environment(self.folder) | {"XDG_CACHE_HOME": str(self.folder)} | variables
        command = [sys.executable, "-m", "dask", *command]
        with (self.folder / "log").open("ab") as log:
            streams = {"stdout": log, "stderr": log, "start_new_session": True}
            self.processes.append(subprocess.Popen(command, cwd=self.folder, env=settings, **streams))
        return self.processes[-1]

    def start_worker(self, name, **variables):
        options = "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"
        process = self.start("worker", self.address, "--name", name, *options, **variables)
        self.wait_for(f" name: {name}\n")
        return process

    def wait_for(self, line):
        deadline = time.monotonic() + 60
        while line not in (log := (self.folder / "log").read_text()):
            assert time.monotonic() < deadline, log
            time.sleep(0.1)

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
    try:
        cluster.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        cluster.wait_for("Scheduler at:")
        yield cluster
    finally:
        cluster.stop()


def experiments(folder, remote="origin"):
    return sorted(run(folder, "dvc", "exp", "list", remote, "--name-only").stdout.split())


def tree(folder, name):
    (ref,) = run(folder, "git", "for-each-ref", "--format=%(refname)", f"refs/exps/**/{name}").stdout.split()
    return run(folder, "git", "rev-parse", f"{ref}^{{tree}}").stdout


def wait_for_training(worker, size):
    """Wait until a child of the worker has trained some epochs of a network of this size."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        for process in psutil.Process(worker.pid).children(recursive=True):
            try:
                folder = Path(process.cwd())
                if "stages/train.py" in process.cmdline() and (folder / "checkpoints/lstm-1.pt").exists():
                    document = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
                    if document["variants"]["lstm"]["hidden_size"] == size:
                        return
            except psutil.NoSuchProcess:
                pass
        time.sleep(0.05)
    pytest.fail("no training on the worker")


@pytest.mark.slow
def test_a_sweep_ends_with_every_experiment_after_ctrl_c_and_a_killed_worker(shared, cluster):
    first, _ = cluster.start_worker("w1"), cluster.start_worker("w2")
    command = *SWEEP, cluster.address, "-S", "variants.lstm.hidden_size=5,6"
    process = start(shared, *command)
    wait_for(cluster.folder / "headline-rnn" / socket.gethostname() / "1/checkpoints/lstm-1.pt", process)
    output, error = stop(process, signal.SIGINT)
    assert process.returncode == 130 and not output and "Traceback" not in error, error

    process = start(shared, *command)
    killed = next(line.partition(":")[0] for line in process.stderr if line.endswith(": runs on w1\n"))
    size = int(killed.split("-")[1])
    wait_for_training(first, size)
    first.kill()
    table, error = process.communicate()
    assert process.returncode == 0 and f"{killed}: runs on w2" in error, error
    names = experiments(shared)
    assert [name[:-8] for name in names] == ["hidden_size-5", "hidden_size-6"]
    assert {line.split()[0] for line in table.splitlines()} == {"experiment", "master", *names}
    assert {line.split()[1] for line in table.splitlines()[1:]} == {"lstm"}

    again = run(shared, *command)
    assert again.stdout == table and "runs on" not in again.stderr
    trials = *command[:-1], "variants.lstm.hidden_size=choice(5,6)", "--optuna", "2"
    for _ in range(2):
        run(shared, *trials)
        assert experiments(shared) == names
    (study,) = (shared / "runs").iterdir()
    told = [json.loads(line).get("values") for line in study.read_text().splitlines()]
    losses = [f"{values[0]:.4f}" for values in told if values]
    assert len(losses) == 2 and {*losses} <= {line.split()[2] for line in table.splitlines()}

    run(shared, "dvc", "exp", "run", "--name", "alone", "-S", f"variants.lstm.hidden_size={size}")
    assert tree(shared, "alone") == tree(shared, killed)


@pytest.mark.slow
def test_a_failed_experiment_is_named_and_the_others_are_kept(shared, tmp_path):
    changes = {"variants": {"stacked_lstm_dropout": None}, "corpus": {"source": "data/bundled/headlines.jsonl"}}
    (shared / "mine.yaml").write_text(yaml.safe_dump(changes), encoding="utf-8")
    command = *SWEEP, "--params", "mine.yaml", "-S", "glove.dimension=99,100"
    failed = run(shared, "env", f"XDG_CACHE_HOME={tmp_path / 'cache'}", *command, code=1)
    *_, reason, last = failed.stderr.splitlines()
    assert reason.startswith("mine-dimension-99-") and "download_vectors.py: " in reason and ".log)" in reason
    assert last == "sweep.py: 1 of 2 experiments failed, see above; the same command runs them again"
    (kept,) = experiments(shared)
    assert kept.startswith("mine-dimension-100-") and f"\n{kept} " in failed.stdout.replace("\n ", "\n")
    changed = json.loads(run(shared, "dvc", "params", "diff", "HEAD", kept, "--json").stdout)["params.yaml"]
    assert changed["corpus.source"]["new"] == str(shared / "data/bundled/headlines.jsonl")
    assert not any("stacked_lstm_dropout" in key and change.get("new") for key, change in changed.items())


@pytest.mark.slow
def test_what_workers_could_not_clone_or_push_is_refused(shared, monkeypatch):
    failed = run(shared, *SWEEP, "-S", "train.epoch=1", code=1)
    assert (failed.stdout, failed.stderr) == ("", "sweep.py: -S train.epoch=1: params.yaml has no train.epoch\n")

    def refused(*overrides, address=None, params=None, trials=None):
        with pytest.raises(InputError) as error:
            sweep.main(address, list(overrides), params, trials)
        return str(error.value)

    monkeypatch.setattr(sweep, "ROOT", shared)
    monkeypatch.setenv("PATH", os.environ["PATH"])  # which main changes
    size = "variants.lstm.hidden_size=5"
    assert refused() == "nothing to run: expected -S or --params"
    assert refused(params="missing.yaml") == "missing.yaml: no such file"
    assert refused(size, trials=2).startswith("--optuna: expected a range in -S")
    assert refused("train.epochs=1,2", trials=2).startswith("--optuna: expected -S for parameters of one variant")
    assert refused(size, address="nowhere").startswith("nowhere: missing port number in address")
    (shared / "stages/new.py").write_text("")
    assert refused(size).startswith("uncommitted changes in stages/new.py")
    commit(shared, "Add a stage")
    assert refused(size).startswith("the current commit is on no branch of the git remote `origin`")
    run(shared, "dvc", "remote", "default", "--unset")
    commit(shared, "No remote")
    run(shared, "git", "push", "--quiet", "origin", "HEAD")
    assert refused(size).startswith("no default DVC remote")
    run(shared, "git", "remote", "remove", "origin")
    assert refused(size).startswith("git fetch: fatal: 'origin' does not appear to be a git repository")
    assert not (shared / "runs").exists()


def test_two_clusters_on_one_machine_do_not_warn():
    with engine.connect(None) as first, engine.connect(None) as second:
        assert [client.submit(abs, -1).result() for client in (first, second)] == [1, 1]


@pytest.mark.slow
def test_a_cluster_that_cannot_run_the_experiments_is_refused(cluster, tmp_path, monkeypatch):
    def refused(address):
        with pytest.raises(InputError) as error, engine.connect(address):
            pass
        return str(error.value)

    assert refused(cluster.address).startswith("the scheduler has no worker")
    package = tmp_path / "other/torch-9.9.9.dist-info/METADATA"
    package.parent.mkdir(parents=True)
    package.write_text("Metadata-Version: 2.1\nName: torch\nVersion: 9.9.9\n")
    other = cluster.start_worker("w1", PYTHONPATH=str(tmp_path / "other"))
    assert f"has torch 9.9.9, expected {version('torch')} as here" in refused(cluster.address)
    other.kill()
    cluster.start_worker("w2")
    with pytest.raises(InputError, match="does not answer any more"), engine.connect(cluster.address) as client:
        future = client.submit(time.sleep, 60)
        cluster.processes[0].kill()
        engine.wait([future])
    monkeypatch.setattr(engine, "WAIT", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        assert refused(address) == f"no Dask scheduler answers at {address} within 1 seconds"
    assert refused(address) == f"no Dask scheduler answers at {address} within 1 seconds"
    assert refused("tls://127.0.0.1:1").startswith("tls://127.0.0.1:1: TLS expects")

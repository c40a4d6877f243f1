"""The small project of project.py as fixtures: built once per test run, copied for each test."""

import os
import shutil
import signal
from collections import Counter
from functools import wraps
from time import monotonic

import pytest
import torch
from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from tests.project import commit, make, once, run

settings.register_profile("project", deadline=None, derandomize=True, max_examples=60)
settings.register_profile(
    "fuzz",
    deadline=None,
    derandomize=False,
    max_examples=50,
    phases=[Phase.reuse, Phase.generate],  # not the explicit ones, which the suite runs
    suppress_health_check=list(HealthCheck),
    database=DirectoryBasedExampleDatabase(".hypothesis/examples"),
)
MINUTES = float(os.environ.get("FUZZ_MINUTES", 0))  # of `make fuzz`
LIMIT = 60  # seconds for an example of `make fuzz`
settings.load_profile("fuzz" if MINUTES else "project")
torch.set_num_threads(1)  # as in the stages; two threads on one busy core wait for each other


def pytest_collection_modifyitems(items):
    """In `make fuzz`, stop an example that takes too long."""
    if not MINUTES:
        return
    for test in {item.obj for item in items if hasattr(item.obj, "hypothesis")}:
        test.hypothesis.inner_test = _limited(test.hypothesis.inner_test)


def _limited(function):
    def stop(*_):
        pytest.fail(f"no result after {LIMIT} seconds")

    @wraps(function)
    def call(*arguments, **values):
        before = signal.signal(signal.SIGALRM, stop)
        signal.alarm(LIMIT)
        try:
            function(*arguments, **values)
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)

    return call


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """In `make fuzz`, repeat a property with new examples. Each file of tests gets an equal share of the time."""
    if not MINUTES:
        return None
    files = Counter(item.path for item in pyfuncitem.session.items)
    end = monotonic() + 60 * MINUTES / len(files) / files[pyfuncitem.path]
    fixtures = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    while monotonic() < end:
        pyfuncitem.obj(**fixtures)
    return True


@pytest.fixture(scope="session")
def fresh_base(tmp_path_factory, worker_id):
    return once(tmp_path_factory, worker_id, "fresh", make)


@pytest.fixture(scope="session")
def small_base(tmp_path_factory, worker_id, fresh_base):
    def reproduce(folder):
        shutil.copytree(fresh_base, folder, dirs_exist_ok=True)
        run(folder, "dvc", "repro")
        commit(folder, "Run the pipeline")
        shutil.rmtree(folder / ".dvc/tmp")  # locks and caches of file times, useless in a copy

    return once(tmp_path_factory, worker_id, "small", reproduce)


@pytest.fixture
def fresh_project(fresh_base, tmp_path):
    """The small project, no stage run."""
    return shutil.copytree(fresh_base, tmp_path / "fresh")


@pytest.fixture
def small_project(small_base, tmp_path):
    """The small project after `dvc repro`, with all outputs and dvc.lock committed."""
    return shutil.copytree(small_base, tmp_path / "project")

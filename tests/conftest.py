"""The small project of project.py as fixtures: built once per test run, copied for each test."""

import shutil
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from hypothesis import settings
from tests.project import commit, make, run

settings.register_profile("project", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("project")
torch.set_num_threads(1)  # as in the stages; two threads on one busy core wait for each other


def _once(tmp_path_factory, worker_id, name, build) -> Path:
    """Build a folder once for all workers of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            unfinished = folder.with_name(f"{name}.unfinished")
            unfinished.mkdir()
            build(unfinished)
            unfinished.rename(folder)
    return folder


@pytest.fixture(scope="session")
def fresh_base(tmp_path_factory, worker_id):
    return _once(tmp_path_factory, worker_id, "fresh", make)


@pytest.fixture(scope="session")
def small_base(tmp_path_factory, worker_id, fresh_base):
    def reproduce(folder):
        shutil.copytree(fresh_base, folder, dirs_exist_ok=True)
        run(folder, "dvc", "repro")
        commit(folder, "Run the pipeline")
        shutil.rmtree(folder / ".dvc/tmp")  # locks and caches of file times, useless in a copy

    return _once(tmp_path_factory, worker_id, "small", reproduce)


@pytest.fixture
def fresh_project(fresh_base, tmp_path):
    """The small project, no stage run."""
    return shutil.copytree(fresh_base, tmp_path / "fresh")


@pytest.fixture
def small_project(small_base, tmp_path):
    """The small project after `dvc repro`, with all outputs and dvc.lock committed."""
    return shutil.copytree(small_base, tmp_path / "project")

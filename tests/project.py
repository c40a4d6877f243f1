"""A small project to run the pipeline in: the tracked files, 120 headlines, three variants, two epochs.

The fixtures `fresh_project` and `small_project` of conftest.py give a copy of it.
"""

import gzip
import json
import os
import random
import runpy
import shutil
import signal
import subprocess
import sys
from contextlib import chdir
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from filelock import FileLock
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
CODE = [
    "stages",
    "dvc.yaml",
    "repro.py",
    "runner.py",
    "exps.py",
    "cluster",
    ".dvc",
    ".dvcignore",
    ".gitignore",
    ".gitattributes",
]
OPENINGS = "area man,local woman,nation,senate,report,study,mayor,officials,scientists,everyone".split(",")
VERBS = "announces,confirms,wins,votes on,delays,finally admits,quietly enjoys,bravely eats,blames".split(",")
THINGS = "budget,weather,sandwich,election,bridge,moon,whole weekend,climate deal,chair,tax plan".split(",")


def headlines(count: int = 120) -> list[dict[str, str | int]]:
    """Generate headlines; every other one is sarcastic."""
    draw = random.Random(0)
    texts = [f"{draw.choice(OPENINGS)} {draw.choice(VERBS)} {draw.choice(THINGS)}" for _ in range(count)]
    return [
        {"headline": f"{text} again" if place % 2 else text, "is_sarcastic": place % 2}
        for place, text in enumerate(texts)
    ]


def vectors(dimension: int = 100) -> str:
    """Generate vectors in GloVe's format for all words of the headlines but one."""
    words = sorted(set(" ".join(OPENINGS + VERBS + THINGS).split()))
    values = np.random.default_rng(0).normal(0, 0.4, (len(words), dimension))
    return "".join(
        f"{word} {' '.join(f'{value:.4f}' for value in row)}\n" for word, row in zip(words, values, strict=True)
    )


def params() -> dict:
    """Return a reduced params.yaml of the project: three small variants, two epochs."""
    document = YAML().load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    document["split"] |= {"train": 80, "validation": 20, "test": 20}
    document["vocabularies"]["plain"] |= {"size": 40, "max_length": 12}
    document["vocabularies"]["pretrained"] |= {"size": 50, "max_length": 10}
    document["baseline"] |= {"c": [1, 10]}
    document["train"] |= {"epochs": 2, "batch_size": 8, "device": "cpu"}
    document["network"] |= {"hidden_size": 4}
    document["evaluate"] |= {"resamples": 100, "sentences": "It's a beautiful sunny day\nPyTorch book\n"}
    for group, names in {"variants": ["lstm", "stacked_lstm_dropout"], "pretrained_variants": ["wide_bi_lstm"]}.items():
        for name in set(document[group]) - set(names):
            del document[group][name]
    document["pretrained_variants"]["wide_bi_lstm"] |= {"hidden_size": 4, "wide": 64}
    return document


def to_yaml(document: Any) -> str:
    """Return the document as YAML, in its order."""
    text = StringIO()
    YAML().dump(document, text)
    return text.getvalue()


def write_params(folder: Path, document: dict) -> None:
    """Write params.yaml in the order of `document`."""
    (folder / "params.yaml").write_text(to_yaml(document), encoding="utf-8")


def make(folder: Path) -> Path:
    """Make the project in `folder`: a git repository with one commit, no stage run."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *CODE]
    for name in subprocess.check_output(listing, cwd=ROOT, text=True).split("\0")[:-1]:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    write_params(folder, params())
    bundled = folder / "data/bundled"
    bundled.mkdir(parents=True)
    (bundled / "headlines.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in headlines()), encoding="utf-8")
    (bundled / "vectors.100d.txt.gz").write_bytes(gzip.compress(vectors().encode(), mtime=0))
    run(folder, "git", "init", "--quiet")
    commit(folder, "Start")
    return folder


def once(tmp_path_factory, worker_id, name, build) -> Path:
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


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a user with this Python on the path; dvc and git write only to `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DVC_", "HEADLINES_"))}
    person = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return (
        kept
        | person
        | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "DVC_SITE_CACHE_DIR": str(folder / ".dvc/tmp/site"),
            "DVC_NO_ANALYTICS": "1",
        }
    )


def start(folder: Path, *command: str) -> subprocess.Popen[str]:
    """Start a command in the project, in a process group of its own that receives ctrl-C.

    Some CI runs tests in the background of a shell, where SIGINT is ignored, and children would inherit that.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    default = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(
        command, cwd=folder, env=environment(folder), start_new_session=True, preexec_fn=default, **pipes
    )


def run(folder: Path, *command: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run a command in the project and check its exit code (None: any)."""
    result = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True)
    assert code in (None, result.returncode), f"{command}: {result.returncode}\n{result.stdout}{result.stderr}"
    return result


def commit(folder: Path, message: str) -> None:
    """Commit everything that git does not ignore."""
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--allow-empty", "-m", message)


def run_stage(folder: Path, name: str, *arguments: str) -> None:
    """Run a stage's script in this process, which is faster than a new one. A failure raises SystemExit."""
    with chdir(folder), patch.object(sys, "argv", [f"{name}.py", *arguments]):
        runpy.run_path(str(ROOT / f"stages/{name}.py"), run_name="__main__")


def refusal(folder: Path, name: str, *arguments: str) -> str:
    """Run a stage that must fail with one line on stderr and exit code 1; return the line."""
    with pytest.raises(SystemExit) as ended:
        run_stage(folder, name, *arguments)
    message = ended.value.code  # Python prints a string and exits with code 1
    assert isinstance(message, str) and message.startswith(f"{name}.py: ") and len(message.splitlines()) == 1, message
    return message.removeprefix(f"{name}.py: ")


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file written by the pipeline, and of dvc.lock, by path."""
    names = ["dvc.lock", "checkpoints", "data", "metrics", "models", "plots"]
    paths = [path for name in names for path in [folder / name, *(folder / name).rglob("*")] if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(paths)}

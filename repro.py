"""Run the pipeline, several variants at a time.

    python repro.py                      here, with params.yaml
    python repro.py configs/book.yaml    as the DVC experiment `book`, in a git worktree of the current commit

A parameter file other than params.yaml states what differs from it, or from another file that it `extends`; a variant
that is null is removed. Relative paths in it, and in HEADLINES_MIRROR, are relative to the current folder. The worktree
is runs/<name>. An interrupted run resumes there; a complete one is saved as an experiment and its worktree is removed.
A corpus and vectors that are files of your own are read again each time; `dvc repro` does not notice that they changed.
"""

import json
import os
import re
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
PARAMS = ROOT / "params.yaml"
sys.path.insert(0, str(ROOT / "stages"))

from sarcasm.params import GROUPS, Params, check_params, read_params, read_yaml  # noqa: E402
from sarcasm.sources import CORPORA, GLOVE  # noqa: E402
from sarcasm.stage import InputError, lock, make_parser, run, write_text  # noqa: E402

from ruamel.yaml import YAML  # noqa: E402
from runner import Runner, show_results  # noqa: E402

INPUTS = "stages", "dvc.yaml", "params.yaml", ".dvc", ".dvcignore", "data/bundled"  # what git tracks of a run
KNOWN = {"bundled", *CORPORA, *GLOVE}
EXAMPLE = "granny starting to fear spiders in the garden might be real"


def main(params: str, jobs: int) -> None:
    """Run the pipeline here, or as an experiment."""
    path = Path(os.path.relpath(params))
    if mirror := os.environ.get("HEADLINES_MIRROR"):
        os.environ["HEADLINES_MIRROR"] = os.path.abspath(mirror) if is_path(mirror) else mirror
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if path.resolve() == PARAMS:
        checked = read_params(path)
        with lock(ROOT / ".dvc/tmp/params.yaml.repro.lock"):
            run_stages(ROOT, checked, jobs)
        show_results(ROOT)
        print(f"Report: {(ROOT / 'plots/report.html').as_uri()}")
        print(f'Try: {os.path.relpath(sys.executable)} stages/predict.py --explain "{EXAMPLE}"')
    else:
        document = read_experiment(path)
        with lock(ROOT / f".dvc/tmp/{path.stem}.repro.lock"):
            run_experiment(path, document, jobs)


def read_experiment(path: Path) -> str:
    """Return params.yaml, with its comments, and what a parameter file changes; paths are relative to the project."""
    document = read_yaml(PARAMS, comments=True)
    change(document, read_changes(path))
    check_params(document, path)
    for section in (document["corpus"], document["vectors"]):
        if is_path(source := section["source"]) and not Path(source).is_absolute():
            section["source"] = os.path.relpath(source, ROOT)
    text = StringIO()
    YAML().dump(document, text)
    return text.getvalue()


def read_changes(path: Path) -> dict[str, Any]:
    """Read a parameter file, on top of the one that it extends."""
    changes = read_yaml(path) or {}
    if not isinstance(changes, dict):
        raise InputError(f"{path}: expected a mapping, found {changes!r:.60}")
    if base := changes.pop("extends", None):
        extended = read_changes(path.parent / base)
        change(extended, changes, remove=False)
        return extended
    return changes


def change(document: dict[str, Any], changes: dict[str, Any], remove: bool = True, names: bool = False) -> None:
    """Apply changes to a document, mapping by mapping; where the keys are `names`, null removes one."""
    for key, value in changes.items():
        if value is None and names and remove:
            document.pop(key, None)
        elif isinstance(value, dict) and isinstance(document.get(key), dict):
            change(document[key], value, remove, key in GROUPS)
        else:
            document[key] = value


def is_path(source: str) -> bool:
    """Tell whether a source is a file of the user's own."""
    return source not in KNOWN and "://" not in source


def run_stages(folder: Path, params: Params, jobs: int) -> None:
    """Run the pipeline in a folder."""
    remove_broken_lock(folder / ".dvc/tmp/rwlock")
    sources = {"download-corpus": params.corpus.source, "download-glove": params.vectors.source}
    own_files = [stage for stage, source in sources.items() if is_path(source)]
    Runner(folder, params).run(jobs, own_files)


def remove_broken_lock(path: Path) -> None:
    """Remove a lock file of DVC that a killed process has left empty or cut off, with which DVC refuses to run."""
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        pass
    except ValueError:
        if time.time() - path.stat().st_mtime > 2:  # seconds; DVC writes it in place, in less than one
            path.unlink()


def run_experiment(path: Path, params: str, jobs: int) -> None:
    """Run the pipeline with other parameters in a worktree, and save it as an experiment."""
    name, folder = path.stem, ROOT / "runs" / path.stem
    check_repository(path)
    if folder.exists() and not (folder / ".git").is_file():  # git in it would change the main checkout
        raise InputError(f"runs/{name}: not a git worktree; move or delete it")
    (commit,) = git(ROOT, "rev-parse", "HEAD")
    git(ROOT, "worktree", "prune")
    if not folder.exists():
        git(ROOT, "worktree", "add", "--quiet", "--detach", str(folder), commit)
    git(folder, "checkout", "--quiet", "--force", "--detach", commit)
    cache = dvc(ROOT, "cache", "dir").strip()
    dvc(folder, "config", "--local", "cache.dir", os.path.relpath(ROOT / cache, folder))
    write_text(folder / "params.yaml", params)
    print(f"{path} runs in {folder.relative_to(ROOT)}", flush=True)
    run_stages(folder, read_params(folder / "params.yaml"), jobs)
    git(folder, "add", "--all", "--sparse", "metrics", "plots")  # of new variants, which git does not track yet
    dvc(folder, "exp", "save", "--force", "--name", name)
    show_results(folder)
    print(f"Saved as the experiment {name}; `dvc exp apply {name}` brings its models, report and parameters here")
    git(ROOT, "worktree", "remove", "--force", str(folder))


def check_repository(path: Path) -> None:
    """Raise InputError if the experiment of a parameter file could not be saved: now, not after hours of training."""
    name = path.stem
    if not re.fullmatch(r"\w[\w-]*", name):
        raise InputError(f"{path}: expected a name of letters, digits, - and _, as it becomes that of the experiment")
    if "".join(git(ROOT, "rev-parse", "--show-prefix", "--show-superproject-working-tree")):
        raise InputError(f"the project is a part of another git repository: clone it elsewhere to run {path}")
    if succeeds(ROOT, "rev-parse", "--verify", name):
        raise InputError(f"{path}: git knows {name} as a branch, a tag or a commit; rename the file")
    if not succeeds(ROOT, "var", "GIT_COMMITTER_IDENT"):
        raise InputError("git does not know who you are: `git config --global user.name NAME`, and user.email")
    if changed := [line[3:] for line in git(ROOT, "status", "--porcelain", "--", *INPUTS)]:
        raise InputError(
            f"uncommitted changes in {', '.join(changed)}: commit them (`make commit`), as an experiment is of a commit"
        )


def dvc(folder: Path, *arguments: str) -> str:
    """Run a command of DVC in a folder and return its output. Raises InputError with its message."""
    return call(folder, [sys.executable, "-m", "dvc"], *arguments)


def git(folder: Path, *arguments: str) -> list[str]:
    """Run a command of git in a folder and return the lines of its output. Raises InputError with its message."""
    return call(folder, ["git"], *arguments).splitlines()


def call(folder: Path, program: list[str], *arguments: str) -> str:
    """Run a command in a folder and return its output. Raises InputError with its message."""
    result = subprocess.run([*program, *arguments], cwd=folder, capture_output=True, text=True)
    if result.returncode:
        raise InputError(f"{program[-1]} {arguments[0]}: {result.stderr}")
    return result.stdout


def succeeds(folder: Path, *arguments: str) -> bool:
    """Tell whether a command of git succeeds."""
    return not subprocess.run(["git", *arguments], cwd=folder, capture_output=True).returncode


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("params", nargs="?", default=str(PARAMS), metavar="PARAMETER_FILE")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="variants to train at a time (default: cores)")
    run(main, parser)

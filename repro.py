"""Run the pipeline, several variants at a time.

    python repro.py                      here, with params.yaml
    python repro.py configs/book.yaml    as the DVC experiment `book`, in a git worktree of the current commit

A parameter file other than params.yaml states what differs from it, or from another file that it `extends`; a variant
that is null is removed. Relative paths in it, and in HEADLINES_MIRROR, are relative to the current folder. The worktree
is runs/<name>. An interrupted run resumes there; a complete one is saved as an experiment and its worktree is removed.
"""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
PARAMS = ROOT / "params.yaml"
sys.path.insert(0, str(ROOT / "stages"))

from sarcasm.params import GROUPS, check_params, read_params, read_yaml  # noqa: E402
from sarcasm.sources import CORPORA, GLOVE  # noqa: E402
from sarcasm.stage import InputError, lock, make_parser, run, write_text  # noqa: E402

from ruamel.yaml import YAML  # noqa: E402

INPUTS = "stages", "dvc.yaml", "params.yaml", ".dvc", ".dvcignore", "data/bundled"  # what git tracks of a run
KNOWN = {"bundled", *CORPORA, *GLOVE}


def main(params: str, jobs: int) -> None:
    """Run the pipeline here, or as an experiment."""
    path = Path(os.path.relpath(params))
    if mirror := os.environ.get("HEADLINES_MIRROR"):
        os.environ["HEADLINES_MIRROR"] = make_absolute(mirror)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if path.resolve() == PARAMS:
        read_params(path)
        with lock(ROOT / ".dvc/tmp/params.yaml.repro.lock"):
            run_stages(ROOT, jobs)
            print(f"\n{(ROOT / 'plots/results.md').read_text(encoding='utf-8')}\nReport: plots/report.html")
    else:
        document = read_experiment(path)
        with lock(ROOT / f".dvc/tmp/{path.stem}.repro.lock"):
            run_experiment(path, document, jobs)


def read_experiment(path: Path) -> str:
    """Return params.yaml, with its comments, and what a parameter file changes, the paths in it as absolute ones."""
    document = read_yaml(PARAMS, comments=True)
    change(document, read_changes(path))
    check_params(document, path)
    for section in (document["corpus"], document["vectors"]):
        if section["source"] not in KNOWN:
            section["source"] = make_absolute(section["source"])
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


def make_absolute(source: str) -> str:
    """Return a path as an absolute one, and an address unchanged."""
    return source if "://" in source else str(Path(source).absolute())


def run_stages(folder: Path, jobs: int) -> None:
    """Run the pipeline in a folder, with the trainings divided among `jobs` processes of DVC."""
    if jobs > 1:  # `dvc repro` alone runs one stage after the other
        dvc(folder, "repro", "glove-coverage", "tokenize")
        names = dvc(folder, "stage", "list", "--name-only", stdout=subprocess.PIPE).stdout.split()
        trainings = [name for name in names if name.startswith("train")][::-1]  # the largest are last in params.yaml
        command = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item"]
        shares = [share for job in range(jobs) if (share := trainings[job::jobs])]
        processes = [subprocess.Popen([*command, *share], cwd=folder) for share in shares]
        try:
            codes = [process.wait() for process in processes]
        except KeyboardInterrupt:  # which the processes have received too
            for process in processes:
                process.wait()
            raise
        if any(codes):
            raise InputError("a training failed, see above")
    dvc(folder, "repro")


def run_experiment(path: Path, params: str, jobs: int) -> None:
    """Run the pipeline with other parameters in a worktree, and save it as an experiment."""
    name, folder = path.stem, ROOT / "runs" / path.stem
    if not re.fullmatch(r"\w[\w-]*", name):
        raise InputError(f"{path}: expected a name of letters, digits, - and _, as it becomes that of the experiment")
    if changed := [line[3:] for line in git(ROOT, "status", "--porcelain", "--", *INPUTS)]:
        raise InputError(
            f"uncommitted changes in {', '.join(changed)}: commit them (`make commit`), as an experiment is of a commit"
        )
    if folder.exists() and not (folder / ".git").is_file():  # git in it would change the main checkout
        raise InputError(f"runs/{name}: not a git worktree; move or delete it")
    (commit,) = git(ROOT, "rev-parse", "HEAD")
    git(ROOT, "worktree", "prune")
    if not folder.exists():
        git(ROOT, "worktree", "add", "--quiet", "--detach", str(folder), commit)
    git(folder, "checkout", "--quiet", "--force", "--detach", commit)
    cache = dvc(ROOT, "cache", "dir", stdout=subprocess.PIPE).stdout.strip()
    dvc(folder, "config", "--local", "cache.dir", str((ROOT / cache).resolve()))
    write_text(folder / "params.yaml", params)
    print(f"{path} runs in {folder.relative_to(ROOT)}", flush=True)
    run_stages(folder, jobs)
    git(folder, "add", "--all", "metrics", "plots")  # files of new variants, which git does not track yet
    dvc(folder, "exp", "save", "--quiet", "--force", "--name", name)
    print(f"\n{(folder / 'plots/results.md').read_text(encoding='utf-8')}")
    print(f"Saved as the experiment {name}. Compare: dvc metrics diff HEAD {name}. Use it here: dvc exp apply {name}")
    git(ROOT, "worktree", "remove", "--force", str(folder))


def dvc(folder: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command of DVC in a folder. Raises InputError if it fails, after its own message."""
    result = subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=folder, text=True, **options)
    if result.returncode:
        raise InputError(f"dvc {arguments[0]} failed, see above")
    return result


def git(folder: Path, *arguments: str) -> list[str]:
    """Run a command of git in a folder and return the lines of its output. Raises InputError with its message."""
    result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    if result.returncode:
        raise InputError(f"git {arguments[0]}: {result.stderr}")
    return result.stdout.splitlines()


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("params", nargs="?", default=str(PARAMS), metavar="PARAMETER_FILE")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="variants to train at a time (default: cores)")
    run(main, parser)

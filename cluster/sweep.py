"""Run DVC experiments, several at a time: on this machine or on the workers of a Dask cluster.

    python cluster/sweep.py -S variants.bi_lstm.learning_rate=0.001,0.0003 -S train.seeds=[1],[2]
    python cluster/sweep.py tcp://scheduler:8786 -S network.hidden_size=range(8,33,8)
    python cluster/sweep.py tcp://scheduler:8786 --params configs/book.yaml -S train.seeds=[1],[2]

A value of -S is one, a list, range() or choice(), as in `dvc exp run --queue`; a variant may be given what it has from
`network`. Each combination becomes an experiment of the current commit. With the address of a scheduler they run on its
workers, otherwise on this machine, as many at a time as it has cores.

Each experiment runs in a clone of `origin` and is pushed to `origin` and to the DVC remote. What `origin` has is not
run again, so the same command resumes. docs/cluster.md has more.
"""

import re
import subprocess
import sys
from concurrent.futures import as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "stages")]

from sarcasm.params import GROUPS, read_params  # noqa: E402
from sarcasm.stage import InputError, make_parser, run  # noqa: E402

from cluster.experiment import list_pushed  # noqa: E402
from cluster.plan import make_experiments  # noqa: E402
from cluster.workers import use_dask, use_threads  # noqa: E402
from repro import INPUTS, PARAMS, dvc, git, read_experiment  # noqa: E402
from tqdm import tqdm  # noqa: E402


def main(scheduler: str | None, overrides: list[str], params: str | None) -> None:
    """Run the experiments and list them."""
    if not overrides and not params:
        raise InputError("nothing to run: expected -S or --params")
    origin, dvc_remote = check_repository()
    (commit,) = git(ROOT, "rev-parse", "HEAD")
    text = read_start(params)
    experiments = make_experiments(overrides, text, commit, Path(params).stem if params else "")
    pushed = list_pushed(origin, commit)
    missing = {name: changes for name, changes in experiments.items() if name not in pushed}
    print(f"{len(missing)} of {len(experiments)} experiments are to be run", file=sys.stderr, flush=True)
    failed = {}
    with (
        use_dask(scheduler) if scheduler else use_threads() as submit,
        tqdm(total=len(experiments), initial=len(experiments) - len(missing), disable=None) as bar,
    ):
        futures = {submit(name, changes, text, commit, origin, dvc_remote): name for name, changes in missing.items()}
        for future in as_completed(futures):
            name, error = futures[future], future.exception()
            if error:
                failed[name] = " ".join(str(error).split())
            bar.update()
            bar.write(f"{name}: {'failed' if error else 'done'}", file=sys.stderr)
    show_experiments(commit, [name for name in experiments if name not in failed], overrides)
    for name, reason in failed.items():
        print(f"{name}: {reason}", file=sys.stderr)
    if failed:
        count = f"{len(failed)} of {len(experiments)}"
        raise InputError(f"{count} experiments failed, see above; the same command runs them again")


def check_repository() -> tuple[str, tuple[str, str]]:
    """Return the address of the git remote, and name and address of the DVC remote.

    Raises InputError if the workers could not get the commit or could not push.
    """
    if changed := [line[3:] for line in git(ROOT, "status", "--porcelain", "--", *INPUTS)]:
        raise InputError(f"uncommitted changes in {', '.join(changed)}: commit and push them")
    git(ROOT, "fetch", "--quiet", "origin")
    if not git(ROOT, "for-each-ref", "--contains", "HEAD", "refs/remotes/origin"):
        raise InputError("the current commit is on no branch of the git remote `origin`: push it, workers clone it")
    (address,) = git(ROOT, "remote", "get-url", "origin")
    if (ROOT / address).exists():  # a relative path would be another one on the worker
        address = str((ROOT / address).resolve())
    listed = dvc(ROOT, "remote", "list")
    default = re.search(r"^(\S+)\s+(.*?)\s+\(default\)$", listed, re.MULTILINE)
    if not default:
        raise InputError("no default DVC remote, to which workers push models and data: `dvc remote add --default ...`")
    return address, (default[1], default[2])


def read_start(params: str | None) -> str:
    """Return the content of params.yaml from which all experiments start: the commit's, or with a parameter file."""
    if params:
        return read_experiment(Path(params))
    read_params(PARAMS)
    return PARAMS.read_text(encoding="utf-8")


def show_experiments(commit: str, names: list[str], overrides: list[str]) -> None:
    """Fetch experiments, without data and models, and list all of the commit; if one variant changes, its scores."""
    refs = [f"refs/exps/{commit[:2]}/{commit[2:]}/{name}" for name in names]
    git(ROOT, "fetch", "--quiet", "origin", *(f"+{ref}:{ref}" for ref in refs))
    paths = [override.lstrip("+").partition("=")[0].split(".") for override in overrides]
    variants = {path[1] for path in paths if path[0] in GROUPS and len(path) > 1}
    command = [sys.executable, "exps.py", *(variants if len(variants) == 1 else ())]
    if subprocess.run(command, cwd=ROOT).returncode:
        raise InputError("exps.py failed, see above")


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("scheduler", nargs="?", metavar="SCHEDULER")
    parser.add_argument("-S", "--set-param", action="append", default=[], dest="overrides", metavar="KEY=VALUES")
    parser.add_argument("--params", metavar="PARAMETER_FILE", help="start from this file instead of params.yaml")
    run(main, parser)

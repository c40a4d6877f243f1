"""Run DVC experiments on the workers of a Dask cluster.

    python cluster/sweep.py tcp://scheduler:8786 -S variants.bi_lstm.learning_rate=0.001,0.0003 -S train.seeds=[1],[2]
    python cluster/sweep.py --params configs/book.yaml -S train.seeds=[1],[2]
    python cluster/sweep.py --optuna 20 -S 'variants.bi_lstm.learning_rate=tag(log,interval(0.0001,0.01))'

Without the address of a scheduler: on this machine, as many experiments at a time as it has cores. A value of -S is
one, a list, range() or choice(), as in `dvc exp run --queue`: each combination becomes an experiment of the current
commit. With --optuna N, Optuna chooses N combinations, also from interval(), for the lowest validation loss of the
variant whose parameters change.

A worker clones `origin`, runs the experiment and pushes it to `origin` and to the DVC remote. What `origin` has is not
run again, so the same command resumes. docs/cluster.md has more.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "stages")]

try:
    from cluster.engine import connect, run_all
except ImportError as error:
    sys.exit(f"sweep.py: {error.name} is not installed: pip install --group cluster")

from cluster.experiment import pushed  # noqa: E402
from cluster.plan import Base, Experiment, changed_variants, make_experiments  # noqa: E402
from repro import INPUTS, dvc, git, read_experiment  # noqa: E402
from tqdm import tqdm  # noqa: E402

from sarcasm.base.command import InputError, call, make_parser  # noqa: E402


def main(address: str | None, overrides: list[str], params: str | None, trials: int | None) -> None:
    """Run the experiments and list them."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if not overrides and not params:
        raise InputError("nothing to run: expected -S or --params")
    remotes = check_repository()
    base = read_base(params)
    variants = changed_variants(overrides)
    if trials:
        study = make_study(base, overrides, variants)
        total, done, experiments = trials, study.complete, study.trials(trials)
    else:
        planned = make_experiments(base, overrides)
        there = pushed(remotes[0], base.commit)
        missing = [experiment for experiment in planned if experiment.name not in there]
        total, done, experiments = len(planned), len(planned) - len(missing), iter(missing)

    def finish(experiment: Experiment) -> None:
        if trials:
            study.tell(experiment, validation_loss(fetch(base.commit, experiment.name), *variants))

    with connect(address) as client, tqdm(total=total, initial=done, unit="experiment", disable=None) as bar:
        failed = run_all(client, experiments, (base.params, base.commit, *remotes), finish, bar)
    fetch(base.commit)
    table = subprocess.run([sys.executable, "exps.py", *(variants if len(variants) == 1 else ())], cwd=ROOT)
    for name, reason in failed.items():
        print(f"{name}: {reason}", file=sys.stderr)
    if table.returncode:
        raise InputError("exps.py failed, see above")
    if failed:
        raise InputError(f"{len(failed)} of {total} experiments failed, see above; the same command runs them again")


def check_repository() -> tuple[str, tuple[str, str]]:
    """Return the address of the git remote, and name and address of the DVC remote.

    Raises InputError if the workers could not get the commit or could not push.
    """
    if changed := [line[3:] for line in git(ROOT, "status", "--porcelain", "--", *INPUTS)]:
        raise InputError(f"uncommitted changes in {', '.join(changed)}: commit and push them")
    git(ROOT, "fetch", "--quiet", "origin")
    if not git(ROOT, "for-each-ref", "--contains", "HEAD", "refs/remotes/origin"):
        raise InputError(
            "the current commit is on no branch of the git remote `origin`: push it, workers clone it there"
        )
    (address,) = git(ROOT, "remote", "get-url", "origin")
    if (ROOT / address).exists():  # a relative path would be another one on the worker
        address = str((ROOT / address).resolve())
    listed = dvc(ROOT, "remote", "list", stdout=subprocess.PIPE).stdout
    default = re.search(r"^(\S+)\s+(.*?)\s+\(default\)$", listed, re.MULTILINE)
    if not default:
        raise InputError("no default DVC remote, to which workers push models and data: `dvc remote add --default ...`")
    return address, (default[1], default[2])


def read_base(params: str | None) -> Base:
    """Return the current commit and its parameters, or those of another parameter file."""
    (commit,) = git(ROOT, "rev-parse", "HEAD")
    if params is None:
        return Base(commit, (ROOT / "params.yaml").read_text(encoding="utf-8"))
    document = read_experiment(Path(params))
    return Base(commit, yaml.safe_dump(document, sort_keys=False, allow_unicode=True), Path(params).stem)


def make_study(base: Base, overrides: list[str], variants: set[str]) -> Any:
    """Return the study of these ranges, in a file in runs/."""
    from cluster.study import Study  # Optuna takes a second to import

    if len(variants) != 1:
        raise InputError("--optuna: expected -S for parameters of one variant, whose validation loss is minimized")
    key = json.dumps([base.commit, base.params, sorted(overrides)])
    name = f"optuna-{min(variants)}-{hashlib.sha256(key.encode()).hexdigest()[:7]}"
    return Study(ROOT / "runs" / f"{name}.log", base, overrides)


def fetch(commit: str, name: str = "*") -> str:
    """Fetch experiments of a commit, without data and models; return their ref."""
    ref = f"refs/exps/{commit[:2]}/{commit[2:]}/{name}"
    git(ROOT, "fetch", "--quiet", "origin", f"+{ref}:{ref}")
    return ref


def validation_loss(ref: str, variant: str) -> float:
    """Return the validation loss of a variant in an experiment, the mean over its seeds."""
    paths = git(ROOT, "ls-tree", "--name-only", ref, "metrics/train/")
    paths = [path for path in paths if Path(path).stem.partition("-")[0] == variant]
    losses = [json.loads("".join(git(ROOT, "show", f"{ref}:{path}")))["validation_loss"] for path in paths]
    return float(sum(losses) / len(losses))


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("address", nargs="?", metavar="SCHEDULER")
    parser.add_argument("-S", "--set-param", action="append", default=[], dest="overrides", metavar="KEY=VALUES")
    parser.add_argument("--params", metavar="PARAMETER_FILE", help="start from this file instead of params.yaml")
    parser.add_argument("--optuna", type=int, dest="trials", metavar="N", help="number of trials of the study in all")
    call(main, parser)

"""Export an experiment to results/, with the parameters and dvc.lock of its run.

    make results NAME=news-headlines-v1

in:   the experiment NAME           saved by `make repro PARAMS=configs/NAME.yaml`
out:  results/NAME/params.yaml, dvc.lock, results.md, evaluation.csv, differences.csv, coverage.json, sentences.csv,
      histories.csv, comparison.png, losses.png    as in the experiment; of local paths only the names of the files
"""

import subprocess
from pathlib import Path, PurePosixPath

import yaml

from sarcasm.base.command import InputError, run
from sarcasm.base.files import write_bytes

FILES = (
    *("params.yaml", "dvc.lock", "metrics/coverage.json", "metrics/differences.csv", "metrics/evaluation.csv"),
    *("plots/comparison.png", "plots/histories.csv", "plots/losses.png", "plots/results.md", "plots/sentences.csv"),
)


def main(name: str) -> None:
    """Read the files of the experiment and write them."""
    for path in FILES:
        write_bytes(Path("results", name, PurePosixPath(path).name), read_file(name, path))
    print(f"results/{name}: {len(FILES)} files")


def find_revision(name: str) -> str:
    """Return the git reference of the last experiment called `name`. Raises InputError if there is none."""
    command = ["git", "for-each-ref", "--sort=committerdate", "--format=%(refname)", "refs/exps/"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    revisions = [ref for ref in listed if ref.endswith(f"/{name}")]
    if not revisions:
        raise InputError(f"no experiment {name!r}; `make repro PARAMS=configs/{name}.yaml` makes it")
    return revisions[-1]


def read_file(name: str, path: str) -> bytes:
    """Return a file of an experiment, with local paths cut to names. Raises InputError if there is no experiment."""
    revision = find_revision(name)

    def read(path: str) -> bytes:
        return subprocess.run(["git", "show", f"{revision}:{path}"], capture_output=True, check=True).stdout

    params, content = yaml.safe_load(read("params.yaml")), read(path)
    for source in (params["corpus"]["source"], params["glove"]["source"]):
        if Path(source).is_absolute():
            content = content.replace(source.encode(), Path(source).name.encode())
    return content


if __name__ == "__main__":
    run(main, __doc__, "name")

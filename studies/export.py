"""Export an experiment to results/, with the parameters and dvc.lock of its run.

    make results NAME=news-headlines-v1

in:   the experiment NAME           saved by `make repro PARAMS=configs/NAME.yaml`
out:  results/NAME/params.yaml, dvc.lock, results.md, evaluation.csv, differences.csv, coverage.json, sentences.csv,
      histories.csv, comparison.png, losses.png, and both dark    as in the experiment; of local paths only the names
"""

import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from sarcasm.stage import InputError, make_parser, run, write_bytes

import yaml
from dvc.api import DVCFileSystem

FILES = (
    *("params.yaml", "dvc.lock", "metrics/coverage.json", "metrics/differences.csv", "metrics/evaluation.csv"),
    *("plots/comparison.png", "plots/comparison-dark.png", "plots/losses.png", "plots/losses-dark.png"),
    *("plots/histories.csv", "plots/results.md", "plots/sentences.csv"),
)


def main(name: str) -> None:
    """Copy the files of the experiment."""
    copy_files(name, FILES, Path("results", name))
    print(f"results/{name}: {len(FILES)} files")


def copy_files(name: str, paths: Iterable[str], folder: Path) -> None:
    """Write files of an experiment to a folder, without the folders of their paths."""
    for path in paths:
        write_bytes(folder / PurePosixPath(path).name, read_file(name, path))


def read_file(name: str, path: str) -> bytes:
    """Return a file of the last experiment called `name`, with local paths cut to names.

    Raises InputError if there is no such experiment.
    """
    last_first = "--sort=-committerdate", "--format=%(refname)"
    references = git("for-each-ref", *last_first, f"refs/exps/*/*/{name}").decode().split()
    if not references:
        raise InputError(f"no experiment {name!r}; `make repro PARAMS=configs/{name}.yaml` makes it")
    params = yaml.safe_load(git("show", f"{references[0]}:params.yaml"))
    content = DVCFileSystem(".", rev=references[0]).read_bytes(path)  # from git, or from DVC's cache
    for source in (params["corpus"]["source"], params["vectors"]["source"]):
        if Path(source).is_absolute():
            content = content.replace(source.encode(), Path(source).name.encode())
    return content


def git(*arguments: str) -> bytes:
    """Run a command of git and return its output."""
    return subprocess.run(["git", *arguments], stdout=subprocess.PIPE, check=True).stdout


if __name__ == "__main__":
    run(main, make_parser(__doc__, "name"))

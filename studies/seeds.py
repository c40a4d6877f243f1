"""Train the runs for which the chapter prints numbers with two more seeds, to see what is chance.

    make seeds RUN=runs/book

Two trainings at a time, each with its checkpoint: an interrupted study resumes. `make book` collects the runs.

in:   RUN              the folder of `make repro PARAMS=configs/book.yaml`
out:  RUN/seed-<seed>  models, metrics and plots/history with the same parameters but train.seed
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from sarcasm.base.command import InputError, run
from sarcasm.base.files import write_text

VARIANTS = "bi_lstm", "lstm", "stacked_lstm_rate_00005", "stacked_lstm_dropout", "glove_lstm"
SEEDS = 2, 3  # beside the seed 1 of configs/book.yaml
TRAIN = Path("stages/train.py").resolve()


def main(folder: str) -> None:
    """Make a folder for each seed and train what is missing there."""
    source = Path(folder)
    folders = [make_folder(source, seed) for seed in SEEDS]
    jobs = [(name, path) for name in VARIANTS for path in folders if not (path / f"metrics/train/{name}.json").exists()]
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(train, jobs))
    if any(codes):
        raise InputError(f"{source}: {sum(map(bool, codes))} of {len(codes)} trainings failed, see above")
    print(f"seeds {', '.join(map(str, SEEDS))} of {', '.join(VARIANTS)}")


def make_folder(source: Path, seed: int) -> Path:
    """Make a folder with the data and the parameters of `source` but another seed of the training."""
    params = yaml.safe_load((source / "params.yaml").read_text(encoding="utf-8"))
    params["train"]["seed"] = seed
    folder = source / f"seed-{seed}"
    write_text(folder / "params.yaml", yaml.safe_dump(params, sort_keys=False))
    if not (folder / "data").exists():
        (folder / "data").symlink_to("../data", target_is_directory=True)
    return folder


def train(job: tuple[str, Path]) -> int:
    """Run train.py for a variant in a folder; return its exit code."""
    name, folder = job
    return subprocess.run([sys.executable, str(TRAIN), name], cwd=folder).returncode


if __name__ == "__main__":
    run(main, __doc__, "folder")

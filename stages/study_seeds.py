"""Train the runs for which the chapter prints numbers with further seeds, to see what is chance.

    python stages/study_seeds.py runs/book

Two at a time, each with its checkpoint: started again, it goes on. `collect_book.py` puts the runs together.

in:   FOLDER              what `make repro PARAMS=configs/book.yaml` made
out:  FOLDER/seed-<seed>  models and plots/history of the same parameters, but for train.seed
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from sarcasm.command import run
from sarcasm.errors import InputError
from sarcasm.files import write_text

VARIANTS = "bi_lstm", "lstm", "stacked_lstm_rate_00005", "stacked_lstm_dropout", "glove_lstm"
SEEDS = 2, 3  # beside the 1 of configs/book.yaml
TRAIN = Path(__file__).with_name("train.py").resolve()


def main(folder: str) -> None:
    """Lay a folder out for each seed and train what is missing there."""
    source = Path(folder)
    folders = [lay_out(source, seed) for seed in SEEDS]
    missing = [(name, place) for name in VARIANTS for place in folders if not (place / f"models/{name}.json").exists()]
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(train, missing))
    if any(codes):
        raise InputError(f"{source}: {sum(map(bool, codes))} of {len(codes)} runs failed, as said above")
    print(f"{len(SEEDS)} further seeds of {', '.join(VARIANTS)}")


def lay_out(source: Path, seed: int) -> Path:
    """Make a folder with the parameters of `source`, but for the seed of the training, and the same data."""
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

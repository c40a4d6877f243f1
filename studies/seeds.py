"""Repeat the runs for which the chapter prints numbers with two more seeds, to see what is chance.

    make seeds

Each seed is an experiment like any other: an interrupted one resumes. `make book` makes the tables.

in:   configs/book.yaml
out:  the experiments book-seed-2 and book-seed-3
"""

import subprocess
import sys
from pathlib import Path

import yaml

from sarcasm.base.command import InputError, run
from sarcasm.base.documents import read_document
from sarcasm.base.files import write_text
from sarcasm.base.params import read_params

BOOK = Path("configs/book.yaml")
VARIANTS = "bi_lstm", "lstm", "stacked_lstm_rate_00005", "stacked_lstm_dropout", "glove_lstm"
SEEDS = 2, 3  # in addition to seed 1 of params.yaml


def main() -> None:
    """Write a parameter file for each seed and run it."""
    for seed in SEEDS:
        path = Path(f"runs/book-seed-{seed}.yaml")
        write_text(path, yaml.safe_dump(changes(seed), sort_keys=False))
        if subprocess.run([sys.executable, "repro.py", str(path)]).returncode:
            raise InputError(f"{path} failed, see above")


def changes(seed: int) -> dict[str, object]:
    """Return configs/book.yaml with another seed and only VARIANTS."""
    document, params = read_document(BOOK), read_params(BOOK, Path("params.yaml"))
    document["train"]["seeds"] = [seed]
    for group, variants in (("variants", params.variants), ("glove_variants", params.glove_variants)):
        document[group] |= {name: None for name in variants if name not in VARIANTS}
    return dict(document)


if __name__ == "__main__":
    run(main, __doc__)

"""Split the headlines into training, validation and test.

    python stages/split_corpus.py

in:   data/raw/headlines.jsonl
      params.yaml               split, corpus.classes
out:  data/split/<split>.jsonl  train, validation and test (an empty file if there is no test split)
      metrics/corpus.json       size, fraction of the positive class, overlap with the training split
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

import os
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sarcasm.base.command import InputError, run
from sarcasm.base.files import write_json, write_lines
from sarcasm.base.params import read_params
from sarcasm.text.corpus import only_class, split_line, split_positions

BLOCK = 1000  # lines


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.split
    corpus = Path("data/raw/headlines.jsonl")
    lengths, labels, texts = read_lines(corpus)
    kept = np.arange(len(labels))
    if settings.drop_duplicates:
        kept = np.sort(np.unique(texts, return_index=True)[1])  # the first of each
    sizes = {"train": settings.train, "validation": settings.validation, "test": settings.test}
    splits = {name: kept[split] for name, split in split_positions(len(kept), sizes, settings.seed).items()}
    for name, split in splits.items():
        if what := only_class(np.bincount(labels[split], minlength=2).tolist(), params.corpus.classes):
            hint = "; set split.seed to shuffle first" if settings.seed is None else ""
            message = f"split.{name}: {what}, expected two classes{hint}"
            if name == "train":
                raise InputError(message)
            print(f"split_corpus.py: warning: {message}", file=sys.stderr)
    training, metrics = np.sort(texts[splits["train"]]), {}
    for name, split in splits.items():
        write_lines(Path(f"data/split/{name}.jsonl"), pick_lines(corpus, lengths, split))
        if len(split):
            metrics[name] = measure(labels[split], texts[split], training if name != "train" else training[:0])
    write_json(Path("metrics/corpus.json"), metrics)
    print(", ".join(f"{name} {len(split)}" for name, split in splits.items()))


def read_lines(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the bytes of each line, int64, the labels, int8, and the hashes of the texts, int64, all (headlines,).

    Two texts of a million have the same hash with a probability of 3e-8.
    """
    lengths, labels, texts = array("q"), array("b"), array("q")
    with path.open("rb") as file:
        for line in file:
            text, label = split_line(line)
            lengths.append(len(line))
            labels.append(label)
            texts.append(hash(text))
    return np.array(lengths), np.array(labels), np.array(texts)


def pick_lines(path: Path, lengths: np.ndarray, positions: np.ndarray) -> Iterator[bytes]:
    """Yield the lines at some positions of a file, up to BLOCK neighbouring lines at once.

    The file need not fit into memory.
    """
    starts = lengths.cumsum() - lengths
    firsts = np.flatnonzero((np.diff(positions, prepend=-2) != 1) | (np.arange(len(positions)) % BLOCK == 0))
    sizes = np.add.reduceat(lengths[positions], firsts)
    with path.open("rb") as file:
        for size, start in zip(memoryview(sizes), memoryview(starts[positions[firsts]]), strict=True):
            yield os.pread(file.fileno(), size, start)


def measure(labels: np.ndarray, texts: np.ndarray, training: np.ndarray) -> dict[str, float]:
    """Count the headlines of a split, those of the positive class, and those whose text is in `training`, sorted."""
    # np.isin would go through all of `training` again for each split, which took a third of the stage
    overlap = int((np.searchsorted(training, texts, "right") > np.searchsorted(training, texts)).sum())
    return {
        "headlines": len(labels),
        "positive_fraction": round(float(labels.mean()), 4),
        "overlap_with_train": overlap,
        "overlap_with_train_fraction": round(overlap / len(labels), 4),
    }


if __name__ == "__main__":
    run(main, __doc__)

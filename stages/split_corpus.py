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

import sys
from pathlib import Path

from sarcasm.base.command import InputError, run
from sarcasm.base.files import write_json, write_text
from sarcasm.base.params import read_params
from sarcasm.text.corpus import (
    Headline,
    drop_duplicates,
    format_lines,
    only_class,
    read_headlines,
    split_headlines,
)


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.split
    headlines = list(read_headlines(Path("data/raw/headlines.jsonl")))
    if settings.drop_duplicates:
        headlines = drop_duplicates(headlines)
    sizes = {"train": settings.train, "validation": settings.validation, "test": settings.test}
    splits = split_headlines(headlines, sizes, settings.seed)
    for name, split in splits.items():
        if what := only_class(split, params.corpus.classes):
            hint = "; set split.seed to shuffle first" if settings.seed is None else ""
            message = f"split.{name}: {what}, expected two classes{hint}"
            if name == "train":
                raise InputError(message)
            print(f"split_corpus.py: warning: {message}", file=sys.stderr)
    training = {headline.text for headline in splits["train"]}
    for name, split in splits.items():
        write_text(Path(f"data/split/{name}.jsonl"), "".join(format_lines(split)))
    metrics = {name: measure(split, training if name != "train" else set()) for name, split in splits.items() if split}
    write_json(Path("metrics/corpus.json"), metrics)
    print(", ".join(f"{name} {len(split)}" for name, split in splits.items()))


def measure(split: list[Headline], training: set[str]) -> dict[str, float]:
    """Count the headlines of a split, those of the positive class, and those whose text is in `training`."""
    overlap = sum(headline.text in training for headline in split)
    return {
        "headlines": len(split),
        "positive_fraction": round(sum(headline.label for headline in split) / len(split), 4),
        "overlap_with_train": overlap,
        "overlap_with_train_fraction": round(overlap / len(split), 4),
    }


if __name__ == "__main__":
    run(main, __doc__)

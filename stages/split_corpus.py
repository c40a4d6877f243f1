"""Split the headlines into training, validation and test.

    python stages/split_corpus.py

in:   data/raw/headlines.jsonl
      params.yaml               split, corpus.classes
out:  data/split/<split>.jsonl  train, validation and test (an empty file if there is no test split)
      metrics/corpus.json       size, fraction of the positive class, overlap with the training split
"""

import sys
from pathlib import Path

from sarcasm.corpus import Headline, only_class, read_written, split, write_headlines
from sarcasm.params import read_params
from sarcasm.stage import InputError, make_parser, run, write_json


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.split
    headlines = read_written(Path("data/raw/headlines.jsonl"))
    count = len(headlines)
    if settings.drop_duplicates:
        first: dict[str, Headline] = {}
        for headline in headlines:
            first.setdefault(headline.text, headline)
        headlines = list(first.values())
    sizes = {"train": settings.train, "validation": settings.validation, "test": settings.test}
    splits = split(headlines, sizes, settings.seed)

    known, metrics = {text for text, _ in splits["train"]}, {}
    for name, part in splits.items():
        labels = [label for _, label in part]
        if what := only_class([labels.count(0), labels.count(1)], params.corpus.classes):
            hint = "; set split.seed to shuffle first" if settings.seed is None else ""
            message = f"split.{name}: {what}, expected two classes{hint}"
            if name == "train":
                raise InputError(message)
            print(f"split_corpus.py: warning: {message}", file=sys.stderr)
        if part:
            overlap = 0 if name == "train" else sum(text in known for text, _ in part)
            metrics[name] = {
                "headlines": len(part),
                "positive_fraction": round(sum(labels) / len(part), 4),
                "overlap_with_train": overlap,
                "overlap_with_train_fraction": round(overlap / len(part), 4),
            }
    for name, part in splits.items():
        write_headlines(Path(f"data/split/{name}.jsonl"), part)
    write_json(Path("metrics/corpus.json"), metrics)
    notes = f"; {count - len(headlines)} duplicates dropped" if settings.drop_duplicates else ""
    unused = len(headlines) - sum(map(len, splits.values()))
    notes += f"; {unused} not used" if unused else ""
    print(", ".join(f"{name} {len(part)}" for name, part in splits.items()) + notes)


if __name__ == "__main__":
    run(main, make_parser(__doc__))

"""Share the headlines out into training, validation and test.

    python stages/split_corpus.py

in:   data/raw/headlines.jsonl
      params.yaml               split
out:  data/split/<split>.jsonl  train, validation and test (empty where there is none)
      metrics/corpus.json       headlines, share of sarcastic ones, headlines that are in training as well
"""

from pathlib import Path

from sarcasm.command import run
from sarcasm.corpus import Headline, drop_duplicates, format_lines, read_headlines, share_out
from sarcasm.files import write_json, write_text
from sarcasm.params import read_params


def main() -> None:
    """Run the stage."""
    settings = read_params(Path("params.yaml")).split
    headlines = list(read_headlines(Path("data/raw/headlines.jsonl")))
    if settings.drop_duplicates:
        headlines = drop_duplicates(headlines)
    shares = {"train": settings.train, "validation": settings.validation, "test": settings.test}
    splits = share_out(headlines, shares, settings.seed)
    for name, split in splits.items():
        write_text(Path(f"data/split/{name}.jsonl"), "".join(format_lines(split)))
    seen = {headline.text for headline in splits["train"]}
    figures = {name: describe(split, seen if name != "train" else set()) for name, split in splits.items() if split}
    write_json(Path("metrics/corpus.json"), figures)
    print(", ".join(f"{name} {len(split)}" for name, split in splits.items()))


def describe(split: list[Headline], seen: set[str]) -> dict[str, float]:
    """Count the headlines of a split; give the share of sarcastic ones, and of those that training has seen."""
    seen_here = sum(headline.text in seen for headline in split)
    return {
        "headlines": len(split),
        "sarcastic": round(sum(headline.label for headline in split) / len(split), 4),
        "seen": seen_here,
        "seen_share": round(seen_here / len(split), 4),
    }


if __name__ == "__main__":
    run(main, __doc__)

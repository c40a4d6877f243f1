"""What each step from one network to the next is worth: the difference in accuracy, on each corpus.

    make steps OUT=results/steps

in:   metrics/differences.csv           of the bundled headlines
      results/NAME/differences.csv      of the experiments that `make results NAME=...` has exported
out:  OUT/table.md                      one row per step, one column per corpus; differences with 95 % intervals
"""

from pathlib import Path

import pandas as pd

from sarcasm.base.command import run
from sarcasm.base.files import write_text
from sarcasm.results.tables import format_difference, read_table

CORPORA = {
    "version 1, three seeds": "results/news-headlines-v1",
    "version 2, three seeds": "results/news-headlines-v2",
    "bundled, one seed": "metrics",
}
STEPS = {
    "one LSTM instead of the mean of the embeddings": ("embedding_mean", "lstm"),
    "the same over GloVe vectors, in both directions": ("glove_mean", "glove_bi_lstm"),
    "both directions": ("lstm", "bi_lstm"),
    "a second layer": ("bi_lstm", "stacked_lstm"),
    "dropout": ("stacked_lstm", "stacked_lstm_dropout"),
    "frozen GloVe vectors instead of 7 learned numbers a word": ("bi_lstm", "glove_bi_lstm"),
    "vectors tuned instead of frozen": ("glove_lstm", "glove_lstm_finetuned"),
    "words and pairs of words with logistic regression instead of bi_lstm": ("bi_lstm", "tfidf"),
    "wide_bi_lstm instead of words and pairs of words": ("tfidf", "wide_bi_lstm"),
}


def main(out: str) -> None:
    """Write the table."""
    write_text(Path(out, "table.md"), format_table(Path()))


def format_table(folder: Path) -> str:
    """Return the table as Markdown, made from the files in `folder`."""
    tables = [read_table(folder / path / "differences.csv", "variant") for path in CORPORA.values()]
    lines = [f"| step | {' | '.join(CORPORA)} |", f"|---|{'---|' * len(CORPORA)}"]
    for step, (before, after) in STEPS.items():
        cells = [format_difference(find(table, before, after)) for table in tables]
        lines.append(f"| {step} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def find(differences: pd.DataFrame, before: str, after: str) -> pd.Series:
    """Return how much more accurate `after` is than `before`; the table has each pair once, in the variants' order."""
    pairs = differences.rename(columns={"low": "difference_low", "high": "difference_high"})
    pairs = pairs.set_index(["variant", "other"])
    if (after, before) in pairs.index:
        return pairs.loc[(after, before)]
    row = -pairs.loc[(before, after)]
    return row.rename({"difference_low": "difference_high", "difference_high": "difference_low"})


if __name__ == "__main__":
    run(main, __doc__, "out")

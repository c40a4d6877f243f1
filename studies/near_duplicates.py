"""Test headlines that are nearly in the training headlines, and what they are worth.

    make near-duplicates NAME=news-headlines-v1 OUT=results/near-duplicates

Similarity of two headlines is the cosine of their words, weighted by tf-idf. A headline of the test split is counted if
one of the training headlines is at least so similar.

in:   the experiment NAME    saved by `make repro PARAMS=configs/NAME.yaml`; headlines and predictions from the cache
out:  OUT/table.md           by similarity: such headlines, and the accuracy of VARIANTS without them
"""

import io
from pathlib import Path

import dvc.api
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from studies.export import find_revision

from sarcasm.base.command import run
from sarcasm.base.files import write_text
from sarcasm.results.tables import read_table

SIMILARITIES = 1.0, 0.9, 0.8, 0.7, 0.6
VARIANTS = "tfidf", "bi_lstm", "wide_bi_lstm"
ROUNDING = 1e-9  # of the cosine of equal headlines


def main(name: str, out: str) -> None:
    """Read the files of the experiment and write the table."""
    revision = find_revision(name)

    def read(path: str) -> io.StringIO:
        return io.StringIO(dvc.api.read(path, rev=revision, encoding="utf-8"))

    training = pd.read_json(read("data/split/train.jsonl"), lines=True, dtype=False)["headline"]
    predictions = read_table(read("data/predictions.csv"), "headline")
    similarity = nearest(training, predictions["headline"])
    write_text(Path(out, "table.md"), format_table(accuracies(predictions, similarity)[["headlines", *VARIANTS]]))


def nearest(training: pd.Series, test: pd.Series) -> pd.Series:
    """Return the similarity of each test headline to the most similar training headline, from 0 to 1."""
    vectorizer = TfidfVectorizer(token_pattern=r"\S+").fit([*training, *test])
    similarities = vectorizer.transform(test) @ vectorizer.transform(training).T
    return pd.Series(similarities.max(axis=1).toarray().ravel(), index=test.index)


def accuracies(predictions: pd.DataFrame, similarity: pd.Series) -> pd.DataFrame:
    """Return for each of SIMILARITIES how many headlines are at least so similar, and the accuracies without them.

    A variant's accuracy is the mean over its seeds.
    """
    labels = predictions["label"] == 1
    correct = (predictions.drop(columns=["headline", "label"]) > 0.5).eq(labels, axis="index")
    by_variant = correct.T.groupby(lambda run: run.partition("-")[0], sort=False).mean().T
    rows = {"none": {"headlines": 0, **by_variant.mean()}}
    for least in SIMILARITIES:
        near = similarity >= least - ROUNDING
        rows[f"{least:g}"] = {"headlines": near.sum(), **by_variant[~near].mean()}
    return pd.DataFrame.from_dict(rows, orient="index")


def format_table(table: pd.DataFrame) -> str:
    """Return the table as Markdown."""
    variants = table.columns[1:]
    lines = [
        f"| similarity, at least | headlines left out | {' | '.join(variants)} |",
        f"|--:|--:|{'--:|' * len(variants)}",
    ]
    for least, row in table.iterrows():
        scores = " | ".join(f"{row[variant]:.4f}" for variant in variants)
        lines.append(f"| {least} | {row['headlines']:.0f} | {scores} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run(main, __doc__, "name", "out")

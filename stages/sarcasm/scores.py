"""Scores of probabilities, and bootstrap intervals of accuracies and of their differences."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from sklearn import metrics

COUNTS = "true_negatives", "false_positives", "false_negatives", "true_positives"


def score(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float | None]:
    """Score probabilities, float (headlines,), against labels, 0 or 1 (headlines,); floats have 4 decimals.

    `loss` is the mean cross-entropy per headline, in nats. `roc_auc` is None if there is only one class. Precision,
    recall and F1 are 0 if no headline is predicted positive.
    """
    predicted = probabilities > 0.5
    matrix = metrics.confusion_matrix(labels, predicted, labels=[0, 1])  # rows: labels; columns: predicted labels
    scores = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "loss": metrics.log_loss(labels, probabilities.astype(np.float64), labels=[0, 1]),
        "f1": metrics.f1_score(labels, predicted, zero_division=0),
        "roc_auc": metrics.roc_auc_score(labels, probabilities) if len(np.unique(labels)) == 2 else None,
        "brier": metrics.brier_score_loss(labels, probabilities, labels=[0, 1]),
        "precision": metrics.precision_score(labels, predicted, zero_division=0),
        "recall": metrics.recall_score(labels, predicted, zero_division=0),
        **dict(zip(COUNTS, matrix.ravel().tolist(), strict=True)),
    }
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in scores.items()}


def resample(correct: Mapping[str, np.ndarray], resamples: int) -> pd.DataFrame:
    """Return the accuracy of each variant in bootstrap resamples, a column each.

    correct: of each variant, whether each run classifies each headline correctly, bool (seeds, headlines). A resample
    draws the headlines, the same for all variants, so that their accuracies can be subtracted, and for each variant
    its seeds.
    """
    generator = np.random.default_rng(1)
    stacked = np.concatenate(list(correct.values())).astype(np.float64)
    headlines = stacked.shape[1]
    drawn_headlines = (generator.integers(headlines, size=headlines) for _ in range(resamples))
    of_runs = np.array([stacked @ np.bincount(drawn, minlength=headlines) for drawn in drawn_headlines]) / headlines
    table, first = {}, 0
    for name, seeds in correct.items():
        drawn = first + generator.integers(len(seeds), size=(resamples, len(seeds)))
        table[name] = np.take_along_axis(of_runs, drawn, axis=1).mean(axis=1)
        first += len(seeds)
    return pd.DataFrame(table)


def interval(values: pd.Series) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % quantiles."""
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def compare(correct: Mapping[str, np.ndarray], resampled: pd.DataFrame) -> pd.DataFrame:
    """Return how much more accurate each variant is than each one before it, with the 95 % interval."""
    rows = []
    for other, variant in combinations(correct, 2):
        difference = correct[variant].mean() - correct[other].mean()
        rows.append((variant, other, difference, *interval(resampled[variant] - resampled[other])))
    return pd.DataFrame(rows, columns=["variant", "other", "difference", "low", "high"])

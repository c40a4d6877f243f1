"""Scores of probabilities against labels, with an interval that says what the sample is worth."""

import numpy as np
from sklearn import metrics


def score(labels: np.ndarray, probabilities: np.ndarray, resamples: int, seed: int) -> dict[str, float | None]:
    """Score probabilities, float (headlines,), against labels of 0 and 1, (headlines,).

    `loss` is in nats a headline; `accuracy_low` to `accuracy_high` is the 95 % bootstrap interval; `auc` is None
    where only one class is there. What is undefined because nothing was called sarcastic is 0.
    """
    called = probabilities > 0.5
    low, high = accuracy_interval(labels == called, resamples, seed)
    both = len(np.unique(labels)) == 2
    return {
        "accuracy": metrics.accuracy_score(labels, called),
        "accuracy_low": low,
        "accuracy_high": high,
        "loss": metrics.log_loss(labels, probabilities.astype(np.float64), labels=[0, 1]),
        "precision": metrics.precision_score(labels, called, zero_division=0),
        "recall": metrics.recall_score(labels, called, zero_division=0),
        "f1": metrics.f1_score(labels, called, zero_division=0),
        "auc": metrics.roc_auc_score(labels, probabilities) if both else None,
        "brier": metrics.brier_score_loss(labels, probabilities, labels=[0, 1]),
    }


def accuracy_interval(correct: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % points of the accuracy over bootstrap resamples of `correct`, bool (headlines,).

    A resample of n draws with replacement from k right out of n has a binomial number of right ones.
    """
    right = np.random.default_rng(seed).binomial(len(correct), correct.mean(), resamples)
    low, high = np.quantile(right / len(correct), [0.025, 0.975])
    return float(low), float(high)


def confusion(labels: np.ndarray, probabilities: np.ndarray) -> list[list[int]]:
    """Count headlines by label (rows: 0, 1) and by what they were called (columns: 0, 1)."""
    matrix: list[list[int]] = metrics.confusion_matrix(labels, probabilities > 0.5, labels=[0, 1]).tolist()
    return matrix

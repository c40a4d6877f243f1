"""Scores of probabilities against labels, with an interval that says what the sample is worth."""

import numpy as np
from sklearn import metrics

COUNTS = "true_negatives", "false_positives", "false_negatives", "true_positives"


def score(labels: np.ndarray, probabilities: np.ndarray, resamples: int, seed: int) -> dict[str, float | None]:
    """Score probabilities, float (headlines,), against labels of 0 and 1, (headlines,).

    `loss` is in nats a headline; `low` to `high` is the 95 % bootstrap interval of the accuracy; `auc` is None where
    only one class is there. Precision, recall and F1 are 0 where nothing was called sarcastic. The last four are
    counts: `true_positives` are the sarcastic headlines that were called sarcastic.
    """
    called = probabilities > 0.5
    low, high = accuracy_interval(labels == called, resamples, seed)
    both = len(np.unique(labels)) == 2
    matrix = metrics.confusion_matrix(labels, called, labels=[0, 1])  # rows: labels; columns: what they were called
    return {
        "accuracy": metrics.accuracy_score(labels, called),
        "low": low,
        "high": high,
        "loss": metrics.log_loss(labels, probabilities.astype(np.float64), labels=[0, 1]),
        "f1": metrics.f1_score(labels, called, zero_division=0),
        "auc": metrics.roc_auc_score(labels, probabilities) if both else None,
        "brier": metrics.brier_score_loss(labels, probabilities, labels=[0, 1]),
        "precision": metrics.precision_score(labels, called, zero_division=0),
        "recall": metrics.recall_score(labels, called, zero_division=0),
        **dict(zip(COUNTS, matrix.ravel().tolist(), strict=True)),
    }


def accuracy_interval(correct: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % points of the accuracy over bootstrap resamples of `correct`, bool (headlines,).

    A resample of n draws with replacement from k right out of n has a binomial number of right ones.
    """
    right = np.random.default_rng(seed).binomial(len(correct), correct.mean(), resamples)
    low, high = np.quantile(right / len(correct), [0.025, 0.975])
    return float(low), float(high)

"""The scores by hand, and the selection by validation loss."""

import json
from math import log

import numpy as np
import pytest
from tests.project import run_stage

from evaluate import accuracy_interval, score


def test_scores_by_hand():
    labels, probabilities = np.array([1, 1, 0, 0]), np.array([0.9, 0.4, 0.2, 0.6], dtype=np.float32)
    scores = score(labels, probabilities, resamples=1000, seed=1)
    assert scores["accuracy"] == scores["precision"] == scores["recall"] == scores["f1"] == 0.5
    assert scores["loss"] == pytest.approx(-(log(0.9) + log(0.4) + log(0.8) + log(0.4)) / 4, abs=1e-4)
    assert scores["brier"] == pytest.approx((0.1**2 + 0.6**2 + 0.2**2 + 0.6**2) / 4, abs=1e-4)
    assert scores["roc_auc"] == 0.75  # of the pairs of a positive and a negative, one is in the wrong order
    counts = "true_negatives", "false_positives", "false_negatives", "true_positives"
    assert [scores[count] for count in counts] == [1, 1, 1, 1]


def test_the_interval_is_that_of_a_binomial_distribution():
    correct = np.arange(100) < 80
    low, high = accuracy_interval(correct, resamples=100_000, seed=1)
    deviation = (0.8 * 0.2 / 100) ** 0.5
    assert (low, high) == pytest.approx((0.8 - 1.96 * deviation, 0.8 + 1.96 * deviation), abs=0.01)
    assert accuracy_interval(np.ones(10, dtype=bool), 100, 1) == (1, 1)


def test_the_variant_with_the_lowest_validation_loss_is_selected_the_first_of_equals(small_project):
    for name, loss in {"lstm": 0.5, "stacked_lstm_dropout": 0.4, "glove_lstm": 0.4}.items():
        path = small_project / f"metrics/train/{name}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"validation_loss": loss}))
    run_stage(small_project, "evaluate")
    selected = json.loads((small_project / "metrics/selected.json").read_text())
    assert selected == {"variant": "stacked_lstm_dropout", "validation_loss": 0.4}

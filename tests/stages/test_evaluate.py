"""The scores by hand, and the selection by validation loss."""

import json
from math import log

import numpy as np
import pandas as pd
import pytest
from tests.project import run_stage

from evaluate import compare, interval, resample, score, summarize


def test_scores_by_hand():
    labels, probabilities = np.array([1, 1, 0, 0]), np.array([0.9, 0.4, 0.2, 0.6], dtype=np.float32)
    scores = score(labels, probabilities)
    assert scores["accuracy"] == scores["precision"] == scores["recall"] == scores["f1"] == 0.5
    assert scores["loss"] == pytest.approx(-(log(0.9) + log(0.4) + log(0.8) + log(0.4)) / 4, abs=1e-4)
    assert scores["brier"] == pytest.approx((0.1**2 + 0.6**2 + 0.2**2 + 0.6**2) / 4, abs=1e-4)
    assert scores["roc_auc"] == 0.75  # of the pairs of a positive and a negative, one is in the wrong order
    counts = "true_negatives", "false_positives", "false_negatives", "true_positives"
    assert [scores[count] for count in counts] == [1, 1, 1, 1]


def test_the_interval_of_one_seed_is_that_of_a_binomial_distribution():
    correct = (np.arange(100) < 80)[None]
    low, high = interval(*resample([correct], resamples=100_000, seed=1))
    deviation = (0.8 * 0.2 / 100) ** 0.5
    assert (low, high) == pytest.approx((0.8 - 1.96 * deviation, 0.8 + 1.96 * deviation), abs=0.01)
    assert interval(*resample([np.ones((1, 10), dtype=bool)], 100, 1)) == (1, 1)


def test_seeds_are_drawn_too():
    seeds = np.array([[True] * 50, [False] * 50])  # the headlines do not vary, the mean of two drawn seeds does
    (accuracies,) = resample([seeds], resamples=40_000, seed=1)
    values, counts = np.unique(accuracies, return_counts=True)
    assert values.tolist() == [0, 0.5, 1] and counts / 40_000 == pytest.approx([0.25, 0.5, 0.25], abs=0.01)


def test_differences_are_paired_over_the_headlines():
    first = np.arange(100) < 80
    better = first | (np.arange(100) >= 98)  # two more headlines: never worse in a resample
    correct = {"tfidf": first[None], "a": better[None], "b": ~first[None]}
    table = compare(correct, resamples=20_000, seed=1).set_index(["variant", "other"])
    assert table.loc[("a", "tfidf"), "difference"] == pytest.approx(0.02)
    deviation = (0.02 * 0.98 / 100) ** 0.5
    assert table.loc[("a", "tfidf"), "low"] == 0
    assert table.loc[("a", "tfidf"), "high"] == pytest.approx(0.02 + 1.96 * deviation, abs=0.01)
    assert table.loc[("b", "tfidf"), "high"] < 0 and set(table.index) == {("a", "tfidf"), ("b", "tfidf"), ("b", "a")}


def test_a_table_of_seeds_has_means_deviations_and_the_difference_from_the_baseline():
    row = {"overfit_epoch": 3, "parameters": 10, "trainable_parameters": 10, "mult_adds": 5, "validation_accuracy": 0.5}
    names = ["tfidf", "a-1", "a-2"]
    runs = pd.DataFrame(
        [
            row | {"variant": name.partition("-")[0], "run": name, "best_epoch": 2 * place}
            for place, name in enumerate(names)
        ]
    ).assign(
        validation_loss=[0.5, 0.4, 0.6], accuracy=[0.5, 0.7, 0.8], overfit_epoch=pd.array([1, 2, None], dtype="Int64")
    )
    correct = {"tfidf": np.arange(10)[None] < 5, "a": np.array([np.arange(10) < 7, np.arange(10) < 8])}
    table = summarize(runs, compare(correct, 1000, 1))
    assert table["seeds"].tolist() == [1, 2] and table["best_epoch"].tolist() == [0, 3]
    assert table.at["a", "validation_loss"] == 0.5
    assert table.at["a", "validation_loss_sd"] == pytest.approx(0.02**0.5) and np.isnan(
        table.at["tfidf", "accuracy_sd"]
    )
    assert table.at["a", "difference"] == pytest.approx(0.25) and np.isnan(table.at["tfidf", "difference"])
    assert table["overfit_epoch"].isna().tolist() == [False, True]  # one seed has none


def test_the_variant_with_the_lowest_validation_loss_is_selected_the_first_of_equals(small_project):
    losses = {"tfidf": 0.5, "lstm-1": 0.5, "stacked_lstm_dropout-1": 0.4, "glove_lstm-1": 0.4}
    for name, loss in losses.items():
        path = small_project / f"metrics/train/{name}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"validation_loss": loss}))
    run_stage(small_project, "evaluate")
    selected = json.loads((small_project / "metrics/selected.json").read_text())
    expected = {"variant": "stacked_lstm_dropout", "run": "stacked_lstm_dropout-1", "validation_loss": 0.4}
    assert selected == expected

"""Scores by hand; intervals and differences by their properties."""

from math import log

from sarcasm.scores import COUNTS, compare, interval, resample, score

import numpy as np
import pytest


def test_scores_by_hand():
    labels, probabilities = np.array([1, 1, 0, 0]), np.array([0.9, 0.4, 0.2, 0.6], dtype=np.float32)
    scores = score(labels, probabilities)
    assert scores["accuracy"] == scores["precision"] == scores["recall"] == scores["f1"] == 0.5
    assert scores["loss"] == pytest.approx(-(log(0.9) + log(0.4) + log(0.8) + log(0.4)) / 4, abs=1e-4)
    assert scores["brier"] == pytest.approx((0.1**2 + 0.6**2 + 0.2**2 + 0.6**2) / 4, abs=1e-4)
    assert scores["roc_auc"] == 0.75  # of the pairs of a positive and a negative, one is in the wrong order
    assert [scores[count] for count in COUNTS] == [1, 1, 1, 1]


@pytest.mark.parametrize("label", [0, 1])
def test_scores_of_one_class(label):
    scores = score(np.full(4, label), np.array([0.1, 0.2, 0.3, 0.5]))  # 0.5 is not above 0.5
    assert scores["roc_auc"] is None and scores["accuracy"] == 1 - label
    assert scores["f1"] == scores["precision"] == scores["recall"] == 0
    assert [scores[count] for count in COUNTS] == [[4, 0, 0, 0], [0, 0, 4, 0]][label]


def test_the_interval_of_one_seed_is_that_of_a_binomial_distribution():
    table = resample({"a": (np.arange(100) < 80)[None], "b": np.ones((1, 100), bool)}, resamples=20_000)
    deviation = (0.8 * 0.2 / 100) ** 0.5
    assert interval(table["a"]) == pytest.approx((0.8 - 1.96 * deviation, 0.8 + 1.96 * deviation), abs=0.01)
    assert interval(table["b"]) == (1, 1)


def test_seeds_are_drawn_too():
    seeds = np.array([[True] * 50, [False] * 50])  # the headlines do not vary, the mean of two drawn seeds does
    values, counts = np.unique(resample({"a": seeds}, resamples=20_000)["a"], return_counts=True)
    assert values.tolist() == [0, 0.5, 1] and counts / 20_000 == pytest.approx([0.25, 0.5, 0.25], abs=0.02)


def test_differences_are_paired_over_the_headlines():
    place = np.arange(100)
    correct = {
        "tfidf": place < 80,
        "equal": place < 80,
        "better": (place < 80) | (place >= 98),
        "opposite": place >= 80,
    }
    correct = {name: right[None] for name, right in correct.items()}
    table = compare(correct, resample(correct, 20_000)).set_index(["variant", "other"])
    assert table.loc[("equal", "tfidf")].tolist() == [0, 0, 0]
    difference, low, high = table.loc[("better", "tfidf")]  # two more headlines: never worse in a resample
    assert (difference, low) == (pytest.approx(0.02), 0)
    assert high == pytest.approx(0.02 + 1.96 * (0.02 * 0.98 / 100) ** 0.5, abs=0.01)
    assert table.loc[("opposite", "tfidf"), "high"] < 0
    assert len(table) == 6 and resample(correct, 20).equals(resample(correct, 20))

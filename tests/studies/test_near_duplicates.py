"""Test headlines that are nearly in the training headlines are found and left out."""

import math

import pandas as pd
import pytest
from studies import near_duplicates


def test_similarity_is_the_cosine_of_the_words():
    training = pd.Series(["rain on tuesday", "moon is cheese"])
    test = pd.Series(["Tuesday, on rain", "Rain on Tuesday", "rain rain", "cloud"])
    near, exact, part, none = near_duplicates.nearest(training, test)
    assert (exact, none) == (pytest.approx(1), 0)
    # weights: 1 + ln(7 / (headlines with the word + 1))
    rain, on, tuesday, comma = (1 + math.log(7 / count) for count in (5, 4, 3, 2))
    length = math.hypot(rain, on, tuesday)
    assert part == pytest.approx(rain / length)
    assert near == pytest.approx((rain**2 + on**2) / length / math.hypot(rain, on, comma))


def test_accuracies_without_the_near_duplicates():
    predictions = pd.DataFrame(
        {
            "headline": list("abcd"),
            "label": [1, 0, 1, 0],
            "tfidf": [0.9, 0.9, 0.1, 0.1],
            "lstm-1": [0.9, 0.1, 0.9, 0.1],
            "lstm-2": [0.9, 0.9, 0.9, 0.9],
        }
    )
    table = near_duplicates.accuracies(predictions, pd.Series([1 - 1e-12, 0.75, 0.5, 0]))
    assert table.index.tolist() == ["none", "1", "0.9", "0.8", "0.7", "0.6"]
    assert table["headlines"].tolist() == [0, 1, 1, 1, 2, 2]
    assert table["tfidf"].tolist() == pytest.approx([2 / 4, 1 / 3, 1 / 3, 1 / 3, 1 / 2, 1 / 2])
    assert table["lstm"].tolist() == pytest.approx([3 / 4, 4 / 6, 4 / 6, 4 / 6, 3 / 4, 3 / 4])
    assert near_duplicates.format_table(table).splitlines()[2:4] == [
        "| none | 0 | 0.5000 | 0.7500 |",
        "| 1 | 1 | 0.3333 | 0.6667 |",
    ]

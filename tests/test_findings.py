import pandas as pd
import pytest

from sarcasm.findings import calibration_error, chosen_variant, most_disputed, most_wrong, reliability


def test_the_lowest_validation_loss_decides_whatever_the_test_scores_say():
    evaluation = pd.DataFrame({"validation_loss": [0.5, 0.4, 0.4], "loss": [0.1, 0.9, 0.2]}, index=["a", "b", "c"])
    assert chosen_variant(evaluation) == "b"


def test_reliability_by_tenths_of_probability():
    labels = pd.Series([0, 1, 1, 1, 1])
    bins = reliability(labels, pd.Series([0.0, 0.05, 0.72, 0.78, 1.0]))
    assert bins["probability"].tolist() == pytest.approx([0.025, 0.75, 1.0])
    assert bins["sarcastic"].tolist() == [0.5, 1, 1]
    assert bins["headlines"].tolist() == [2, 2, 1]
    assert calibration_error(bins) == pytest.approx((2 * 0.475 + 2 * 0.25 + 0) / 5)


def predictions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "headline": ["right", "barely", "surely", "half", "as surely"],
            "label": [1, 1, 0, 1, 1],
            "a": [0.9, 0.4, 0.97, 0.5, 0.05],
            "b": [0.9, 0.4, 0.15, 0.5, 0.95],
        }
    )


def test_the_surest_errors_come_first_and_half_is_no_call():
    wrong = most_wrong(predictions(), "a")
    assert wrong["headline"].tolist() == ["surely", "as surely", "barely", "half"]  # 0.5 calls nothing sarcastic
    assert wrong["probability"].tolist() == [0.97, 0.05, 0.4, 0.5]


def test_nothing_wrong_is_an_empty_list():
    assert most_wrong(predictions().iloc[:1], "a").empty


def test_the_widest_dispute_comes_first_and_ties_keep_their_order():
    disputed = most_disputed(predictions(), ["a", "b"])
    assert disputed["headline"].tolist() == ["as surely", "surely", "right", "barely", "half"]

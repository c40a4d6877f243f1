import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from sklearn import metrics

from sarcasm.base.files import write_csv
from sarcasm.results.tables import (
    calibration,
    calibration_error,
    confusion,
    disagreements,
    only_correct,
    operating_points,
    read_evaluation,
    read_table,
)

PREDICTIONS = pd.DataFrame(
    {
        "headline": ["correct", "close", "confident", "undecided", "as confident"],
        "label": [1, 1, 0, 1, 1],
        "a": [0.9, 0.4, 0.97, 0.5, 0.05],
        "b": [0.9, 0.4, 0.15, 0.5, 0.95],
    }
)


@given(st.lists(st.text(min_size=1), min_size=1))
@example(["1984"])
@example(["00", "1e5"])
@example(["nan", "NA", "null", "a\rb", "a\0b"])
@example(["true", "False"])
def test_texts_stay_as_they_are(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("table") / "table.csv"
    write_csv(path, pd.DataFrame({"word": texts, "count": 1}))
    assert read_table(path, "word").to_numpy().tolist() == [[text, 1] for text in texts]


@pytest.mark.parametrize("name", ["nan", "null", "true", "inf"])
def test_a_variant_may_have_any_name(tmp_path, name):
    (tmp_path / "evaluation.csv").write_text(f"variant,best_epoch,overfit_epoch,roc_auc\n{name},,,\n")
    evaluation = read_evaluation(tmp_path / "evaluation.csv")
    assert evaluation.index.tolist() == [name]
    assert evaluation["overfit_epoch"].dtype == "Int64" and evaluation.isna().all(axis=None)


def test_calibration_in_bins_of_a_tenth():
    bins = calibration(pd.Series([0, 1, 1, 1, 1]), pd.Series([0.0, 0.05, 0.72, 0.78, 1.0]))
    assert bins["probability"].tolist() == pytest.approx([0.025, 0.75, 1.0])
    assert bins["positive"].tolist() == [0.5, 1, 1]
    assert bins["headlines"].tolist() == [2, 2, 1]
    assert calibration_error(bins) == pytest.approx((2 * 0.475 + 2 * 0.25 + 0) / 5)


def test_confusion_has_the_names_of_the_classes():
    counts = {"true_negatives": 1, "false_positives": 2, "false_negatives": 3, "true_positives": 4}
    table = confusion(pd.DataFrame([counts], index=["lstm"]), ["HuffPost", "Onion"])
    assert table.to_numpy().tolist() == [
        ["lstm", "HuffPost", "HuffPost", 1],
        ["lstm", "HuffPost", "Onion", 2],
        ["lstm", "Onion", "HuffPost", 3],
        ["lstm", "Onion", "Onion", 4],
    ]


@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9])), min_size=2))
@example([(1, 0.5), (0, 0.5), (1, 0.5)])
def test_operating_points_are_those_of_scikit_learn(pairs):
    labels, probabilities = (pd.Series(column) for column in zip(*pairs, strict=True))
    assume(labels.nunique() == 2)
    points = operating_points(labels, probabilities)
    false, true, _ = metrics.roc_curve(labels, probabilities, drop_intermediate=False)
    np.testing.assert_allclose(points[["false_positive_rate", "recall"]], np.column_stack([false, true])[1:])
    precision, recall, _ = metrics.precision_recall_curve(labels, probabilities)
    np.testing.assert_allclose(points[["precision", "recall"]][::-1], np.column_stack([precision, recall])[:-1])


def test_operating_points_are_thinned_but_keep_both_ends():
    points = operating_points(pd.Series([1] * 500 + [0] * 500), pd.Series(np.linspace(1, 0, 1000)))
    assert len(points) == 200
    assert points.iloc[[0, -1]].to_numpy().tolist() == [[0, 1 / 500, 1], [1, 1, 0.5]]


def test_operating_points_of_one_class():
    points = operating_points(pd.Series([0, 0]), pd.Series([0.2, 0.8]))
    assert points.to_numpy().tolist() == [[0.5, 0, 0], [1, 0, 0]]


def test_only_correct():
    assert only_correct(PREDICTIONS["label"], PREDICTIONS[["a", "b"]]) == [[0, 0], [2, 0]]


def test_disagreements_lists_the_largest_first_and_keeps_the_order_of_ties():
    headlines = disagreements(PREDICTIONS, ["a", "b"])["headline"]
    assert headlines.tolist() == ["as confident", "confident", "correct", "close", "undecided"]

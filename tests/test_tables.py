from sarcasm import tables
from sarcasm.stage import write_csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics


@given(st.lists(st.text(min_size=1), min_size=1))
@example(["00", "1e5", "nan", "null", "a\rb", "a\0b", "true"])
def test_texts_stay_as_they_are(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("table") / "table.csv"
    write_csv(path, pd.DataFrame({"word": texts, "count": 1}))
    assert tables.read_table(path, "word").to_numpy().tolist() == [[text, 1] for text in texts]


def test_a_variant_may_have_any_name(tmp_path):
    (tmp_path / "evaluation.csv").write_text("variant,best_epoch,overfit_epoch\nnan,,\nnull,,\ninf,1,2\n")
    evaluation = tables.read_evaluation(tmp_path / "evaluation.csv")
    assert evaluation.index.tolist() == ["nan", "null", "inf"] and evaluation["best_epoch"].dtype == "Int64"


def test_joined_histories_are_means_as_their_file_has_them(tmp_path):
    seeds = [pd.DataFrame({"epoch": [1, 2], "train_loss": [0.5, last]}) for last in (0.2, 0.3, 0.3)]
    joined = tables.join_histories({"lstm": seeds})
    assert joined.to_numpy().tolist() == [["lstm", 1, 0.5], ["lstm", 2, 0.266667]]
    write_csv(tmp_path / "histories.csv", joined)
    read = tables.read_table(tmp_path / "histories.csv", "variant")
    pd.testing.assert_frame_equal(read, joined.reset_index(drop=True), rtol=1e-12)


def test_format_of_scores_that_may_be_missing():
    network = {"parameters": 21537, "roc_auc": np.nan, "best_epoch": 4, "overfit_epoch": pd.NA}
    assert [tables.format_score(network, key) for key in network] == ["21,537", "undefined", "4", "never"]
    baseline = {"roc_auc": 0.5, "best_epoch": pd.NA, "overfit_epoch": pd.NA}
    assert [tables.format_score(baseline, key) for key in baseline] == ["0.500", "", ""]
    assert tables.with_deviation({"loss": 0.5, "loss_sd": 0.01}, "loss") == "0.500 ± 0.010"


def test_a_significant_difference_is_bold():
    row = pd.Series({"difference": 0.1, "difference_low": 0.05, "difference_high": 0.15})
    assert tables.format_difference(row) == "**+0.100 (+0.050 to +0.150)**"
    assert tables.format_difference(row - 0.1) == "+0.000 (-0.050 to +0.050)"
    assert tables.format_difference(row * np.nan) == ""  # of the baseline


def test_confusion_has_the_names_of_the_classes():
    counts = {"true_negatives": 1, "false_positives": 2, "false_negatives": 3, "true_positives": 4}
    table = tables.confusion(pd.DataFrame([counts], index=["lstm"]), ["HuffPost", "Onion"])
    table = table.set_index(["variant", "label", "predicted_label"])["headlines"]
    assert table["lstm"]["HuffPost"].to_dict() == {"HuffPost": 1, "Onion": 2}
    assert table["lstm"]["Onion"].to_dict() == {"HuffPost": 3, "Onion": 4}


def test_calibration_in_bins_of_a_tenth():
    labels, probabilities = pd.Series([0, 1, 1, 1, 1]), pd.Series([0.0, 0.05, 0.72, 0.78, 1.0])
    bins = tables.calibration(labels, probabilities)
    assert bins["probability"].tolist() == pytest.approx([0.025, 0.75, 1.0])
    assert bins["positive"].tolist() == [0.5, 1, 1]
    assert bins["headlines"].tolist() == [2, 2, 1]
    assert tables.calibration_error(bins) == pytest.approx((2 * 0.475 + 2 * 0.25 + 0) / 5)
    interval = stats.binomtest(1, 2).proportion_ci(method="wilson")
    assert bins[["low", "high"]].iloc[0].tolist() == pytest.approx(interval, abs=1e-4)  # 1.96 is rounded
    doubled = tables.calibration(*([pd.concat([column] * 2) for column in (labels, probabilities)]), seeds=2)
    pd.testing.assert_frame_equal(doubled[["low", "high"]], bins[["low", "high"]])  # no more headlines with two seeds


@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9])), min_size=2))
@example([(1, 0.5), (0, 0.5), (1, 0.5)])
def test_operating_points_are_those_of_scikit_learn(pairs):
    labels, probabilities = (pd.Series(column) for column in zip(*pairs, strict=True))
    assume(labels.nunique() == 2)
    points = tables.operating_points(labels, probabilities)
    false, true, _ = metrics.roc_curve(labels, probabilities, drop_intermediate=False)
    np.testing.assert_allclose(points[["false_positive_rate", "recall"]], np.column_stack([false, true])[1:])
    precision, recall, _ = metrics.precision_recall_curve(labels, probabilities)
    np.testing.assert_allclose(points[["precision", "recall"]][::-1], np.column_stack([precision, recall])[:-1])


def test_operating_points_are_thinned_but_keep_both_ends():
    points = tables.operating_points(pd.Series([1] * 500 + [0] * 500), pd.Series(np.linspace(1, 0, 1000)))
    assert len(points) == 200
    assert points.iloc[[0, -1]].to_numpy().tolist() == [[0, 1 / 500, 1], [1, 1, 0.5]]


def test_disagreements_come_first_and_ties_keep_their_order():
    predictions = pd.DataFrame(
        {"label": [1, 1, 0, 1, 1], "a": [0.9, 0.4, 0.97, 0.5, 0.05], "b": [0.9, 0.4, 0.15, 0.5, 0.95]}
    )
    assert tables.disagreements(predictions, ["a", "b"]).index.tolist() == [4, 2, 0, 1, 3]
    assert tables.only_correct(predictions["label"], predictions[["a", "b"]]) == [[0, 0], [2, 0]]

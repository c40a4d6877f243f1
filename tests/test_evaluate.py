"""The stage with networks small enough to compute by hand."""

import base64
import json
from dataclasses import replace

import evaluate
from sarcasm.baseline import SavedBaseline
from sarcasm.corpus import Headline, write_headlines
from sarcasm.model import HeadlineClassifier
from sarcasm.params import read_yaml
from sarcasm.saved_model import SavedNetwork, load_model, save_model
from sarcasm.stage import read_json, write_json

import numpy as np
import pandas as pd
import pytest
import torch
from tests.project import ROOT, params, refusal, run_stage, write_params
from tests.tiny_model import ARGUMENTS, probability, tiny_model

HEADLINES = [Headline("good", 0), Headline("bad", 1), Headline("good bad", 1), Headline("moon", 0)]
TRAINED = {"parameters": 8, "trainable_parameters": 8, "mult_adds": 5, "validation_accuracy": 0.5}
TRAINED |= {"best_epoch": 2, "overfit_epoch": 3}
LOSSES = {"tfidf": 0.5, "a-1": 0.6, "a-2": 0.4, "b-1": 0.5, "b-2": 0.5}  # the means are equal
ZERO = torch.zeros(1, dtype=torch.float64)
BASELINE = SavedBaseline("tfidf", "full", ["moon"], {"idf": ZERO, "coefficients": ZERO, "intercept": ZERO - 1}, 1)


def biased(name, bias):
    model = tiny_model(name)
    return replace(model, weights=model.weights | {"output.bias": torch.tensor([bias])})


def settings(test):
    """Return parameters of two variants with two seeds each, with or without a test split."""
    document = params()
    document["split"]["test"] = test
    document["train"]["seeds"] = [1, 2]
    document["variants"] = {"a": {"learning_rate": 0.001}}
    document["pretrained_variants"] = {"b": {"learning_rate": 0.001}}
    document["evaluate"]["sentences"] = "good\nbad\n"
    return document


@pytest.fixture
def project(tmp_path):
    """A project before `evaluate`."""
    write_params(tmp_path, settings(test=4))
    # of the four headlines a-1 has the first wrong, a-2 none, b-1 and b-2 the last two, as logits are means and -3
    models = {"tfidf": BASELINE, "a-1": tiny_model("a"), "a-2": biased("a", -2.5)}
    for run, model in (models | {"b-1": biased("b", -3.5), "b-2": biased("b", -3.5)}).items():
        save_model(tmp_path / f"models/{run}.pt", model)
        epochs = {"best_epoch": 5, "overfit_epoch": None} if run == "a-2" else {}
        write_json(tmp_path / f"metrics/train/{run}.json", TRAINED | {"validation_loss": LOSSES[run]} | epochs)
    for split in ("validation", "test"):
        write_headlines(tmp_path / f"data/split/{split}.jsonl", HEADLINES)
    return tmp_path


def test_every_run_and_variant_is_scored(project):
    run_stage(project, "evaluate")
    runs = pd.read_csv(project / "metrics/runs.csv", index_col="run")
    assert runs["accuracy"].to_dict() == {"tfidf": 0.5, "a-1": 0.75, "a-2": 1, "b-1": 0.75, "b-2": 0.75}
    table = pd.read_csv(project / "metrics/evaluation.csv", index_col="variant")
    assert table["accuracy"].to_dict() == {"tfidf": 0.5, "a": 0.875, "b": 0.75} and set(table["split"]) == {"test"}
    assert table["ensemble_accuracy"].dropna().to_dict() == {"a": 0.75, "b": 0.75}  # `good`: 0.73 and 0.38
    assert table["difference"].dropna().to_dict() == {"a": 0.375, "b": 0.25} and table["seeds"].tolist() == [1, 2, 2]
    assert (table["accuracy_ci_low"] <= table["accuracy"]).all()
    assert table["validation_loss"].tolist() == [0.5] * 3
    assert table["validation_loss_sd"].dropna().to_dict() == {"a": pytest.approx(0.02**0.5, abs=1e-4), "b": 0}
    assert table["best_epoch"].tolist() == [2, 4, 2]  # the mean of 2 and 5, rounded
    assert table["overfit_epoch"].isna().tolist() == [False, True, False]  # missing if a seed has none
    scores = read_json(project / "metrics/scores/a.json")
    assert (
        scores["test_accuracy"] == 0.875
        and scores["test_difference"] == 0.375
        and list(scores) == [f"test_{key}" for key in evaluate.SCORES + evaluate.DIFFERENCE]
    )
    sentences = pd.read_csv(project / "plots/sentences.csv", index_col="sentence")
    good = (probability(2) + probability(0.5)) / 2  # the mean of the seeds
    assert sentences.loc["good"].tolist() == pytest.approx([probability(0), good, probability(-0.5)], abs=1e-6)
    predictions = pd.read_csv(project / "data/predictions.csv")
    assert list(predictions) == ["headline", "label", *LOSSES] and predictions["label"].tolist() == [0, 1, 1, 0]


def test_the_first_variant_with_the_lowest_validation_loss_is_selected_and_its_best_run(project):
    run_stage(project, "evaluate")
    assert read_json(project / "metrics/selected.json")["variant"] == "tfidf"
    write_json(project / "metrics/train/tfidf.json", TRAINED | {"validation_loss": 0.55})
    run_stage(project, "evaluate")
    expected = {"variant": "a", "run": "a-2", "validation_loss": 0.4}
    assert read_json(project / "metrics/selected.json") == expected
    assert load_model(str(project / "data/selected.pt")).variant == "a"


def test_without_a_test_split_the_validation_split_is_scored(project):
    write_params(project, settings(test=0))
    (project / "data/split/test.jsonl").unlink()
    run_stage(project, "evaluate")
    assert read_json(project / "metrics/scores/a.json")["validation_accuracy"] == 0.875


def test_the_model_of_another_variant_is_refused(project):
    save_model(project / "models/a-2.pt", tiny_model("b"))
    assert refusal(project, "evaluate") == "models/a-2.pt: the model of b, expected the model of a"


def test_the_most_confident_errors_come_first_with_the_importance_of_their_words():
    texts = ["good", "bad", "moon", "good bad", "bad moon"]
    headlines = [Headline(text, label) for text, label in zip(texts, [1, 1, 1, 0, 1], strict=True)]
    found = evaluate.find_errors(tiny_model(), headlines, np.array([0.9, 0.4, 0.02, 0.97, 0.5]))
    assert found["count"] == 4  # 0.5 is not above 0.5
    assert [error["headline"] for error in found["listed"]] == ["moon", "good bad", "bad", "bad moon"]
    # the logit of both words is 3 - 1; without `good` it is 4 - 1, without `bad` 2 - 1
    listed = {"headline": "good bad", "label": 0, "probability": 0.97, "importance": [("good", -1), ("bad", 1)]}
    assert found["listed"][1] == listed


def decode(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def test_a_matrix_is_packed_as_integers_with_the_scale_of_each_row():
    weights = torch.tensor([[1.27, -0.635, 0.0], [0.0, 0.0, 0.0], [5.0, 0.02, -5.0]])
    packed = evaluate.pack(weights)
    integers = decode(packed["int8"], "<i1").reshape(3, 3)
    assert integers.tolist() == [[127, -64, 0], [0, 0, 0], [127, 1, -127]]
    unpacked = integers * decode(packed["scale"], "<f4")[:, None]
    np.testing.assert_allclose(unpacked, weights, atol=5 / 127 / 2)


def test_a_vector_is_packed_as_float16_and_only_the_used_weights_where_most_are_0():
    dense = evaluate.pack(torch.tensor([0.5, -1e6, 0.0], dtype=torch.float64))
    assert decode(dense["float16"], "<f2").tolist() == [0.5, -65504, 0]  # the lowest finite number
    sparse = evaluate.pack(torch.tensor([[0.0], [0.0], [0.25], [0.0], [-2.0], [0.0]]))
    assert decode(sparse["float16"], "<f2").tolist() == [0.25, -2]
    assert decode(sparse["at"], "<u4").tolist() == [2, 4] and sparse["size"] == 6


def test_the_selected_model_and_those_that_fit_are_in_the_page(monkeypatch):
    models = {"tfidf": BASELINE, "a-1": tiny_model("a"), "b-2": biased("b", -2.5)}
    page = evaluate.pack_models(models, "b-2", ["good", "bad"])
    assert [(model["variant"], model["run"]) for model in page["models"]] == [
        ("tfidf", "tfidf"),
        ("a", "a-1"),
        ("b", "b-2"),
    ]
    _, a, b = page["models"]
    assert a["vocabulary"] == b["vocabulary"] and page["shared"][a["vocabulary"]] == ["<pad>", "<unk>", "good", "bad"]
    equal = {name for name in a["weights"] if a["weights"][name] == b["weights"][name]}  # which are there once
    assert equal == set(a["weights"]) - {"output.bias"}
    assert page["shared"][b["weights"]["output.bias"]] == evaluate.pack(torch.tensor([-2.5]))
    assert a["checks"] == [("good", round(probability(2), 4)), ("bad", round(probability(4), 4))]
    monkeypatch.setattr(evaluate, "OTHERS_SIZE", 0)
    page = evaluate.pack_models(models, "b-2", ["good"])
    assert [model["variant"] for model in page["models"]] == ["b"]
    assert sum(isinstance(part, list) for part in page["shared"]) == 1  # the vocabulary


def test_the_page_is_small():
    outputs = read_yaml(ROOT / "dvc.lock")["stages"]["report"]["outs"]
    assert {out["path"]: out["size"] for out in outputs}["plots/report.html"] < 3_000_000
    settings = {"embedding_dimension": 100, "layers": 1, "bidirectional": True, "hidden_size": 64, "wide": 262_144}
    arguments = ARGUMENTS | settings | {"vocabulary_size": 25_000}  # of the real headlines
    weights = HeadlineClassifier(**arguments).state_dict()
    weights["wide.weight"][: 262_144 // 3] = 1.0  # more take less, as all are stored then
    model = SavedNetwork("wide", "full", [f"word{number}" for number in range(25_000)], weights, arguments, 60, True)
    page = evaluate.pack_models({"wide-1": model}, "wide-1", ["a headline"])
    assert len(json.dumps(page)) + evaluate.OTHERS_SIZE < 5_700_000  # which leaves 0.3 MB for all else

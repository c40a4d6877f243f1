"""Which models are in the report, and the words of the worst errors."""

import json

import numpy as np
import pytest
from tests.project import params, refusal, run_stage, write_params

import prepare_page
from sarcasm.network.model_file import load

VARIANTS = ["tfidf", "lstm", "stacked_lstm_dropout", "glove_lstm"]  # glove_lstm is the largest, then tfidf


@pytest.fixture
def prepared(small_project):
    """Run the stage; return the names of the models in the page."""

    def prepare(page_variants=None):
        document = params()
        document["evaluate"]["page_variants"] = page_variants
        write_params(small_project, document)
        run_stage(small_project, "prepare_page")
        return names(page(small_project, "models"))

    return prepare


def page(folder, name):
    return json.loads((folder / f"data/page/{name}.json").read_text(encoding="utf-8"))


def names(models):
    return [model["variant"] for model in models["models"]]


def test_small_models_are_in_the_page_in_the_order_of_the_variants(prepared):
    assert prepared() == VARIANTS


def test_the_page_has_the_models_that_are_named(prepared, small_project):
    assert prepared(["glove_lstm", "lstm"]) == ["lstm", "glove_lstm"]
    models = page(small_project, "models")
    assert models["vocabularies"].keys() == {"plain", "glove"}
    assert models["vocabularies"]["plain"] == load(small_project / "models/lstm-1.pt").vocabulary
    assert prepared([]) == []


def test_an_unknown_name_is_refused(small_project):
    document = params()
    document["evaluate"]["page_variants"] = ["lstm", "other"]
    write_params(small_project, document)
    line = "params.yaml: evaluate.page_variants: unknown variant 'other'"
    assert refusal(small_project, "prepare_page") == line


@pytest.fixture
def small_params(small_project, monkeypatch):
    monkeypatch.chdir(small_project)
    return prepare_page.read_params(small_project / "params.yaml")


def test_a_large_network_is_left_out(small_params, monkeypatch):
    monkeypatch.setattr(prepare_page, "PARAMETERS", 2_000)
    assert "glove_lstm" not in names(prepare_page.choose_models(small_params))


def test_the_largest_models_are_left_out_if_not_all_fit(small_params, monkeypatch):
    sizes = {model["variant"]: len(json.dumps(model)) for model in prepare_page.choose_models(small_params)["models"]}
    largest = max(sizes, key=sizes.__getitem__)
    monkeypatch.setattr(prepare_page, "SIZE", sum(sizes.values()) - 1)
    found = prepare_page.choose_models(small_params)
    assert names(found) == [name for name in sizes if name != largest]
    assert found["vocabularies"].keys() == {"plain", "glove"} - ({"glove"} if largest == "glove_lstm" else set())
    named = small_params.model_copy(
        update={"evaluate": small_params.evaluate.model_copy(update={"page_variants": [*sizes]})}
    )
    with pytest.raises(prepare_page.InputError, match="evaluate.page_variants: models of .* bytes, expected at most"):
        prepare_page.choose_models(named)


def test_weights_are_float16(small_project):
    model = load(small_project / "models/lstm-1.pt")
    model.weights["output.bias"][0] = 1e6
    packed = prepare_page.pack(model)["weights"]
    decoded = {name: np.frombuffer(prepare_page.base64.b64decode(text), "<f2") for name, text in packed.items()}
    assert decoded["output.bias"] == [65504]  # the largest finite number
    weights = model.weights["linear.weight"].numpy().ravel()
    np.testing.assert_array_equal(decoded["linear.weight"], weights.astype(np.float16))


def test_the_most_confident_errors_come_first_with_the_importance_of_their_words():
    class Model:
        def __call__(self, headlines):
            return np.array([0.9, 0.4, 0.97, 0.5, 0.05])

        def word_importance(self, headline):
            return [(word, 0.123456) for word in headline.split()]

    headlines = [("correct", 1), ("close", 1), ("confident", 0), ("undecided", 1), ("as confident", 1)]
    errors = prepare_page.find_errors(Model(), headlines)
    assert errors["count"] == 4
    assert [error["headline"] for error in errors["listed"]] == ["confident", "as confident", "close", "undecided"]
    assert errors["listed"][1]["importance"] == [("as", 0.1235), ("confident", 0.1235)]

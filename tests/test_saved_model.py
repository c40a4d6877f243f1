"""A model file gives the same predictions again, or it is refused by its name."""

import io
import pickle
from dataclasses import replace
from pathlib import Path

from sarcasm import saved_model
from sarcasm.baseline import SavedBaseline
from sarcasm.saved_model import load_model, save_model
from sarcasm.stage import InputError, write_bytes

import pytest
import torch
from tests.tiny_model import ARGUMENTS, probability, tiny_model

TEXTS = ["good bad", "no known word", "", "bad " * 10_000, "\ud800 \0 <b>"]


@pytest.fixture
def path(tmp_path):
    save_model(tmp_path / "tiny.pt", tiny_model())
    return tmp_path / "tiny.pt"


def saved(what):
    buffer = io.BytesIO()
    torch.save(what, buffer)
    return buffer.getvalue()


def baseline():
    values = {"idf": [1.5, 2.0], "coefficients": [1.0, -1.0], "intercept": [0.5]}
    weights = {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
    return SavedBaseline("tfidf", "stripped", ["moon", "moon wins"], weights, ngrams=2)


@pytest.mark.parametrize("model", [tiny_model(), replace(tiny_model(), bucketed=False), baseline()])
def test_a_model_comes_back_and_equal_models_have_equal_bytes(model, tmp_path):
    one, other = tmp_path / "one.pt", tmp_path / "other.pt"
    save_model(one, model)
    loaded = load_model(str(one))
    assert type(loaded) is type(model) and replace(loaded, weights={}) == replace(model, weights={})
    assert (loaded(TEXTS) == model(TEXTS)).all() and loaded([]).shape == (0,)
    apart = ["".join(list(word)) for word in loaded.vocabulary]  # equal strings, but not the same objects
    save_model(other, replace(loaded, vocabulary=apart, variant="".join(list(model.variant))))
    assert one.read_bytes() == other.read_bytes()


def test_probabilities_by_hand():
    model = tiny_model()
    texts = ["good", "good bad", "moon good!", "", "bad bad bad bad good"]  # it reads four words
    assert model(texts) == pytest.approx([probability(mean) for mean in (2, 3, 2 / 3, 0, 4)])
    assert replace(model, bucketed=False)(texts) == pytest.approx(
        [probability(total / 4) for total in (2, 6, 2, 0, 16)]  # the mean includes the padding
    )
    assert model.unknown_words("good moon, sun moon") == ["moon", ",", "sun"]


def test_importance_is_the_logit_minus_the_logit_without_the_word():
    # the logit is the mean minus 1: 2 - 1 of all words, (4 + 0) / 2 - 1 without `good`, and so on
    assert tiny_model().word_importance("good bad zorp") == [("good", 0), ("bad", 1), ("zorp", -1)]


@pytest.mark.parametrize("text", ["", "good", "good bad good bad", "good good good bad bad moon"])
def test_importance_equals_leaving_each_word_out(text):
    model, words = tiny_model(), text.split()
    importance = model.word_importance(text)
    assert [word for word, _ in importance] == words[:4]  # the fifth word moves up when another is left out
    for place, (_, value) in enumerate(importance):
        without = " ".join(words[:place] + words[place + 1 :])
        whole, rest = torch.tensor(model([text, without])).double().logit().tolist()
        assert value == pytest.approx(whole - rest, abs=1e-5)


class Malicious:
    def __reduce__(self):
        return Path.touch, (Path("executed"),)


OTHER = b"", saved({"weights": {}})[:500], saved(Malicious()), pickle.dumps({}, protocol=2), saved(torch.ones(2))
SETTINGS = "{", "[]", "[" * 100_000, '{"kind": "other"}', '{"kind": "SavedNetwork", "variant": "a"}', 3


@pytest.mark.parametrize("data", [*OTHER, *(saved({"settings": text, "weights": {}}) for text in SETTINGS)])
def test_other_files_are_refused_and_run_no_code(path, data, monkeypatch):
    monkeypatch.chdir(path.parent)
    write_bytes(path, data)
    with pytest.raises(InputError, match="^tiny.pt: damaged, or not a model of this project: "):
        load_model("tiny.pt")
    assert not Path("executed").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"arguments": ARGUMENTS | {"cell": "moon", "layers": 1}},
        {"arguments": ARGUMENTS | {"hidden_size": 2}},
        {"tokenizer": "moon"},
        {"max_length": -1},
        {"vocabulary": 4},
        {"weights": {}},
        {"weights": tiny_model().weights | {"embedding.weight": torch.tensor([[0.0], [0.0], [2.0], [float("nan")]])}},
    ],
    ids=str,
)
def test_a_model_that_does_not_fit_its_settings_is_refused(path, change):
    save_model(path, replace(tiny_model(), **change))
    with pytest.raises(InputError, match="tiny.pt: damaged, or not a model of this project: "):
        load_model(str(path))


def test_a_logit_that_is_not_finite_is_refused():
    weights = {name: torch.full_like(weight, 3e38) for name, weight in tiny_model().weights.items()}
    with pytest.raises(InputError, match="model tiny: a logit is not finite"):
        replace(tiny_model(), weights=weights)(["moon"])


def test_a_model_has_a_name_or_a_path_or_is_the_selected_one(path, monkeypatch):
    monkeypatch.setattr(saved_model, "PROJECT", path.parent / "project")
    with pytest.raises(InputError, match="data/selected.pt: no such model"):
        load_model()
    with pytest.raises(InputError, match="models/first-1.pt: no such model, the folder has none; `dvc repro` trains"):
        load_model("first-1")
    for name in ("first", "second"):
        save_model(path.parent / f"project/models/{name}-1.pt", tiny_model(name))
    save_model(path.parent / "project/data/selected.pt", tiny_model("second"))
    monkeypatch.chdir(path.parent)
    found = [load_model(which).variant for which in ("first-1", "tiny.pt", str(path), None)]
    assert found == ["first", "tiny", "tiny", "second"]
    with pytest.raises(InputError, match="models/third.pt: no such model, the folder has first-1, second-1;"):
        load_model("third")

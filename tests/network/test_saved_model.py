"""A model file is one that this project saved, undamaged, or it is refused by name."""

import io
import json
import pickle
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.edits import EDITS, JSON, edited
from tests.project import refusal

from sarcasm.base.command import InputError
from sarcasm.base.files import write_checksummed, write_json
from sarcasm.network import model_file
from sarcasm.network.model import HeadlineClassifier, count_parameters
from sarcasm.network.model_file import load, save_model
from sarcasm.network.saved_model import SavedModel

NETWORK = {
    "vocabulary_size": 4,
    "embedding_dimension": 2,
    "cell": "gru",
    "layers": 1,
    "bidirectional": False,
    "hidden_size": 2,
    "dropout": dict.fromkeys(("embedding", "inter_layer", "rnn_output", "linear"), 0.0),
}


@pytest.fixture
def model():
    return make()


def make():
    weights = HeadlineClassifier(**NETWORK).state_dict()
    return SavedModel(
        "small", NETWORK, "full", ["<pad>", "<unk>", "bridge", "again"], 5, True, ["HuffPost", "Onion"], weights
    )


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [0, 1, 3])
def test_parameters_are_counted_without_making_the_network(cell, bidirectional, layers):
    network = NETWORK | {"cell": cell, "bidirectional": bidirectional, "layers": layers, "hidden_size": 5}
    made = sum(weight.numel() for weight in HeadlineClassifier(**network).parameters())
    assert count_parameters(network) == made
    network |= {"extra_dimension": 3, "wide": {"buckets": 50, "dropout": 0.5}}
    assert count_parameters(network) == sum(weight.numel() for weight in HeadlineClassifier(**network).parameters())


@pytest.fixture
def path(model, tmp_path):
    save_model(tmp_path / "small.pt", model)
    return tmp_path / "small.pt"


def test_equal_models_have_equal_bytes_and_predictions(model, path):
    apart = replace(model, variant="".join(["sma", "ll"]), network=NETWORK | {"cell": "".join(["g", "ru"])})
    save_model(path.with_name("other.pt"), replace(apart, vocabulary=[f"{word}" for word in model.vocabulary]))
    assert path.read_bytes() == path.with_name("other.pt").read_bytes()
    save_model(path.with_name("other.pt"), load(path))
    assert path.read_bytes() == path.with_name("other.pt").read_bytes()
    texts = ["bridge again", "no known word", "", " ".join(["bridge"] * 10_000), "\ud800 \0"]
    assert (load(path)(texts) == model(texts)).all()
    assert model([]).shape == (0,)


def test_a_damaged_or_truncated_model_is_refused(path):
    whole = path.read_bytes()
    for position in range(0, len(whole), 5):
        for bad in (whole[:position] + bytes([whole[position] ^ 16]) + whole[position + 1 :], whole[:position]):
            path.write_bytes(bad)
            with pytest.raises(InputError, match="small.pt: damaged"):
                load(path)


class Malicious:
    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def saved(what):
    buffer = io.BytesIO()
    torch.save(what, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data", [saved(Malicious()), pickle.dumps({}, protocol=2), saved({"weights": {}}), saved(torch.ones(2)), b""]
)
def test_other_files_are_refused_and_run_no_code(path, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_checksummed(path, data)
    with pytest.raises(InputError, match="small.pt: "):
        load(path)
    assert not Path("executed").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"network": NETWORK | {"cell": "moon"}},
        {"network": NETWORK | {"layers": 10**9}},
        {"network": NETWORK | {"hidden_size": 10**12}},
        {"network": NETWORK | {"embedding_dimension": "2"}},
        {"network": NETWORK | {"dropout": []}},
        {"network": {}},
        {"network": None},
        {"tokenizer": "moon"},
        {"max_length": 10**9},
        {"max_length": -1},
        {"max_length": 1.5},
        {"vocabulary": 4},
        {"vocabulary": [[], [], [], []]},
        {"classes": ["one"]},
        {"classes": [0, 1]},
        {"classes": ["a", "\033[2J"]},
    ],
    ids=str,
)
def test_a_model_of_other_settings_is_refused(model, path, change):
    save_model(path, replace(model, **change))
    with pytest.raises(InputError, match="small"):
        load(path)


@pytest.mark.parametrize("settings", ["{", "[]", "1" * 5000, "[" * 100_000, '{"variant": 1}', 3])
def test_settings_that_are_not_json_or_not_complete_are_refused(path, settings):
    write_checksummed(path, saved({"settings": settings, "weights": {}}))
    with pytest.raises(InputError, match="small.pt: not a model of this project"):
        load(path)


@given(place=st.sampled_from([*asdict(make()), *NETWORK]), value=JSON, edits=st.just([]) | EDITS)
def test_any_content_with_a_checksum_classifies_or_is_refused(place, value, edits, tmp_path_factory):
    settings = asdict(replace(make(), weights={}))
    (settings["network"] if place in NETWORK else settings)[place] = value
    path = tmp_path_factory.getbasetemp() / "small.pt"
    write_checksummed(path, edited(saved({"settings": json.dumps(settings), "weights": make().weights}), edits))
    try:
        found = load(path)(["bridge again", "moon", ""])
    except InputError as error:
        assert "small" in str(error)
    else:
        assert found.shape == (3,) and ((0 <= found) & (found <= 1)).all()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_not_finite_are_refused(model, path, value):
    model.weights["embedding.weight"][3, 1] = value  # of one word
    save_model(path, model)
    with pytest.raises(InputError, match="small.pt: .*weights are not finite"):
        load(path)


@pytest.mark.parametrize("second", [3e38, -3e38])
def test_a_logit_that_is_not_finite_is_refused(model, second):
    large = {name: torch.full_like(weight, 3e38) for name, weight in model.weights.items()}
    large["output.weight"] = torch.tensor([[3e38, second]])  # infinity, and infinity minus infinity
    with pytest.raises(InputError, match="model small: a logit is not finite"):
        replace(model, weights=large)(["moon"])


def test_weights_that_need_more_memory_than_their_file_are_refused(model, path):
    weights = model.weights | {"embedding.weight": torch.zeros(1).expand(4, 2)}
    save_model(path, replace(model, weights=weights))
    with pytest.raises(InputError, match="not all in the file"):
        load(path)


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(InputError, match="small.pt: no such model, the folder has none; `dvc repro` trains them"):
        load(tmp_path / "small.pt")


def test_a_model_has_a_name_or_a_path_or_is_the_selected_one(model, path, monkeypatch):
    monkeypatch.setattr(model_file, "PROJECT", path.parent / "project")
    for name in ("first", "second"):
        save_model(path.parent / f"project/models/{name}-1.pt", replace(model, variant=name))
    write_json(path.parent / "project/metrics/selected.json", {"run": "second-1"})
    monkeypatch.chdir(path.parent)
    found = [load(which).variant for which in ("first-1", "small.pt", str(path), path, None)]
    assert found == ["first", "small", "small", "small", "second"]
    with pytest.raises(InputError, match="models/third.pt: no such model, the folder has first-1, second-1;"):
        load("third")


def test_weights_of_another_shape_are_refused(model):
    with pytest.raises(InputError, match="model small: weights and settings do not match"):
        replace(model, network=NETWORK | {"hidden_size": 3})(["moon"])


@pytest.mark.parametrize("vocabulary", [["<pad>", "<unk>"], ["<pad>", "<unk>", "bridge", "again", "moon"]])
def test_another_vocabulary_is_refused(model, vocabulary):
    with pytest.raises(InputError, match=f"model small: a vocabulary of {len(vocabulary)} words, expected 4"):
        replace(model, vocabulary=vocabulary)(["moon"])


def test_the_model_of_another_variant_is_refused_by_name(small_project):
    models = small_project / "models"
    (models / "lstm-1.pt").write_bytes((models / "glove_lstm-1.pt").read_bytes())
    message = refusal(small_project, "evaluate")
    assert message == "models/lstm-1.pt: the model of glove_lstm, expected the model of lstm"

"""A model file is one that this project saved, undamaged, or it is refused by name."""

import io
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.project import refusal

from sarcasm.base.command import InputError
from sarcasm.base.files import write_checksummed
from sarcasm.network.model import HeadlineClassifier
from sarcasm.network.saved_model import SavedModel, load_model, save_model

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
    weights = HeadlineClassifier(**NETWORK).state_dict()
    return SavedModel(
        "small", NETWORK, "full", ["<pad>", "<unk>", "bridge", "again"], 5, True, ["HuffPost", "Onion"], weights
    )


@pytest.fixture
def path(model, tmp_path):
    save_model(tmp_path / "small.pt", model)
    return tmp_path / "small.pt"


def test_equal_models_have_equal_bytes_and_predictions(model, path):
    apart = replace(model, variant="".join(["sma", "ll"]), network=NETWORK | {"cell": "".join(["g", "ru"])})
    save_model(path.with_name("other.pt"), replace(apart, vocabulary=[f"{word}" for word in model.vocabulary]))
    assert path.read_bytes() == path.with_name("other.pt").read_bytes()
    save_model(path.with_name("other.pt"), load_model(path))
    assert path.read_bytes() == path.with_name("other.pt").read_bytes()
    texts = ["bridge again", "no known word", "", " ".join(["bridge"] * 10_000), "\ud800 \0"]
    assert (load_model(path).probabilities(texts) == model.probabilities(texts)).all()
    assert model.probabilities([]).shape == (0,)


def test_a_damaged_or_truncated_model_is_refused(path):
    whole = path.read_bytes()
    for position in range(0, len(whole), 5):
        for bad in (whole[:position] + bytes([whole[position] ^ 16]) + whole[position + 1 :], whole[:position]):
            path.write_bytes(bad)
            with pytest.raises(InputError, match="small.pt: damaged"):
                load_model(path)


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
        load_model(path)
    assert not Path("executed").exists()


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(InputError, match="small.pt: no such model"):
        load_model(tmp_path / "small.pt")


def test_weights_of_another_shape_are_refused(model):
    with pytest.raises(InputError, match="model small: weights and settings do not match"):
        replace(model, network=NETWORK | {"hidden_size": 3}).probabilities(["moon"])


@pytest.mark.parametrize("vocabulary", [["<pad>", "<unk>"], ["<pad>", "<unk>", "bridge", "again", "moon"]])
def test_another_vocabulary_is_refused(model, vocabulary):
    with pytest.raises(InputError, match=f"model small: a vocabulary of {len(vocabulary)} words, expected 4"):
        replace(model, vocabulary=vocabulary).probabilities(["moon"])


def test_the_model_of_another_variant_is_refused_by_name(small_project):
    models = small_project / "models"
    (models / "lstm.pt").write_bytes((models / "glove_lstm.pt").read_bytes())
    message = refusal(small_project, "evaluate")
    assert message == "models/lstm.pt: the model of glove_lstm, expected the model of lstm"

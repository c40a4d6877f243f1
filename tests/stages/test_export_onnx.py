"""Exported networks compared with PyTorch."""

import json

import numpy as np
import pytest
import torch
from tests.project import ROOT, run_stage

import export_onnx
from sarcasm.base.command import InputError
from sarcasm.base.params import GloveVariant, read_params
from sarcasm.network.baseline import SavedBaseline
from sarcasm.network.model import HeadlineClassifier
from sarcasm.network.model_file import save_model
from sarcasm.network.saved_model import SavedModel
from sarcasm.text.tokenizers import TOKENIZERS
from sarcasm.text.vocabulary import SPECIAL, tokenize

try:
    import onnx
    import onnxruntime
except ImportError:
    onnxruntime = None
NEEDS_ONNX = pytest.mark.skipif(onnxruntime is None, reason="no ONNX: pip install -r tests/requirements.txt")
NETWORKS = read_params(ROOT / "params.yaml").networks


def network(name: str) -> dict:
    """Return the arguments of the network of a variant of params.yaml."""
    variant = NETWORKS[name]
    sizes = {"vocabulary_size": 500}
    if isinstance(variant, GloveVariant):
        sizes |= {"embedding_dimension": 50} | ({"extra_dimension": 20} if variant.extra_vectors else {})
    return variant.network | sizes


def random_model(arguments: dict, padded: bool = False) -> SavedModel:
    """Return a model whose weights, also of the wide path, make a difference of more than a rounding error."""
    torch.manual_seed(1)
    weights = {name: weight.normal_(0, 0.2) for name, weight in HeadlineClassifier(**arguments).state_dict().items()}
    weights["output.weight"] *= 10
    words = [f"w{number}" for number in range(len(SPECIAL), arguments["vocabulary_size"])]
    return SavedModel("x", arguments, "full", [*SPECIAL, *words], 12, not padded, ["no", "yes"], weights)


def difference(arguments: dict) -> float:
    """Return the largest difference in probability between PyTorch and ONNX, over batches of many sizes."""
    model = random_model(arguments).classifier.eval().requires_grad_(False)
    session = onnxruntime.InferenceSession(export_onnx.to_onnx(model))
    found, draw = [], np.random.default_rng(1)
    for shape in [(1, 1), (1, 9), (40, 1), (40, 2), (40, 30)]:
        ids = draw.integers(0, arguments["vocabulary_size"], shape)
        ids[0, 1:] = ids[-1] = 0  # padding
        (probabilities,) = session.run(["probability"], {"ids": ids})
        assert probabilities.dtype == np.float32 and probabilities.shape == shape[:1]
        expected = model(torch.from_numpy(ids)).sigmoid().numpy()
        found.append(np.abs(probabilities - expected).max())
    assert np.ptp(expected) > 0.01
    return max(found)


@NEEDS_ONNX
@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_every_variant_has_the_probabilities_of_pytorch(name):
    assert difference(network(name)) < 1e-5


@NEEDS_ONNX
@pytest.mark.slow
@pytest.mark.parametrize("cell", ["gru", "rnn"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_every_cell_has_the_probabilities_of_pytorch(cell, layers, bidirectional):
    settings = {"cell": cell, "layers": layers, "bidirectional": bidirectional}
    assert difference(network("wide_bi_lstm") | settings) < 1e-5


def ids_of(headline: str, settings: dict) -> list[int]:
    """Return the ids as the stage's documentation describes them."""
    words = tokenize([headline], TOKENIZERS[settings["tokenizer"]])
    names, vocabulary = list(words.words), settings["vocabulary"]
    known = [names[index] for index in words.indexes.tolist()]
    ids = [vocabulary.index(word) if word in vocabulary else 1 for word in known][: settings["max_length"]] or [0]
    return ids + [0] * (settings["max_length"] - len(ids)) if settings["padded"] else ids


@NEEDS_ONNX
@pytest.mark.slow
@pytest.mark.parametrize("padded", [False, True])
def test_the_two_files_classify_like_the_model(tmp_path, capsys, padded):
    model = random_model(network("wide_bi_lstm"), padded)
    save_model(tmp_path / "x-1.pt", model)
    for name in ("one", "two"):
        run_stage(tmp_path, "export_onnx", "x-1.pt", f"{name}.onnx")
    data = (tmp_path / "one.onnx").read_bytes()
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == f"one.onnx: {len(data):,} bytes; vocabulary: one.json" and err == ""
    assert data == (tmp_path / "two.onnx").read_bytes() and str(tmp_path).encode() not in data
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    settings = json.loads((tmp_path / "one.json").read_text())
    session = onnxruntime.InferenceSession(data)
    headlines = ["w2 w3 moon w4", "w400", "", "w5 " * 30]
    found = [session.run(None, {"ids": [ids_of(headline, settings)]})[0].item() for headline in headlines]
    assert found == pytest.approx(model(headlines).tolist(), abs=1e-5)
    assert settings["classes"] == ["no", "yes"]


def test_other_input_is_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(export_onnx, "helper", "installed")
    weights = {name: torch.ones(1, dtype=torch.float64) for name in ("idf", "coefficients", "intercept")}
    save_model(tmp_path / "tfidf.pt", SavedBaseline("tfidf", "full", 1, ["a"], ["no", "yes"], weights))
    with pytest.raises(InputError, match="tfidf.pt: the baseline, expected a network"):
        export_onnx.main(str(tmp_path / "tfidf.pt"), "x.onnx")
    with pytest.raises(InputError, match="x.json: expected a name that ends in .onnx"):
        export_onnx.main("x", "x.json")
    monkeypatch.setattr(export_onnx, "helper", None)
    with pytest.raises(InputError, match="the package onnx is not installed; `pip install onnx`"):
        export_onnx.main("x", "x.onnx")

"""The pipeline compared with the chapter's own code, chapter.py, and with the figures that the chapter prints."""

import copy
import gzip
import json
import re
import runpy
import shutil
import sys
import zipfile
from collections import Counter
from pathlib import Path

from sarcasm.dataset import HeadlineDataset
from sarcasm.model import HeadlineClassifier
from sarcasm.params import Vocabulary, check_params
from sarcasm.tokenizers import TOKENIZERS
from sarcasm.trainer import Trainer
from sarcasm.vectors import coverage, initialize_embedding, read_vectors
from sarcasm.vocabulary import PAD, encode, make_vocabulary

import chapter
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from repro import read_experiment
from ruamel.yaml import YAML
from tests.project import ROOT, run, run_stage
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchinfo import summary

REAL = ROOT.parent / "shared/data"
PARAMS = ROOT / "configs/book.yaml"
BOOK = check_params(YAML(typ="safe").load(read_experiment(PARAMS)), PARAMS)
PIECES = st.sampled_from(
    ["<b>", "</b>", "<a href='x'>", "<br/>", "&amp;", "&eacute;", "&#39;", "&nbsp;", "&lt;b&gt;", "&", "<", ">", " "]
    + ["  ", "\t", "\u00a0", "\u2003", "\x1c", "\x85", "\r", "\n", "\0", "\u2028", ",", ".", "-", "/", "don't", "the"]
    + ["The", "1,234.5", "٣", "İ", "ΑΣ", "ß", "’", "“x”", "_", "it's", "A&B", "(x)", "u.s."]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
HEADLINES = st.lists(PIECES, max_size=12).map("".join).filter(lambda text: "<!" not in text)
PRINTED = {  # parameters, trainable parameters, millions of multiply-adds of a padded batch
    "bi_lstm": (21_537, 21_537, 17.72),
    "stacked_lstm": (35_745, 35_745, 56.37),
    "stacked_lstm_dropout": (35_745, 35_745, 56.37),
    "pretrained_lstm": (406_817, 6_817, 25.34),
    "pretrained_lstm_finetuned": (406_817, 406_817, 25.34),
}
pytestmark = pytest.mark.filterwarnings("ignore::bs4.UnusualUsageWarning")


def real_file(name: str) -> Path:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"needs the real data, {REAL.relative_to(ROOT.parent)}/{name}")
    return path


def real_headlines(version: int) -> list[str]:
    text = real_file(f"Sarcasm_Headlines_Dataset_v{version}.json").read_text(encoding="utf-8")
    return [json.loads(line)["headline"] for line in text.splitlines()]


def vocabulary_of(name: str) -> Vocabulary:
    return BOOK.vocabularies.pretrained if name in BOOK.pretrained_variants else BOOK.vocabularies.plain


def make_network(name: str) -> HeadlineClassifier:
    arguments = BOOK.networks[name].model_dump(exclude={"learning_rate"})
    return HeadlineClassifier(vocabulary_of(name).size, **{"embedding_dimension": BOOK.vectors.dimension} | arguments)


@given(HEADLINES)
def test_words_of_any_headline(headline):
    for name in ("stripped", "glove"):
        assert TOKENIZERS[name](headline) == getattr(chapter, name)(headline)


@pytest.mark.slow
def test_words_of_the_real_headlines():
    for name in ("stripped", "glove"):
        for headline in real_headlines(1) + real_headlines(2):
            assert TOKENIZERS[name](headline) == getattr(chapter, name)(headline)


@given(st.lists(st.lists(st.sampled_from("abcdef")), min_size=1), st.integers(3, 9))
def test_ids_of_any_headlines(headlines, size):
    most_common = [word for word, _ in Counter(word for words in headlines for word in words).most_common()]
    ids = encode(headlines, make_vocabulary(most_common, size), max_length=4)
    assert ids.tolist() == chapter.to_ids(headlines, chapter.make_vocabulary(headlines, size), length=4).tolist()


def test_the_embedding_of_words_with_and_without_a_vector():
    vectors = np.float32([[1, 2], [0, 0], [3, 4]])
    ours = initialize_embedding(vectors, np.array([True, False, True]), seed=1)
    theirs = chapter.make_embedding({"moon": vectors[0], "star": vectors[2]}, {"moon": 2, "sun": 3, "star": 4}, 5)
    for weights in (ours, theirs.weight.numpy()):
        assert weights[[PAD, 2, 4]].tolist() == [[0, 0], [1, 2], [3, 4]]
        assert weights[[1, 3]].all() and np.abs(weights[[1, 3]]).max() <= 0.25


def test_coverage_of_the_real_headlines(tmp_path):
    counts = Counter(word for text in real_headlines(1)[:20_000] for word in TOKENIZERS["glove"](text)).most_common()
    assert len(counts) == 22_457  # as the chapter prints
    with zipfile.ZipFile(real_file("glove.6B.50d.subset.zip")) as archive:
        text = archive.read("glove.6B.50d.txt")
    (tmp_path / "vectors.txt.gz").write_bytes(gzip.compress(text, compresslevel=1))
    words, numbers = zip(*counts, strict=True)
    found = read_vectors(tmp_path / "vectors.txt.gz", words, 50)[1]
    theirs = chapter.load_glove(text.decode().splitlines())
    assert found.tolist() == [word in theirs for word in words]
    assert coverage(found, np.array(numbers), 8000 - 2)["found"] == 7_609  # with all of GloVe 7,939


@pytest.mark.parametrize("name", PRINTED)
def test_parameters_and_multiply_adds_as_printed(name):
    ids = torch.zeros(BOOK.train.batch_size, vocabulary_of(name).max_length, dtype=torch.int32)
    found = summary(make_network(name), input_data=ids, verbose=0)
    assert (found.total_params, found.trainable_params, round(found.total_mult_adds / 1e6, 2)) == PRINTED[name]


def copy_weights(ours: HeadlineClassifier, theirs: chapter.Network) -> None:
    for layer in ("embedding", "linear", "output"):
        getattr(theirs, layer).load_state_dict(getattr(ours, layer).state_dict())
    weights = ours.recurrent.state_dict()
    for layer, lstm in enumerate(theirs.lstms):
        lstm.load_state_dict({key: weights[key.replace("_l0", f"_l{layer}")] for key in lstm.state_dict()})


@pytest.mark.parametrize("variant", chapter.LEARNING_RATES)
def test_a_training_step_from_equal_weights(variant):
    torch.manual_seed(5)
    ours = make_network(variant.replace("glove", "pretrained"))
    theirs, expected = (chapter.Network(variant, copy.deepcopy(ours.embedding)) for _ in range(2))
    copy_weights(ours, theirs)
    assert theirs.dropout.p == ours.drop_embedding.p == ours.drop_rnn_output.p
    assert theirs.dropout_linear.p == ours.drop_linear.p
    assert ours.recurrent.dropout == (theirs.dropout.p if len(theirs.lstms) > 1 else 0)
    ours.recurrent.dropout = 0  # which of the values are dropped is random
    for module in [*ours.modules(), *theirs.modules()]:
        if isinstance(module, nn.Dropout):
            module.p = 0
    ids = torch.randint(1, 2000, (32, 85), dtype=torch.int32) * (torch.arange(85) < torch.randint(0, 20, (32, 1)))
    headlines = HeadlineDataset(ids.int().numpy(), np.arange(32) % 3 % 2)
    trainer = Trainer(ours, 0.001, batch_size=32, bucketed=False, save_weights="last", seed=1)  # one step per epoch
    epoch = trainer.run_epoch(headlines, headlines)

    adam = torch.optim.Adam(theirs.parameters(), lr=0.001, betas=(0.9, 0.999), amsgrad=False)
    batches = DataLoader(TensorDataset(headlines.ids.long(), headlines.labels), batch_size=32)
    loss, accuracy = chapter.train_epoch(theirs, adam, batches)
    assert (epoch.train_loss, epoch.train_accuracy) == (pytest.approx(loss, abs=1e-6), accuracy)
    copy_weights(ours, expected)
    for name, weights in theirs.state_dict().items():
        torch.testing.assert_close(expected.state_dict()[name], weights, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("variant", "widths"), [("stacked_lstm_dropout", [7, 48, 48]), ("glove_lstm", [50, 16, 16])])
def test_values_are_dropped_where_the_book_does(variant, widths):
    network, dropped = chapter.Network(variant, nn.Embedding(10, widths[0])), []
    for module in network.modules():
        if isinstance(module, nn.Dropout) and module.p:
            module.register_forward_hook(lambda _, inputs, __: dropped.append(inputs[0].shape[-1]))
    network(torch.ones(2, 3, dtype=torch.int64))
    assert dropped == widths  # before and after each LSTM; with GloVe also after the linear layer


@pytest.mark.parametrize("variant", ["stacked_lstm_dropout", "glove_lstm"])
def test_the_chapter_runs_on_the_headlines_of_the_pipeline(variant, fresh_project, monkeypatch, capsys):
    for stage in ("download_corpus", "download_glove"):
        run_stage(fresh_project, stage)
    (fresh_project / "plots").mkdir()  # a clone has it
    monkeypatch.chdir(fresh_project)
    monkeypatch.setattr(sys, "argv", ["chapter.py", variant, "--epochs", "2", "--learning-rate", "0.01"])
    runpy.run_path(str(ROOT / "chapter.py"), run_name="__main__")
    lines = re.sub(r"[01]\.\d{4}", "p", capsys.readouterr().out).splitlines()[-4:]
    scores = "loss p, accuracy p; validation p, p"
    assert lines == [f"epoch 1: {scores}", f"epoch 2: {scores}", "p  It's a beautiful sunny day", "p  PyTorch book"]
    assert [[len(line.get_ydata()) for line in axes.lines] for axes in plt.gcf().axes] == [[2, 2], [2, 2]]
    assert Path(f"plots/chapter-{variant}-0.01.png").read_bytes().startswith(b"\x89PNG")


def test_the_runs_that_the_chapter_reports_are_variants_of_its_parameters():
    reported = YAML(typ="safe").load(ROOT / "results/book/chapter.yaml")
    assert {run["variant"] for run in reported["runs"]} == BOOK.networks.keys()
    assert {sentence["variant"] for sentence in reported["sentences"]} <= BOOK.networks.keys()


@pytest.mark.slow
def test_the_notebook_has_the_code_of_the_chapter_and_the_outputs_of_its_cells(tmp_path):
    for name in ("chapter.py", "params.yaml", "docs/notebook.py", "stages", "data/bundled"):
        copy_to = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(exist_ok=True)
        copy_to(ROOT / name, tmp_path / name)
    run(tmp_path, "python", "docs/notebook.py", "chapter.ipynb")
    assert (tmp_path / "chapter.ipynb").read_bytes() == (ROOT / "chapter.ipynb").read_bytes(), "make notebook"

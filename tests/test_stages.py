"""The stages from the corpus to the training, and the one that checks and cleans, on tiny inputs."""

import gzip
import resource
import shutil
from contextlib import contextmanager

from sarcasm.corpus import Headline, read_written, write_headlines
from sarcasm.saved_model import load_model
from sarcasm.stage import read_json

import numpy as np
import pandas as pd
import pytest
import torch
from tests.project import contents, headlines, params, refusal, run_stage, vectors, write_params

STAGES = [
    ("split_corpus",),
    ("tokenize_corpus", "plain"),
    ("tokenize_corpus", "pretrained"),
    ("glove_coverage",),
    ("train_baseline",),
    ("train", "lstm", "1"),
    ("train", "wide_bi_lstm", "1"),
]


def change(folder, section=None, **values):
    document = params()
    document["train"]["seeds"] = [1]
    if section:
        document[section] |= values
    write_params(folder, document)


def write_corpus(folder, rows):
    write_headlines(folder / "data/raw/headlines.jsonl", [Headline(text, label) for text, label in rows])


def texts(folder, split):
    return [text for text, _ in read_written(folder / f"data/split/{split}.jsonl")]


def scores(probabilities, folder):
    """Return the cross-entropy and the accuracy of the validation split."""
    labels = np.array([label for _, label in read_written(folder / "data/split/validation.jsonl")])
    return -np.log(np.where(labels, probabilities, 1 - probabilities)).mean(), ((probabilities > 0.5) == labels).mean()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stages")
    change(folder)
    write_corpus(folder, [row.values() for row in headlines()])
    (folder / "data/raw/vectors.txt.gz").write_bytes(gzip.compress(vectors().encode(), mtime=0))
    for stage in STAGES:
        run_stage(folder, *stage)
    return folder


@pytest.fixture
def project(base, tmp_path):
    """A copy of a project in which all these stages have run."""
    return shutil.copytree(base, tmp_path / "project")


# download_corpus


def test_a_file_of_ones_own_is_read_and_both_classes_are_counted(tmp_path, capsys):
    change(tmp_path, "corpus", source="own.tsv", text="text", label="label", positive="Onion")
    rows = 'label\ttext\nOnion\t"Mayor ignores bench\nHuffPost\tCouncil repairs it\nOnion\tBaker forgets kettle"\n'
    (tmp_path / "own.tsv").write_text(rows)
    run_stage(tmp_path, "download_corpus")
    assert capsys.readouterr().out == "3 headlines from own.tsv: 1 not sarcastic, 2 sarcastic\n"
    before = contents(tmp_path)
    (tmp_path / "own.tsv").write_text(f"{rows}NA\tFerry opens\n")
    assert refusal(tmp_path, "download_corpus") == "own.tsv, line 5: 'label' is empty, NaN, NA or NULL"
    assert contents(tmp_path) == before


# split_corpus


def test_the_splits_follow_each_other_in_the_order_of_the_file(project):
    corpus = [row["headline"] for row in headlines()]
    splits = [texts(project, split) for split in ("train", "validation", "test")]
    assert splits == [corpus[:80], corpus[80:100], corpus[100:]]
    change(project, "split", test=0)
    run_stage(project, "split_corpus")
    assert texts(project, "test") == [] and list(read_json(project / "metrics/corpus.json")) == ["train", "validation"]


def test_headlines_in_two_splits_are_counted_or_dropped(project, capsys):
    write_corpus(project, [("a", 0), ("b", 1), ("a", 1), ("c", 0), ("b", 1), ("d", 1), ("c", 0)])
    change(project, "split", train=3, validation=2, test=2)
    run_stage(project, "split_corpus")
    measured = read_json(project / "metrics/corpus.json")["validation"]  # c and b
    assert (measured["headlines"], measured["positive_fraction"], measured["overlap_with_train"]) == (2, 0.5, 1)
    change(project, "split", train=2, validation=1, test=0, drop_duplicates=True)
    run_stage(project, "split_corpus")
    assert capsys.readouterr().out.endswith("; 3 duplicates dropped; 1 not used\n")
    change(project, "split", train=2, validation=2, test=0, drop_duplicates=True)
    run_stage(project, "split_corpus")
    assert read_written(project / "data/split/train.jsonl") == [("a", 0), ("b", 1)]  # the first of each
    assert texts(project, "validation") == ["c", "d"] and capsys.readouterr().out.endswith("; 3 duplicates dropped\n")


def test_a_split_of_one_class_is_warned_of_but_refused_for_training(project, capsys):
    write_corpus(project, [(str(number), number % 2) for number in range(100)] + [("moon", 1)] * 20)
    run_stage(project, "split_corpus")
    warning = "split_corpus.py: warning: split.test: all 20 headlines are 'sarcastic' (label 1), expected two classes"
    assert warning in capsys.readouterr().err
    write_corpus(project, [("moon", 0)] * 119 + [("sun", 1)])
    message = "split.train: all 80 headlines are 'not sarcastic' (label 0), expected two classes"
    assert refusal(project, "split_corpus") == f"{message}; set split.seed to shuffle first"
    assert texts(project, "test") == ["moon"] * 20  # the files of before


# tokenize_corpus


def test_ids_and_counts_by_hand(project):
    splits = {"train": [("b a b", 1), ("c a !", 0)], "validation": [("d a b c", 1)], "test": [("<b></b>", 0)]}
    for split, rows in splits.items():
        write_headlines(project / f"data/split/{split}.jsonl", [Headline(*row) for row in rows])
    change(project, "vocabularies", plain={"tokenizer": "full", "size": 4, "max_length": 3})
    run_stage(project, "tokenize_corpus", "plain")
    folder = project / "data/tokenized"
    # the words of the training headlines only; in a tie the first to appear comes first
    assert (folder / "plain.counts.tsv").read_text() == "b\t2\na\t2\nc\t1\n!\t1\n"
    assert (folder / "plain.vocabulary.txt").read_text() == "<pad>\n<unk>\nb\na\n"
    with np.load(folder / "plain.npz") as arrays:
        assert arrays["train_ids"].tolist() == [[2, 3, 2], [1, 3, 1]] and arrays["train_labels"].tolist() == [1, 0]
        assert arrays["validation_ids"].tolist() == [[1, 3, 2]] and arrays["test_ids"].tolist() == [[0, 0, 0]]
    metrics = read_json(project / "metrics/vocabulary/plain.json")
    assert (metrics["size"], metrics["types"], metrics["tokens_per_headline"]) == (4, 4, 2.5)
    assert (metrics["unknown_fraction"], metrics["truncated_headlines"], metrics["empty_headlines"]) == (0.3333, 1, 1)


def test_headlines_without_words_and_unknown_names_are_refused(project):
    write_headlines(project / "data/split/train.jsonl", [Headline("the of", 0), Headline("...", 1)])
    change(project, "vocabularies", plain={"tokenizer": "stripped", "size": 4, "max_length": 3})
    message = "vocabularies.plain: 'stripped' leaves no word of the training headlines"
    assert refusal(project, "tokenize_corpus", "plain") == message
    assert refusal(project, "tokenize_corpus", "x") == "unknown vocabulary 'x': params.yaml has plain, pretrained"


# glove_coverage


def test_the_embedding_has_the_vectors_and_the_words_without_one_are_listed(project):
    embedding = np.load(project / "data/embeddings/pretrained.npy")
    known = {line.split()[0]: np.float32(line.split()[1:]) for line in vectors().splitlines()}
    vocabulary = (project / "data/tokenized/pretrained.vocabulary.txt").read_text().split()
    assert embedding.shape == (len(vocabulary), 100) and not embedding[0].any()
    assert all((embedding[place] == known[word]).all() for place, word in enumerate(vocabulary) if word in known)
    counts = (project / "data/tokenized/pretrained.counts.tsv").read_text().replace("\t", ",").splitlines()
    missing = (project / "plots/missing_words.csv").read_text().splitlines()
    assert missing == ["word,count", *(line for line in counts if line.startswith("again,"))]
    metrics = read_json(project / "metrics/coverage.json")
    assert list(metrics) == ["size_2000", "size_8000", "all_words"]
    assert metrics["all_words"]["types"] == len(counts) == metrics["all_words"]["found"] + 1


def test_bad_vectors_are_refused_and_the_outputs_stay(project):
    before = contents(project)
    for line, what in {"moon 1": ", line 1: expected a word", "zorp" + " 1" * 100: ": has a vector for none"}.items():
        (project / "data/raw/vectors.txt.gz").write_bytes(gzip.compress(line.encode()))
        message = refusal(project, "glove_coverage")
        assert message.startswith(f"data/raw/vectors.txt.gz{what}") and message.endswith(" (vectors.source: bundled)")
    assert {name for name, data in contents(project).items() if data != before[name]} == {"data/raw/vectors.txt.gz"}


# train_baseline


def test_the_baseline_has_the_regularization_with_the_lowest_validation_loss(project):
    found = {}
    for c in ([0.01], [10], [0.01, 10]):
        change(project, "baseline", c=c)
        run_stage(project, "train_baseline")
        found[len(c), c[0]] = read_json(project / "metrics/train/tfidf.json")
    assert found[2, 0.01] == min(found.values(), key=lambda metrics: metrics["validation_loss"]) == found[1, 10]
    model = load_model(str(project / "models/tfidf.pt"))
    loss, _ = scores(model(texts(project, "validation")), project)
    assert loss == pytest.approx(found[2, 0.01]["validation_loss"], abs=1e-4)


# train


def test_a_training_writes_its_model_history_and_metrics(project):
    history = pd.read_csv(project / "plots/history/lstm-1.csv")
    metrics = read_json(project / "metrics/train/lstm-1.json")
    best = history.loc[history["validation_loss"].idxmin()]
    assert history["epoch"].tolist() == [1, 2] and metrics["best_epoch"] == best["epoch"]
    model = load_model(str(project / "models/lstm-1.pt"))
    loss, accuracy = scores(model(texts(project, "validation")), project)
    for found, abs in ((best, 1e-5), (metrics, 1e-4)):
        assert found["validation_loss"] == pytest.approx(loss, abs=abs) and found["validation_accuracy"] == accuracy
    assert metrics["parameters"] == sum(weight.numel() for weight in model.weights.values())
    assert f"Total params: {metrics['parameters']}" in (project / "models/lstm-1.txt").read_text().replace(",", "")
    assert not list((project / "checkpoints").glob("*.pt"))


def test_a_pretrained_variant_has_the_vectors_and_keeps_them_if_frozen(project):
    weights = load_model(str(project / "models/wide_bi_lstm-1.pt")).weights
    vectors = torch.from_numpy(np.load(project / "data/embeddings/pretrained.npy"))
    assert torch.equal(weights["embedding.weight"], vectors) and weights["wide.weight"].any()


def test_an_unknown_variant_or_seed_is_refused_with_the_known_ones(project):
    known = "lstm, stacked_lstm_dropout, wide_bi_lstm with 1"
    for name, seed in [("gru", "1"), ("lstm", "2"), ("tfidf", "1")]:
        message = f"no variant {name!r} with seed {seed!r}: params.yaml has {known}"
        assert refusal(project, "train", name, seed) == message


def test_a_loss_that_is_not_finite_is_refused_and_the_model_stays(project):
    embedding = np.load(project / "data/embeddings/pretrained.npy")
    np.save(project / "data/embeddings/pretrained.npy", np.full_like(embedding, np.nan))
    before = contents(project)
    message = refusal(project, "train", "wide_bi_lstm", "1")
    assert message.startswith("variant wide_bi_lstm, epoch 1: the training loss is nan")
    assert contents(project) == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_is_refused_where_there_is_none(project):
    change(project, "train", device="cuda")
    assert refusal(project, "train", "lstm", "1").startswith("params.yaml: train.device: cuda, but torch finds no CUDA")


# all of them


@contextmanager
def largest_file(size):
    """Limit files to `size` bytes: a write fails as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("stage", STAGES, ids=" ".join)
def test_a_full_disk_is_reported_and_the_same_bytes_follow_when_it_is_not(project, stage):
    before = contents(project)
    with largest_file(5):
        assert "File too large: " in refusal(project, *stage)
    assert contents(project) == before and not list(project.rglob(".*.tmp"))
    run_stage(project, *stage)
    assert contents(project) == before


# check_and_clean

RUNS = "checkpoints/{}.pt", "metrics/train/{}.json", "models/{}.pt", "models/{}.txt", "plots/history/{}.csv"
KEPT = ["models/README.txt", "models/gru-1.pt.bak", "models/gru-1.onnx", "models/tfidf.pt", "metrics/scores/tfidf.json"]
KEPT += ["models/gpt-2.pt", "metrics/scores/Notes.json"]  # a user's own
LOCK = """\
schema: '2.0'
stages:
  split-corpus:
    cmd: python stages/split_corpus.py
  train@gru-1:
    cmd: python stages/train.py gru 1
    outs:
    - path: models/gru-1.pt
  train@lstm-1:
    cmd: python stages/train.py lstm 1
  train-pretrained@wide_bi_lstm-7:
    cmd: python stages/train.py wide_bi_lstm 7
"""


def test_outputs_of_other_variants_and_seeds_are_deleted(tmp_path, capsys):
    change(tmp_path)
    gone = [pattern.format(run) for pattern in RUNS for run in ("gru-1", "lstm-2")] + ["metrics/scores/gru.json"]
    kept = [pattern.format("lstm-1") for pattern in RUNS] + ["metrics/scores/lstm.json", *KEPT]
    for name in gone + kept:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "dvc.lock").write_text(LOCK)
    run_stage(tmp_path, "check_and_clean")
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {*kept, "params.yaml", "dvc.lock", "data/params.ok"}
    start, _, rest = LOCK.partition("  train@gru-1")
    assert (tmp_path / "dvc.lock").read_text() == start + rest[rest.index("  train@lstm-1") :].partition("  train-p")[0]
    assert capsys.readouterr().out.startswith("4 variants; deleted: metrics/train/")
    run_stage(tmp_path, "check_and_clean")
    assert capsys.readouterr().out == "4 variants; deleted: nothing\n"


def test_an_unknown_tokenizer_is_refused(tmp_path):
    change(tmp_path, "vocabularies", plain={"tokenizer": "moses", "size": 4, "max_length": 3})
    message = "params.yaml: vocabularies.plain.tokenizer: expected one of stripped, glove, full, found 'moses'"
    assert refusal(tmp_path, "check_and_clean") == message


def test_a_folder_that_is_a_link_is_left_alone(tmp_path):
    change(tmp_path)
    for folder, name in {"models": "gru-1.pt", "metrics": "train/gru-1.json", "plots": "history/gru-1.csv"}.items():
        (tmp_path / f"of_others/{folder}" / name).parent.mkdir(parents=True)
        (tmp_path / f"of_others/{folder}" / name).touch()
        (tmp_path / folder).symlink_to(f"of_others/{folder}")
    run_stage(tmp_path, "check_and_clean")
    assert len([path for path in (tmp_path / "of_others").rglob("*") if path.is_file()]) == 3


# unusual corpora

STRANGE = ["<b></b>", "\u200b \0 \x85\u2028", "moon " * 10_000, "&nbsp;", "\U0001f600 \u0301"]


@pytest.mark.parametrize(("sizes", "words"), [((2, 1, 1), ["moon", "sun", "zzz", "moon"]), ((8, 4, 3), STRANGE * 3)])
def test_few_strange_and_long_headlines_go_through_all_stages(project, sizes, words):
    document = params()
    document["train"]["seeds"] = [1]
    document["split"] |= dict(zip(("train", "validation", "test"), sizes, strict=True))
    document["vocabularies"]["pretrained"] |= {"size": 10_000_000, "tokenizer": "stripped"}
    write_params(project, document)
    write_corpus(project, [(text, int(place % 2 or place > sum(sizes[:2]))) for place, text in enumerate(words)])
    for stage in (*STAGES, ("train", "stacked_lstm_dropout", "1"), ("evaluate",)):
        run_stage(project, *stage)
    assert 0 <= read_json(project / "metrics/scores/lstm.json")["test_accuracy"] <= 1

"""Unusual corpora, invalid input and full disks, through the scripts of the stages."""

import csv
import gzip
import hashlib
import json
import re
import resource
from contextlib import contextmanager

import numpy as np
import pytest
import sklearn.metrics  # noqa: F401  its import makes a semaphore, which a full disk does not have room for
from filelock import FileLock
from tests.project import contents, headlines, params, refusal, run_stage, start, write_params
from tests.servers import running

import split_corpus

STAGES = [
    ("download_corpus",),
    ("split_corpus",),
    ("tokenize_corpus", "plain"),
    ("download_vectors", "glove"),
    ("download_vectors", "extra_vectors"),
    ("tokenize_corpus", "glove"),
    ("glove_coverage",),
    ("train_baseline",),
    ("train", "lstm", "1"),
    ("train", "stacked_lstm_dropout", "1"),
    ("train", "glove_lstm", "1"),
    ("evaluate",),
    ("draw_figures",),
    ("prepare_page",),
    ("write_report",),
]


def write_corpus(folder, rows):
    path = folder / "data/bundled/headlines.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def rows(*texts, label=None):
    return [
        {"headline": text, "is_sarcastic": place % 2 if label is None else label} for place, text in enumerate(texts)
    ]


def run_all(folder):
    for stage in STAGES:
        run_stage(folder, *stage)


def metric(folder, name):
    return json.loads((folder / f"metrics/{name}.json").read_text())


def no_leftovers(folder):
    return not list(folder.rglob(".*.tmp"))


# Unusual corpora


def change(folder, section, **values):
    document = params()
    document[section] = document[section] | values
    write_params(folder, document)


def test_one_or_two_headlines_a_split_and_a_vocabulary_larger_than_the_corpus(fresh_project):
    document = params()
    document["split"] |= {"train": 2, "validation": 1, "test": 1}
    document["vocabularies"]["glove"] |= {"size": 10_000_000, "pretrained_words": 0}
    write_params(fresh_project, document)
    write_corpus(fresh_project, rows("senate votes on budget", "moon", "area man eats moon", "moon"))
    run_all(fresh_project)
    assert metric(fresh_project, "vocabulary/glove")["size"] == 2 + 5
    assert np.load(fresh_project / "data/embeddings/glove.npy").shape == (2 + 5, 100)
    assert metric(fresh_project, "scores/lstm")["roc_auc"] is None
    assert metric(fresh_project, "scores/lstm")["accuracy"] in (0, 1)


@pytest.mark.parametrize("label", [0, 1])
def test_a_class_that_is_absent_is_warned_of_and_leaves_scores_undefined(fresh_project, label, capfd):
    corpus = headlines()
    write_corpus(fresh_project, [*corpus[:80], *(row | {"is_sarcastic": label} for row in corpus[80:])])
    run_all(fresh_project)
    warning = f"split.test: all 20 headlines are '{['not sarcastic', 'sarcastic'][label]}' (label {label})"
    assert f"split_corpus.py: warning: {warning}, expected two classes" in capfd.readouterr().err
    assert metric(fresh_project, "corpus")["test"]["positive_fraction"] == label
    scores = metric(fresh_project, "scores/lstm")
    assert scores["roc_auc"] is None and 0 <= scores["f1"] <= 1 and scores["brier"] >= 0
    assert "undefined" in (fresh_project / "plots/results.md").read_text()


def test_unknown_words_empty_and_long_headlines_are_accepted(fresh_project):
    corpus = headlines()[:80]
    unusual = ["zzz", "\u200b", "<b></b>", "&nbsp;", "word " * 10_000, "moon\0\x85\u2028\u202e", "😀 \u0301", "<unk>"]
    write_corpus(fresh_project, [*corpus, *rows(*unusual * 5)])
    document = params()
    document["vocabularies"]["plain"]["tokenizer"] = "stripped"
    write_params(fresh_project, document)
    run_all(fresh_project)
    metrics = metric(fresh_project, "vocabulary/plain")
    assert metrics["truncated_headlines"] == 5 and metrics["empty_headlines"] == 10
    with (fresh_project / "data/predictions.csv").open(encoding="utf-8", newline="") as file:
        predictions = list(csv.DictReader(file))
    assert [row["headline"] for row in predictions] == [row["headline"] for row in rows(*unusual * 5)[20:]]
    assert all(0 < float(row["lstm-1"]) < 1 for row in predictions)


def test_a_word_that_only_the_vectors_have_is_known_to_the_glove_variants(fresh_project):
    write_corpus(fresh_project, [*headlines()[:80], *rows(*["strange zzz"] * 40)])
    vectors = "strange " + " ".join(["0.5"] * 100)
    (fresh_project / "data/bundled/vectors.100d.txt.gz").write_bytes(gzip.compress(f"{vectors}\n".encode()))
    for stage in STAGES[:7]:
        run_stage(fresh_project, *stage)
    words = (fresh_project / "data/tokenized/glove.vocabulary.txt").read_text().split()
    assert words[-1] == "strange" and "zzz" not in words
    for name in ("glove", "extra_vectors"):
        assert np.load(fresh_project / f"data/embeddings/{name}.npy")[-1].tolist() == [0.5] * 100
    assert metric(fresh_project, "vocabulary/plain")["unknown_fraction"] > 0.1
    assert "strange" not in (fresh_project / "data/tokenized/glove.counts.tsv").read_text()  # no training word


def test_training_headlines_without_any_token_are_refused(fresh_project):
    write_corpus(fresh_project, rows(*["the of"] * 80, *["moon"] * 40))
    document = params()
    document["vocabularies"]["plain"]["tokenizer"] = "stripped"
    write_params(fresh_project, document)
    for stage in STAGES[:2]:
        run_stage(fresh_project, *stage)
    message = refusal(fresh_project, "tokenize_corpus", "plain")
    assert message == "vocabularies.plain: the tokenizer 'stripped' leaves no word of the training headlines"
    assert not (fresh_project / "data/tokenized").exists()


@pytest.mark.parametrize(
    ("positions", "read"),
    [
        ([0, 1, 2, 3, 4], [b"a\nbb\n", b"\nccc\n", b"d\n"]),
        ([3, 4, 1, 2, 0], [b"ccc\nd\n", b"bb\n\n", b"a\n"]),
        ([0, 3, 4, 1, 2], [b"a\n", b"ccc\n", b"d\n", b"bb\n", b"\n"]),
        ([], []),
    ],
)
def test_neighbouring_lines_are_read_at_once(tmp_path, monkeypatch, positions, read):
    monkeypatch.setattr(split_corpus, "BLOCK", 2)
    path, lines = tmp_path / "lines", [b"a\n", b"bb\n", b"\n", b"ccc\n", b"d\n"]
    path.write_bytes(b"".join(lines))
    lengths = np.array([len(line) for line in lines])
    assert list(split_corpus.pick_lines(path, lengths, np.array(positions, np.int64))) == read


def test_headlines_in_two_splits_are_reported_and_can_be_dropped(fresh_project):
    corpus = headlines()
    corpus = [row | {"headline": f"{number} {row['headline']}"} for number, row in enumerate(corpus)]
    write_corpus(fresh_project, [*corpus[:100], *corpus[70:90]])
    for stage in STAGES[:2]:
        run_stage(fresh_project, *stage)
    metrics = metric(fresh_project, "corpus")
    assert [metrics[split]["overlap_with_train"] for split in metrics] == [0, 0, 10]
    assert [metrics[split]["overlap_with_train_fraction"] for split in metrics] == [0, 0, 0.5]
    change(fresh_project, "split", test=0, drop_duplicates=True)
    run_stage(fresh_project, "split_corpus")
    metrics = metric(fresh_project, "corpus")
    assert [(split, metrics[split]["headlines"], metrics[split]["overlap_with_train"]) for split in metrics] == [
        ("train", 80, 0),
        ("validation", 20, 0),
    ]
    rows = (fresh_project / "data/split/train.jsonl").read_text(encoding="utf-8").splitlines()
    assert list(map(json.loads, rows)) == corpus[:80]  # the first of each
    change(fresh_project, "split", drop_duplicates=True)
    assert refusal(fresh_project, "split_corpus").startswith("split.test: needs 120 headlines in all")


def test_a_gzipped_table_with_named_labels_is_downloaded(fresh_project, capsys):
    table = "title;site\nmoon, wins;Onion\nsenate votes;HuffPost\n"
    with running() as server:
        server.files["/a/own.csv.gz"] = gzip.compress(table.encode())
        document = params()
        document["corpus"] |= {"source": server.at("/a/own.csv.gz?version=2"), "text": "title", "label": "site"}
        document["corpus"] |= {"positive": "Onion", "classes": ["HuffPost", "Onion"]}
        document["allow_http"] = True
        write_params(fresh_project, document)
        run_stage(fresh_project, "download_corpus")
        assert capsys.readouterr().out == f"2 headlines from {server.at('/a/own.csv.gz')}\n"
    written = (fresh_project / "data/raw/headlines.jsonl").read_text()
    assert [json.loads(line) for line in written.splitlines()] == [
        {"headline": "moon, wins", "is_sarcastic": 1},
        {"headline": "senate votes", "is_sarcastic": 0},
    ]
    assert not (fresh_project / "data/raw/source/own.csv.gz").exists()


# Two processes that run the same download


@contextmanager
def second(folder, name, *command):
    """Hold the lock of a stage, as a first process does; yield a second process, which waits, and release the lock."""
    (folder / ".dvc/tmp").mkdir(exist_ok=True)
    with FileLock(folder / f".dvc/tmp/{name}.stage.lock"):
        process = start(folder, "python", *command)
        assert process.stderr.readline().endswith(f".py: another process runs {name}; waiting for it\n")
        yield process


def test_a_second_download_waits_for_the_first(fresh_project):
    with second(fresh_project, "download-corpus", "stages/download_corpus.py") as process:
        assert not (fresh_project / "data/raw/headlines.jsonl").exists()
    assert process.communicate() == ("120 headlines from bundled\n", "") and process.returncode == 0


@pytest.mark.parametrize(("there", "code"), [(b"moon 1 2", 0), (b"other", 1)])
def test_a_second_download_of_vectors_finds_the_file_of_the_first(fresh_project, there, code):
    checksum = hashlib.sha256(b"moon 1 2").hexdigest()
    change(fresh_project, "glove", source="http://127.0.0.1/v.txt", sha256=checksum)  # refused if it is downloaded
    with second(fresh_project, "download-glove", "stages/download_vectors.py", "glove") as process:
        (fresh_project / "data/raw").mkdir()
        (fresh_project / "data/raw/glove.txt.gz").write_bytes(gzip.compress(there))
    output, _ = process.communicate()
    assert process.returncode == code and output.startswith("http://127.0.0.1/v.txt, 100 dimensions: ") == (not code)


# Invalid input is refused: exit code 1, one line, existing files stay


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "no headlines"),
        (b'{"headline": "moon", "is_sarcastic": 1}\n{"is_sarcastic": 1}\n', "line 2: no 'headline'"),
        (b'{"headline": "moon", "is_sarcastic": 2}\n', "line 1: 'is_sarcastic' must be 0 or 1, found 2"),
        (b'{"headline": "caf\xe9", "is_sarcastic": 1}\n', "line 1: not UTF-8 at byte 18"),
        (b"PK\3\4", "line 1: not JSON"),
        (b'{"headline": "moon", "is_sarcastic": 1}\n' * 2, "all 2 headlines are 'sarcastic' (label 1), expected two"),
    ],
)
def test_a_bad_corpus_stops_the_first_stage(small_project, data, what):
    before = contents(small_project)
    path = small_project / "data/bundled/headlines.jsonl"
    path.write_bytes(data)
    assert what in refusal(small_project, "download_corpus")
    path.write_bytes(before["data/bundled/headlines.jsonl"])
    assert contents(small_project) == before


@pytest.mark.parametrize("place", ["absent.csv", "data", "absent/", "moon.txt", "a\0b"])
def test_a_missing_corpus_is_refused_by_name(fresh_project, place):
    change(fresh_project, "corpus", source=place)
    (fresh_project / "moon.txt").write_text("moon")
    assert repr(place)[1:-1] in refusal(fresh_project, "download_corpus")
    assert not (fresh_project / "data/raw/headlines.jsonl").exists()


def test_a_corpus_that_is_too_small_is_refused(fresh_project):
    write_corpus(fresh_project, headlines(100))
    run_stage(fresh_project, "download_corpus")
    message = refusal(fresh_project, "split_corpus")
    assert message == "split.test: needs 120 headlines in all, the corpus has 100"
    assert not (fresh_project / "data/split").exists()


def test_a_training_split_of_one_class_is_refused_by_name(fresh_project):
    write_corpus(fresh_project, sorted(headlines(200), key=lambda row: row["is_sarcastic"]))
    run_stage(fresh_project, "download_corpus")
    message = "split.train: all 80 headlines are 'not sarcastic' (label 0), expected two classes"
    assert refusal(fresh_project, "split_corpus") == f"{message}; set split.seed to shuffle first"
    change(fresh_project, "split", seed=1)
    run_stage(fresh_project, "split_corpus")
    change(fresh_project, "split", seed=1, train=1)
    assert refusal(fresh_project, "split_corpus").endswith("expected two classes")
    assert metric(fresh_project, "corpus")["train"]["headlines"] == 80


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"moon 1 2 3", "line 3: expected a word and 100 numbers, found 3"),
        (b"moon" + b" nan" * 100, "line 3: a number is not finite"),
        (b"moon" + b" x" * 100, "line 3: not all numbers"),
    ],
)
def test_a_bad_line_of_vectors_stops_the_stage(small_project, line, what):
    before = contents(small_project)
    path = small_project / "data/raw/glove.txt.gz"
    lines = gzip.decompress(path.read_bytes()).split(b"\n")
    path.write_bytes(gzip.compress(b"\n".join([*lines[:2], line, *lines])))
    assert what in refusal(small_project, "glove_coverage")
    path.write_bytes(before["data/raw/glove.txt.gz"])
    assert contents(small_project) == before


def test_vectors_of_another_dimension_are_refused(small_project):
    change(small_project, "glove", dimension=50)
    assert "line 1: expected a word and 50 numbers, found 100" in refusal(small_project, "glove_coverage")
    message = refusal(small_project, "download_vectors", "glove")
    assert message == "glove.dimension: 50, but bundled vectors have 100"


# Sizes


def test_a_network_that_does_not_fit_into_memory_is_refused_before_it_is_made(small_project):
    before = contents(small_project)
    document = params()
    document["variants"]["lstm"] |= {"hidden_size": 10_000, "layers": 100}
    write_params(small_project, document)
    assert re.fullmatch(
        r"variant lstm: training 79,708,300,281 parameters with batches of 96 tokens needs more than 1,275.3 GB of "
        r"memory, found [\d.,]+ GB; lower hidden_size, layers, embedding_dimension, batch_size or max_length",
        refusal(small_project, "train", "lstm", "1"),
    )
    assert contents(small_project) == before


def test_a_batch_is_not_larger_than_the_training_split(small_project):
    document = params()
    document["train"]["batch_size"] = 1_000_000
    write_params(small_project, document)
    run_stage(small_project, "train", "lstm", "1")
    assert "[80, 12, 7]" in (small_project / "models/lstm-1.txt").read_text()


# A full disk


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
def test_a_full_disk_leaves_nothing_half_written(small_project, stage):
    before = contents(small_project)
    for size in (0, 150, 3000):
        with largest_file(size):
            try:
                run_stage(small_project, *stage)
            except SystemExit as ended:
                assert isinstance(ended.code, str) and len(ended.code.splitlines()) == 1, ended.code
                assert re.search(r"File too large: '[a-z]+/[\w/-]+\.[\w.]+'", ended.code), ended.code
            else:
                assert size
        after = contents(small_project)
        name = "-".join(stage[1:])
        after.pop(f"checkpoints/{name}.pt", None)  # of the epochs before the disk was full
        assert after.keys() - before.keys() <= {f"checkpoints/{name}.lock"}
        assert all(after[name] == data for name, data in before.items()) and no_leftovers(small_project)
    run_stage(small_project, *stage)
    assert contents(small_project) == before

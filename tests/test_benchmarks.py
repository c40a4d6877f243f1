"""The benchmark: its ratios, its baselines compared with our code on small data, its tables and its results."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks import chapter, networks, reading
from benchmarks.measure import Row, in_processes, in_turns
from benchmarks.run import cells, describe, figure, format_table, main_lines
from studies.in_memory import make_datasets, make_network
from tests.project import ROOT, headlines

from sarcasm.base.params import read_params
from sarcasm.text.corpus import Headline

RESULTS = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))
ROWS = [Row(**{key: value for key, value in row.items() if key not in {"ratio", "reached"}}) for row in RESULTS["rows"]]
BOOK = read_params(ROOT / "configs/book.yaml", ROOT / "params.yaml")
HEADLINES = [Headline(str(row["headline"]), int(row["is_sarcastic"])) for row in headlines()]


@pytest.fixture
def small():
    """The book's parameters for 120 short headlines, 80 of them for training."""
    short = {name: text.model_copy(update={"max_length": 12}) for name, text in BOOK.vocabularies}
    split = BOOK.split.model_copy(update={"train": 80, "validation": 40})
    return BOOK.model_copy(update={"split": split, "vocabularies": BOOK.vocabularies.model_copy(update=short)})


def test_the_ratio_is_the_median_over_rounds():
    faster = Row("a", [1.0, 2.0, 4.0], "b", [3.0, 8.0, 8.0], goal=3)
    assert (faster.ratio, faster.reached) == (3, True)  # of 3, 4 and 2
    assert not Row("a", [1.0, 2.0, 4.0], "b", [3.0, 8.0, 8.0], goal=3.1).reached
    bound = Row("a", [3.0], "b", [2.0], faster=False, goal=1.4)
    assert (bound.ratio, bound.reached) == (1.5, False)
    assert Row("a", [3.0], "b", [2.0]).reached is None
    assert cells(faster)[1:] == ("2 s", "b", "8 s", "3.00 times faster", "at least 3", "yes")
    assert cells(bound)[4:] == ("1.50 times as much", "at most 1.4", "**no**")


def test_calls_take_turns_and_the_warm_up_is_not_counted():
    made = []
    taken = in_turns({"a": lambda: made.append("a"), "b": lambda: made.append("b")}, rounds=2)
    assert made == ["a", "b"] * 3
    assert {name: len(seconds) for name, seconds in taken.items()} == {"a": 2, "b": 2}


def test_the_memory_of_a_call_is_measured():
    seconds, memory = in_processes({"list": (list, range(5_000_000))}, rounds=1, warm=False)
    assert seconds["list"][0] > 0
    assert 150 < memory["list"][0] < 500  # 8 bytes per pointer and 32 per number: 190 MiB


def test_our_ids_equal_the_chapters(small):
    texts = [f"{headline.text} & the <b>rest</b>, don't" for headline in HEADLINES]
    ours, theirs = reading.padded_ids(texts, small), reading.chapter_ids(texts, small)
    assert ours.shape == (120, 12) and np.array_equal(ours, theirs)


def test_our_vectors_equal_the_chapters(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "WORDS", 300)
    archive, words = tmp_path / "vectors.50d.zip", ["moon", "budget", "'s"]
    reading.make_vectors(archive, words)
    first = archive.read_bytes()
    reading.make_vectors(archive, words)
    assert archive.read_bytes() == first
    with reading.zipfile.ZipFile(archive) as packed:
        assert packed.infolist()[0].compress_size < 0.5 * packed.infolist()[0].file_size
        text = Path(packed.extract("vectors.50d.txt", tmp_path))
    assert len(text.read_text().splitlines()) == 300
    ours = reading.read_from_zip(archive, words)
    assert ours.any(axis=1).all() and np.array_equal(ours, reading.read_from_dict(text, words))


def test_only_the_member_is_sent(tmp_path):
    member, whole = reading.measure_fetch(tmp_path)
    assert member.reached and whole.ratio < 0.1


@pytest.mark.parametrize(
    ("variant", "parameters"), [("bi_lstm", 21_537), ("stacked_lstm", 35_745), ("glove_lstm", 406_817)]
)
def test_our_networks_have_the_chapters_size(variant, parameters):
    theirs, ours = chapter.make_network(variant), make_network(BOOK, variant)
    for model in (theirs, ours):
        assert sum(weights.numel() for weights in model.parameters()) == parameters


def test_both_loops_learn(small):
    training, validation = make_datasets(HEADLINES, small, "plain", "full")  # `again` is a stop word
    assert (len(training), len(validation)) == (80, 40)
    for epoch in (
        networks.our_run(training, validation, small, seed=1),
        networks.chapter_run(training, validation, seed=1),
    ):
        accuracies = [epoch() for _ in range(80)]
        assert accuracies[-1] > 0.9  # all but a few are correct


def test_a_repeated_dataset_has_each_headline_that_often(small):
    training, _ = make_datasets(HEADLINES, small, "plain")
    three = networks.repeat(training, 3)
    (once,), (thrice,) = (x.batches(len(x), bucketed=False) for x in (training, three))
    assert torch.equal(thrice.ids, once.ids.repeat(3, 1))
    assert torch.equal(thrice.labels, once.labels.repeat(3))


def test_the_tables_follow_from_the_results():
    assert [describe(row) for row in ROWS] == RESULTS["rows"]
    table, summary = ((ROOT / f"benchmarks/{name}.md").read_text(encoding="utf-8") for name in ("table", "summary"))
    assert table == format_table(ROWS)
    assert summary == format_table(main_lines(ROWS))
    assert len(figure(main_lines(ROWS)).axes[0].patches) == summary.count("times faster")

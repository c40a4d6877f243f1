"""The benchmark: its arithmetic, its peers against ours on small data, and its pages against its results."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks import chapter, networks, reading
from benchmarks.measure import Row, in_processes, in_turns
from benchmarks.run import cells, describe, figure, format_table, main_lines
from tests.project import headlines

from sarcasm.corpus import Headline
from sarcasm.direct import make_network, make_splits
from sarcasm.params import read_params

ROOT = Path(__file__).parent.parent
RESULTS = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))
ROWS = [Row(**{key: value for key, value in row.items() if key not in {"ratio", "reached"}}) for row in RESULTS["rows"]]
BOOK = read_params(ROOT / "configs/book.yaml")
HEADLINES = [Headline(str(row["headline"]), int(row["is_sarcastic"])) for row in headlines()]


@pytest.fixture
def small():
    """The book's parameters for 120 short headlines, of which 80 are for training."""
    vocabularies = {name: text.model_copy(update={"max_length": 12}) for name, text in BOOK.vocabularies.items()}
    split = BOOK.split.model_copy(update={"train": 80, "validation": 40})
    return BOOK.model_copy(update={"split": split, "vocabularies": vocabularies})


def test_ratios_are_of_rounds_and_goals_of_their_median():
    faster = Row("a", [1.0, 2.0, 4.0], "b", [3.0, 8.0, 8.0], goal=3)
    assert (faster.ratio, faster.reached) == (3, True)  # of 3, 4 and 2
    assert not Row("a", [1.0, 2.0, 4.0], "b", [3.0, 8.0, 8.0], goal=3.1).reached
    bound = Row("a", [3.0], "b", [2.0], faster=False, goal=1.4)
    assert (bound.ratio, bound.reached) == (1.5, False)
    assert Row("a", [3.0], "b", [2.0]).reached is None
    assert cells(faster)[1:] == ("2 s", "b", "8 s", "3.00 times faster", "at least 3", "yes")
    assert cells(bound)[4:] == ("1.50 times that", "at most 1.4", "**no**")


def test_calls_take_turns_and_the_first_round_does_not_count():
    made = []
    taken = in_turns({"a": lambda: made.append("a"), "b": lambda: made.append("b")}, rounds=2)
    assert made == ["a", "b"] * 3
    assert {name: len(seconds) for name, seconds in taken.items()} == {"a": 2, "b": 2}


def test_the_memory_of_a_call_is_seen_from_outside():
    seconds, memory = in_processes({"list": (list, range(5_000_000))}, rounds=1, warm=False)
    assert seconds["list"][0] > 0
    assert 150 < memory["list"][0] < 500  # 8 bytes a place and 32 a number: 190 MiB


def test_the_ids_of_the_chapter_are_ours(small):
    texts = [f"{headline.text} & the <b>rest</b>, don't" for headline in HEADLINES]
    ours, theirs = reading.padded_ids(texts, small), reading.chapter_ids(texts, small)
    assert ours.shape == (120, 12) and np.array_equal(ours, theirs)


def test_the_vectors_of_the_chapter_are_ours(tmp_path, monkeypatch):
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
    ours = reading.take_from_zip(archive, words)
    assert ours.any(axis=1).all() and np.array_equal(ours, reading.take_from_dict(text, words))


def test_only_the_member_travels(tmp_path):
    member, whole = reading.measure_fetch(tmp_path)
    assert member.reached and whole.ratio < 0.1


@pytest.mark.parametrize(
    ("variant", "parameters"), [("bi_lstm", 21_537), ("stacked_lstm", 35_745), ("glove_lstm", 406_817)]
)
def test_the_networks_of_the_chapter_are_ours_in_size(variant, parameters):
    theirs, ours = chapter.make_network(variant), make_network(BOOK, variant)
    for model in (theirs, ours):
        assert sum(weights.numel() for weights in model.parameters()) == parameters


def test_both_loops_learn(small):
    training, validation = make_splits(HEADLINES, small, "plain", "full")  # `again` is a stop word
    assert (len(training), len(validation)) == (80, 40)
    for epoch in (
        networks.our_run(training, validation, small, seed=1),
        networks.chapter_run(training, validation, seed=1),
    ):
        accuracies = [epoch() for _ in range(80)]
        assert accuracies[-1] > 0.9  # it tells all


def test_a_repeated_set_holds_each_headline_so_often(small):
    training, _ = make_splits(HEADLINES, small, "plain")
    three = networks.repeat(training, 3)
    assert torch.equal(three.ids, training.ids.repeat(3, 1))
    assert torch.equal(three.labels, training.labels.repeat(3))


def test_the_tables_are_those_of_the_results():
    assert [describe(row) for row in ROWS] == RESULTS["rows"]
    table, summary = ((ROOT / f"benchmarks/{name}.md").read_text(encoding="utf-8") for name in ("table", "summary"))
    assert table == format_table(ROWS)
    assert summary == format_table(main_lines(ROWS))
    assert len(figure(main_lines(ROWS)).axes[0].patches) == summary.count("times faster")

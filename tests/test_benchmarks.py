"""The benchmark: its ratios, its baselines compared with our code on small data, its tables and its results."""

import json
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from benchmarks import chapter, large, networks, pipeline, reading
from benchmarks.measure import Row, cost, in_processes, in_turns
from benchmarks.run import cells, describe, describe_levels, format_levels, format_table
from studies.in_memory import make_datasets, make_network
from tests.project import ROOT, headlines

from sarcasm.base.files import write_lines
from sarcasm.base.params import read_params
from sarcasm.text.corpus import Headline, format_line

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
    member = tmp_path / "vectors.50d.txt.gz"
    reading.extract_member(archive, reading.Content("vectors.50d.txt"), member)
    ours = reading.read_from_member(member, words)
    assert ours.any(axis=1).all() and np.array_equal(ours, reading.read_from_dict(text, words))


def test_only_the_member_is_sent(tmp_path):
    (member,) = reading.measure_fetch(tmp_path)
    assert member.reached


@pytest.mark.parametrize(
    ("variant", "parameters"), [("bi_lstm", 21_537), ("stacked_lstm", 35_745), ("glove_lstm", 406_817)]
)
def test_our_networks_have_the_chapters_size(variant, parameters):
    theirs, ours = chapter.make_network(variant), make_network(BOOK, variant)
    for model in (theirs, ours):
        assert sum(weights.numel() for weights in model.parameters()) == parameters


def test_the_chapters_loop_learns(small):
    training, validation = make_datasets(HEADLINES, small, "plain", "full")  # `again` is a stop word
    assert (len(training), len(validation)) == (80, 40)
    accuracies = list(islice(networks.chapter_run(training, validation, seed=1), 80))
    assert accuracies[-1] > 0.9  # all but a few are correct


def test_seconds_to_levels_are_those_of_the_first_epoch_there(monkeypatch):
    monkeypatch.setattr(networks, "perf_counter", iter(range(100)).__next__)
    assert networks.seconds_to_levels([0.5, 0.76, 0.7, 0.86, 0.8, 0.85, 0.8, 0.99]) == [2, 4, None, None]
    levels = pd.DataFrame([[1.0, 123.4, np.nan]], index=["lstm"], columns=[0.75, 0.85, 0.9])
    assert format_levels(levels).splitlines()[2] == "| lstm | 1 | 123 |  |"
    assert describe_levels(levels) == {"lstm": {"0.75": 1, "0.85": 123.4, "0.9": None}}


def test_the_stages_of_this_project_are_trained_with(small_project, monkeypatch):
    monkeypatch.chdir(small_project)
    accuracies = list(networks.our_run(read_params(Path("params.yaml")), "glove_lstm", 1))
    history = pd.read_csv("plots/history/glove_lstm-1.csv")
    assert [round(x, 6) for x in accuracies] == history["validation_accuracy"].tolist()


def test_the_memory_of_a_command_is_its_own(tmp_path):
    here = bytearray(200 << 20)
    seconds, memory = cost([sys.executable, "-c", "x = bytearray(100 << 20)"], tmp_path)
    assert seconds > 0 and 100 < memory < 150 < len(here)


def test_a_changed_rate_runs_what_depends_on_it():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    outs = {
        name: [next(iter(x)) if isinstance(x, dict) else x for x in stage["outs"]] for name, stage in stages.items()
    }
    changed = ["models", "plots/history", "metrics/train"]
    ran = set()
    while new := {
        name
        for name, stage in stages.items()
        if name not in ran and any(x.startswith(tuple(changed)) or x in changed for x in stage["deps"])
    }:
        ran |= new
        changed += [x for name in new for x in outs[name]]
    assert pipeline.MUST_RUN == ran | {"check-params", f"train@{pipeline.CHANGED}-1"}


@pytest.mark.slow
def test_large_corpora_are_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(large, "SIZES", (300,))
    monkeypatch.setattr(large, "TRAINED", 300)
    monkeypatch.setattr(large, "CLASSIFIED", 100)
    monkeypatch.setattr(large, "PEERS", {"the chapter's loop": "an epoch", "scikit-learn": "fit, predict"})
    monkeypatch.setattr(large, "fetch", lambda _, path: write_lines(path, map(format_line, HEADLINES)))
    (tmp_path / "data").mkdir()
    rows = list(large.measure(tmp_path))
    assert [row["headlines"] for row in rows] == [300] * 4 + [100] + [300] * 2
    assert all(row["seconds"] > 0 and row["memory"] > 5 for row in rows)
    assert large.format_table(rows).count("\n") == 2 + len(rows)


def test_the_tables_follow_from_the_results():
    assert [describe(row) for row in ROWS] == RESULTS["rows"]
    assert (ROOT / "benchmarks/table.md").read_text(encoding="utf-8") == format_table(ROWS)
    rows = [[*row.values()] for row in RESULTS["levels"].values()]
    levels = pd.DataFrame(rows, index=list(RESULTS["levels"]), columns=networks.LEVELS)
    assert all([*row] == [str(level) for level in networks.LEVELS] for row in RESULTS["levels"].values())
    assert (ROOT / "benchmarks/levels.md").read_text(encoding="utf-8") == format_levels(levels)
    rows = json.loads((ROOT / "benchmarks/large.json").read_text(encoding="utf-8"))
    assert (ROOT / "benchmarks/large.md").read_text(encoding="utf-8") == large.format_table(rows)
    assert (ROOT / "benchmarks/billion.md").read_text(encoding="utf-8") == large.extrapolate(rows)


def test_a_billion_headlines_are_extrapolated(monkeypatch):
    monkeypatch.setattr(large, "STEPS", {"split": None})
    sizes = {1000: (2.0, 50.0), 3000: (4.0, 52.0)}  # 1 ms and 1 KiB for each headline, beside what all take
    rows = [large.make_row("split", size, cost) for size, cost in sizes.items()]
    assert large.extrapolate(rows).splitlines()[2] == "| split | 3,000 | 1,000 | 1,049 | 278 | 1,049 |"

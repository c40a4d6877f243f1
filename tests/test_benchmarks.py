"""The benchmark on few headlines, and its table."""

import json

from sarcasm.corpus import Headline

from benchmarks import run
from tests.project import ROOT, headlines

CORPUS = [Headline(str(row["headline"]), int(row["is_sarcastic"])) for row in headlines()]


def test_our_results_equal_the_chapters(tmp_path, monkeypatch):
    for name, value in {"WORDS": 100, "ROUNDS": 1}.items():
        monkeypatch.setattr(run, name, value)
    rows = run.measure_ids(CORPUS), run.measure_vectors(CORPUS, tmp_path), run.measure_epoch(CORPUS, "stacked_lstm", 2)
    for row in rows:  # each of them raises InputError if the results differ
        assert row["peer"] == "chapter.py" and len(row["ours"]) == len(row["theirs"]) == run.ROUNDS


def test_a_large_corpus_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "LARGE", 300)
    rows = run.measure_large(CORPUS, tmp_path)
    assert [row["stage"] for row in rows] == ["split_corpus.py", "tokenize_corpus.py"]
    assert all(row["seconds"] > 0 and row["MiB"] > 5 for row in rows)


def test_the_table_has_medians():
    row = {"step": "ids", "ours": [1, 2, 9], "peer": "chapter.py", "theirs": [3, 5, 4]}
    large = [{"stage": "split_corpus.py", "headlines": 1_000_000, "seconds": 2.5, "MiB": 1100}]
    first, _, last = run.format_table({"rows": [row], "large": large}).splitlines()[2:]
    assert first == "| ids | 2 | chapter.py | 4 | 2.0 |"
    assert last == "1,000,000 headlines: split_corpus.py 2.5 s, 1,100 MiB."
    results = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))
    assert (ROOT / "benchmarks/table.md").read_text(encoding="utf-8") == run.format_table(results)

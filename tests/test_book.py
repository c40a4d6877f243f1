"""The tables and figures that compare the chapter with the experiments `book` and `book-seeds`."""

import shutil
from pathlib import Path

from sarcasm.stage import write_text

import yaml
from studies import book, export
from tests.project import ROOT, commit, params, run, write_params

CHAPTER = """\
runs:
  - {run: one direction, variant: lstm, figures: [7-1, 7-2], chapter: so, agreement: "yes"}
  - {run: the other, variant: bi_lstm, figures: [7-3], chapter: not here, agreement: ""}
sentences:
  - {sentence: moon, variant: lstm, chapter: 0.5}
  - {sentence: moon, variant: bi_lstm, chapter: 0.25}
"""
SENTENCES = "sentence,tfidf,lstm\nmoon,0.9,0.125\n"
HISTORIES = """\
variant,epoch,train_loss,train_accuracy,validation_loss,validation_accuracy
lstm,1,0.6,0.6,0.5,0.75
lstm,2,0.4,0.8,0.625,0.7
"""
RUNS = """\
variant,run,best_epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,f1
tfidf,tfidf,,0.1,1,0.5,0.75,0.5
lstm,lstm-2,5,0.7,0.6,0.125,0.3,0.5
bi_lstm,bi_lstm-2,2,0.25,0.875,0.5,0.75,0.5
"""


def save_experiment(folder: Path, name: str, files: dict[str, str]) -> None:
    """Commit files and call the commit an experiment, as DVC does."""
    for path, text in files.items():
        write_text(folder / path, text)
    run(folder, "dvc", "commit", "--force", "--quiet")
    commit(folder, name)
    run(folder, "git", "update-ref", f"refs/exps/ab/cdef/{name}", "HEAD")


def rows(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()[2:]


def test_the_tables_compare_the_chapter_with_the_experiments(small_project, monkeypatch):
    monkeypatch.chdir(small_project)
    out = Path("results/book")
    write_text(out / "chapter.yaml", CHAPTER)
    document = params()
    document["corpus"]["source"] = str(small_project / "mine.jsonl")
    write_params(small_project, document)
    save_experiment(small_project, "book", {"plots/histories.csv": HISTORIES, "plots/sentences.csv": SENTENCES})
    book.main("results/book")
    assert yaml.safe_load((out / "params.yaml").read_text())["corpus"]["source"] == "mine.jsonl"  # without its folder
    assert sorted(path.name for path in out.glob("*.png")) == ["figure-7-1.png", "figure-7-2.png"]
    assert rows(out / "runs.md") == [
        "| one direction | [7-1](../results/book/figure-7-1.png) [7-2](../results/book/figure-7-2.png) | so "
        "| 0.4000, 0.8000 | 0.6250, 0.7000 | 0.5000 (1) | 2 | yes |",
        "| the other |  | not here | not run |  |  |  |  |",
    ]
    assert rows(out / "sentences.md") == ["| moon | lstm | 0.5000 | 0.1250 |", "| moon | bi_lstm | 0.2500 | not run |"]

    save_experiment(small_project, "book-seeds", {"metrics/runs.csv": RUNS})
    book.main("results/book")
    assert rows(out / "seeds.md") == [
        "| one direction | 2 | 0.5500 (0.4000 to 0.7000) | 0.7000 (0.6000 to 0.8000) | 0.3750 (0.1250 to 0.6250) "
        "| 0.5000 (0.3000 to 0.7000) | 3 (1 to 5) |"
    ]
    assert {path.name for path in (out / "seeds").iterdir()} == {"params.yaml", "dvc.lock", "runs.csv"}
    export.main("book")
    assert (out / "histories.csv").read_text() == HISTORIES


def test_the_committed_tables_follow_from_the_committed_results(tmp_path):
    committed, chapter = ROOT / "results/book", yaml.safe_load((ROOT / book.CHAPTER).read_text(encoding="utf-8"))
    shutil.copytree(committed / "history", tmp_path / "history")
    shutil.copytree(committed / "seeds", tmp_path / "seeds")
    book.write_results(chapter["runs"], tmp_path)
    for name in ("runs.md", "seeds.md"):
        assert rows(tmp_path / name) == rows(committed / name), "run `make book`"
    for row, entry in zip(rows(committed / "sentences.md"), chapter["sentences"], strict=True):
        assert row.startswith(f"| {entry['sentence']} | {entry['variant']} | {entry['chapter']:.4f} | 0.")

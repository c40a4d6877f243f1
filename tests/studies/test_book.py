"""More seeds of the chapter's runs, and the tables that compare them with the chapter, in the small project."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from studies import book as book_study
from studies import seeds
from tests.project import ROOT

from sarcasm.base.command import InputError
from sarcasm.base.params import read_params
from sarcasm.network.saved_model import load_model

CHAPTER = {
    "runs": [
        {"run": "one direction", "variant": "lstm", "figures": ["7-1", "7-2"], "chapter": "so", "agreement": "yes"},
        {"run": "frozen", "variant": "glove_lstm", "figures": [], "chapter": "thus", "agreement": ""},
        {"run": "the other", "variant": "bi_lstm", "figures": ["7-3"], "chapter": "not here", "agreement": ""},
    ],
    "sentences": [
        {"sentence": "report confirms moon", "variant": "lstm", "chapter": 0.5},
        {"sentence": "report confirms moon", "variant": "bi_lstm", "chapter": 0.25},
    ],
}


@pytest.fixture
def book(small_project, monkeypatch):
    """The small project as a run of the chapter, with two more seeds."""
    monkeypatch.chdir(small_project)
    monkeypatch.setattr(seeds, "VARIANTS", ("lstm", "glove_lstm"))
    seeds.main(".")
    Path("results/book").mkdir(parents=True)
    Path("results/book/chapter.yaml").write_text(yaml.safe_dump(CHAPTER), encoding="utf-8")
    return small_project


def last_rows(folder: Path, variant: str) -> pd.DataFrame:
    paths = [folder / part / f"plots/history/{variant}.csv" for part in (".", "seed-2", "seed-3")]
    return pd.DataFrame([pd.read_csv(path).iloc[-1] for path in paths])


@pytest.mark.slow
def test_seeds_differ_and_are_not_trained_twice(book):
    losses = last_rows(book, "lstm")["validation_loss"]
    assert losses.nunique() == 3
    written = {path: path.stat().st_mtime_ns for path in book.glob("seed-*/models/*")}
    assert len(written) == 2 * 2 * 2
    seeds.main(".")
    assert {path: path.stat().st_mtime_ns for path in book.glob("seed-*/models/*")} == written


@pytest.mark.slow
def test_failed_trainings_are_counted(book, monkeypatch, capfd):
    monkeypatch.setattr(seeds, "VARIANTS", ("lstm", "unknown"))
    with pytest.raises(InputError, match="2 of 2 trainings failed"):
        seeds.main(".")
    assert "unknown variant 'unknown'" in capfd.readouterr().err


@pytest.mark.slow
def test_the_tables_compare_the_chapter_with_the_run(book):
    book_study.main(".")
    out = Path("results/book")
    for variant in ("lstm", "glove_lstm"):
        for place, kept in ((".", "."), ("seed-2", "seed-2"), ("seed-3", "seed-3")):
            history = Path(place, f"plots/history/{variant}.csv").read_bytes()
            assert (out / "history" / kept / f"{variant}.csv").read_bytes() == history
    assert sorted(path.name for path in out.glob("*.png")) == ["figure-7-1.png", "figure-7-2.png"]

    runs = out.joinpath("runs.md").read_text(encoding="utf-8").splitlines()[2:]
    last = last_rows(book, "lstm").iloc[0]
    assert f"| so | {last['train_loss']:.4f}, {last['train_accuracy']:.4f} | " in runs[0] and runs[0].endswith(
        "| yes |"
    )
    assert runs[2] == "| the other |  | not here | not run |  |  |  |  |"

    rows = out.joinpath("seeds.md").read_text(encoding="utf-8").splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| one direction", "| frozen"]
    losses = last_rows(book, "lstm")["validation_loss"]
    assert f"| {np.mean(losses):.4f} ({min(losses):.4f} to {max(losses):.4f}) |" in rows[0]

    first, second = out.joinpath("sentences.md").read_text(encoding="utf-8").splitlines()[2:]
    ours = load_model(book / "models/lstm.pt").probabilities(["report confirms moon"])[0]
    assert first == f"| report confirms moon | lstm | 0.5000 | {ours:.4f} |"
    assert second == "| report confirms moon | bi_lstm | 0.2500 | not run |"


def test_the_runs_of_the_chapter_are_variants_of_its_parameters():
    chapter = yaml.safe_load((ROOT / "results/book/chapter.yaml").read_text(encoding="utf-8"))
    params = read_params(ROOT / "configs/book.yaml", ROOT / "params.yaml")
    named = [entry["variant"] for entry in chapter["runs"]]
    assert sorted(named) == sorted(params.all_variants)
    assert set(seeds.VARIANTS) <= set(named)
    assert {entry["variant"] for entry in chapter["sentences"]} <= set(named)

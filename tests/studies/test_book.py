"""More seeds of the chapter's runs, and the tables that compare them with the chapter, in the small project."""

import shutil
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from studies import book, export, seeds
from tests.project import ROOT, contents, params, run

from sarcasm.base.command import InputError
from sarcasm.base.params import read_params

SENTENCE = params()["evaluate"]["sentences"][0]
CHAPTER = {
    "runs": [
        {"run": "one direction", "variant": "lstm", "figures": ["7-1", "7-2"], "chapter": "so", "agreement": "yes"},
        {"run": "frozen", "variant": "glove_lstm", "figures": [], "chapter": "thus", "agreement": ""},
        {"run": "the other", "variant": "bi_lstm", "figures": ["7-3"], "chapter": "not here", "agreement": ""},
    ],
    "sentences": [
        {"sentence": SENTENCE, "variant": "lstm", "chapter": 0.5},
        {"sentence": SENTENCE, "variant": "bi_lstm", "chapter": 0.25},
    ],
}


@pytest.mark.slow
def test_the_tables_compare_the_chapter_with_the_experiments(small_project, monkeypatch):
    monkeypatch.chdir(small_project)
    monkeypatch.setattr(seeds, "VARIANTS", ("lstm", "glove_lstm"))
    monkeypatch.setattr(book, "SEEDS", (2,))
    shutil.copy("data/bundled/headlines.jsonl", "local.jsonl")
    changes = {"train": {"epochs": 1}, "corpus": {"source": "local.jsonl"}, "variants": {}, "glove_variants": {}}
    for name, document in {"configs/book.yaml": changes, "results/book/chapter.yaml": CHAPTER}.items():
        Path(name).parent.mkdir(parents=True)
        Path(name).write_text(yaml.safe_dump(document), encoding="utf-8")
    run(small_project, "python", "repro.py", "configs/book.yaml")
    Path("runs").mkdir(exist_ok=True)
    for seed in book.SEEDS:
        Path(f"runs/book-seed-{seed}.yaml").write_text(yaml.safe_dump(seeds.changes(seed)), encoding="utf-8")
        run(small_project, "python", "repro.py", f"runs/book-seed-{seed}.yaml")
    before = contents(small_project)
    book.main("results/book")
    assert contents(small_project) == before
    out = Path("results/book")
    assert yaml.safe_load((out / "params.yaml").read_text())["corpus"]["source"] == "local.jsonl"  # without its folder
    assert str(small_project) not in (out / "dvc.lock").read_text()
    assert sorted(path.name for path in out.glob("*.png")) == ["figure-7-1.png", "figure-7-2.png"]

    histories = [pd.read_csv(out / "history" / part / "lstm.csv") for part in (".", "seed-2")]
    losses = [history["validation_loss"].iloc[-1] for history in histories]
    assert len(set(losses)) == 2 and all(len(history) == 1 for history in histories)
    assert not (out / "history/seed-2/stacked_lstm_dropout.csv").exists()

    runs = out.joinpath("runs.md").read_text(encoding="utf-8").splitlines()[2:]
    last = histories[0].iloc[-1]
    assert f"| so | {last['train_loss']:.4f}, {last['train_accuracy']:.4f} | " in runs[0] and runs[0].endswith(
        "| yes |"
    )
    assert runs[2] == "| the other |  | not here | not run |  |  |  |  |"
    rows = out.joinpath("seeds.md").read_text(encoding="utf-8").splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| one direction", "| frozen"]
    assert f"| {np.mean(losses):.4f} ({min(losses):.4f} to {max(losses):.4f}) |" in rows[0]
    first, second = out.joinpath("sentences.md").read_text(encoding="utf-8").splitlines()[2:]
    ours = book.read_texts("book", "plots/sentences.csv", "sentence").at[0, "lstm"]
    assert first == f"| {SENTENCE} | lstm | 0.5000 | {ours:.4f} |"
    assert second == f"| {SENTENCE} | bi_lstm | 0.2500 | not run |"

    export.main("book")
    assert (out / "results.md").read_text().count("\n| ") == 1 + 1 + 3


def test_an_unknown_experiment_is_refused(small_project):
    with (
        chdir(small_project),
        pytest.raises(InputError, match="^no experiment 'none'; `make repro PARAMS="),
    ):
        export.main("none")


def test_the_runs_of_the_chapter_are_variants_of_its_parameters(monkeypatch):
    monkeypatch.chdir(ROOT)
    chapter = yaml.safe_load(Path("results/book/chapter.yaml").read_text(encoding="utf-8"))
    variants = read_params(Path("configs/book.yaml"), Path("params.yaml")).networks
    named = [entry["variant"] for entry in chapter["runs"]]
    assert sorted(named) == sorted(variants)
    assert {entry["variant"] for entry in chapter["sentences"]} <= set(named)
    changed = seeds.changes(2)
    kept = [name for group in ("variants", "glove_variants") for name, value in changed[group].items() if value]
    assert changed["train"]["seeds"] == [2] and set(kept) <= set(seeds.VARIANTS) <= set(named)

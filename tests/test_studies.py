"""The other studies: an ablation on few headlines, a sweep of learning rates, the export of an experiment."""

from sarcasm.stage import InputError

import pandas as pd
import pytest
from studies import ablation, export, learning_rates
from tests.project import ROOT


def test_the_committed_tables_follow_from_the_committed_epochs():
    for name, study in {"ablation": ablation, "learning-rates": learning_rates}.items():
        epochs, table = (ROOT / f"results/{name}/{file}" for file in ("epochs.csv", "table.md"))
        assert table.read_text(encoding="utf-8") == study.format_table(pd.read_csv(epochs)), f"make {name}"


def test_the_ablation_trains_each_combination_with_each_seed(fresh_project, tmp_path, monkeypatch):
    for name, value in {"TRAINING": 80, "EPOCHS": 2, "SEEDS": (1, 2), "TARGET": 0.0}.items():
        monkeypatch.setattr(ablation, name, value)
    ablation.main(str(fresh_project / "data/bundled/headlines.jsonl"), str(tmp_path))
    rows = (tmp_path / "table.md").read_text(encoding="utf-8").splitlines()[2:]
    assert [row.split(" | ")[:2] for row in rows] == [
        [f"| {tokenizer}", batching] for tokenizer in ("stripped", "full") for batching in ("padded", "bucketed")
    ]
    assert all(row.endswith(" | 1 (1 to 1) |") for row in rows)
    assert len(pd.read_csv(tmp_path / "epochs.csv")) == 16


def experiment(name, rate, state="success", epochs=30):
    parameters = {"train": {"epochs": epochs}, "variants": {"lstm": {"learning_rate": rate}}, "pretrained_variants": {}}
    revision = {"rev": f"of-{name}", "data": rate and {"params": {"params.yaml": {"data": parameters}}}}
    return {"name": name, "executor": state and {"state": state}, "revs": [revision]}


def test_a_sweep_has_the_finished_experiments_with_other_learning_rates():
    sweep = [experiment("low", 0.125), experiment("high", 0.5, state=None)]
    others = [experiment("longer", 0.5, epochs=60), experiment("waiting", 0.75, "queued"), experiment("failed", None)]
    base = experiment("base", 0.25)["revs"][0]["data"]
    rates, names = learning_rates.find_rates({"data": base, "experiments": sweep + others}, "lstm")
    assert rates == {0.125: "of-low", 0.5: "of-high"} and names == ["longer", "waiting", "failed"]
    assert learning_rates.find_rates({"data": base, "experiments": None}, "lstm") == ({}, [])


def test_an_unknown_experiment_is_refused(fresh_project, monkeypatch):
    monkeypatch.chdir(fresh_project)
    with pytest.raises(InputError, match="^no experiment 'none'; `make repro PARAMS="):
        export.main("none")

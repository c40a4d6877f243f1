"""The other studies: an ablation, a sweep of learning rates, the export of an experiment."""

import json
from types import SimpleNamespace

from sarcasm.params import read_params, read_yaml
from sarcasm.stage import InputError

import exps
import pandas as pd
import pytest
from studies import ablation, export, learning_rates
from studies.sweep import find_experiments
from tests.project import ROOT, run


def test_the_committed_tables_follow_from_the_committed_epochs():
    for name, study in {"ablation": ablation, "learning-rates": learning_rates}.items():
        epochs, table = (ROOT / f"results/{name}/{file}" for file in ("epochs.csv", "table.md"))
        assert table.read_text(encoding="utf-8") == study.format_table(pd.read_csv(epochs)), f"make {name}"


def test_every_result_has_the_parameters_and_the_lock_of_its_run():
    for folder in *(ROOT / "results").iterdir(), ROOT / "results/book/seeds":
        params = read_params(folder / "params.yaml")
        groups = {"train": params.variants, "train-pretrained": params.pretrained_variants}
        trained = {f"{stage}@{run}" for stage in groups for variant in groups[stage] for run in params.runs[variant]}
        assert trained <= read_yaml(folder / "dvc.lock")["stages"].keys(), folder.name


def experiment(name, rate, epochs=30, state="success"):
    params = {"train": {"epochs": epochs}, "variants": {"lstm": {"learning_rate": rate}}}
    revision = {"rev": f"of-{name}", "data": rate and {"params": {"params.yaml": {"data": params}}}}
    return {"name": name, "executor": state and {"state": state}, "revs": [revision]}


def test_a_sweep_has_the_finished_experiments_that_change_nothing_else(monkeypatch, capsys):
    sweep = [experiment("low", 0.125), experiment("high", 0.5, state=None), experiment("same", 0.25)]
    others = [
        experiment("longer", 0.5, epochs=60),
        experiment("waiting", 0.75, state="queued"),
        experiment("bad", None),
    ]
    base = {"name": "main", **experiment("base", 0.25)["revs"][0]}
    again = [experiment("low", None)]  # it failed and was then run again
    shown = SimpleNamespace(returncode=0, stdout=json.dumps([{}, base | {"experiments": sweep + others + again}]))
    monkeypatch.setattr(exps.subprocess, "run", lambda *_, **__: shown)
    rates = {(0.125,): "of-low", (0.5,): "of-high", (0.25,): "of-same"}
    assert find_experiments("variants.lstm.learning_rate") == rates
    assert capsys.readouterr().out == "unfinished, failed, or with other changes: waiting, bad, longer\n"
    shown.stdout = json.dumps([{}, base | {"experiments": others}])
    with pytest.raises(InputError, match="^no experiment changes only variants.lstm.learning_rate; "):
        find_experiments("variants.lstm.learning_rate")


@pytest.mark.slow
def test_the_ablation_has_the_histories_of_each_seed(small_project, tmp_path, monkeypatch):
    monkeypatch.chdir(small_project)
    monkeypatch.setattr(ablation, "VARIANT", "lstm")
    run(small_project, "dvc", "exp", "run", "--queue", "-S", "train.batching=padded,bucketed")
    run(small_project, "dvc", "exp", "run", "--run-all")
    ablation.main(str(tmp_path))
    epochs = pd.read_csv(tmp_path / "epochs.csv")
    settings = [("full", batching, 1, epoch) for batching in ("padded", "bucketed") for epoch in (1, 2)]
    assert list(epochs[["tokenizer", "batching", "seed", "epoch"]].itertuples(index=False, name=None)) == settings
    history = pd.read_csv("plots/history/lstm-1.csv")
    assert epochs.iloc[2:, 3:].reset_index(drop=True).equals(history)
    assert (tmp_path / "dvc.lock").read_bytes() == (small_project / "dvc.lock").read_bytes()


def test_an_unknown_variant_or_experiment_is_refused(fresh_project, monkeypatch):
    monkeypatch.chdir(fresh_project)
    with pytest.raises(InputError, match="^no variant 'moon': params.yaml has lstm, "):
        learning_rates.main("moon", "study")
    with pytest.raises(InputError, match="^no experiment 'none'; `make repro PARAMS="):
        export.main("none")

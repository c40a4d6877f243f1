"""What the README shows under Usage, each in a small project."""

import json
import re

import pytest
import yaml
from tests.project import ROOT, commit, contents, run, vectors


def changed_stages(folder) -> set[str]:
    """Return the stages that `dvc status` names."""
    return set(json.loads(run(folder, "dvc", "status", "--json").stdout))


def change(folder, *keys: str, value) -> None:
    """Change one parameter, as a user would in an editor."""
    document = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    section = document
    for key in keys[:-1]:
        section = section[key]
    section[keys[-1]] = value
    (folder / "params.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def test_a_changed_rate_affects_its_variant_and_later_stages(small_project):
    change(small_project, "variants", "lstm", "learning_rate", value=0.0005)
    assert changed_stages(small_project) == {"train@lstm", "evaluate", "draw-figures", "report"}


def test_a_changed_dimension_retrains_no_variant_without_glove(small_project):
    change(small_project, "glove", "dimension", value=100)
    change(small_project, "glove", "source", value="vectors.txt")
    (small_project / "vectors.txt").write_text(vectors(dimension=100), encoding="utf-8")
    ran = set(re.findall("Running stage '(.+)'", run(small_project, "dvc", "repro").stdout))
    assert ran == {"download-glove", "glove-coverage", "train-glove@glove_lstm", "evaluate", "draw-figures", "report"}


@pytest.mark.slow
def test_a_sweep_of_learning_rates_is_listed_with_numbers_and_metrics(small_project):
    rates = "variants.stacked_lstm_dropout.learning_rate=0.001,0.0003,0.0001,0.00001"
    run(small_project, "dvc", "exp", "run", "--queue", "-S", rates)
    run(small_project, "dvc", "queue", "start", "-j", "2")
    wait_for_queue(small_project)
    shown = json.loads(run(small_project, "dvc", "exp", "show", "--json").stdout)
    experiments = [experiment["revs"][0] for branch in shown for experiment in branch["experiments"] or []]
    found = {}
    for experiment in experiments:
        parameters = experiment["data"]["params"]["params.yaml"]["data"]
        scores = experiment["data"]["metrics"]["metrics/train/stacked_lstm_dropout.json"]["data"]
        found[parameters["variants"]["stacked_lstm_dropout"]["learning_rate"]] = scores
    # `-S` writes 0.00001 as 1e-05, which YAML reads as a string and the stage as a number
    assert {float(rate) for rate in found} == {0.001, 0.0003, 0.0001, 0.00001}
    assert (
        len({scores["validation_loss"] for scores in found.values()}) > 1
    )  # low rates may agree to 4 decimals after two epochs
    assert all(0 <= scores["validation_accuracy"] <= 1 for scores in found.values())
    page = (ROOT / "docs/experiments.md").read_text(encoding="utf-8")
    options = ["--only-changed", "--hide-workspace", "--drop", re.search("--drop '(.+)'", page)[1]]
    columns = run(small_project, "dvc", "exp", "show", "--csv", *options).stdout.splitlines()[0].split(",")
    assert {column.rpartition(":")[2].rpartition(".")[2] for column in columns} <= {
        *("Experiment", "rev", "typ", "parent"),  # the last three only in CSV
        *("validation_accuracy", "validation_loss", "learning_rate"),
    }


def wait_for_queue(folder) -> None:
    """Wait until all experiments have finished; none may have failed."""
    for _ in range(300):
        status = run(folder, "dvc", "queue", "status").stdout
        assert "Failed" not in status, status
        if not re.search("Queued|Running", status):
            return
        run(folder, "sleep", "1")
    raise AssertionError(f"the queue has not ended: {status}")


def test_differences_between_two_commits(small_project):
    change(small_project, "variants", "lstm", "learning_rate", value=0.05)
    run(small_project, "dvc", "repro")
    commit(small_project, "Raise the rate")
    parameters = json.loads(run(small_project, "dvc", "params", "diff", "HEAD~1", "HEAD", "--json").stdout)
    assert set(parameters["params.yaml"]) == {"variants.lstm.learning_rate"}
    rate = parameters["params.yaml"]["variants.lstm.learning_rate"]
    assert (rate["old"], rate["new"]) == (0.001, 0.05)
    metrics = json.loads(run(small_project, "dvc", "metrics", "diff", "HEAD~1", "HEAD", "--json").stdout)
    assert set(metrics) == {"metrics/scores/lstm.json", "metrics/train/lstm.json"}
    assert "validation_loss" in metrics["metrics/train/lstm.json"]
    charts = json.loads(run(small_project, "dvc", "plots", "diff", "HEAD~1", "HEAD", "--json").stdout)["data"]
    assert set(charts) == {"Validation loss", "Validation accuracy", "Confusion"}
    for chart in charts.values():
        drawn = chart[0]["content"]
        assert "<DVC" not in json.dumps(drawn)
        assert {row["rev"] for row in drawn["data"]["values"]} == {"HEAD~1", "HEAD"}
        assert {row["variant"] for row in drawn["data"]["values"]} == {"lstm", "stacked_lstm_dropout", "glove_lstm"}


@pytest.mark.slow
def test_two_jobs_give_the_lock_file_of_one(fresh_project, small_project):
    shown = run(fresh_project, "./repro.sh", "params.yaml", "2").stdout
    left = set(re.findall("Stage '(train.+)' didn't change", shown))  # left for the last dvc repro
    assert left == {"train@lstm", "train@stacked_lstm_dropout", "train-glove@glove_lstm"}
    one, two = (yaml.safe_load((folder / "dvc.lock").read_text()) for folder in (small_project, fresh_project))
    assert one == two
    assert contents(fresh_project).keys() == contents(small_project).keys()


@pytest.mark.slow
def test_forcing_all_stages_leaves_the_lock_file_unchanged(small_project):
    before = contents(small_project)
    run(small_project, "dvc", "repro", "--force")
    assert contents(small_project) == before


@pytest.mark.slow
def test_another_parameter_file_runs_in_its_own_folder(small_project):
    before = contents(small_project)
    document = yaml.safe_load((small_project / "params.yaml").read_text(encoding="utf-8"))
    document["train"]["epochs"] = 1
    (small_project / "my own.jsonl").write_bytes((small_project / "data/bundled/headlines.jsonl").read_bytes())
    document["corpus"]["source"] = "./my own.jsonl"  # relative to the folder where repro.sh is called
    (small_project / "mine.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    run(small_project, "./repro.sh", "mine.yaml", "1")
    assert len((small_project / "runs/mine/plots/history/lstm.csv").read_text().splitlines()) == 2
    assert contents(small_project) == before

"""What the README shows under Usage, each in a small project."""

import json
import re
import shutil
from pathlib import Path

import exps
import pytest
from studies import learning_rates
from tests.project import ROOT, commit, contents, params, run, vectors, write_params


def changed_stages(folder) -> set[str]:
    """Return the stages that `dvc status` names."""
    return set(json.loads(run(folder, "dvc", "status", "--json").stdout))


def change(folder, *keys: str, value) -> None:
    """Change one parameter, as a user would in an editor."""
    document = params()
    section = document
    for key in keys[:-1]:
        section = section[key]
    section[keys[-1]] = value
    write_params(folder, document)


def test_a_changed_rate_affects_its_variant_and_later_stages(small_project):
    change(small_project, "variants", "lstm", "learning_rate", value=0.0005)
    assert changed_stages(small_project) == {"check-and-clean", "train@lstm-1", "evaluate", "report"}


def test_a_changed_dimension_retrains_no_variant_without_pretrained_vectors(small_project):
    change(small_project, "vectors", value={"source": "vectors.txt", "dimension": 50, "seed": 1})
    (small_project / "vectors.txt").write_text(vectors(dimension=50), encoding="utf-8")
    ran = set(re.findall("Running stage '(.+)'", run(small_project, "dvc", "repro").stdout))
    assert ran == {
        "check-and-clean",
        "download-glove",
        "glove-coverage",
        "train-pretrained@wide_bi_lstm-1",
        "evaluate",
        "report",
    }


@pytest.mark.slow
def test_a_further_seed_trains_only_what_is_missing(small_project):
    output = run(small_project, "dvc", "exp", "run", "-S", "train.seeds=[1,2]").stdout
    ran = re.findall("Running stage '(train.*)'", output)
    assert sorted(ran) == ["train-pretrained@wide_bi_lstm-2", "train@lstm-2", "train@stacked_lstm_dropout-2"]


@pytest.mark.slow
def test_going_back_takes_everything_from_the_cache(small_project):
    before = contents(small_project)
    change(small_project, "train", "seeds", value=[1, 2])
    run(small_project, "dvc", "repro")
    assert "train@lstm-2:" in (small_project / "dvc.lock").read_text()
    run(small_project, "git", "restore", "params.yaml")
    ran = re.findall("Running stage '(.+)'", run(small_project, "dvc", "repro").stdout)
    assert ran == ["check-and-clean"] and contents(small_project) == before
    run(small_project, "git", "diff", "--exit-code")


@pytest.mark.parametrize("message", ["Raise the rate", 'it\'s "5 $HOME `x` %d" #1', "-m"])
def test_make_commit_takes_any_message(small_project, message):
    shutil.copy(ROOT / "Makefile", small_project)
    (small_project / ".venv").mkdir()
    (small_project / "requirements.lock").touch()
    (small_project / ".venv/installed").touch()
    change(small_project, "train", "epochs", value=3)
    run(small_project, "make", "commit", f"MESSAGE={message}")
    assert run(small_project, "git", "log", "-1", "--format=%s").stdout == f"{message}\n"


def test_a_checkout_on_windows_has_the_same_bytes(small_project, tmp_path):
    clone = tmp_path / "clone"
    run(tmp_path, "git", "-c", "core.autocrlf=true", "clone", "--quiet", str(small_project), str(clone))
    assert (clone / "dvc.yaml").read_bytes() == (small_project / "dvc.yaml").read_bytes()
    assert (clone / "stages/train.py").read_bytes() == (small_project / "stages/train.py").read_bytes()


@pytest.mark.slow
def test_a_sweep_of_learning_rates_is_listed_with_numbers_and_metrics(small_project, monkeypatch):
    rates = "variants.stacked_lstm_dropout.learning_rate=0.001,0.0003,0.00001"
    run(small_project, "dvc", "exp", "run", "--queue", "-n", "rate", "-S", rates)
    run(small_project, "dvc", "exp", "run", "--run-all")
    shown = json.loads(run(small_project, "dvc", "exp", "show", "--json").stdout)
    experiments = [experiment["revs"][0] for branch in shown for experiment in branch["experiments"] or []]
    found = {}
    for experiment in experiments:
        parameters = experiment["data"]["params"]["params.yaml"]["data"]
        scores = experiment["data"]["metrics"]["metrics/train/stacked_lstm_dropout-1.json"]["data"]
        found[parameters["variants"]["stacked_lstm_dropout"]["learning_rate"]] = scores
    # `-S` writes 0.00001 as 1e-05
    assert {float(rate) for rate in found} == {0.001, 0.0003, 0.00001}
    losses = {scores["validation_loss"] for scores in found.values()}
    assert len(losses) > 1  # low rates may agree to 4 decimals after two epochs
    assert all(0 <= scores["validation_accuracy"] <= 1 for scores in found.values())
    title, _, _, *rows = run(small_project, "python", "exps.py").stdout.splitlines()
    assert title.strip() == "variant: stacked_lstm_dropout" and len(rows) == 1 + 3
    losses = [float(row.split()[1]) for row in rows]
    assert losses == sorted(losses)
    assert "stacked_lstm_dropout.learning_rate=1e-05" in "\n".join(rows)
    assert {row.split()[0] for row in rows} >= {"rate-1", "rate-2", "rate-3"}
    title, *_ = run(small_project, "python", "exps.py", "lstm").stdout.splitlines()
    assert title.strip() == "variant: lstm"
    monkeypatch.chdir(small_project)
    learning_rates.main("stacked_lstm_dropout", "study")
    rows = Path("study/table.md").read_text().splitlines()[2:]
    assert [row.split()[1] for row in rows] == ["0.00001", "0.00030", "0.00100"]


def test_differences_between_two_commits(small_project):
    change(small_project, "variants", "lstm", "learning_rate", value=0.05)
    run(small_project, "dvc", "repro")
    commit(small_project, "Raise the rate")
    parameters = json.loads(run(small_project, "dvc", "params", "diff", "HEAD~1", "HEAD", "--json").stdout)
    assert set(parameters["params.yaml"]) == {"variants.lstm.learning_rate"}
    rate = parameters["params.yaml"]["variants.lstm.learning_rate"]
    assert (rate["old"], rate["new"]) == (0.001, 0.05)
    metrics = json.loads(run(small_project, "dvc", "metrics", "diff", "HEAD~1", "HEAD", "--json").stdout)
    assert set(metrics) == {"metrics/scores/lstm.json", "metrics/train/lstm-1.json"}
    assert "validation_loss" in metrics["metrics/train/lstm-1.json"]
    charts = json.loads(run(small_project, "dvc", "plots", "diff", "HEAD~1", "HEAD", "--json").stdout)["data"]
    figures = {"plots/comparison.png", "plots/losses.png"}
    assert set(charts) == {"plots/histories.csv", "Validation accuracy", "plots/confusion.csv", *figures}
    for chart in [charts[name] for name in charts.keys() - figures]:
        drawn = chart[0]["content"]
        assert "<DVC" not in json.dumps(drawn)
        assert {row["rev"] for row in drawn["data"]["values"]} == {"HEAD~1", "HEAD"}
        variants = {row["variant"] for row in drawn["data"]["values"]} - {"tfidf"}  # it has no epochs
        assert variants == {"lstm", "stacked_lstm_dropout", "wide_bi_lstm"}


def test_changes_of_parameters_are_listed_by_name():
    base = {"train": {"epochs": 2, "device": "cpu"}, "variants": {"lstm": {"cell": "lstm", "layers": 1}, "gru": {}}}
    other = {"train": {"epochs": 3, "device": "cpu"}, "variants": {"lstm": {"cell": "lstm", "layers": 2}, "rnn": {}}}
    assert list(exps.changes(base, other)) == [
        "train.epochs=3",
        "variants.lstm.layers=2",
        "~variants.gru",
        "+variants.rnn={}",
    ]
    assert list(exps.changes(base, base)) == []
    assert list(exps.changes({"sentences": "a"}, {"sentences": "b\n" * 50})) == [f"sentences={'b ' * 30}"]  # one line


@pytest.mark.slow
def test_the_table_of_experiments_has_the_selected_variant(small_project):
    title, _, _, row, hint = run(small_project, "python", "exps.py").stdout.splitlines()
    selected = json.loads((small_project / "metrics/selected.json").read_text())
    assert title.strip() == f"variant: {selected['variant']}" and row.split()[1] == f"{selected['validation_loss']:.4f}"
    assert hint.startswith("no experiments of this commit; ")
    assert "exps.py: no experiment of this commit has" in run(small_project, "python", "exps.py", "x", code=1).stderr


@pytest.mark.slow
def test_an_artifact_is_downloaded_by_name(small_project, tmp_path):
    run(small_project, "gto", "register", "sarcasm")
    run(tmp_path, "dvc", "artifacts", "get", str(small_project), "sarcasm", "--rev", "v0.0.1", "-o", "sarcasm.pt")
    selected = json.loads((small_project / "metrics/selected.json").read_text())["run"]
    assert (tmp_path / "sarcasm.pt").read_bytes() == (small_project / f"models/{selected}.pt").read_bytes()


@pytest.mark.slow
def test_the_cells_for_python_run_as_a_script(small_project):
    settings = [f"PYTHONPATH={small_project / 'stages'}", "MPLBACKEND=agg"]
    done = run(small_project, "env", *settings, "python", "-W", "error", str(ROOT / "docs/python.py"))
    row = json.loads(run(small_project, "python", "stages/predict.py", "--json", "senate votes on budget").stdout)
    assert f"senate votes on budget     {row['probability']:.6f}\n" in done.stdout
    assert done.stderr == ""

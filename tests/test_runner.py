"""runner.py: what is shown of the stages, and the table at the end."""

import re
from types import SimpleNamespace

from sarcasm.params import read_params

import pytest
from rich.console import Console
from runner import Runner, show_results
from tests.project import ROOT, run
from tests.test_pipeline import set_epochs

REPRO = """\
Stage 'check-and-clean' didn't change, skipping
Running stage 'split-corpus':
> python stages/split_corpus.py
train 80
Running stage 'train@lstm-1':
> python stages/train.py lstm 1
lstm-1: epoch 1 of 3

lstm-1: validation loss 0.5
Updating lock file 'dvc.lock'
Stage 'report' is cached - skipping run, checking out outputs
Use `dvc push` to send your updates to remote storage.
"""


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path, read_params(ROOT / "params.yaml"))


def follow(runner, text, code=0):
    errors = []
    runner.follow(SimpleNamespace(stdout=text.splitlines(keepends=True), wait=lambda: code), errors)
    return errors


def test_each_stage_that_ends_has_a_line_and_a_log(runner, capsys):
    assert follow(runner, REPRO) == []
    assert capsys.readouterr().out == "split-corpus (0 s): train 80\ntrain@lstm-1 (0 s): lstm-1: validation loss 0.5\n"
    assert runner.states == {
        "check-and-clean": "up to date",
        "split-corpus": "done",
        "train@lstm-1": "done",
        "report": "up to date",
    }
    log = (runner.logs / "train@lstm-1.log").read_text()
    assert log == "> python stages/train.py lstm 1\nlstm-1: epoch 1 of 3\nlstm-1: validation loss 0.5\n"


def test_a_terminal_keeps_the_lines_of_all_but_the_trainings(runner, capsys):
    runner.console = Console(force_terminal=True, highlight=False)
    assert follow(runner, REPRO) == []
    assert capsys.readouterr().out == "split-corpus (0 s): train 80\n"


def test_a_failure_names_the_stage_its_last_line_and_its_log(runner):
    failed = "Running stage 'evaluate':\n> python x\nevaluate.py: no\nERROR: failed to reproduce 'evaluate': exit 1\n"
    (error,) = follow(runner, failed, 1)
    assert re.fullmatch(r"evaluate failed: evaluate.py: no \(all of its output: .*/.dvc/tmp/logs/evaluate.log\)", error)
    (error,) = follow(runner, "ERROR: dvc.yaml is invalid\n", 1)
    assert error.startswith("dvc repro failed: ERROR: dvc.yaml is invalid (all of its output: ")


def test_a_training_is_shown_with_its_epoch_and_scores(runner):
    runner.console.width = 100
    process = SimpleNamespace(stdout=["Running stage 'train@lstm-1':\n"], wait=lambda: 1)
    runner.follow(process, [])
    history = runner.folder / "plots/history/lstm-1.csv"
    history.parent.mkdir(parents=True)
    for epoch, loss in (12, 0.5), (15, 0.25):  # resumes after epoch 12
        history.write_text(f"epoch,a,b,validation_loss,validation_accuracy\n{epoch},0,0,{loss},0.75\n")
        runner.show_progress()
    with runner.console.capture() as shown:
        runner.console.print(runner.render())
    done, _, training, waiting = shown.get().splitlines()
    assert done.startswith("done 0") and waiting.startswith("waiting 13: train-baseline, train@embedding_mean-1, ")
    assert re.match(r"lstm-1 ━+.* epoch 15 of 30: 0.2500, 0.7500 ", training) and len(training) <= 100


def test_results_fit_a_terminal_best_first(small_project, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    show_results(small_project)
    *table, _, verdict = capsys.readouterr().out.splitlines()
    names = [line.split()[0] for line in table[2:] if line.strip()]
    assert sorted(names) == ["lstm", "stacked_lstm_dropout", "tfidf", "wide_bi_lstm"]
    losses = [float(line.split()[1]) for line in table[2:] if line.strip()]
    assert losses == sorted(losses) and max(map(len, table)) <= 80
    assert verdict.startswith(f"{names[0]} has the lowest validation loss; test accuracy ")


@pytest.mark.slow
def test_only_what_has_changed_runs(small_project):
    set_epochs(small_project, 3)
    lines = run(small_project, "python", "repro.py", "--jobs", "1").stdout.splitlines()
    assert re.fullmatch(r"check-and-clean \(\d+ s\): 4 variants; deleted: nothing", lines[0])
    assert re.fullmatch(r"6 stages run in \d+ s, 7 up to date", lines[6])
    assert "\nReport: file:///" in "\n".join(lines)

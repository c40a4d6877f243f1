"""repro.py: other parameters as experiments, interrupted and resumed; and what it refuses."""

import json
import os
import re
import shutil
import signal
import time
import zipfile

import pytest
import repro
import yaml
from filelock import FileLock
from tests.project import commit, contents, params, run, start, vectors, write_params
from tests.test_pipeline import set_epochs, stop, wait_for


def write_changes(folder, name="mine", **changes):
    """Write a parameter file that states what differs from params.yaml."""
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(changes), encoding="utf-8")


def refusal(folder, *arguments):
    """Return the one line on stderr of a run that must fail."""
    failed = run(folder, "python", "repro.py", *arguments, code=1)
    assert failed.stderr.startswith("repro.py: ") and failed.stderr.count("\n") == 1, failed.stderr
    return failed.stderr.removeprefix("repro.py: ").strip()


@pytest.mark.slow
def test_another_parameter_file_becomes_an_experiment(small_base, tmp_path):
    small_project = shutil.copytree(small_base, tmp_path / "größe 5 %")
    before = contents(small_project)
    corpus = small_project / "R&D it's [1]" / "a&b;c.jsonl"
    corpus.parent.mkdir()
    corpus.write_bytes((small_project / "data/bundled/headlines.jsonl").read_bytes())
    write_changes(
        small_project,
        corpus={"source": str(corpus.relative_to(small_project)), "classes": ["news", "satire"]},
        train={"epochs": 1},
        variants={"gru": {"cell": "gru", "learning_rate": 0.001}, "stacked_lstm_dropout": None},
    )
    run(small_project, "python", "repro.py", "mine.yaml", "--jobs", "2")
    assert contents(small_project) == before and not (small_project / "runs/mine").exists()
    assert run(small_project, "dvc", "exp", "list", "--name-only").stdout.split() == ["mine"]

    changed = json.loads(run(small_project, "dvc", "params", "diff", "HEAD", "mine", "--json").stdout)["params.yaml"]
    assert changed["train.epochs"] == {"old": 2, "new": 1, "diff": -1}
    assert changed["variants.gru.cell"]["new"] == "gru"
    metrics = json.loads(run(small_project, "dvc", "metrics", "diff", "HEAD", "mine", "--json").stdout)
    assert {"metrics/train/lstm-1.json", "metrics/train/gru-1.json", "metrics/scores/gru.json"} <= metrics.keys()
    assert "mine" in run(small_project, "dvc", "exp", "show", "--csv").stdout
    run(small_project, "dvc", "plots", "diff", "HEAD", "mine", "--json")

    run(small_project, "dvc", "exp", "apply", "mine")
    run(small_project, "python", "stages/check_and_clean.py")  # deletes what stacked_lstm_dropout left
    assert "up to date" in run(small_project, "dvc", "status").stdout
    assert len((small_project / "plots/history/gru-1.csv").read_text().splitlines()) == 2
    assert not list(small_project.rglob("*stacked_lstm_dropout*"))
    assert (
        "\n  classes:                 # names of the labels 0 and 1\n  - news\n"
        in (small_project / "params.yaml").read_text()
    )
    run(small_project, "dvc", "exp", "branch", "mine", "mine")


@pytest.mark.slow
def test_an_interrupted_experiment_resumes(small_project):
    set_epochs(small_project, 100)
    commit(small_project, "Train longer")
    write_changes(
        small_project,
        variants={"stacked_lstm_dropout": None},
    )
    process = start(small_project, "python", "repro.py", "mine.yaml", "--jobs", "2")
    wait_for(small_project / "runs/mine/checkpoints/lstm-1.pt", process)
    stop(process, signal.SIGINT)
    assert process.returncode == 130
    run(small_project, "dvc", "repro", "train@lstm-1")
    expected = (small_project / "plots/history/lstm-1.csv").read_bytes()

    resumed = start(small_project, "python", "repro.py", "mine.yaml", "--jobs", "1")
    _, log = resumed.communicate()
    assert resumed.returncode == 0, log
    assert run(small_project, "dvc", "exp", "list", "--name-only").stdout.split() == ["mine"]
    run(small_project, "dvc", "exp", "branch", "mine", "mine")
    run(small_project, "git", "switch", "--force", "mine")
    run(small_project, "dvc", "checkout", "--force")
    assert (small_project / "plots/history/lstm-1.csv").read_bytes() == expected


@pytest.mark.slow
def test_vectors_in_a_zip_with_one_member_by_a_relative_path(small_project):
    with zipfile.ZipFile(small_project / "my vectors.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors.txt", vectors())
    variants = {name: None for name in params()["variants"] if name != "lstm"}
    write_changes(small_project, vectors={"source": "my vectors.zip"}, variants=variants, train={"epochs": 1})
    run(small_project, "python", "repro.py", "mine.yaml")
    metrics = json.loads(run(small_project, "dvc", "metrics", "diff", "HEAD", "mine", "--json").stdout)
    assert "metrics/train/wide_bi_lstm-1.json" in metrics


def test_a_relative_mirror_is_relative_to_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.environ["PATH"])  # which main changes
    for name in ("run_stages", "show_results"):
        monkeypatch.setattr(repro, name, lambda *_: None)
    for mirror, expected in {"a b": str(tmp_path / "a b"), "https://example.org/m": "https://example.org/m"}.items():
        monkeypatch.setenv("HEADLINES_MIRROR", mirror)
        repro.main(str(repro.PARAMS), 1)
        assert os.environ["HEADLINES_MIRROR"] == expected


def test_unknown_keys_and_wrong_values_are_refused_by_name(small_project):
    write_changes(small_project, train={"epoch": 1})
    assert refusal(small_project, "mine.yaml") == "mine.yaml: train.epoch: unknown key"
    write_changes(small_project, variants={"lstm": {"cell": "elman"}})
    assert refusal(small_project, "mine.yaml").startswith("mine.yaml: variants.lstm.cell: expected 'lstm', 'gru'")
    assert refusal(small_project, "absent.yaml") == "absent.yaml: no such file"
    write_changes(small_project, "two words", train={"epochs": 1})
    assert "expected a name of letters" in refusal(small_project, "two words.yaml")
    assert not (small_project / "runs").exists()


def test_uncommitted_code_data_and_parameters_are_refused(small_project):
    write_changes(small_project, train={"epochs": 1})
    set_epochs(small_project, 3)
    (small_project / "stages/new.py").write_text("")
    with (small_project / "data/bundled/headlines.jsonl").open("a") as file:
        file.write("\n")
    message = refusal(small_project, "mine.yaml")
    assert message.startswith(
        "uncommitted changes in data/bundled/headlines.jsonl, params.yaml, stages/new.py: commit them"
    )


def test_a_folder_that_is_no_worktree_is_refused_and_the_checkout_stays(small_project):
    write_changes(small_project, train={"epochs": 1})
    (small_project / "runs/mine").mkdir(parents=True)
    branch = run(small_project, "git", "branch", "--show-current").stdout
    assert refusal(small_project, "mine.yaml") == "runs/mine: not a git worktree; move or delete it"
    assert run(small_project, "git", "branch", "--show-current").stdout == branch != ""


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("git branch mine", "mine.yaml: git knows mine as a branch, a tag or a commit; rename the file"),
        ("git config user.useConfigOnly true", "git does not know who you are: "),
        ("mv .git ..", "the project is a part of another git repository: clone it elsewhere to run mine.yaml"),
    ],
)
def test_an_experiment_that_could_not_be_saved_is_refused_at_once(small_project, command, message, monkeypatch):
    write_changes(small_project, train={"epochs": 1})
    run(small_project, *command.split())
    before = (small_project / ".dvc/config").read_bytes()
    nobody = "env", "-u", "GIT_COMMITTER_NAME", "-u", "GIT_COMMITTER_EMAIL"
    failed = run(small_project, *nobody, "python", "repro.py", "mine.yaml", code=1)
    assert failed.stderr.startswith(f"repro.py: {message}") and failed.stderr.count("\n") == 1
    assert not (small_project / "runs").exists() and (small_project / ".dvc/config").read_bytes() == before


def test_a_corrected_file_of_ones_own_is_read_again(small_project):
    corpus = small_project / "mine.jsonl"
    rows = (small_project / "data/bundled/headlines.jsonl").read_text().splitlines(keepends=True)
    corpus.write_text("".join(rows))
    document = params()
    document["corpus"]["source"] = "mine.jsonl"
    write_params(small_project, document)
    run(small_project, "python", "repro.py")
    corpus.write_text("".join([rows[0].replace('headline": "', 'headline": "corrected '), *rows[1:]]))
    shown = run(small_project, "python", "repro.py").stdout
    assert '"corrected ' in (small_project / "data/raw/headlines.jsonl").read_text() and "train@lstm-1 (" in shown
    shown = run(small_project, "python", "repro.py").stdout  # nothing has changed
    assert [line.split()[0] for line in shown.splitlines() if " s): " in line] == ["download-corpus"]


@pytest.mark.parametrize("content", ["", '{"models/lstm-1.pt": {"wri'])
def test_a_lock_file_of_dvc_that_was_cut_off_is_removed(small_project, content):
    path = small_project / ".dvc/tmp/rwlock"
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    repro.remove_broken_lock(path)
    assert path.exists()  # DVC may be writing it
    os.utime(path, (time.time() - 60,) * 2)
    run(small_project, "python", "repro.py")


def test_a_second_run_waits_for_the_first(small_project):
    lock = FileLock(small_project / ".dvc/tmp/params.yaml.repro.lock")
    (small_project / ".dvc/tmp").mkdir(exist_ok=True)
    with lock:
        process = start(small_project, "python", "repro.py", "--jobs", "1")
        assert process.stderr.readline() == f"repro.py: waiting for another process, which holds {lock.lock_file}\n"
        assert process.poll() is None
    output, _ = process.communicate()
    assert process.returncode == 0 and "has the lowest validation loss" in output


@pytest.mark.parametrize("name", ["../../thesis", "x; touch injected"])
@pytest.mark.parametrize("section", ["variants", "pretrained_variants"])
def test_a_name_reaches_no_path_and_no_shell(small_project, section, name):
    """The stages before it are up to date, so DVC would go on to the one that is called `name`."""
    before = {path: data for path, data in contents(small_project).items() if path != "data/params.ok"}
    thesis = small_project.parent / "thesis-1.pt"
    thesis.write_text("years of work")
    document = params()
    document[section][name] = next(iter(document[section].values()))
    write_params(small_project, document)
    stage = "train" if section == "variants" else "train-pretrained"
    failed = run(small_project, "dvc", "repro", f"{stage}@{name}-1", code=None)
    assert failed.returncode and f"params.yaml: {section}.{name}: " in failed.stderr + failed.stdout
    assert thesis.read_text() == "years of work" and not list(small_project.rglob("injected"))
    assert contents(small_project) == before
    assert refusal(small_project).startswith(f"params.yaml: {section}.{name}: ")


@pytest.mark.slow
def test_a_renamed_variant_leaves_nothing(small_project, tmp_path):
    document = params()
    document["variants"] = {"renamed": document["variants"]["lstm"]}  # and stacked_lstm_dropout is deleted
    document["train"]["seeds"] = [2]
    write_params(small_project, document)
    run(small_project, "dvc", "repro")
    commit(small_project, "Rename a variant, delete one, take another seed")
    files = [
        path.name for folder in ("data", "metrics", "models", "plots") for path in (small_project / folder).rglob("*")
    ]
    assert "renamed-2.pt" in files and not [
        name for name in files if re.match(r"(lstm|stacked_lstm_dropout)\b|.*-1\.", name)
    ]
    lock = (small_project / "dvc.lock").read_text()
    assert "train@renamed-2:" in lock and "train-pretrained@wide_bi_lstm-2:" in lock
    assert not re.search(r"@(lstm|stacked_lstm_dropout)-|-1:|/(lstm|stacked_lstm_dropout)\b|-1\.", lock)
    clone = tmp_path / "clone"
    run(tmp_path, "git", "clone", "--quiet", str(small_project), str(clone))
    run(clone, "dvc", "config", "--local", "cache.dir", str(small_project / ".dvc/cache"))
    run(clone, "dvc", "checkout")
    assert "up to date" in run(clone, "dvc", "status").stdout
    assert "up to date" in run(small_project, "dvc", "status").stdout

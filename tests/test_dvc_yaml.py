"""dvc.yaml compared with what the scripts of the stages import, and with what git tracks."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.project import ROOT, run

STAGES = {
    name: stage.get("do", stage)
    for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"].items()
}
SCRIPTS = {name: stage["cmd"].split()[1] for name, stage in STAGES.items()}
MATRIX = {"train": "variants", "train-pretrained": "pretrained_variants"}  # and train.seeds
ARGUMENTS = {"", " ${item}", " ${item.variant} ${item.seed}"}
# what a stage imports without depending on it: parameters, errors, the form of files, downloads, which are verified
ANYWHERE = {"download", "params", "sources", "stage"}
# and what changes the result of an earlier stage, so that this one runs again if that changes
EARLIER = {
    "tokenize": {"corpus"},
    "glove-coverage": {"vocabulary"},
    "train-baseline": {"corpus"},
    "train": {"tokenizers", "vocabulary"},
    "train-pretrained": {"tokenizers", "vocabulary"},
    "evaluate": {"corpus", "dataset", "trainer", "vocabulary"},
}
# and what only a check, the form of a model's file, or the other kind of model, needs
OTHER = {
    "download-glove": {"vectors", "vocabulary"},
    "train-baseline": {"dataset", "model", "saved_model", "trainer", "vocabulary"},
    "train": {"baseline", "saved_model"},
    "train-pretrained": {"baseline", "saved_model"},
}


def imported_modules(path: Path) -> set[str]:
    """Return the modules of sarcasm that the file imports, directly or through others."""
    found: set[str] = set()
    files = [path]
    while files:
        for node in ast.walk(ast.parse(files.pop().read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("sarcasm"):
                continue
            for name in (*node.module.split(".")[1:], *(alias.name for alias in node.names)):
                file = ROOT / f"stages/sarcasm/{name}.py"
                if file.is_file() and name not in found:
                    found.add(name)
                    files.append(file)
    return found


def code(stage: str) -> set[str]:
    """Return the modules of sarcasm on which a stage depends."""
    paths = [Path(path) for path in STAGES[stage]["deps"] if path.startswith("stages/sarcasm/")]
    return {path.stem for path in paths if path.suffix == ".py"}


def outputs(stage: dict, section: str) -> dict[str, bool]:
    """Return the outputs in a section of a stage, and whether DVC caches them."""
    entries = [entry if isinstance(entry, dict) else {entry: {}} for entry in stage.get(section, [])]
    return {path: options.get("cache", True) for entry in entries for path, options in entry.items()}


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_depends_on_its_script_and_the_modules_that_change_its_result(name):
    assert SCRIPTS[name] in STAGES[name]["deps"]
    imported = imported_modules(ROOT / SCRIPTS[name])
    assert code(name) <= imported
    assert imported - code(name) <= ANYWHERE | EARLIER.get(name, set()) | OTHER.get(name, set())


@pytest.mark.parametrize(
    ("edited", "affected"),
    [
        ("stage.py", set()),
        ("baseline.py", {"train-baseline", "evaluate"}),
        ("figures.py", {"report"}),
        ("model.py", {"train@lstm-1", "train@stacked_lstm_dropout-1", "train-pretrained@wide_bi_lstm-1", "evaluate"}),
        ("tokenizers.py", {"check-and-clean", "tokenize@plain", "tokenize@pretrained", "train-baseline", "evaluate"}),
    ],
)
def test_an_edited_module_affects_only_what_it_changes(small_project, edited, affected):
    with (small_project / "stages/sarcasm" / edited).open("a") as file:
        file.write("# edited\n")
    assert set(json.loads(run(small_project, "dvc", "status", "--json").stdout)) == affected


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_is_described_and_its_command_has_names_only(name):
    assert STAGES[name]["desc"]
    assert STAGES[name]["cmd"].removeprefix(f"python {SCRIPTS[name]}") in ARGUMENTS


def test_metrics_and_plots_in_git_are_the_uncached_outputs_of_the_stages():
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    seeds = params["train"]["seeds"]
    uncached = {
        path.replace("${key}", f"{item}-{seed}").replace("${item}", item)
        for name, stage in STAGES.items()
        for item in params.get(MATRIX.get(name), ["plain", "pretrained"])
        for seed in seeds
        for section in ("outs", "metrics", "plots")
        for path, cached in outputs(stage, section).items()
        if not cached
    }
    listed = subprocess.check_output(["git", "ls-files", "metrics", "plots"], cwd=ROOT, text=True).splitlines()
    tracked = {name for name in listed if not name.endswith("/.gitignore")}
    assert {name for name in tracked if not any(f"{name}/".startswith(f"{out}/") for out in uncached)} == set()
    assert {out for out in uncached if not any(f"{name}/".startswith(f"{out}/") for name in tracked)} == set()


def test_no_script_has_the_name_of_a_standard_module():
    assert not {path.stem for path in (ROOT / "stages").glob("*.py")} & sys.stdlib_module_names


@pytest.mark.parametrize("script", sorted((ROOT / "stages").glob("*.py")), ids=lambda path: path.stem)
def test_help_is_the_docstring(script):
    wide = os.environ | {"COLUMNS": "120"}
    done = subprocess.run([sys.executable, script, "--help"], env=wide, capture_output=True, text=True, check=True)
    documentation = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
    assert documentation and documentation.splitlines()[0] in done.stdout
    assert f"python stages/{script.name}" in documentation

"""dvc.yaml compared with what the scripts of the stages import, and with what git tracks."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.project import ROOT, run

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
SCRIPTS = {name: stage["cmd"].split()[1] for name, stage in STAGES.items()}
MATRIX = {"train": "variants", "train-glove": "glove_variants"}  # and train.seeds
ARGUMENTS = {"", " plain", " glove", " extra_vectors", " ${item.variant} ${item.seed}"}
ORDER = ["base", "text", "vectors", "network", "results"]  # a package imports only from those before it


def imported_modules(path: Path) -> set[str]:
    """Return the modules of sarcasm that the file imports, directly or through others."""
    found: set[str] = set()
    files = [path]
    while files:
        for node in ast.walk(ast.parse(files.pop().read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("sarcasm."):
                continue
            for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                file = ROOT / "stages" / (name.replace(".", "/") + ".py")
                if file.is_file() and name not in found:
                    found.add(name)
                    files.append(file)
    return found


def packages(path: Path) -> set[str]:
    """Return the packages of sarcasm that the file imports, directly or through others."""
    return {module.split(".")[1] for module in imported_modules(path)}


def outputs(stage: dict, section: str) -> dict[str, bool]:
    """Return the outputs in a section of a stage, and whether DVC caches them."""
    entries = [entry if isinstance(entry, dict) else {entry: {}} for entry in stage.get(section, [])]
    return {path: options.get("cache", True) for entry in entries for path, options in entry.items()}


@pytest.mark.parametrize("name", STAGES)
def test_dependencies_are_the_packages_that_the_script_imports(name):
    code = {path for path in STAGES[name]["deps"] if path.startswith("stages/")}
    assert code == {SCRIPTS[name], *(f"stages/sarcasm/{package}" for package in packages(ROOT / SCRIPTS[name]))}
    assert len(code) <= 4


def test_packages_import_only_from_those_before_them():
    for package in ORDER:
        for file in (ROOT / "stages/sarcasm" / package).glob("*.py"):
            assert packages(file) <= set(ORDER[: ORDER.index(package) + 1]), file
    for file in (ROOT / "stages/sarcasm/fetch").glob("*.py"):
        assert packages(file) <= {"base", "fetch"}, file


def test_figures_the_report_downloads_and_predict_retrain_nothing():
    used = packages(ROOT / SCRIPTS["train"])
    assert used == packages(ROOT / SCRIPTS["train-glove"]) == {"base", "text", "network"}
    assert not used & {"results", "fetch"}  # figures, report and the output of predict.py; downloads


def test_an_edited_module_is_a_change_and_a_compiled_file_is_not(small_project):
    package = small_project / "stages/sarcasm/vectors"
    (package / "__pycache__").mkdir(exist_ok=True)
    (package / "__pycache__/glove.cpython-399.pyc").write_bytes(b"compiled")
    assert json.loads(run(small_project, "dvc", "status", "--json").stdout) == {}
    with (package / "glove.py").open("a") as file:
        file.write("# edited\n")
    assert set(json.loads(run(small_project, "dvc", "status", "--json").stdout)) == {
        "tokenize-plain",
        "tokenize-glove",
        "glove-coverage",
    }


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_is_described_and_its_command_has_names_only(name):
    assert STAGES[name]["desc"]
    assert STAGES[name]["cmd"].removeprefix(f"python {SCRIPTS[name]}") in ARGUMENTS


def test_metrics_and_plots_in_git_are_the_uncached_outputs_of_the_stages():
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    seeds = params["train"]["seeds"]
    uncached = {
        path.replace("${key}", f"{variant}-{seed}")
        for name, stage in STAGES.items()
        for variant in params.get(MATRIX.get(name), [""])
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
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=True)
    documentation = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
    assert documentation and documentation.splitlines()[0] in done.stdout
    assert f"python stages/{script.name}" in documentation

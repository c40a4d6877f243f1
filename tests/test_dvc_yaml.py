"""What dvc.yaml says of a stage against what the stage's script says and does."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
STAGES = {
    name: stage.get("do", stage)
    for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"].items()
}
SCRIPTS = {name: stage["cmd"].split()[1] for name, stage in STAGES.items()}


def imported_modules(path: Path) -> set[Path]:
    """Return our modules that the file imports, directly or through others."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop().read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "sarcasm":
                names = {f"sarcasm.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {node.module or ""}
            elif isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            else:
                continue
            modules = {ROOT / "stages" / (name.replace(".", "/") + ".py") for name in names if "sarcasm." in name}
            waiting += modules - found
            found |= modules
    return found


@pytest.mark.parametrize("name", STAGES)
def test_dependencies_are_the_modules_that_the_script_imports(name: str) -> None:
    script = ROOT / SCRIPTS[name]
    declared = {ROOT / path for path in STAGES[name]["deps"] if path.endswith(".py")}
    assert declared == {script} | imported_modules(script)


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_is_described_and_its_command_has_names_only(name: str) -> None:
    assert STAGES[name]["desc"]
    assert STAGES[name]["cmd"].removeprefix(f"python {SCRIPTS[name]}") in {"", " ${key}"}


def test_no_script_carries_the_name_of_a_standard_module() -> None:
    assert not {path.stem for path in (ROOT / "stages").glob("*.py")} & sys.stdlib_module_names


@pytest.mark.parametrize("script", sorted((ROOT / "stages").glob("*.py")), ids=lambda path: path.stem)
def test_help_is_the_docstring(script: Path) -> None:
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=True)
    documentation = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
    assert documentation and documentation.splitlines()[0] in done.stdout
    assert f"python stages/{script.name}" in documentation

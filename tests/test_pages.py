"""The pages compared with the repository."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from docs import transcripts
from docs.fill import fill, pages
from tests.project import ROOT

PAGES = pytest.mark.parametrize("page", pages(), ids=lambda path: path.name)


@PAGES
def test_tables_equal_their_files(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert fill(text) == text, "run `python docs/fill.py`"


@PAGES
def test_commands_with_an_output_are_run_by_transcripts(page: Path) -> None:
    text = re.sub("<!-- from .*?<!-- end -->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    shown = [block for block in re.findall(r"^```.*?^```", text, re.DOTALL | re.MULTILINE) if "\n$ " in block]
    assert shown == [block[0] for block in transcripts.BLOCK.finditer(text)]
    assert not shown or page in transcripts.PAGES
    assert not re.search(r"^[A-Z]+$", text, re.MULTILINE), "a placeholder: run `make docs`"


def test_the_transcript_of_version_1_has_the_numbers_of_its_results() -> None:
    folder = ROOT / "results/news-headlines-v1"
    evaluation = pd.read_csv(folder / "evaluation.csv", index_col="variant").loc["wide_bi_lstm"]
    transcript = (folder / "transcript.md").read_text(encoding="utf-8")
    committed = json.loads((ROOT / "metrics/scores/wide_bi_lstm.json").read_text(encoding="utf-8"))
    rows = re.findall(r"^metrics/scores/wide_bi_lstm\.json +(\w+) +(\S+) +(\S+)", transcript, re.MULTILINE)
    assert {key for key, _, _ in rows} == committed.keys()
    for key, before, after in rows:
        assert (float(before), float(after)) == (committed[key], evaluation[key])


def test_a_transcript_replaces_the_outputs() -> None:
    page = "text\n```\n$ cat > a <<END\n> b\n> END\n$ cat a\nold\n```\n"
    assert transcripts.commands(page) == ["$ cat > a <<END\n> b\n> END\n", "$ cat a\n"]
    assert transcripts.fill(page, iter(["", "b\n"])) == page.replace("old", "b")


@PAGES
def test_links_point_to_files(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_book_page_has_the_measured_coverage() -> None:
    page = " ".join((ROOT / "docs/book.md").read_text(encoding="utf-8").split())
    coverage = json.loads((ROOT / "results/book/coverage.json").read_text(encoding="utf-8"))["size_8000"]
    assert f"{coverage['found']:,} of the {coverage['types']:,} words" in page


def test_the_project_structure_is_complete() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = re.search(r"## Project structure\n.*?```\n(.*?)```", readme, re.DOTALL)
    assert tree
    named: set[Path] = set()
    folders: list[str] = []
    for line in tree[1].splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        names = re.split(r"\s{2,}", line.strip())[0].split(" ")
        named |= {ROOT.joinpath(*folders[:depth], name) for name in names}
        folders[depth:] = [names[-1].rstrip("/")]
    assert not [path for path in named if not path.exists()]
    assert {path for path in (ROOT / "stages").rglob("*.py") if path.stem != "__init__"} <= named


def test_the_diagram_equals_dvc_dag() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = [Path(sys.executable).parent / "dvc", "dag", "--mermaid", "--collapse-foreach-matrix"]
    diagram = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"```mermaid\n{diagram.strip()}\n```" in readme

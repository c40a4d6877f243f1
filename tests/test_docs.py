"""The pages compared with the repository, and the commands that they show."""

import importlib.util
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from tests.project import ROOT, run

SPEC = importlib.util.spec_from_file_location("fill", ROOT / "docs/fill.py")
fill = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(fill)
PAGES = pytest.mark.parametrize("page", fill.pages(), ids=lambda path: path.name)


@PAGES
def test_tables_and_lines_of_links_are_current(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert fill.fill(text, page.parent) == text, "run `make docs`"


@PAGES
def test_links_point_to_files_and_headings(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert "://" in target or file.exists(), f"{page.name}: {target}"
        if file.suffix == ".md" and anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{page.name}: {target}"


def test_the_pages_are_short():
    assert sum(len(page.read_text().splitlines()) for page in (ROOT / "docs").glob("*.md")) <= 650


def test_the_tree_of_the_readme_is_complete():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = re.search(r"## Files\n.*?```\n(.*?)```", readme, re.DOTALL)
    named: set[Path] = set()
    folders: list[str] = []
    for line in tree[1].splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        names = re.split(r"\s{2,}", line.strip())[0].split(" ")
        named |= {ROOT.joinpath(*folders[:depth], name) for name in names}
        folders[depth:] = [names[-1].rstrip("/")]
    assert not [path for path in named if not path.exists()]
    assert {path for path in (ROOT / "stages").rglob("*.py")} <= named


def test_every_key_of_the_metrics_is_explained():
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    for name in ("train/bi_lstm-1", "train/tfidf", "scores/bi_lstm", "selected"):
        for key in json.loads((ROOT / f"metrics/{name}.json").read_text()):
            assert re.search(rf"`{key}`", page) or key.endswith("_high"), key


def test_the_sentences_about_the_results_are_true():
    def significant(variant: str, other: str, folder: str = "results/news-headlines-v1") -> int:
        row = pd.read_csv(ROOT / folder / "differences.csv").set_index(["variant", "other"]).loc[(variant, other)]
        return int(row["low"] > 0) - int(row["high"] < 0)

    evaluation = pd.read_csv(ROOT / "results/news-headlines-v1/evaluation.csv").set_index("variant")
    chapter = set(evaluation.index) - {"tfidf", "wide_bi_lstm"}
    assert all(significant(variant, "tfidf") == -1 for variant in chapter)
    assert (
        significant("wide_bi_lstm", "tfidf") == significant("wide_bi_lstm", "tfidf", "results/news-headlines-v2") == 1
    )
    bundled = json.loads((ROOT / "metrics/scores/wide_bi_lstm.json").read_text(encoding="utf-8"))
    assert bundled["test_difference_low"] < 0 < bundled["test_difference_high"]
    assert significant("bi_lstm", "lstm") == significant("stacked_lstm", "bi_lstm") == 0
    assert significant("stacked_lstm_dropout", "stacked_lstm") == 1
    assert evaluation["accuracy"].idxmin() == "pretrained_mean"
    assert evaluation["overfit_epoch"].drop("tfidf").notna().all()
    assert significant("pretrained_bi_lstm", "pretrained_mean") == 1
    epochs = pd.read_csv(ROOT / "results/ablation/epochs.csv")
    highest = epochs.groupby(["tokenizer", "batching", "seed"])["validation_accuracy"].max()
    gain = highest["full", "bucketed"].mean() - highest["stripped", "padded"].mean()
    assert f"without padding, is {gain:.2f} more accurate" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_book_page_has_the_measured_coverage():
    page = " ".join((ROOT / "docs/book.md").read_text(encoding="utf-8").split())
    coverage = json.loads((ROOT / "results/book/coverage.json").read_text(encoding="utf-8"))["size_8000"]
    assert f"{coverage['found']:,} of the {coverage['types']:,} words" in page


def commands(page: str) -> str:
    """Return the commands of a page's blocks without a language, in their order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return "".join(re.findall(r"^```\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


def bash(folder: Path, script: str) -> str:
    """Run commands as a user who has installed the project and activated its environment."""
    (folder / ".venv").mkdir(exist_ok=True)
    (folder / ".venv/installed").touch()
    (folder / "Makefile").write_text((ROOT / "Makefile").read_text())
    (folder / "requirements.lock").touch()
    (folder / ".venv/installed").touch()
    return run(folder, "bash", "-ec", script).stdout


@pytest.mark.slow
def test_the_commands_of_the_page_on_experiments(small_project):
    shown = bash(small_project, commands("docs/experiments.md"))
    assert "Data and pipelines are up to date." in shown
    assert not (small_project / "models/stacked_lstm_dropout-1.pt").exists()


@pytest.mark.slow
def test_two_branches_are_merged_without_training(small_project):
    bash(small_project, "printf '.venv\\nMakefile\\nrequirements.lock\\n' >> .gitignore; git commit -qam Ignore")
    for branch, variant in (("mine", "lstm"), ("other", "wide_bi_lstm")):
        group = "variants" if variant == "lstm" else "pretrained_variants"
        bash(
            small_project,
            f"git switch -qc {branch} master 2>/dev/null || git switch -qc {branch} main; dvc checkout -q\n"
            f"dvc exp run --quiet -S {group}.{variant}.learning_rate=0.01; make commit MESSAGE={branch}",
        )
    bash(small_project, "git switch -q mine; dvc checkout -q; git merge other || true")
    bash(small_project, "git checkout -q --theirs -- params.yaml; sed -i '/^  lstm:/s/0.001/0.01/' params.yaml")
    (block,) = [
        block for block in re.findall(r"^```\n(git merge.*?)^```$", (ROOT / "README.md").read_text(), re.S | re.M)
    ]
    script = "".join(line for line in block.splitlines(keepends=True) if not line.startswith("git merge"))
    shown = bash(small_project, script)
    assert "Running stage 'train" not in shown
    assert "up to date" in run(small_project, "dvc", "status").stdout

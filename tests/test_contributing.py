"""The steps of CONTRIBUTING.md, done as written in a copy of the project; versions that must agree."""

import hashlib
import json
import re
import tomllib
import zipfile

import pytest
import yaml
from tests.project import ROOT, run

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CSV = "title,joke\nrain expected on tuesday,0\narea cloud still thinking about last summer,1\n"
VECTORS = "rain 0.1 0.2\ncloud -0.3 0.4\n. 0 0\n"


def blocks(heading: str) -> list[str]:
    """Return the fenced blocks under a heading."""
    _, _, section = GUIDE.partition(f"\n## {heading}\n")
    return re.findall(r"^```\w+\n(.*?)^```$", section.partition("\n## ")[0], re.DOTALL | re.MULTILINE)


def insert(path, line: str, block: str) -> None:
    """Insert a block after a line of a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(f"\n{line}\n") == 1
    path.write_text(text.replace(f"\n{line}\n", f"\n{line}\n{block}"), encoding="utf-8")


def set_params(folder, section: str, **values) -> None:
    document = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    document[section] |= values
    (folder / "params.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


@pytest.mark.slow
def test_a_variant(small_project):
    (block,) = blocks("A variant")
    insert(small_project / "params.yaml", "variants:", block)
    changed = json.loads(run(small_project, "dvc", "status", "--json").stdout)
    assert {stage for stage in changed if stage.startswith("train")} == {"train@gru-1"}
    run(small_project, "dvc", "repro")
    assert "| gru |" in (small_project / "plots/results.md").read_text(encoding="utf-8")


def test_a_corpus(fresh_project, monkeypatch):
    (block,) = blocks("A corpus")
    data = CSV.encode()
    assert f"{len(data)},\n" in block and f"sha256:{hashlib.sha256(data).hexdigest()}" in block
    insert(fresh_project / "stages/sarcasm/fetch/sources.py", "CORPORA = {", block)
    set_params(fresh_project, "corpus", source="weather", text="title", label="joke")
    (fresh_project / "weather.csv").write_bytes(data)
    run(fresh_project, "env", f"HEADLINES_MIRROR={fresh_project}", "python", "stages/download_corpus.py")
    rows = (fresh_project / "data/raw/headlines.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["is_sarcastic"] for row in rows] == [0, 1]


def test_a_glove_release(fresh_project):
    (block,) = blocks("A GloVe release")
    insert(fresh_project / "stages/sarcasm/fetch/sources.py", "GLOVE = {", block)
    set_params(fresh_project, "glove", source="glove.weather", dimension=2)
    with zipfile.ZipFile(fresh_project / "glove.weather.zip", "w") as archive:
        archive.writestr("glove.weather.2d.txt", VECTORS)
    run(fresh_project, "env", f"HEADLINES_MIRROR={fresh_project}", "python", "stages/download_vectors.py", "glove")
    assert run(fresh_project, "zcat", "data/raw/glove.txt.gz").stdout == VECTORS


@pytest.mark.slow
def test_a_stage(small_project):
    script, entry = blocks("A stage")
    (small_project / "stages/count_questions.py").write_text(script, encoding="utf-8")
    insert(small_project / "dvc.yaml", "stages:", entry)
    run(small_project, "dvc", "repro", "count-questions")
    shown = json.loads(run(small_project, "dvc", "metrics", "show", "--json").stdout)
    assert shown[""]["data"]["metrics/questions.json"]["data"] == {"questions": 0}


def test_the_workflow_runs_what_the_local_check_runs():
    local = re.findall(r"^make .*$", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    steps = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["check"]["steps"]
    assert [step["run"] for step in steps if step.get("run", "").startswith("make ")] == local


def test_versions_agree():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    assert f"## {version}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

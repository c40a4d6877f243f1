"""The steps of CONTRIBUTING.md, done as written in a copy of the project; versions that must agree."""

import hashlib
import json
import re
import tomllib
import zipfile

import pytest
import yaml
from tests.project import ROOT, params, run, write_params

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CSV = "title,joke\nrain expected on tuesday,0\narea cloud still thinking about last summer,1\n"
VECTORS = "rain 0.1 0.2\ncloud -0.3 0.4\n. 0 0\n"


def blocks(heading: str) -> list[str]:
    """Return the fenced blocks under a heading."""
    _, _, section = GUIDE.partition(f"\n## {heading}\n")
    return re.findall(r"^```\w+\n(.*?)^```$", section.partition("\n## ")[0], re.DOTALL | re.MULTILINE)


def insert(path, line: str, block: str) -> None:
    """Insert a block after the line that matches, or at the place where a lookahead does."""
    text = path.read_text(encoding="utf-8")
    (found,) = re.finditer(line if line.startswith("(?") else rf"^{line}.*\n", text, re.MULTILINE)
    path.write_text(text[: found.end()] + block + text[found.end() :], encoding="utf-8")


def set_params(folder, section: str, **values) -> None:
    document = params()
    document[section] |= values
    write_params(folder, document)


@pytest.mark.slow
def test_a_variant(small_project):
    (block,) = blocks("A variant")
    insert(small_project / "params.yaml", "variants:", block)
    changed = json.loads(run(small_project, "dvc", "status", "--json").stdout)
    assert {stage for stage in changed if stage.startswith("train")} == {"train@gru-1"}
    run(small_project, "dvc", "repro")
    assert "| gru |" in (small_project / "plots/results.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_layer(small_project):
    attribute, call = blocks("A layer")
    path = small_project / "stages/sarcasm/model.py"
    insert(path, r".*self\.drop_rnn_output = .*", attribute)
    insert(path, r".*x\.mean\(.*", call)
    run(small_project, "dvc", "repro")
    assert "LayerNorm" in (small_project / "models/lstm-1.txt").read_text(encoding="utf-8")
    row = json.loads(run(small_project, "python", "stages/predict.py", "--json", "area man").stdout)
    assert 0 < row["probability"] < 1


@pytest.mark.slow
def test_a_metric(small_project):
    (block,) = blocks("A metric")
    insert(small_project / "stages/sarcasm/scores.py", "    scores = {", block)
    evaluate = small_project / "stages/evaluate.py"
    evaluate.write_text(evaluate.read_text().replace("SCORES = (", 'SCORES = ("balanced_accuracy", '))
    ran = run(small_project, "dvc", "repro").stdout
    assert re.findall("Running stage '(.+)'", ran) == ["evaluate", "report"]
    scores = json.loads((small_project / "metrics/scores/lstm.json").read_text())
    assert 0 <= scores["test_balanced_accuracy"] <= 1


def test_a_tokenizer(small_project):
    (block,) = blocks("A tokenizer")
    path = small_project / "stages/sarcasm/tokenizers.py"
    insert(path, r"(?=TOKENIZERS = )", f"{block}\n\n")
    path.write_text(path.read_text().replace("TOKENIZERS = {", 'TOKENIZERS = {"letters": letters, '))
    set_params(small_project, "vocabularies", plain={"tokenizer": "letters", "size": 40, "max_length": 12})
    run(small_project, "dvc", "repro", "tokenize@plain")
    assert "e" in (small_project / "data/tokenized/plain.vocabulary.txt").read_text().split()


def test_a_corpus(fresh_project):
    (block,) = blocks("A corpus")
    data = CSV.encode()
    assert f"{len(data)},\n" in block and f"sha256:{hashlib.sha256(data).hexdigest()}" in block
    insert(fresh_project / "stages/sarcasm/sources.py", "CORPORA = {", block)
    set_params(fresh_project, "corpus", source="weather", text="title", label="joke")
    (fresh_project / "weather.csv").write_bytes(data)
    run(fresh_project, "env", f"HEADLINES_MIRROR={fresh_project}", "python", "stages/download_corpus.py")
    rows = (fresh_project / "data/raw/headlines.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["is_sarcastic"] for row in rows] == [0, 1]


def test_a_glove_release(fresh_project):
    archive_entry, text_entry = blocks("A GloVe release")
    sources = fresh_project / "stages/sarcasm/sources.py"
    insert(sources, r"GLOVE = \{.*", archive_entry)
    insert(sources, r"GLOVE_TEXTS = \{.*", text_entry)
    set_params(fresh_project, "vectors", source="glove.weather", dimension=2)
    with zipfile.ZipFile(fresh_project / "glove.weather.zip", "w") as archive:
        archive.writestr("glove.weather.2d.txt", VECTORS)
    run(fresh_project, "env", f"HEADLINES_MIRROR={fresh_project}", "python", "stages/download_glove.py")
    assert run(fresh_project, "zcat", "data/raw/vectors.txt.gz").stdout == VECTORS


@pytest.mark.slow
def test_a_stage(small_project):
    script, entry = blocks("A stage")
    (small_project / "stages/count_questions.py").write_text(script, encoding="utf-8")
    insert(small_project / "dvc.yaml", "stages:", entry)
    run(small_project, "dvc", "repro", "count-questions")
    shown = json.loads(run(small_project, "dvc", "metrics", "show", "--json").stdout)
    assert shown[""]["data"]["metrics/questions.json"]["data"] == {"questions": 0}


def test_the_workflow_runs_what_the_local_check_runs():
    local = re.findall(r"^(?:make|git) .*?(?= #|$)", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    steps = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["check"]["steps"]
    assert [step["run"] for step in steps if step.get("run", "").startswith(("make ", "git "))] == local


def test_versions_agree():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    assert f"## {version}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

"""Write the report: scores, learning curves, errors and inputs on one page that opens from disk.

    python stages/write_report.py

in:   data/raw/headlines.jsonl, data/raw/glove.txt.gz    for their size and checksum
      data/predictions.csv                               the probability of each headline from each run
      data/page/models.json, data/page/errors.json       the models that classify in the page; words of the worst errors
      metrics/corpus.json, metrics/vocabulary/<name>.json, metrics/coverage.json, metrics/evaluation.csv,
      metrics/differences.csv, metrics/selected.json
      plots/history/<run>.csv, plots/coverage.csv, plots/missing_words.csv, plots/sentences.csv
      params.yaml                                        all of it
out:  plots/report.html
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from sarcasm.base.command import run
from sarcasm.base.files import read_json, write_text
from sarcasm.base.params import read_params
from sarcasm.results.report import Input, Results, render, source_name
from sarcasm.results.tables import read_evaluation, read_histories, read_table

TARGET = Path("plots/report.html")
LIBRARIES = "torch", "numpy", "pandas", "scikit-learn", "beautifulsoup4", "matplotlib", "Jinja2", "dvc"


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    results = Results(
        params=params,
        inputs=[
            describe("headlines", params.corpus.source, Path("data/raw/headlines.jsonl")),
            describe("word vectors", params.glove.source, Path("data/raw/glove.txt.gz")),
        ],
        versions={"Python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        corpus=read_json(Path("metrics/corpus.json")),
        vocabularies={name: read_json(Path(f"metrics/vocabulary/{name}.json")) for name, _ in params.vocabularies},
        evaluation=read_evaluation(Path("metrics/evaluation.csv")),
        differences=pd.read_csv("metrics/differences.csv", dtype={"variant": str, "other": str}, keep_default_na=False),
        selected=read_json(Path("metrics/selected.json")),
        histories=read_histories(params),
        coverage=read_json(Path("metrics/coverage.json")),
        curve=pd.read_csv("plots/coverage.csv"),
        missing=read_table(Path("plots/missing_words.csv"), "word"),
        predictions=read_table(Path("data/predictions.csv"), "headline"),
        sentences=read_table(Path("plots/sentences.csv"), "sentence"),
        models=read_json(Path("data/page/models.json")),
        errors=read_json(Path("data/page/errors.json")),
    )
    page = render(results)
    write_text(TARGET, page)
    print(f"{TARGET}: {len(page.encode()):,} bytes")


def describe(what: str, source: str, path: Path) -> Input:
    """Return size and checksum of an input of the pipeline."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return Input(what, source_name(source), path.stat().st_size, digest.hexdigest())


if __name__ == "__main__":
    run(main, __doc__)

"""Compare the results of the book's chapter with ours: tables and figures from a run of configs/book.yaml.

    make book RUN=runs/book

A run of the chapter without a history in RUN or in results/book is shown as not run.

in:   RUN                           plots/history, models, params.yaml, metrics and data/raw of the run
      RUN/seed-*                    plots/history of more seeds, from `make seeds`
      results/book/chapter.yaml     what the chapter reports, run by run
out:  results/book/record.json      parameters, checksums of the data, versions of the libraries
      results/book/coverage.json    coverage of the vocabulary by word vectors
      results/book/history/         loss and accuracy of each run, one row per epoch; more seeds in subfolders
      results/book/figure-7-*.png   accuracy and loss of a run over the epochs, numbered as in the chapter
      results/book/runs.md          the chapter's results and ours, run by run
      results/book/seeds.md         the runs with several seeds: mean and range
      results/book/sentences.md     the probabilities of the sentences, the chapter's and ours
"""

import gzip
import hashlib
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from matplotlib.figure import Figure

from sarcasm.base.command import run
from sarcasm.base.files import write_json, write_text
from sarcasm.base.params import read_params
from sarcasm.network.saved_model import load_model
from sarcasm.network.trainer import Epoch, overfit_epoch
from sarcasm.results.figures import COLOURS, STYLE, UNITS, draw_history, history_limits, save_figure
from sarcasm.results.tables import mean_and_range

OUT = Path("results/book")


def main(folder: str) -> None:
    """Copy the run's results, then write the tables and the figures."""
    source = Path(folder)
    chapter = yaml.safe_load((OUT / "chapter.yaml").read_text(encoding="utf-8"))
    write_json(OUT / "record.json", record(source))
    shutil.copyfile(source / "metrics/coverage.json", OUT / "coverage.json")
    shutil.copytree(source / "plots/history", OUT / "history", dirs_exist_ok=True)
    for histories in source.glob("seed-*/plots/history"):
        shutil.copytree(histories, OUT / "history" / histories.relative_to(source).parts[0], dirs_exist_ok=True)
    write_results(chapter["runs"])
    write_text(OUT / "sentences.md", format_sentences(chapter["sentences"], source / "models"))


def record(source: Path) -> dict[str, Any]:
    """Return what determines the results: parameters, SHA-256 of the data, versions."""
    headlines = (source / "data/raw/headlines.jsonl").read_bytes()
    vectors = gzip.decompress((source / "data/raw/glove.txt.gz").read_bytes())  # at any level of compression
    return {
        "versions": {
            "python": platform.python_version(),
            **{name: version(name).split("+")[0] for name in ("torch", "numpy", "beautifulsoup4")},
        },
        "data": {
            "headlines.jsonl": hashlib.sha256(headlines).hexdigest(),
            "glove.txt": hashlib.sha256(vectors).hexdigest(),
        },
        "params": read_params(source / "params.yaml").model_dump(),
    }


def write_results(entries: list[dict[str, Any]]) -> None:
    """Write the figures and the tables of the chapter's runs from results/book/history."""
    paths = {entry["variant"]: OUT / f"history/{entry['variant']}.csv" for entry in entries}
    histories = {variant: pd.read_csv(path) for variant, path in paths.items() if path.exists()}
    limits = history_limits(histories)
    for entry in entries:
        if (history := histories.get(entry["variant"])) is not None:
            for number, measure in zip(entry["figures"], ("accuracy", "loss"), strict=False):
                drawing = figure(f"Figure {number}: {entry['run']}", history, measure, limits[measure])
                save_figure(OUT / f"figure-{number}.png", drawing)
    write_text(OUT / "runs.md", format_runs(entries, histories))
    write_text(OUT / "seeds.md", format_seeds(entries))


@STYLE
def figure(title: str, history: pd.DataFrame, measure: str, limits: tuple[float, float]) -> Figure:
    """Draw accuracy or loss over the epochs, each in a figure of its own, as in the chapter."""
    drawing = Figure(figsize=(6, 3.6))
    axes = drawing.subplots()
    draw_history(axes, history, measure, COLOURS[0], limits)
    axes.set_title(title, pad=16)  # above the mark of a curve that leaves the panel
    axes.set(xlabel="epoch", ylabel=UNITS[measure], xlim=(0, None))
    drawing.legend(loc="outside lower center", ncols=2)
    return drawing


def format_runs(entries: list[dict[str, Any]], histories: dict[str, pd.DataFrame]) -> str:
    """Return a Markdown table: the chapter's result, our scores at the last epoch, overfitting onset, agreement."""
    lines = [
        "| run | figures | the chapter | ours: training loss, accuracy | validation loss, accuracy "
        "| lowest validation loss (epoch) | overfitting onset | agreement |",
        "|---|---|---|---|---|---|--:|---|",
    ]
    for entry in entries:
        history = histories.get(entry["variant"])
        scores = ["not run", "", "", ""] if history is None else summarize(history)
        figures = " ".join(f"[{number}](../results/book/figure-{number}.png)" for number in entry["figures"])
        cells = entry["run"], figures if history is not None else "", entry["chapter"], *scores, entry["agreement"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def summarize(history: pd.DataFrame) -> list[str]:
    """Return the scores of the last epoch, the lowest validation loss, and the overfitting onset."""
    last, lowest = history.iloc[-1], history.loc[history["validation_loss"].idxmin()]
    onset = overfit_epoch([Epoch(*row) for row in history.itertuples(index=False)])
    return [
        f"{last['train_loss']:.4f}, {last['train_accuracy']:.4f}",
        f"{last['validation_loss']:.4f}, {last['validation_accuracy']:.4f}",
        f"{lowest['validation_loss']:.4f} ({lowest['epoch']:.0f})",
        "never" if onset is None else str(onset),
    ]


def format_seeds(entries: list[dict[str, Any]]) -> str:
    """Return a Markdown table of the runs with several seeds: scores at the last epoch, lowest validation loss."""
    measures = "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"
    headings = "training loss | training accuracy | validation loss | validation accuracy"
    lines = [f"| run | seeds | {headings} | lowest validation loss | at epoch |", "|---|--:|---|---|---|---|---|---|"]
    for entry in entries:
        histories = [pd.read_csv(path) for path in sorted(OUT.glob(f"history/**/{entry['variant']}.csv"))]
        if len(histories) > 1:
            lowest = [history.loc[history["validation_loss"].idxmin()] for history in histories]
            cells = [
                *(mean_and_range([history[measure].iloc[-1] for history in histories], 4) for measure in measures),
                mean_and_range([epoch["validation_loss"] for epoch in lowest], 4),
                mean_and_range([epoch["epoch"] for epoch in lowest], 0),
            ]
            lines.append(f"| {entry['run']} | {len(histories)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def format_sentences(entries: list[dict[str, Any]], models: Path) -> str:
    """Return a Markdown table of the chapter's probabilities and ours, each of the chapter's variant."""
    lines = ["| sentence | variant | the chapter | ours |", "|---|---|--:|--:|"]
    for entry in entries:
        path = models / f"{entry['variant']}.pt"
        ours = f"{load_model(path).probabilities([entry['sentence']])[0]:.4f}" if path.exists() else "not run"
        lines.append(f"| {entry['sentence']} | {entry['variant']} | {entry['chapter']:.4f} | {ours} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run(main, __doc__, "folder")

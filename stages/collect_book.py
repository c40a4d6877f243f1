"""Lay what `make repro PARAMS=configs/book.yaml` made beside what the chapter reports.

    python stages/collect_book.py runs/book

A run of the chapter that the folder has no history of yet stands in the table as not run.

in:   FOLDER                        plots/history, models, params.yaml, metrics and data/raw of the run
      FOLDER/seed-*                 plots/history of further seeds, if study_seeds.py made them
      results/book/chapter.yaml     the chapter's statements, run by run
out:  results/book/record.json      parameters, checksums of the data, versions of what computes
      results/book/coverage.json    words with a vector
      results/book/history/         loss and accuracy of each run, a row an epoch; of further seeds in folders
      results/book/figure-7-*.png   accuracy and loss of a run over the epochs, under the chapter's numbers
      results/book/runs.md          the chapter's statement and our numbers, run by run
      results/book/seeds.md         the runs with further seeds: mean and range
      results/book/sentences.md     the sentences' probabilities, the chapter's and ours
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

from sarcasm.command import run
from sarcasm.figures import COLOURS, STYLE, curves_limits, draw_history, save_figure
from sarcasm.files import write_json, write_text
from sarcasm.params import read_params
from sarcasm.results import spread
from sarcasm.saved import load_model
from sarcasm.training import Epoch, parting_epoch

OUT = Path("results/book")
LOWEST = {"validation_loss": 4, "epoch": 0}  # what is shown of the epoch of lowest validation loss, to how many places


def main(folder: str) -> None:
    """Record, copy, draw, and write the tables."""
    source = Path(folder)
    chapter = yaml.safe_load((OUT / "chapter.yaml").read_text(encoding="utf-8"))
    write_json(OUT / "record.json", record(source))
    shutil.copyfile(source / "metrics/coverage.json", OUT / "coverage.json")
    shutil.copytree(source / "plots/history", OUT / "history", dirs_exist_ok=True)
    for further in source.glob("seed-*/plots/history"):
        shutil.copytree(further, OUT / "history" / further.relative_to(source).parts[0], dirs_exist_ok=True)
    paths = {entry["variant"]: OUT / f"history/{entry['variant']}.csv" for entry in chapter["runs"]}
    histories = {variant: pd.read_csv(path) for variant, path in paths.items() if path.exists()}
    limits = curves_limits(histories)
    for entry in chapter["runs"]:
        if (history := histories.get(entry["variant"])) is not None:
            for number, measure in zip(entry["figures"], ("accuracy", "loss"), strict=False):
                drawing = figure(f"Figure {number}: {entry['run']}", history, measure, limits[measure])
                save_figure(OUT / f"figure-{number}.png", drawing)
    write_text(OUT / "runs.md", format_runs(chapter["runs"], histories))
    write_text(OUT / "seeds.md", format_seeds(chapter["runs"]))
    write_text(OUT / "sentences.md", format_sentences(chapter["sentences"], source / "models"))


def record(source: Path) -> dict[str, Any]:
    """Return what made the results: parameters, sha256 of the data, versions."""
    headlines = (source / "data/raw/headlines.jsonl").read_bytes()
    vectors = gzip.decompress((source / "data/raw/glove.txt.gz").read_bytes())  # however hard they are packed
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


@STYLE
def figure(title: str, history: pd.DataFrame, measure: str, limits: tuple[float, float]) -> Figure:
    """Draw accuracy or loss over the epochs, as the chapter does: a figure each."""
    drawing = Figure(figsize=(6, 3.6))
    axes = drawing.subplots()
    draw_history(axes, history, measure, COLOURS[0], limits)
    unit = "loss (nats a headline)" if measure == "loss" else "accuracy"
    axes.set(title=title, xlabel="epoch", ylabel=unit, xlim=(0, None))
    axes.legend(loc="best")
    return drawing


def format_runs(entries: list[dict[str, Any]], histories: dict[str, pd.DataFrame]) -> str:
    """Put statements and numbers into a Markdown table: loss and accuracy at the last epoch, where the losses part."""
    lines = [
        "| run | figures | the chapter | ours: training loss, accuracy | validation loss, accuracy "
        "| lowest validation loss (epoch) | losses part | same? |",
        "|---|---|---|---|---|---|--:|---|",
    ]
    for entry in entries:
        history = histories.get(entry["variant"])
        numbers = ["not run yet", "", "", ""] if history is None else summarize(history)
        figures = " ".join(f"[{number}](../results/book/figure-{number}.png)" for number in entry["figures"])
        cells = entry["run"], figures if history is not None else "", entry["chapter"], *numbers, entry.get("same", "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def summarize(history: pd.DataFrame) -> list[str]:
    """Show the scores of the last epoch, the lowest validation loss, and the epoch at which the losses part."""
    last, lowest = history.iloc[-1], history.loc[history["validation_loss"].idxmin()]
    parted = parting_epoch([Epoch(*row) for row in history.itertuples(index=False)])
    return [
        f"{last['train_loss']:.4f}, {last['train_accuracy']:.4f}",
        f"{last['validation_loss']:.4f}, {last['validation_accuracy']:.4f}",
        f"{lowest['validation_loss']:.4f} ({lowest['epoch']:.0f})",
        "never" if parted is None else str(parted),
    ]


def format_seeds(entries: list[dict[str, Any]]) -> str:
    """Put the last epoch of the runs that have further seeds into a Markdown table."""
    measures = "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"
    lines = [
        f"| run | seeds | {' | '.join(measure.replace('_', ' ') for measure in measures)} "
        "| lowest validation loss | at epoch |",
        "|---|--:|---|---|---|---|---|---|",
    ]
    for entry in entries:
        histories = [pd.read_csv(path) for path in sorted(OUT.glob(f"history/**/{entry['variant']}.csv"))]
        if len(histories) > 1:
            last = [spread([history[measure].iloc[-1] for history in histories], 4) for measure in measures]
            lowest = [history.loc[history["validation_loss"].idxmin()] for history in histories]
            loss, epoch = (spread([row[key] for row in lowest], places) for key, places in LOWEST.items())
            lines.append(f"| {' | '.join([entry['run'], str(len(histories)), *last, loss, epoch])} |")
    return "\n".join(lines) + "\n"


def format_sentences(entries: list[dict[str, Any]], models: Path) -> str:
    """Put the probabilities of the chapter beside ours, each of the variant that the chapter asked."""
    lines = ["| sentence | variant | the chapter | ours |", "|---|---|--:|--:|"]
    for entry in entries:
        path = models / f"{entry['variant']}.pt"
        ours = f"{load_model(path).probabilities([entry['sentence']])[0]:.4f}" if path.exists() else "not run yet"
        lines.append(f"| {entry['sentence']} | {entry['variant']} | {entry['chapter']:.4f} | {ours} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run(main, __doc__, "folder")

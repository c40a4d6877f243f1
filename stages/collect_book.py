"""Lay what `make repro PARAMS=configs/book.yaml` made beside what the chapter reports.

    python stages/collect_book.py runs/book

in:   FOLDER                      the finished run
      results/book/chapter.yaml   the chapter's statements, run by run
out:  results/book/params.yaml, dvc.lock, evaluation.csv, coverage.json, sentences.csv, history/<variant>.csv
      results/book/versions.json  of Python and of the packages that compute
      results/book/figure-7-*.png accuracy and loss of a run over the epochs, under the chapter's numbers
      results/book/runs.md        the chapter's statement and our numbers, run by run
      results/book/sentences.md   the sentences' probabilities, the chapter's and ours
"""

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
from sarcasm.results import read_evaluation

OUT = Path("results/book")
COPIES = {
    "params.yaml": "params.yaml",
    "dvc.lock": "dvc.lock",
    "metrics/evaluation.csv": "evaluation.csv",
    "metrics/coverage.json": "coverage.json",
    "plots/sentences.csv": "sentences.csv",
}


def main(folder: str) -> None:
    """Copy, draw, and write the tables."""
    source = Path(folder)
    for name, copy in COPIES.items():
        shutil.copyfile(source / name, OUT / copy)
    shutil.copytree(source / "plots/history", OUT / "history", dirs_exist_ok=True)
    packages = {name: version(name).split("+")[0] for name in ("torch", "numpy", "beautifulsoup4")}
    write_json(OUT / "versions.json", {"python": platform.python_version(), **packages})

    chapter = yaml.safe_load((OUT / "chapter.yaml").read_text(encoding="utf-8"))
    histories = {entry["variant"]: pd.read_csv(OUT / f"history/{entry['variant']}.csv") for entry in chapter["runs"]}
    limits = curves_limits(histories)
    for entry in chapter["runs"]:
        for number, measure in zip(entry["figures"], ("accuracy", "loss"), strict=False):
            drawing = figure(f"Figure {number}: {entry['run']}", histories[entry["variant"]], measure, limits[measure])
            save_figure(OUT / f"figure-{number}.png", drawing)
    evaluation = read_evaluation(OUT / "evaluation.csv")
    write_text(OUT / "runs.md", format_runs(chapter["runs"], histories, evaluation))
    write_text(OUT / "sentences.md", format_sentences(chapter["sentences"], pd.read_csv(OUT / "sentences.csv")))


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


def format_runs(entries: list[dict[str, Any]], histories: dict[str, pd.DataFrame], evaluation: pd.DataFrame) -> str:
    """Put statements and numbers into a Markdown table: loss and accuracy at the last epoch, where the losses part."""
    lines = [
        "| run | figures | the chapter | training loss, accuracy | validation loss, accuracy "
        "| lowest validation loss (epoch) | losses part | same? |",
        "|---|---|---|---|---|---|--:|---|",
    ]
    for entry in entries:
        history = histories[entry["variant"]]
        last, lowest = history.iloc[-1], history.loc[history["validation_loss"].idxmin()]
        parted = evaluation.loc[entry["variant"], "parted_at"]
        figures = " ".join(f"[{number}](../results/book/figure-{number}.png)" for number in entry["figures"])
        cells = (
            entry["run"],
            figures,
            entry["chapter"],
            f"{last['train_loss']:.4f}, {last['train_accuracy']:.4f}",
            f"{last['validation_loss']:.4f}, {last['validation_accuracy']:.4f}",
            f"{lowest['validation_loss']:.4f} ({lowest['epoch']:.0f})",
            "never" if pd.isna(parted) else str(parted),
            entry["same"],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def format_sentences(entries: list[dict[str, Any]], ours: pd.DataFrame) -> str:
    """Put the probabilities of the chapter beside ours, each of the variant that the chapter asked."""
    ours = ours.set_index("sentence")
    lines = ["| sentence | variant | the chapter | ours |", "|---|---|--:|--:|"]
    for entry in entries:
        probability = ours.loc[entry["sentence"], entry["variant"]]
        lines.append(f"| {entry['sentence']} | {entry['variant']} | {entry['chapter']:.4f} | {probability:.4f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run(main, __doc__, "folder")

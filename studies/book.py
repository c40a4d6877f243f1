"""Compare the results of the book's chapter with ours: tables and figures from experiments.

    make repro PARAMS=configs/book.yaml
    make repro PARAMS=configs/book-seeds.yaml
    make book OUT=results/book

A run of the chapter that has no history in OUT is shown as not run.

in:   the experiment book        each run of the chapter
      the experiment book-seeds  some of the runs with more seeds; if there is none, OUT/seeds stays as it is
      results/book/chapter.yaml  what the chapter reports, run by run
out:  OUT/params.yaml, dvc.lock, coverage.json
      OUT/history/<variant>.csv  loss and accuracy of each run, one row per epoch
      OUT/seeds/                 params.yaml, dvc.lock and runs.csv of book-seeds: scores of the last epoch
      OUT/figure-7-*.png         accuracy and loss over the epochs, numbered as in the chapter
      OUT/runs.md                the chapter's results and ours, run by run
      OUT/seeds.md               the runs with several seeds: mean and range
      OUT/sentences.md           the probabilities of the sentences, the chapter's and ours
"""

import io
from pathlib import Path
from typing import Any

from sarcasm.figures import NETWORK_COLOURS, STYLE, history_limits, save_figure
from sarcasm.stage import InputError, make_parser, run, write_csv, write_text
from sarcasm.tables import mean_and_range, read_table
from sarcasm.trainer import Epoch, overfit_epoch

import pandas as pd
import yaml
from matplotlib.figure import Figure
from studies.export import copy_files, read_file

CHAPTER = Path("results/book/chapter.yaml")
SCORES = ["train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]


def main(out: str) -> None:
    """Copy the results of the experiments, then write the tables and the figures."""
    chapter, folder = yaml.safe_load(CHAPTER.read_text(encoding="utf-8")), Path(out)
    copy_files("book", ["params.yaml", "dvc.lock", "metrics/coverage.json"], folder)
    for variant, history in read_csv("book", "plots/histories.csv", "variant").groupby("variant"):
        write_csv(folder / f"history/{variant}.csv", history.drop(columns="variant"))
    try:
        copy_files("book-seeds", ["params.yaml", "dvc.lock", "metrics/runs.csv"], folder / "seeds")
    except InputError as error:
        print(error)
    write_results(chapter["runs"], folder)
    sentences = read_csv("book", "plots/sentences.csv", "sentence")
    write_text(folder / "sentences.md", format_sentences(chapter["sentences"], sentences))


def read_csv(name: str, path: str, texts: str) -> pd.DataFrame:
    """Return a table of an experiment, the column `texts` as it is."""
    return read_table(io.BytesIO(read_file(name, path)), texts)


def write_results(entries: list[dict[str, Any]], out: Path) -> None:
    """Write the figures and the tables of the chapter's runs from the histories and the seeds in `out`."""
    paths = {entry["variant"]: out / f"history/{entry['variant']}.csv" for entry in entries}
    histories = {variant: pd.read_csv(path) for variant, path in paths.items() if path.exists()}
    limits = history_limits({variant: [history] for variant, history in histories.items()})
    for entry in entries:
        if (history := histories.get(entry["variant"])) is not None:
            for number, measure in zip(entry["figures"], ("accuracy", "loss"), strict=False):
                drawing = figure(f"Figure {number}: {entry['run']}", history, measure, limits[measure])
                save_figure(out / f"figure-{number}.png", drawing)
    write_text(out / "runs.md", format_runs(entries, histories))
    if (runs := out / "seeds/runs.csv").exists():
        write_text(out / "seeds.md", format_seeds(entries, histories, pd.read_csv(runs)))


@STYLE
def figure(title: str, history: pd.DataFrame, measure: str, limits: tuple[float, float]) -> Figure:
    """Draw accuracy or loss over the epochs, each in a figure of its own, as in the chapter."""
    drawing = Figure(figsize=(6, 3.6))
    axes = drawing.subplots()
    for split, style, label in (("train", "--", "training"), ("validation", "-", "validation")):
        axes.plot(history["epoch"], history[f"{split}_{measure}"], style, color=NETWORK_COLOURS[0], label=label)
    highest = max(history[f"train_{measure}"].max(), history[f"validation_{measure}"].max())
    if highest > limits[1]:
        axes.annotate(f"↑ max {highest:.1f}", (1, 1), xycoords="axes fraction", ha="right", va="bottom")
    axes.set_title(title, pad=16)  # above that mark
    unit = "accuracy" if measure == "accuracy" else "loss per headline (nats)"
    axes.set(xlabel="epoch", ylabel=unit, xlim=(0, None), ylim=limits)
    axes.grid(True, axis="y")
    drawing.legend(loc="outside lower center", ncols=2, frameon=False)
    return drawing


def format_runs(entries: list[dict[str, Any]], histories: dict[str, pd.DataFrame]) -> str:
    """Return a Markdown table: the chapter's result, our scores at the last epoch, overfitting onset, agreement."""
    lines = [
        "| run | figures | the chapter | ours: training loss, accuracy | validation loss, accuracy "
        "| lowest validation loss (epoch) | overfitting onset | agreement |",
        "|---|---|---|---|---|---|--:|---|",
    ]
    for entry in entries:
        figures, scores = "", ["not run", "", "", ""]
        if (history := histories.get(entry["variant"])) is not None:
            figures = " ".join(f"[{number}](../results/book/figure-{number}.png)" for number in entry["figures"])
            scores = summarize(history)
        cells = entry["run"], figures, entry["chapter"], *scores, entry["agreement"]
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


def format_seeds(entries: list[dict[str, Any]], histories: dict[str, pd.DataFrame], runs: pd.DataFrame) -> str:
    """Return a Markdown table of the runs with several seeds: mean and range of the scores at the last epoch.

    histories: of the first seed
    runs: scores of the other seeds
    """
    headings = "training loss | training accuracy | validation loss | validation accuracy"
    lines = [f"| run | seeds | {headings} | epoch of the lowest validation loss |", "|---|--:|---|---|---|---|---|"]
    for entry in entries:
        others, history = runs[runs["variant"] == entry["variant"]], histories.get(entry["variant"])
        if history is not None and len(others):
            lowest = history.loc[history["validation_loss"].idxmin()]
            seeds = pd.concat([history.tail(1).assign(best_epoch=lowest["epoch"]), others])
            scores = [mean_and_range(seeds[score], 4) for score in SCORES]
            cells = entry["run"], str(len(seeds)), *scores, mean_and_range(seeds["best_epoch"], 0)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def format_sentences(entries: list[dict[str, Any]], sentences: pd.DataFrame) -> str:
    """Return a Markdown table of the chapter's probabilities and ours, each of the chapter's variant."""
    ours = sentences.set_index("sentence")
    lines = ["| sentence | variant | the chapter | ours |", "|---|---|--:|--:|"]
    for entry in entries:
        sentence, variant = entry["sentence"], entry["variant"]
        probability = f"{ours.at[sentence, variant]:.4f}" if variant in ours else "not run"
        lines.append(f"| {sentence} | {variant} | {entry['chapter']:.4f} | {probability} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run(main, make_parser(__doc__, "out"))

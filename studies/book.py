"""Compare the results of the book's chapter with ours: tables and figures from the experiments of configs/book.yaml.

    make book OUT=results/book

A run of the chapter without a history in the experiments or in OUT is shown as not run.

in:   the experiment book                       from `make repro PARAMS=configs/book.yaml`
      the experiments book-seed-2, book-seed-3  from `make seeds`, if there are any
      results/book/chapter.yaml                 what the chapter reports, run by run
out:  OUT/params.yaml, dvc.lock, coverage.json
      OUT/history/                              loss and accuracy of each run, one row per epoch; seeds in subfolders
      OUT/figure-7-*.png                        accuracy and loss over the epochs, numbered as in the chapter
      OUT/runs.md                               the chapter's results and ours, run by run
      OUT/seeds.md                              the runs with several seeds: mean and range
      OUT/sentences.md                          the probabilities of the sentences, the chapter's and ours
"""

import io
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
import yaml
from matplotlib.figure import Figure
from studies.export import read_file
from studies.seeds import SEEDS

from sarcasm.base.command import InputError, run
from sarcasm.base.files import write_bytes, write_csv, write_text
from sarcasm.network.trainer import Epoch, overfit_epoch
from sarcasm.results.figures import COLOURS, STYLE, UNITS, draw_history, history_limits, save_figure
from sarcasm.results.tables import mean_and_range, read_table

CHAPTER = Path("results/book/chapter.yaml")


def main(out: str) -> None:
    """Copy the results of the experiments, then write the tables and the figures."""
    chapter = yaml.safe_load(CHAPTER.read_text(encoding="utf-8"))
    folder = Path(out)
    for path in ("params.yaml", "dvc.lock", "metrics/coverage.json"):
        write_bytes(folder / PurePosixPath(path).name, read_file("book", path))
    write_histories("book", folder / "history")
    for seed in SEEDS:
        try:
            write_histories(f"book-seed-{seed}", folder / f"history/seed-{seed}")
        except InputError as error:  # the experiment has not been run
            print(error)
    write_results(chapter["runs"], folder)
    sentences = read_texts("book", "plots/sentences.csv", "sentence")
    write_text(folder / "sentences.md", format_sentences(chapter["sentences"], sentences))


def read_texts(name: str, path: str, texts: str) -> pd.DataFrame:
    """Return a table of an experiment, the column `texts` as it is."""
    return read_table(io.BytesIO(read_file(name, path)), texts)


def write_histories(name: str, folder: Path) -> None:
    """Write the history of each variant of an experiment."""
    for variant, history in read_texts(name, "plots/histories.csv", "variant").groupby("variant"):
        write_csv(folder / f"{variant}.csv", history.drop(columns="variant"))


def write_results(entries: list[dict[str, Any]], out: Path) -> None:
    """Write the figures and the tables of the chapter's runs from the histories in `out`."""
    paths = {entry["variant"]: out / f"history/{entry['variant']}.csv" for entry in entries}
    histories = {variant: pd.read_csv(path) for variant, path in paths.items() if path.exists()}
    limits = history_limits({variant: [history] for variant, history in histories.items()})
    for entry in entries:
        if (history := histories.get(entry["variant"])) is not None:
            for number, measure in zip(entry["figures"], ("accuracy", "loss"), strict=False):
                drawing = figure(f"Figure {number}: {entry['run']}", history, measure, limits[measure])
                save_figure(out / f"figure-{number}.png", drawing)
    write_text(out / "runs.md", format_runs(entries, histories))
    write_text(out / "seeds.md", format_seeds(entries, out))


@STYLE
def figure(title: str, history: pd.DataFrame, measure: str, limits: tuple[float, float]) -> Figure:
    """Draw accuracy or loss over the epochs, each in a figure of its own, as in the chapter."""
    drawing = Figure(figsize=(6, 3.6))
    axes = drawing.subplots()
    draw_history(axes, [history], measure, COLOURS[0], limits)
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


def format_seeds(entries: list[dict[str, Any]], out: Path) -> str:
    """Return a Markdown table of the runs with several seeds: scores at the last epoch, lowest validation loss."""
    measures = "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"
    headings = "training loss | training accuracy | validation loss | validation accuracy"
    lines = [f"| run | seeds | {headings} | lowest validation loss | at epoch |", "|---|--:|---|---|---|---|---|---|"]
    for entry in entries:
        histories = [pd.read_csv(path) for path in sorted(out.glob(f"history/**/{entry['variant']}.csv"))]
        if len(histories) > 1:
            lowest = [history.loc[history["validation_loss"].idxmin()] for history in histories]
            cells = [
                *(mean_and_range([history[measure].iloc[-1] for history in histories], 4) for measure in measures),
                mean_and_range([epoch["validation_loss"] for epoch in lowest], 4),
                mean_and_range([epoch["epoch"] for epoch in lowest], 0),
            ]
            lines.append(f"| {entry['run']} | {len(histories)} | {' | '.join(cells)} |")
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
    run(main, __doc__, "out")

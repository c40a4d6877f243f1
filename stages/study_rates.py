"""Sweep the learning rate of the stacked network, as DVC experiments, and draw what it does.

    dvc exp run --queue -S 'variants.stacked_lstm.learning_rate=0.00001,0.00003,0.0001,0.0002,0.0003,0.0005,0.001'
    dvc queue start -j 2
    python stages/study_rates.py stacked_lstm

in:   the experiments of the current commit   plots/histories.csv and the rate of each
out:  results/rates/epochs.csv                a row an epoch and rate: losses and accuracies
      results/rates/table.md                  validation loss and accuracy by rate, at the last and at the best epoch
      results/rates/figure.png                the same as curves
"""

import io
import json
import subprocess
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from sarcasm.command import run
from sarcasm.errors import InputError
from sarcasm.figures import COLOURS, STYLE, save_figure
from sarcasm.files import write_csv, write_text

OUT = Path("results/rates")


def main(variant: str) -> None:
    """Read the experiments; write the table and the figure."""
    epochs = read_experiments(variant)
    by_rate = summarize(epochs)
    write_csv(OUT / "epochs.csv", epochs.astype({"rate": str}))
    write_text(OUT / "table.md", format_table(by_rate))
    save_figure(OUT / "figure.png", figure(by_rate, int(epochs["epoch"].max())))


def read_experiments(variant: str) -> pd.DataFrame:
    """Return the histories of all finished experiments of the current commit, by falling rate."""
    shown = json.loads(subprocess.check_output(["dvc", "exp", "show", "--json"], text=True))
    histories = []
    for experiment in (experiment for branch in shown for experiment in branch["experiments"] or []):
        revision = experiment["revs"][0]
        parameters = revision["data"]["params"]["params.yaml"]["data"]
        text = subprocess.check_output(["git", "show", f"{revision['rev']}:plots/histories.csv"], text=True)
        table = pd.read_csv(io.StringIO(text)).query("variant == @variant").drop(columns="variant")
        table.insert(0, "rate", float(parameters["variants"][variant]["learning_rate"]))
        histories.append(table)
    if not histories:
        raise InputError("no finished experiment of this commit: run the sweep that --help shows, then this")
    return pd.concat(histories).drop_duplicates(["rate", "epoch"]).sort_values(["rate", "epoch"], ignore_index=True)


def summarize(epochs: pd.DataFrame) -> pd.DataFrame:
    """Return a row a rate: the validation scores at the last epoch and at the one of lowest validation loss."""
    last = epochs.groupby("rate").last()
    best = epochs.loc[epochs.groupby("rate")["validation_loss"].idxmin()].set_index("rate")
    scores = ["epoch", "train_loss", "validation_loss", "validation_accuracy"]
    return last[scores].join(best[scores], suffixes=("_last", "_best"))


def format_table(by_rate: pd.DataFrame) -> str:
    """Put the scores into a Markdown table."""
    lines = [
        "| learning rate | training loss, last epoch | validation loss, accuracy, last epoch "
        "| validation loss, accuracy, best epoch | best epoch |",
        "|--:|--:|---|---|--:|",
    ]
    for rate, row in by_rate.iterrows():
        last, best = (
            f"{row[f'validation_loss_{when}']:.4f}, {row[f'validation_accuracy_{when}']:.4f}"
            for when in ("last", "best")
        )
        lines.append(f"| {rate:.5f} | {row['train_loss_last']:.4f} | {last} | {best} | {row['epoch_best']:.0f} |")
    return "\n".join(lines) + "\n"


@STYLE
def figure(by_rate: pd.DataFrame, epochs: int) -> Figure:
    """Draw validation loss (left) and accuracy (right) by rate, at the last and at the best epoch."""
    drawing = Figure(figsize=(8, 3.6))
    best = by_rate["validation_loss_best"].idxmin()
    drawing.suptitle(f"Of the rates, {best:g} reaches the lowest validation loss in {epochs} epochs", x=0.01, ha="left")
    units = {"loss": "validation loss (nats a headline)", "accuracy": "validation accuracy"}
    for axes, (measure, unit) in zip(drawing.subplots(1, 2), units.items(), strict=True):
        for when, style, colour in (("last", "--", COLOURS[3]), ("best", "-", COLOURS[0])):
            values = by_rate[f"validation_{measure}_{when}"]
            axes.plot(by_rate.index, values, f"o{style}", color=colour, label=f"{when} epoch")
        axes.set(xscale="log", xlabel="learning rate", ylabel=unit)
        axes.grid(True, axis="y")
        axes.legend(loc="best")
    return drawing


if __name__ == "__main__":
    run(main, __doc__, "variant")

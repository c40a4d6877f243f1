"""The learning rate of the stacked network: table and figure of a sweep of DVC experiments.

    dvc exp run --queue -S 'variants.stacked_lstm.learning_rate=0.00001,0.00003,0.0001,0.0002,0.0003,0.0005,0.001'
    dvc queue start
    make learning-rates VARIANT=stacked_lstm OUT=results/learning-rates

in:   the experiments of the current commit    plots/histories.csv and the learning rate of each
out:  OUT/epochs.csv                           one row per epoch and learning rate: losses and accuracies
      OUT/table.md                             validation loss and accuracy at the last and at the best epoch
      OUT/figure.png                           the same as curves
"""

import io
import json
import subprocess
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from sarcasm.base.command import InputError, run
from sarcasm.base.files import write_csv, write_text
from sarcasm.results.figures import COLOURS, STYLE, UNITS, save_figure, set_title
from sarcasm.results.tables import read_table


def main(variant: str, out: str) -> None:
    """Read the experiments; write the epochs, the table and the figure."""
    epochs = read_experiments(variant)
    write_csv(Path(out, "epochs.csv"), epochs.astype({"learning_rate": str}))
    write_results(epochs, Path(out))


def write_results(epochs: pd.DataFrame, out: Path) -> None:
    """Write the table and the figure."""
    by_rate = summarize(epochs)
    write_text(out / "table.md", format_table(by_rate))
    save_figure(out / "figure.png", figure(by_rate, int(epochs["epoch"].max())))


def read_experiments(variant: str) -> pd.DataFrame:
    """Return the histories of all finished experiments of the current commit, by learning rate."""
    shown = json.loads(subprocess.check_output(["dvc", "exp", "show", "--json"], text=True))
    histories = []
    for experiment in (experiment for branch in shown for experiment in branch["experiments"] or []):
        revision = experiment["revs"][0]
        parameters = revision["data"]["params"]["params.yaml"]["data"]
        text = subprocess.check_output(["git", "show", f"{revision['rev']}:plots/histories.csv"], text=True)
        table = read_table(io.StringIO(text), "variant").query("variant == @variant").drop(columns="variant")
        table.insert(0, "learning_rate", float(parameters["variants"][variant]["learning_rate"]))
        histories.append(table)
    if not histories:
        raise InputError("no finished experiment of this commit; --help shows how to run the sweep")
    keys = ["learning_rate", "epoch"]
    return pd.concat(histories).drop_duplicates(keys).sort_values(keys, ignore_index=True)


def summarize(epochs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per learning rate: the scores at the last epoch and at the one of lowest validation loss."""
    last = epochs.groupby("learning_rate").last()
    best = epochs.loc[epochs.groupby("learning_rate")["validation_loss"].idxmin()].set_index("learning_rate")
    scores = ["epoch", "train_loss", "validation_loss", "validation_accuracy"]
    return last[scores].join(best[scores], lsuffix="_last", rsuffix="_best")


def format_table(by_rate: pd.DataFrame) -> str:
    """Return the scores as a Markdown table."""
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
    """Draw validation loss (left) and accuracy (right) by learning rate, at the last and at the best epoch."""
    drawing = Figure(figsize=(8, 3.6))
    best = by_rate["validation_loss_best"].idxmin()
    set_title(drawing, f"A learning rate of {best:g} has the lowest validation loss in {epochs} epochs")
    for axes, (measure, unit) in zip(drawing.subplots(1, 2), UNITS.items(), strict=True):
        for when, style, colour in (("last", "--", COLOURS[3]), ("best", "-", COLOURS[0])):
            values = by_rate[f"validation_{measure}_{when}"]
            axes.plot(by_rate.index, values, f"o{style}", color=colour, label=f"{when} epoch")
        axes.set(xscale="log", xlabel="learning rate", ylabel=f"validation {unit}")
        axes.grid(True, axis="y")
    drawing.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return drawing


if __name__ == "__main__":
    run(main, __doc__, "variant", "out")

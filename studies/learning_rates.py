"""The learning rate of a variant: table and figure of a sweep of DVC experiments.

    dvc exp run --queue -S 'variants.stacked_lstm.learning_rate=0.00001,0.00003,0.0001,0.0002,0.0003,0.0005,0.001'
    dvc queue start
    make learning-rates VARIANT=stacked_lstm OUT=results/learning-rates

in:   the finished experiments of the current commit of which only the learning rate of VARIANT differs from params.yaml
out:  OUT/epochs.csv    one row per learning rate and epoch: losses and accuracies
      OUT/table.md      validation loss and accuracy at the last and at the best epoch
      OUT/figure.png    the same as curves
      OUT/params.yaml, dvc.lock    of the current commit
"""

from pathlib import Path

from sarcasm.figures import NETWORK_COLOURS, STYLE
from sarcasm.params import read_params
from sarcasm.stage import InputError, make_parser, run

import pandas as pd
from matplotlib.figure import Figure
from studies.sweep import find_experiments, read_csv, write_study


def main(variant: str, out: str) -> None:
    """Read the experiments; write the epochs, the table and the figure."""
    params = read_params(Path("params.yaml"))
    if variant not in params.networks:
        raise InputError(f"no variant {variant!r}: params.yaml has {', '.join(params.networks)}")
    group = "variants" if variant in params.variants else "pretrained_variants"
    rates = find_experiments(f"{group}.{variant}.learning_rate")
    histories = [read_history(revision, variant, rate) for (rate,), revision in sorted(rates.items())]
    epochs = pd.concat(histories, ignore_index=True)
    write_study(Path(out), epochs.astype({"learning_rate": str}), format_table(epochs), figure(epochs))


def read_history(revision: str, variant: str, rate: float) -> pd.DataFrame:
    """Return the history of a variant in an experiment, mean over its seeds, the learning rate in the first column."""
    table = read_csv(revision, "plots/histories.csv")
    history = table[table["variant"] == variant].drop(columns="variant")
    history.insert(0, "learning_rate", rate)
    return history


def summarize(epochs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per learning rate: the scores at the last epoch and at the one of lowest validation loss."""
    last = epochs.groupby("learning_rate").last()
    best = epochs.loc[epochs.groupby("learning_rate")["validation_loss"].idxmin()].set_index("learning_rate")
    scores = ["epoch", "train_loss", "validation_loss", "validation_accuracy"]
    return last[scores].add_suffix("_last").join(best[scores].add_suffix("_best"))


def format_table(epochs: pd.DataFrame) -> str:
    """Return the scores as a Markdown table."""
    lines = [
        "| learning rate | training loss, last epoch | validation loss, accuracy, last epoch "
        "| validation loss, accuracy, best epoch | best epoch |",
        "|--:|--:|---|---|--:|",
    ]
    for rate, row in summarize(epochs).iterrows():
        last, best = (
            f"{row[f'validation_loss_{when}']:.4f}, {row[f'validation_accuracy_{when}']:.4f}"
            for when in ("last", "best")
        )
        lines.append(f"| {rate:.5f} | {row['train_loss_last']:.4f} | {last} | {best} | {row['epoch_best']:.0f} |")
    return "\n".join(lines) + "\n"


@STYLE
def figure(epochs: pd.DataFrame) -> Figure:
    """Draw validation loss (left) and accuracy (right) by learning rate, at the last and at the best epoch."""
    drawing, by_rate = Figure(figsize=(8, 3.6)), summarize(epochs)
    best = by_rate["validation_loss_best"].idxmin()
    title = f"A learning rate of {best:g} has the lowest validation loss in {epochs['epoch'].max()} epochs"
    drawing.suptitle(title, x=0.03, ha="left")
    units = {"loss": "validation loss (nats)", "accuracy": "validation accuracy"}
    for axes, (measure, unit) in zip(drawing.subplots(1, 2), units.items(), strict=True):
        for when, style, colour in (("last", "--", NETWORK_COLOURS[3]), ("best", "-", NETWORK_COLOURS[0])):
            values = by_rate[f"validation_{measure}_{when}"]
            axes.plot(by_rate.index, values, f"o{style}", color=colour, label=f"{when} epoch")
        axes.set(xscale="log", xlabel="learning rate", ylabel=unit)
        axes.grid(True, axis="y")
    drawing.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return drawing


if __name__ == "__main__":
    run(main, make_parser(__doc__, "variant", "out"))

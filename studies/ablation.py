"""Ablation of the chapter's text and padding: what it costs to drop words and to pad to 85 tokens.

    make repro PARAMS=configs/ablation.yaml
    dvc exp branch ablation ablation && git switch ablation && dvc checkout
    dvc exp run --queue -S vocabularies.plain.tokenizer=stripped,full -S train.batching=padded,bucketed
    dvc exp run --run-all
    make ablation OUT=results/ablation

The chapter's bidirectional network at its learning rate of 0.001, tokenizer {stripped, full} x batching {padded,
bucketed}, three seeds each.

in:   the finished experiments of the current commit of which only tokenizer and batching differ from params.yaml
out:  OUT/epochs.csv  one row per epoch: tokenizer, batching, seed, losses and accuracies
      OUT/table.md    mean and range over the seeds
      OUT/figure.png  validation accuracy over the epochs
      OUT/params.yaml, dvc.lock    of the current commit
"""

from pathlib import Path

from sarcasm.figures import NETWORK_COLOURS, STYLE
from sarcasm.params import read_params
from sarcasm.stage import make_parser, run
from sarcasm.tables import mean_and_range

import pandas as pd
from matplotlib.figure import Figure
from studies.sweep import find_experiments, read_csv, write_study

VARIANT = "bi_lstm"
TARGET = 0.75  # validation accuracy


def main(out: str) -> None:
    """Read the experiments; write the epochs, the table and the figure."""
    experiments = find_experiments("vocabularies.plain.tokenizer", "train.batching")
    ordered = sorted(experiments.items(), reverse=True)  # the chapter's first: stripped, padded
    seeds = read_params(Path("params.yaml")).train.seeds
    epochs = pd.concat([read_history(revision, seed, *values) for values, revision in ordered for seed in seeds])
    write_study(Path(out), epochs, format_table(epochs), figure(epochs))


def read_history(revision: str, seed: int, tokenizer: str, batching: str) -> pd.DataFrame:
    """Return the history of one training in an experiment, what distinguishes it in the first columns."""
    history = read_csv(revision, f"plots/history/{VARIANT}-{seed}.csv")
    settings = pd.DataFrame({"tokenizer": tokenizer, "batching": batching, "seed": seed}, index=history.index)
    return settings.join(history)


def format_table(epochs: pd.DataFrame) -> str:
    """Return a Markdown table: mean over the seeds, range in brackets."""
    lines = [
        f"| tokenizer | batching | highest validation accuracy | lowest validation loss | epochs to {TARGET} |",
        "|---|---|---|---|--:|",
    ]
    for (tokenizer, batching), group in epochs.groupby(["tokenizer", "batching"], sort=False):
        seeds = group.groupby("seed")
        accuracy = mean_and_range(seeds["validation_accuracy"].max(), 3)
        loss = mean_and_range(seeds["validation_loss"].min(), 3)
        reached = group[group["validation_accuracy"] >= TARGET].groupby("seed")["epoch"].min()
        first = mean_and_range(reached, 0) if len(reached) == len(seeds) else "not by all seeds"
        lines.append(f"| {tokenizer} | {batching} | {accuracy} | {loss} | {first} |")
    return "\n".join(lines) + "\n"


@STYLE
def figure(epochs: pd.DataFrame) -> Figure:
    """Draw validation accuracy over the epochs, one thin line per seed."""
    drawing = Figure(figsize=(8, 4.2))
    axes = drawing.subplots()
    for (tokenizer, batching), group in epochs.groupby(["tokenizer", "batching"], sort=False):
        style, colour = "--" if batching == "padded" else "-", NETWORK_COLOURS[0 if tokenizer == "stripped" else 3]
        accuracies = group.pivot(index="epoch", columns="seed", values="validation_accuracy")
        first, *_ = axes.plot(accuracies, style, color=colour, lw=1.5)
        first.set_label(f"{tokenizer}, {batching}")
    axes.axhline(TARGET, color="#888888", lw=1)
    axes.set(xlabel="epoch", ylabel="validation accuracy")
    axes.legend(loc="lower right", frameon=False)
    axes.set_title("All words and no padding: more accurate, and sooner")
    axes.grid(True, axis="y")
    return drawing


if __name__ == "__main__":
    run(main, make_parser(__doc__, "out"))

"""Ablation of the chapter's text and padding: what it costs to drop words and to pad to 85 tokens.

    make ablation HEADLINES=Sarcasm_Headlines_Dataset.json OUT=results/ablation

The chapter's bidirectional network at its learning rate of 0.001, tokenizer {stripped, full} x batching {padded,
bucketed}, three seeds each, one thread. Seconds include the validation after each epoch and are of one machine:
compare them only with each other. Time to accuracy is epochs times the median seconds per epoch.

in:   HEADLINES          the real headlines, version 1
      configs/book.yaml  network, split, vocabulary
out:  OUT/epochs.csv     one row per epoch: tokenizer, batching, seed, seconds, losses and accuracies
      OUT/table.md       mean and range over the seeds
      OUT/figure.png     validation accuracy over seconds of training
"""

import time
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from studies.in_memory import make_datasets, make_network
from tqdm import tqdm

from sarcasm.base.command import run
from sarcasm.base.files import write_csv, write_text
from sarcasm.base.params import read_params
from sarcasm.network.dataset import HeadlineDataset
from sarcasm.network.trainer import Trainer
from sarcasm.results.figures import COLOURS, GUIDE, STYLE, save_figure
from sarcasm.results.tables import mean_and_range
from sarcasm.text.corpus import read_headlines

PARAMS = read_params(Path("configs/book.yaml"), Path("params.yaml"))
VARIANT = "bi_lstm"
EPOCHS = 15
SEEDS = 1, 2, 3
TARGET = 0.75  # validation accuracy


def main(headlines: str, out: str) -> None:
    """Train all configurations of one seed before the next seed, so that slow minutes affect all alike."""
    torch.set_num_threads(1)
    corpus = list(read_headlines(Path(headlines)))
    datasets = {tokenizer: make_datasets(corpus, PARAMS, "plain", tokenizer) for tokenizer in ("stripped", "full")}
    trainings = list(product(SEEDS, datasets, ("padded", "bucketed")))
    epochs = pd.DataFrame([row for job in tqdm(trainings) for row in train(*job, *datasets[job[1]])])
    write_csv(Path(out, "epochs.csv"), epochs)
    write_results(epochs, Path(out))


def write_results(epochs: pd.DataFrame, out: Path) -> None:
    """Write the table and the figure."""
    write_text(out / "table.md", format_table(epochs))
    save_figure(out / "figure.png", figure(epochs))


def train(
    seed: int, tokenizer: str, batching: str, training: HeadlineDataset, validation: HeadlineDataset
) -> list[dict[str, object]]:
    """Train the network once; return one row per epoch."""
    torch.manual_seed(seed)
    recipe = PARAMS.recipe(VARIANT)._replace(batching=batching)
    trainer = Trainer(make_network(PARAMS, VARIANT), recipe, seed)
    rows = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        epoch = trainer.run_epoch(training, validation)
        seconds = time.perf_counter() - start
        rows.append({"tokenizer": tokenizer, "batching": batching, "seed": seed, "seconds": seconds, **epoch._asdict()})
    return rows


def format_table(epochs: pd.DataFrame) -> str:
    """Return a Markdown table: mean over the seeds, range in brackets."""
    lines = [
        f"| tokenizer | batching | highest validation accuracy | lowest validation loss | seconds per epoch "
        f"| epochs to {TARGET} | seconds to {TARGET} |",
        "|---|---|---|---|--:|--:|--:|",
    ]
    for (tokenizer, batching), group in epochs.groupby(["tokenizer", "batching"], sort=False):
        histories = [history for _, history in group.groupby("seed")]
        reached = [history[history["validation_accuracy"] >= TARGET]["epoch"].min() for history in histories]
        seconds = group["seconds"].median()
        cells = (
            tokenizer,
            batching,
            mean_and_range([history["validation_accuracy"].max() for history in histories], 3),
            mean_and_range([history["validation_loss"].min() for history in histories], 3),
            f"{seconds:.2f}",
            "not by all seeds" if np.isnan(reached).any() else mean_and_range(reached, 0),
            "not by all seeds" if np.isnan(reached).any() else f"{np.mean(reached) * seconds:.1f}",
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


@STYLE
def figure(epochs: pd.DataFrame) -> Figure:
    """Draw validation accuracy over seconds of training, one thin line per seed."""
    drawing = Figure(figsize=(8, 4.2))
    axes = drawing.subplots()
    for (tokenizer, batching), group in epochs.groupby(["tokenizer", "batching"], sort=False):
        seconds = group["seconds"].median()
        style, colour = "--" if batching == "padded" else "-", COLOURS[0 if tokenizer == "stripped" else 3]
        for seed, history in group.groupby("seed"):
            label = f"{tokenizer}, {batching}" if seed == SEEDS[0] else None
            axes.plot(
                history["epoch"] * seconds, history["validation_accuracy"], style, color=colour, lw=1.5, label=label
            )
    axes.axhline(TARGET, color=GUIDE, lw=1)
    axes.set(xlabel="seconds of training on one core", ylabel="validation accuracy", xlim=(0, None))
    axes.legend(loc="lower right")
    axes.set_title("All words and no padding: more accurate, and sooner")
    axes.grid(True, axis="y")
    return drawing


if __name__ == "__main__":
    run(main, __doc__, "headlines", "out")

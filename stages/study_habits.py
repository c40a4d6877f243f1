"""Measure what the chapter's two habits cost: dropping stop words and punctuation, and padding.

    python stages/study_habits.py data/raw/headlines.jsonl

The bidirectional network of the chapter at its rate of 0.001, on text {stripped, full} x batches {padded, bucketed},
three seeds each, one thread. Seconds take the validation after each epoch in and are of one machine: hold them against
each other only. Time is counted in epochs of the median length, which other work on the machine moves little.

in:   FILE                       real headlines, such as runs/book/data/raw/headlines.jsonl
      configs/book.yaml          network, split, vocabulary
out:  results/habits/epochs.csv  a row an epoch: text, batching, seed, seconds, losses and accuracies
      results/habits/table.md    mean and range over the seeds
      results/habits/figure.png  validation accuracy against seconds of training
"""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from tqdm import tqdm

from sarcasm.batching import Headlines
from sarcasm.command import run as run_command
from sarcasm.corpus import read_headlines
from sarcasm.direct import make_network, make_splits
from sarcasm.figures import COLOURS, STYLE, save_figure
from sarcasm.files import write_csv, write_text
from sarcasm.params import read_params
from sarcasm.results import spread
from sarcasm.training import Run

PARAMS = read_params(Path("configs/book.yaml"))
OUT = Path("results/habits")
VARIANT = "bi_lstm"
EPOCHS = 15
SEEDS = 1, 2, 3
GOAL = 0.75  # validation accuracy


def main(file: str) -> None:
    """Measure all, one configuration after the other within each seed, so that a slow minute hits all alike."""
    torch.set_num_threads(1)
    headlines = list(read_headlines(Path(file)))
    splits = {text: make_splits(headlines, PARAMS, "plain", text) for text in ("stripped", "full")}
    jobs = [(seed, text, batching) for seed in SEEDS for text in splits for batching in ("padded", "bucketed")]
    rows = [row for job in tqdm(jobs) for row in measure(*job, *splits[job[1]])]
    epochs = pd.DataFrame(rows)
    write_csv(OUT / "epochs.csv", epochs)
    write_text(OUT / "table.md", table(epochs))
    save_figure(OUT / "figure.png", figure(epochs))


def measure(seed: int, text: str, batching: str, training: Headlines, validation: Headlines) -> list[dict[str, object]]:
    """Train the network once; return a row an epoch."""
    torch.manual_seed(seed)
    model = make_network(PARAMS, VARIANT)
    run = Run(
        model,
        PARAMS.variant(VARIANT).learning_rate,
        PARAMS.train.model_copy(update={"batching": batching, "seed": seed}),
    )
    rows = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        epoch = run.epoch(training, validation)
        seconds = time.perf_counter() - start
        rows.append({"text": text, "batching": batching, "seed": seed, "seconds": seconds, **epoch._asdict()})
    return rows


def table(epochs: pd.DataFrame) -> str:
    """Sum the runs up in Markdown: mean over the seeds, range in brackets."""
    lines = [
        f"| text | batches | best validation accuracy | lowest loss | seconds an epoch | epochs to {GOAL} "
        f"| seconds to {GOAL} |",
        "|---|---|---|---|--:|--:|--:|",
    ]
    for (text, batching), group in epochs.groupby(["text", "batching"], sort=False):
        runs = [run for _, run in group.groupby("seed")]
        reached = [run[run["validation_accuracy"] >= GOAL]["epoch"].min() for run in runs]
        seconds = group["seconds"].median()
        cells = (
            text,
            batching,
            spread([run["validation_accuracy"].max() for run in runs], 3),
            spread([run["validation_loss"].min() for run in runs], 3),
            f"{seconds:.2f}",
            "not by all" if np.isnan(reached).any() else spread(reached, 0),
            "not by all" if np.isnan(reached).any() else f"{np.mean(reached) * seconds:.1f}",
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


@STYLE
def figure(epochs: pd.DataFrame) -> Figure:
    """Draw validation accuracy against seconds of training, a thin line a seed."""
    drawing = Figure(figsize=(8, 4.2))
    axes = drawing.subplots()
    for (text, batching), group in epochs.groupby(["text", "batching"], sort=False):
        seconds = group["seconds"].median()
        style, colour = "--" if batching == "padded" else "-", COLOURS[0 if text == "stripped" else 3]
        for _, run in group.groupby("seed"):
            axes.plot(run["epoch"] * seconds, run["validation_accuracy"], style, color=colour, lw=1.5)
        end = group["epoch"].max() * seconds, group.groupby("epoch")["validation_accuracy"].mean().iloc[-1]
        label = f"{'words kept' if text == 'full' else 'words dropped'}, {batching}"
        axes.annotate(label, end, (6, 0), textcoords="offset points", va="center", color=colour)
    axes.axhline(GOAL, color="#888888", lw=1)
    axes.set(
        xlabel="seconds of training on one core", ylabel="validation accuracy", xlim=(0, axes.get_xlim()[1] * 1.25)
    )
    axes.set_title("Words kept and nothing padded: more accurate, and sooner")
    axes.grid(True, axis="y")
    return drawing


if __name__ == "__main__":
    run_command(main, __doc__, "file")

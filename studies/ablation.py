"""Ablation of the chapter's text and padding: what it costs to drop words and to pad to 85 tokens.

    make ablation HEADLINES=Sarcasm_Headlines_Dataset.json OUT=results/ablation

The chapter's bidirectional network at its learning rate of 0.001, tokenizer {stripped, full} x batching {padded,
bucketed}, three seeds each, one thread. On one core this takes 12 minutes.

in:   HEADLINES       the real headlines, version 1; the first 20,000 for training, the others for validation
out:  OUT/epochs.csv  one row per epoch: tokenizer, batching, seed, losses and accuracies
      OUT/table.md    mean and range over the seeds
      OUT/figure.png  validation accuracy over the epochs
"""

from collections import Counter
from itertools import product
from pathlib import Path

from sarcasm.corpus import Headline, read_headlines
from sarcasm.dataset import HeadlineDataset
from sarcasm.figures import NETWORK_COLOURS, STYLE, save_figure
from sarcasm.model import HeadlineClassifier
from sarcasm.stage import make_parser, run, write_csv, write_text
from sarcasm.tables import mean_and_range
from sarcasm.tokenizers import TOKENIZERS
from sarcasm.trainer import Trainer
from sarcasm.vocabulary import encode, make_vocabulary

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from tqdm import tqdm

TRAINING = 20_000  # headlines
VOCABULARY, MAX_LENGTH = 2000, 85  # words with <pad> and <unk>, tokens
EPOCHS = 15
SEEDS = 1, 2, 3
TARGET = 0.75  # validation accuracy


def main(headlines: str, out: str) -> None:
    """Train all combinations, then write the epochs, the table and the figure."""
    torch.set_num_threads(1)
    corpus = read_headlines(Path(headlines))
    datasets = {tokenizer: make_datasets(corpus, tokenizer) for tokenizer in ("stripped", "full")}
    trainings = list(product(datasets, ("padded", "bucketed"), SEEDS))
    epochs = pd.DataFrame([row for job in tqdm(trainings) for row in train(*job, *datasets[job[0]])])
    write_csv(Path(out, "epochs.csv"), epochs)
    write_text(Path(out, "table.md"), format_table(epochs))
    save_figure(Path(out, "figure.png"), figure(epochs))


def make_datasets(corpus: list[Headline], tokenizer: str) -> list[HeadlineDataset]:
    """Return the headlines for training and for validation, with the vocabulary of those for training."""
    words = [TOKENIZERS[tokenizer](headline.text) for headline in corpus]
    counts = Counter(word for row in words[:TRAINING] for word in row).most_common()
    vocabulary = make_vocabulary([word for word, _ in counts], VOCABULARY)
    ids, labels = encode(words, vocabulary, MAX_LENGTH), np.array([headline.label for headline in corpus])
    return [HeadlineDataset(ids[part], labels[part]) for part in (slice(TRAINING), slice(TRAINING, None))]


def train(
    tokenizer: str, batching: str, seed: int, training: HeadlineDataset, validation: HeadlineDataset
) -> list[dict[str, object]]:
    """Train the network once; return one row per epoch."""
    torch.manual_seed(seed)
    no_dropout = dict.fromkeys(("embedding", "inter_layer", "rnn_output", "linear"), 0.0)
    network = HeadlineClassifier(VOCABULARY, 7, "lstm", 1, bidirectional=True, hidden_size=24, dropout=no_dropout)
    trainer = Trainer(network, 0.001, 32, batching == "bucketed", "last", seed)
    epochs = [trainer.run_epoch(training, validation)._asdict() for _ in range(EPOCHS)]
    return [{"tokenizer": tokenizer, "batching": batching, "seed": seed, **epoch} for epoch in epochs]


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
    run(main, make_parser(__doc__, "headlines", "out"))

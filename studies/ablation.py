"""Ablation of the chapter's text and padding: what it costs to drop words and to pad to 85 tokens.

    make ablation HEADLINES=Sarcasm_Headlines_Dataset.json OUT=results/ablation

The chapter's bidirectional network at its learning rate of 0.001, tokenizer {stripped, full} x batching {padded,
bucketed}, three seeds each, one thread. Seconds include the validation after each epoch and are of one machine:
compare them only with each other. Time to accuracy is epochs times the median seconds per epoch.

in:   HEADLINES       the real headlines, version 1; the first 20,000 for training, the others for validation
out:  OUT/epochs.csv  one row per epoch: tokenizer, batching, seed, seconds, losses and accuracies
      OUT/table.md    mean and range over the seeds
      OUT/figure.png  validation accuracy over seconds of training
"""

import time
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
    """Train all configurations of one seed before the next seed, so that slow minutes affect all alike."""
    torch.set_num_threads(1)
    corpus = read_headlines(Path(headlines))
    datasets = {tokenizer: make_datasets(corpus, tokenizer) for tokenizer in ("stripped", "full")}
    trainings = list(product(SEEDS, datasets, ("padded", "bucketed")))
    epochs = pd.DataFrame([row for job in tqdm(trainings) for row in train(*job, *datasets[job[1]])])
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
    seed: int, tokenizer: str, batching: str, training: HeadlineDataset, validation: HeadlineDataset
) -> list[dict[str, object]]:
    """Train the network once; return one row per epoch."""
    torch.manual_seed(seed)
    no_dropout = dict.fromkeys(("embedding", "inter_layer", "rnn_output", "linear"), 0.0)
    network = HeadlineClassifier(VOCABULARY, 7, "lstm", 1, bidirectional=True, hidden_size=24, dropout=no_dropout)
    trainer = Trainer(network, 0.001, 32, batching == "bucketed", "last", seed)
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
        seeds, seconds = group.groupby("seed"), group["seconds"].median()
        accuracy = mean_and_range(seeds["validation_accuracy"].max(), 3)
        loss = mean_and_range(seeds["validation_loss"].min(), 3)
        reached = group[group["validation_accuracy"] >= TARGET].groupby("seed")["epoch"].min()
        time_to_target = "not by all seeds | not by all seeds"
        if len(reached) == len(seeds):
            time_to_target = f"{mean_and_range(reached, 0)} | {reached.mean() * seconds:.1f}"
        lines.append(f"| {tokenizer} | {batching} | {accuracy} | {loss} | {seconds:.2f} | {time_to_target} |")
    return "\n".join(lines) + "\n"


@STYLE
def figure(epochs: pd.DataFrame) -> Figure:
    """Draw validation accuracy over seconds of training, one thin line per seed."""
    drawing = Figure(figsize=(8, 4.2))
    axes = drawing.subplots()
    for (tokenizer, batching), group in epochs.groupby(["tokenizer", "batching"], sort=False):
        seconds = group["seconds"].median()
        style, colour = "--" if batching == "padded" else "-", NETWORK_COLOURS[0 if tokenizer == "stripped" else 3]
        accuracies = group.pivot(index="epoch", columns="seed", values="validation_accuracy")
        first, *_ = axes.plot(accuracies.index * seconds, accuracies, style, color=colour, lw=1.5)
        first.set_label(f"{tokenizer}, {batching}")
    axes.axhline(TARGET, color="#888888", lw=1)
    axes.set(xlabel="seconds of training on one core", ylabel="validation accuracy", xlim=(0, None))
    axes.legend(loc="lower right", frameon=False)
    axes.set_title("All words and no padding: more accurate, and sooner")
    axes.grid(True, axis="y")
    return drawing


if __name__ == "__main__":
    run(main, make_parser(__doc__, "headlines", "out"))

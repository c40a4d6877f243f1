"""Chapter 7 in one file, as the book and the author's notebooks write it: an LSTM that recognizes sarcastic headlines.

    python chapter.py                                                 figures 7-9 and 7-10: one bidirectional LSTM
    python chapter.py stacked_lstm                                    7-11 and 7-12
    python chapter.py stacked_lstm --learning-rate 0.00005            7-13 and 7-14
    python chapter.py stacked_lstm --learning-rate 0.0003             7-15 and 7-16
    python chapter.py stacked_lstm --learning-rate 0.00001            7-17 and 7-18
    python chapter.py stacked_lstm_dropout --learning-rate 0.00001    7-19 and 7-20
    python chapter.py stacked_lstm_dropout                            7-21 and 7-22
    python chapter.py glove_lstm                                      two LSTMs over pretrained vectors

The book's learning rates need its 20,000 headlines and `--epochs 300`; for the 2,800 bundled ones take 0.003. To train
on the 20,000, set `corpus.source` and `split` in params.yaml as in configs/book.yaml; run stages/download_corpus.py.

in:   data/raw/headlines.jsonl   headlines and labels, from stages/download_corpus.py
      data/raw/vectors.txt.gz    word vectors, from stages/download_glove.py; only for glove_lstm
      params.yaml                split: sizes of training and validation (book: 20,000, 6,709); evaluate: the sentences
out:  standard output            loss and accuracy of each epoch, then the probability that each sentence is sarcastic
      plots/chapter-<variant>-<learning rate>.png   both over the epochs
"""

import argparse
import gzip
import json
import re
import string
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.append("stages")

from sarcasm.tokenizers import STOP_WORDS

import matplotlib.pyplot as plt
import numpy as np
import torch
import yaml
from bs4 import BeautifulSoup
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

LEARNING_RATES = {"bi_lstm": 0.001, "stacked_lstm": 0.0001, "stacked_lstm_dropout": 0.0003, "glove_lstm": 0.00003}
PAD, UNKNOWN = 0, 1  # ids


# %% Text
def stripped(headline: str) -> list[str]:
    """Return the words of a headline in lower case, without tags, punctuation and stop words."""
    headline = headline.lower()
    for mark in ",.-/":
        headline = headline.replace(mark, f" {mark} ")
    table = str.maketrans("", "", string.punctuation)
    words = [word.translate(table) for word in BeautifulSoup(headline, "html.parser").get_text().split()]
    return [word for word in words if word and word not in STOP_WORDS]  # of a lone mark nothing is left


def glove(headline: str) -> list[str]:
    """Return the stripped words of a headline in the manner of GloVe: digits as 0, marks as words of their own."""
    text = BeautifulSoup(" ".join(stripped(headline)), "html.parser").get_text().lower()
    text = re.sub(r"\d", "0", text)
    return re.sub(r"([.,!?()])", r" \1 ", text).split()


# %% Vocabulary and word vectors
def make_vocabulary(headlines: list[list[str]], size: int) -> dict[str, int]:
    """Return the ids of the most frequent words, from 2."""
    counts = Counter(word for words in headlines for word in words)
    return {word: place for place, (word, _) in enumerate(counts.most_common(size - 2), start=2)}


def to_ids(headlines: list[list[str]], vocabulary: dict[str, int], length: int) -> Tensor:
    """Map words to ids, cut and padded at the end, int64 (headlines, length)."""
    rows = [[vocabulary.get(word, UNKNOWN) for word in words][:length] for words in headlines]
    return torch.tensor([row + [PAD] * (length - len(row)) for row in rows])


def load_glove(lines: Iterable[str]) -> dict[str, np.ndarray]:
    """Return the vector of each word, float32 (dimension,), from the lines of a GloVe file."""
    rows = (line.split() for line in lines)
    return {word: np.asarray(values, dtype="float32") for word, *values in rows}


def make_embedding(vectors: dict[str, np.ndarray], vocabulary: dict[str, int], size: int) -> nn.Embedding:
    """Return a frozen embedding; words without a vector are uniform in ±0.25, and the padding is zero."""
    weights = torch.rand(size, len(next(iter(vectors.values())))) / 2 - 0.25
    weights[PAD] = 0
    for word in vocabulary.keys() & vectors.keys():
        weights[vocabulary[word]] = torch.from_numpy(vectors[word])
    return nn.Embedding.from_pretrained(weights, freeze=True)


# %% Network
class Network(nn.Module):
    """Embedding, LSTMs, mean over time, two linear layers, sigmoid."""

    def __init__(self, variant: str, embedding: nn.Embedding) -> None:
        super().__init__()
        width, hidden_size = embedding.embedding_dim, 24
        dropout = {"stacked_lstm_dropout": 0.2, "glove_lstm": 0.25}.get(variant, 0.0)
        lstms = [nn.LSTM(width, 24, bidirectional=True, batch_first=True)]
        if variant.startswith("stacked"):
            lstms.append(nn.LSTM(48, 24, bidirectional=True, batch_first=True))
        if variant == "glove_lstm":
            lstms, hidden_size = [nn.LSTM(width, 16, num_layers=2, batch_first=True)], 16
        self.embedding = embedding
        self.lstms = nn.ModuleList(lstms)
        self.linear = nn.Linear(16 if variant == "glove_lstm" else 48, hidden_size)
        self.output = nn.Linear(hidden_size, 1)
        self.dropout = nn.Dropout(dropout)
        self.dropout_linear = nn.Dropout(dropout if variant == "glove_lstm" else 0.0)

    def forward(self, ids: Tensor) -> Tensor:
        """Map token ids, int64 (batch, time), to probabilities, float32 (batch,)."""
        x = self.embedding(ids)
        for lstm in self.lstms:
            x, _ = lstm(self.dropout(x))
        x = self.dropout(x).mean(dim=1)
        x = self.dropout_linear(torch.relu(self.linear(x)))
        return torch.sigmoid(self.output(x)).squeeze(1)


# %% Training
def train_epoch(model: Network, optimizer: torch.optim.Optimizer, batches: DataLoader) -> tuple[float, float]:
    """Take one step per batch; return the mean loss of the batches and the accuracy, measured during training."""
    model.train()
    total_loss, correct = 0.0, 0
    for ids, labels in batches:
        optimizer.zero_grad()
        outputs = model(ids)
        loss = nn.BCELoss()(outputs, labels)
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
        correct += ((outputs > 0.5) == labels).sum().item()
    return total_loss / len(batches), correct / len(batches.dataset)


@torch.no_grad()
def evaluate(model: Network, ids: Tensor, labels: Tensor) -> tuple[float, float]:
    """Return the mean loss of all headlines and the accuracy."""
    model.eval()
    outputs = model(ids)
    return nn.BCELoss()(outputs, labels).item(), ((outputs > 0.5) == labels).float().mean().item()


# %% Figures
def plot(title: str, history: list[tuple[float, ...]]) -> plt.Figure:
    """Draw accuracy and loss over the epochs."""
    figure, charts = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
    figure.suptitle(title)
    losses, accuracies, validation_losses, validation_accuracies = zip(*history, strict=True)
    curves = (accuracies, validation_accuracies), (losses, validation_losses)
    epochs = range(1, len(history) + 1)
    for axes, name, (training, validation) in zip(charts, ("accuracy", "loss"), curves, strict=True):
        axes.plot(epochs, training, label="training")
        axes.plot(epochs, validation, label="validation")
        axes.set(xlabel="epoch", ylabel=name)
        axes.legend()
    return figure


# %% Run
def main(variant: str, epochs: int, learning_rate: float) -> plt.Figure:
    """Train the network of a variant, then classify the sentences; return the figure."""
    torch.manual_seed(1)
    torch.set_num_threads(1)  # faster than several, as the network is small
    tokenize, size, length = (glove, 8000, 60) if variant == "glove_lstm" else (stripped, 2000, 85)
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    with Path("data/raw/headlines.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    sizes = params["split"]["train"], params["split"]["validation"]
    train, validation = (int(x if x > 1 else x * len(rows)) for x in sizes)  # counts, or fractions
    words = [tokenize(row["headline"]) for row in rows[: train + validation]]
    labels = torch.tensor([float(row["is_sarcastic"]) for row in rows[: train + validation]])
    vocabulary = make_vocabulary(words[:train], size)
    ids = to_ids(words, vocabulary, length)
    batches = DataLoader(TensorDataset(ids[:train], labels[:train]), batch_size=32, shuffle=True)
    embedding = nn.Embedding(size, 7)
    if variant == "glove_lstm":
        with gzip.open("data/raw/vectors.txt.gz", "rt", encoding="utf-8") as file:
            embedding = make_embedding(load_glove(file), vocabulary, size)

    model = Network(variant, embedding)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    history = []
    for epoch in range(1, epochs + 1):
        scores = *train_epoch(model, optimizer, batches), *evaluate(model, ids[train:], labels[train:])
        history.append(scores)
        print("epoch {}: loss {:.4f}, accuracy {:.4f}; validation {:.4f}, {:.4f}".format(epoch, *scores), flush=True)
    for sentence in params["evaluate"]["sentences"].splitlines():
        probability = model(to_ids([tokenize(sentence)], vocabulary, length))
        print(f"{probability.item():.4f}  {sentence}")
    return plot(f"{variant}, learning rate {learning_rate:g}", history)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", nargs="?", default="bi_lstm", choices=LEARNING_RATES)
    parser.add_argument("--epochs", type=int, default=30, help="default: 30")
    parser.add_argument("--learning-rate", type=float, help="default: the book's")
    arguments = parser.parse_args()
    rate = arguments.learning_rate or LEARNING_RATES[arguments.variant]
    main(arguments.variant, arguments.epochs, rate).savefig(f"plots/chapter-{arguments.variant}-{rate:g}.png")
